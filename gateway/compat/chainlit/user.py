"""What an app written for Chainlit imports from ``chainlit.user``: the gateway's own objects."""

from gateway import PersistedUser, User

__all__ = ["PersistedUser", "User"]
