"""The session's values: what a conversation remembers, as a handler reads and writes it."""

from collections.abc import Iterator, MutableMapping
from typing import Any

from gateway.chat.user import current_user
from gateway.runtime.context import require_turn

RESERVED = frozenset({"id", "user"})
"""Keys of the session that the gateway fills in; a handler cannot set them."""


class UserSession(MutableMapping[str, Any]):
    """What this conversation remembers, as a mapping of names to values.

    Values that JSON can hold survive a restart; other objects live while the session is in memory (create them again in
    ``on_chat_resume``). The gateway fills in ``id`` and ``user``. Outside of a handler every use raises
    ``RuntimeError``: there is no conversation.
    """

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key.

        Args:
            key: The value's name; ``id`` is the session's id, ``user`` a ``User``.
            default: What is returned where there is no such value.
        """
        return self._reserved(key) if key in RESERVED else self._values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Remember a value.

        Args:
            key: The value's name, any but ``id`` and ``user``.
            value: Anything; what JSON cannot hold does not survive a restart.

        Raises:
            KeyError: The gateway fills in this key.
        """
        self[key] = value

    def __getitem__(self, key: str) -> Any:
        return self._reserved(key) if key in RESERVED else self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if key in RESERVED:
            raise KeyError(f"{key!r} is filled in by the gateway; choose another key")
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter((*RESERVED, *self._values))

    def __len__(self) -> int:
        return len(RESERVED) + len(self._values)

    @property
    def _values(self) -> dict[str, Any]:
        return require_turn().session.values

    def _reserved(self, key: str) -> Any:
        turn = require_turn()
        return turn.session.id if key == "id" else current_user(turn)


user_session = UserSession()
