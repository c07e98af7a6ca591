"""The ask for a text: the user's next message is the answer."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypedDict

from gateway.chat.asks.base import Again, AskBase, message_of
from gateway.model import MessageCreated, from_json
from gateway.runtime.asks import AskKind
from gateway.runtime.history import id_of_message
from gateway.runtime.journal import Effect
from gateway.runtime.posting import Posting
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
        timeout: Seconds to wait for the answer; None waits without an end, over restarts too.
        raise_on_timeout: Whether ``send()`` raises ``TimeoutError`` when nobody answers in time; else it returns None.
        anyone: Whether somebody other than the person this turn is for may answer (in a shared thread).

    Raises:
        ValueError: ``timeout`` is not more than 0.
    """

    kind: ClassVar[AskKind] = "text"

    def __init__(
        self,
        content: str,
        author: str | None = None,
        type: str = "assistant_message",
        timeout: float | None = 60,
        raise_on_timeout: bool = False,
        anyone: bool = False,
    ) -> None:
        super().__init__(content, author, timeout, raise_on_timeout, anyone)
        self.type = type

    async def _result(self, turn: Turn, effect: Effect, answer: Mapping[str, Any]) -> AskUserResponse:
        event = from_json(MessageCreated, answer)
        if event.partial and not event.text.strip():
            event = await message_of(turn, answer)
        if not event.text.strip():
            raise Again("Please answer in words: a file alone is no answer to this question.")
        return AskUserResponse(
            id=id_of_message(turn.ref, event.message_id),
            type="user_message",
            output=event.text,
            content=event.text,
            createdAt=event.at,
        )

    def _words(self, result: AskUserResponse) -> str:
        return result["output"]

    async def _answered(self, turn: Turn, posting: Posting, result: AskUserResponse, answer: Mapping[str, Any]) -> None:
        if answer["files"]:
            note = "Your words were taken as the answer; the files that came with them were not."
            await turn.sender.notify(turn.ref, from_json(MessageCreated, answer).user, note)
