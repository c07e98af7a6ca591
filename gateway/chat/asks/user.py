"""The ask for a text: the user's next message is the answer."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypedDict

from gateway.chat.asks.base import AskBase
from gateway.model import MessageCreated, from_json
from gateway.runtime.asks import AskKind
from gateway.runtime.turn import Turn


class AskUserResponse(TypedDict):
    """The message a user answered with. ``output`` and ``content`` both hold its text; ``createdAt`` is in seconds
    since the epoch."""

    id: str
    type: str
    output: str
    content: str
    createdAt: float


class AskUserMessage(AskBase[AskUserResponse]):
    """Ask for a text: the user's next message in the conversation is the answer, a dict with ``output``.

    Args:
        content: The question, as Markdown.
        author: The name shown instead of the bot's own, where the platform can.
        type: The kind of step a web page would show; it is only kept.
        timeout: Seconds to wait for the answer.
        raise_on_timeout: Whether ``send()`` raises ``TimeoutError`` when nobody answers in time; else it returns None.
        anyone: Whether somebody other than the person this turn is for may answer (in a shared thread).
    """

    kind: ClassVar[AskKind] = "text"

    def __init__(
        self,
        content: str,
        author: str | None = None,
        type: str = "assistant_message",
        timeout: float = 60,
        raise_on_timeout: bool = False,
        anyone: bool = False,
    ) -> None:
        super().__init__(content, author, timeout, raise_on_timeout, anyone)
        self.type = type

    async def _result(self, turn: Turn, answer: Mapping[str, Any]) -> AskUserResponse:
        event = from_json(MessageCreated, answer)
        return AskUserResponse(
            id=event.message_id, type="user_message", output=event.text, content=event.text, createdAt=event.at
        )
