"""Streams the final answer of a model into a message: what it says after the words that announce it."""

import asyncio
import re
from collections import deque
from collections.abc import Sequence

import structlog

from gateway.chat.message import Message
from gateway.integrations.runs import Run
from gateway.runtime.calling import on_loop, tell_loop
from gateway.runtime.turn import Turn, TurnOver, TurnStopped

log = structlog.get_logger(__name__)

PREFIX: Sequence[str] = ("Final", "Answer", ":")
"""The tokens that a final answer begins behind, if the bot names no others."""


class AnswerStart:
    """Finds where the final answer begins in the text of a model, however that is cut into tokens.

    Args:
        tokens: The tokens it begins behind; blanks between them do not matter.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        parts = [re.escape(part) for token in tokens for part in token.split()]
        edge = r"(?<!\w)" if parts and re.match(r"\w", parts[0]) else ""
        self._pattern = re.compile(edge + r"\s*".join(parts) + r"\s*")
        self._text = ""
        self._found = not parts

    @property
    def found(self) -> bool:
        """Whether the answer has begun."""
        return self._found

    def feed(self, token: str) -> str:
        """Take the next piece of text, and return what of it belongs to the answer."""
        if self._found:
            return self._trimmed(token)
        self._text += token
        if (match := self._pattern.search(self._text)) is None:
            return ""
        self._found = True
        rest, self._text = self._text[match.end() :], ""
        return self._trimmed(rest)

    def _trimmed(self, text: str) -> str:
        """Return the text without the blanks the answer would begin with."""
        if self._text:
            return text
        self._text = text.lstrip()
        return self._text


class StreamedAnswer(Message):
    """A message that callbacks write into, on any thread, in the turn of a run.

    Args:
        run: The run of the model.
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        self._waiting: deque[str] = deque()
        """What was written and not streamed yet."""
        self._lock = asyncio.Lock()
        self._scheduled = False
        self._complete = False

    def write(self, text: str) -> None:
        """Add text; it is streamed as soon as the event loop gets to it."""
        self._waiting.append(text)
        self._schedule()

    def complete(self) -> None:
        """End the stream, with everything written."""
        self._complete = True
        self._schedule()

    async def settle(self) -> None:
        """Wait until what was written so far is streamed; elsewhere than on the event loop of the turn do nothing,
        because that may be waiting for the caller."""
        if on_loop(self._run.turn):
            await self._flush()

    async def _put(self, turn: Turn) -> None:
        async with self._lock:
            self.content += self._taken()
            await super()._put(turn)

    def _taken(self) -> str:
        pieces: list[str] = []
        while self._waiting:
            pieces.append(self._waiting.popleft())
        return "".join(pieces)

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._run.do(lambda: tell_loop(self._run.turn, self._spawn))

    def _spawn(self) -> None:
        self._run.turn.beside.add(self._run.turn.services.spawn(self._flush()))

    async def _flush(self) -> None:
        self._scheduled = False
        try:
            if self._complete:
                self._complete = False
                await self.update()
                return
            async with self._lock:
                await self.stream_token(self._taken())
        except (TurnStopped, TurnOver):
            return
        except Exception:
            log.exception("integration.answer_not_streamed")
