"""The session's values: what a conversation remembers, as a handler reads and writes it."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from gateway.chat import native
from gateway.chat.user import current_user
from gateway.chat.web_only import NO_VALUES, warn_once
from gateway.runtime.context import require_turn
from gateway.runtime.session import OWN, PROFILE
from gateway.runtime.settings import VALUES
from gateway.runtime.turn import Turn

RESERVED: Mapping[str, Callable[[Turn], Any]] = {
    "id": lambda turn: turn.session.id,
    "user": current_user,
    "env": lambda turn: {},
    "chat_profile": lambda turn: turn.session.values.get(PROFILE),
    "chat_settings": lambda turn: turn.session.values.get(VALUES, {}),
    "client_type": lambda turn: turn.ref.platform,
    "languages": lambda turn: turn.profile.locale if turn.profile is not None else None,
    "slack_event": native.slack_event,
    "fetch_slack_message_history": native.fetch_slack_message_history,
    "discord_message": native.discord_message,
    "discord_channel": native.discord_channel,
    "teams_turn_context": native.teams_turn_context,
}
"""Keys of the session that the gateway fills in; a handler cannot set them."""


class UserSession(MutableMapping[str, Any]):
    """What this conversation remembers, as a mapping of names to values.

    Values that JSON can hold survive a restart; other objects live while the session is in memory (create them again in
    ``on_chat_resume``). The gateway fills in ``id``, ``user``, ``chat_profile`` (the name of the chosen profile),
    ``chat_settings`` (the values of ``ChatSettings``), ``client_type`` (the platform), ``languages`` (the person's
    locale) and ``env`` (an empty dict); and what the platform sent, as plain data: ``slack_event``,
    ``fetch_slack_message_history(limit)``, ``discord_message``, ``discord_channel``, ``teams_turn_context``, each None
    on other platforms. Outside of a handler every use raises ``RuntimeError``: there is no
    conversation.
    """

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key.

        Args:
            key: The value's name; ``id`` is the session's id, ``user`` a ``User``.
            default: What is returned where there is no such value.
        """
        if key in RESERVED:
            value = RESERVED[key](require_turn())
            return default if value is None else value
        if key in NO_VALUES:
            warn_once(f"user_session.get({key!r})", NO_VALUES[key])
        return self._values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Keep a value in the session under a name.

        Args:
            key: The value's name, any but those that the gateway fills in.
            value: Anything; what JSON cannot hold does not survive a restart.

        Raises:
            KeyError: The gateway fills in this key.
        """
        self[key] = value

    def __getitem__(self, key: str) -> Any:
        return RESERVED[key](require_turn()) if key in RESERVED else self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if key in RESERVED:
            raise KeyError(f"{key!r} is filled in by the gateway; choose another key")
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter((*RESERVED, *(key for key in visible(self._values) if key not in RESERVED)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def _values(self) -> dict[str, Any]:
        return require_turn().session.values


def visible(values: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the values of a session without those that the gateway keeps for itself.

    Args:
        values: All values of the session.
    """
    return {key: value for key, value in values.items() if not (isinstance(key, str) and key.startswith(OWN))}


user_session = UserSession()
