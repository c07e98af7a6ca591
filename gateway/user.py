"""``User`` and ``PersistedUser``, under the name the documents import them from."""

from gateway.chat.user import PersistedUser, User

__all__ = ["PersistedUser", "User"]
