"""What all asks share: a question is posted once and its answer awaited, even across a restart of the bot."""

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from gateway.chat.text import message_text
from gateway.model import Outgoing, to_json
from gateway.ports import Outcome
from gateway.runtime.asks import Ask, AskKind
from gateway.runtime.context import require_turn
from gateway.runtime.journal import Effect
from gateway.runtime.outcome import write_outcome
from gateway.runtime.posting import Posting
from gateway.runtime.turn import Turn

T = TypeVar("T")


class Again(Exception):
    """The answer is not accepted: the text tells the user why, and the ask waits for another one."""


class AskBase(Generic[T]):
    """A question whose answer the handler awaits: the base of the three asks.

    Args:
        content: The question, as Markdown.
        author: The name shown instead of the bot's own, where the platform can.
        timeout: Seconds to wait for the answer.
        raise_on_timeout: Whether ``send()`` raises ``TimeoutError`` when nobody answers in time; else it returns None.
        anyone: Whether somebody other than the person this turn is for may answer (in a shared thread).
    """

    kind: ClassVar[AskKind]

    def __init__(self, content: str, author: str | None, timeout: float, raise_on_timeout: bool, anyone: bool) -> None:
        self.content = message_text(content)
        self.author = author
        self.timeout = timeout
        self.raise_on_timeout = raise_on_timeout
        self.anyone = anyone

    async def send(self) -> T | None:
        """Post the question and wait for its answer.

        If the bot restarts meanwhile, the handler runs again and comes back to this very question, which is not posted
        a second time.

        Returns:
            The answer, or None when nobody answered in time.

        Raises:
            TimeoutError: Nobody answered in time and ``raise_on_timeout`` is set.
            PlatformError: The platform did not take the question, retries included.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        turn = require_turn()
        turn.check()
        effect = turn.journal.begin("ask")
        posting = Posting(turn, effect)
        if "answer" in effect.body:
            turn.asks.end((turn.delivery.key, effect.ordinal))
            result = await self._settled(turn, effect.body["answer"])
            await self._answered(turn, posting, result)  # a crash may have come before this edit
            return result
        if "after" not in effect.body:
            # Recorded before posting, so that after a crash the re-run knows what can be an answer.
            effect.record(after=turn.asks.latest)
            await turn.journal.flush()
        if not posting.receipts:
            announced = self._ask(turn, effect)
            turn.asks.announce(announced)
            try:
                await posting.put(await self._question(turn, effect))
                await turn.journal.flush()
            except BaseException:
                turn.asks.close(announced, used=False, over=False)
                raise
        return await self._wait(turn, effect, posting)

    def _ask(self, turn: Turn, effect: Effect) -> Ask:
        return Ask(
            kind=self.kind,
            delivery=turn.delivery.key,
            ordinal=effect.ordinal,
            asked=turn.event.user,
            anyone=self.anyone,
            after=effect.body["after"],
        )

    async def _wait(self, turn: Turn, effect: Effect, posting: Posting) -> T | None:
        while True:
            ask = self._ask(turn, effect)
            ask.messages = frozenset(receipt.id for receipt in posting.receipts)
            ask.doubtful = posting.doubtful
            used = over = False
            try:
                queued = await turn.wait(ask, self.timeout)
                if queued is None:
                    over = True
                    effect.record(answer=None)
                    await self._close(turn, posting, "⌛ No answer came in time.")
                    return self._timed_out()
                answer = to_json(queued.event)
                try:
                    result = await self._settled(turn, answer)
                except Again as problem:
                    await turn.sender.notify(turn.ref, queued.event.user, str(problem))
                    await write_outcome(turn.services.store, turn.lease, queued.key, outcome=Outcome(journal=False))
                    used = True
                    continue
                effect.body["answer"] = answer
                await turn.journal.answer(effect, answered_by=queued.key)
                used = over = True
            finally:
                turn.asks.close(ask, used=used, over=over)
            await self._answered(turn, posting, result)
            return result

    def _timed_out(self) -> T | None:
        if self.raise_on_timeout:
            raise TimeoutError("the user did not answer in time")
        return None

    async def _settled(self, turn: Turn, answer: Mapping[str, Any] | None) -> T | None:
        if answer is None:
            return self._timed_out()
        return await self._result(turn, answer)

    async def _question(self, turn: Turn, effect: Effect) -> Outgoing:
        return Outgoing(text=self.content, author=self.author)

    async def _answered(self, turn: Turn, posting: Posting, result: T | None) -> None:
        """Show on the question that it was answered."""

    async def _close(self, turn: Turn, posting: Posting, note: str) -> None:
        """Take the buttons off a question that takes no answer any more."""

    async def _result(self, turn: Turn, answer: Mapping[str, Any]) -> T:
        raise NotImplementedError
