"""Actions: buttons under a message, and the callback of a click."""

import uuid
from collections.abc import Mapping
from typing import Any

import orjson

from gateway.chat import sent
from gateway.chat.text import drop_lone_surrogates
from gateway.runtime.context import current_turn
from gateway.runtime.tokens import ActionToken

_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


def _new_id() -> str:
    """An id that is the same when the turn runs again: a button of the first run may be clicked during the second."""
    turn = current_turn.get()
    return turn.new_id(turn.next_number()) if turn is not None else str(uuid.uuid4())


def _checked(name: str, payload: Mapping[str, Any] | None) -> dict[str, Any]:
    """The payload, once it is sure that it comes back with a click as it is; said here, where the mistake is made."""
    if not payload:
        return {}
    try:
        orjson.dumps(given := dict(payload), option=_STRICT)
    except (TypeError, ValueError) as error:
        raise TypeError(f"the payload of Action({name!r}) must be a dict that JSON can hold: {error}") from error
    return given


class Action:
    """A button. A click calls the function registered with ``@action_callback(name)``, also after a restart."""

    def __init__(
        self,
        name: str,
        payload: Mapping[str, Any] | None = None,
        label: str = "",
        tooltip: str = "",
        icon: str | None = None,
        id: str | None = None,
    ) -> None:
        self.name = name
        self.payload: dict[str, Any] = _checked(name, payload)
        self.label = drop_lone_surrogates(label)
        self.tooltip = drop_lone_surrogates(tooltip)
        self.icon = icon
        """A lucide icon's name; messaging platforms have no such icons, so it is only kept."""
        self.id = id or _new_id()
        self.for_id: str | None = None
        """The id of the message it was sent with."""

    @classmethod
    def clicked(cls, token: ActionToken) -> "Action":
        """The action a click is about."""
        action = cls(token.name, token.payload, label=token.label, id=token.id)
        action.for_id = token.message
        return action

    @property
    def text(self) -> str:
        """What the button shows."""
        return self.label or self.name

    async def remove(self) -> None:
        """Take the button off its message."""
        if self.for_id is not None:
            await sent.remove_buttons(self.for_id, only=self.id)
