"""``chainlit.user``."""

from gateway import PersistedUser, User

__all__ = ["PersistedUser", "User"]
