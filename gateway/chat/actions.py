"""Actions: buttons under a message, whose clicks call a function of the bot."""

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.chat import sent
from gateway.chat.ids import derived_id
from gateway.model.text import drop_lone_surrogates
from gateway.runtime.tokens import ActionToken

_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


def _checked(name: str, payload: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a copy of the payload; raise ``TypeError`` if JSON cannot hold it: a click could not bring it back."""
    if not payload:
        return {}
    try:
        orjson.dumps(given := dict(payload), option=_STRICT)
    except (TypeError, ValueError) as error:
        raise TypeError(f"the payload of Action({name!r}) must be a dict that JSON can hold: {error}") from error
    return given


class Action:
    """A button under a message. A click calls the function registered with ``@action_callback(name)``, also after a
    restart of the bot.

    Args:
        name: The name of the callback that a click calls.
        payload: Data for the callback (``action.payload``), a dict that JSON can hold.
        label: The text on the button; ``name`` where it is empty.
        tooltip: A hint shown beside the button, where the platform shows one.
        icon: The name of a lucide icon; it is only kept, because chat platforms have no such icons.
        id: The action's id; by default one that is the same when the turn runs again.

    Raises:
        TypeError: JSON cannot hold the payload.
    """

    def __init__(
        self,
        name: str,
        payload: Mapping[str, Any] | None = None,
        label: str = "",
        tooltip: str = "",
        icon: str | None = None,
        id: str | None = None,
    ) -> None:
        self.name = drop_lone_surrogates(name)
        self.payload: dict[str, Any] = _checked(name, payload)
        self.label = drop_lone_surrogates(label)
        self.tooltip = drop_lone_surrogates(tooltip)
        self.icon = icon
        self.id = id or derived_id()
        self.for_id: str | None = None
        """The id of the message the button was sent with; None before that."""

    @classmethod
    def clicked(cls, token: ActionToken) -> "Action":
        """Return the action that was clicked.

        Args:
            token: What the button carried.
        """
        action = cls(token.name, token.payload, label=token.label, id=token.id)
        action.for_id = token.message
        return action

    @property
    def text(self) -> str:
        """The text on the button: the label, else the name."""
        return self.label or self.name

    async def remove(self) -> None:
        """Take the button off its message, also in a later turn than the one that sent it.

        Raises:
            PlatformError: The platform did not edit the message.
        """
        if self.for_id is not None:
            await sent.remove_buttons(self.for_id, only=self.id)
