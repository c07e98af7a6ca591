"""What all asks share: a question is posted once and its answer awaited, even across a restart of the bot."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from gateway.chat import kept, transcript
from gateway.chat.author import BOT, shown_author
from gateway.chat.text import message_text
from gateway.egress.degrade import literal
from gateway.model import MessageCreated, Outgoing, StepRecord, UserRecord, UserRef, from_json, to_json
from gateway.runtime.asks import Ask, AskKind
from gateway.runtime.context import require_turn
from gateway.runtime.history import id_of_message, metadata_of
from gateway.runtime.journal import Effect
from gateway.runtime.posting import Posting
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.turn import Turn

T = TypeVar("T")

FOREVER = 10 * 365 * 86_400.0
"""Seconds from which on an ask waits without an end."""
AFTER_RESTART = 30.0
"""Seconds that an ask waits at least after a restart of the bot, because nobody could answer while it was away."""
_NAME = 80
"""Characters of a person's name that are shown on a question."""


class Again(Exception):
    """The answer is not accepted: the text tells the user why, and the ask waits for another one."""


class AskBase(Generic[T]):
    """A question whose answer the handler awaits: the base of all asks.

    Args:
        content: The question, as Markdown.
        author: The name shown instead of the bot's own, where the platform can.
        timeout: Seconds to wait for the answer; None waits without an end, over restarts too.
        raise_on_timeout: Whether ``send()`` raises ``TimeoutError`` when nobody answers in time; else it returns None.
        anyone: Whether somebody other than the person this turn is for may answer (in a shared thread).

    Raises:
        ValueError: ``timeout`` is not more than 0.
    """

    kind: ClassVar[AskKind]

    def __init__(
        self, content: str, author: str | None, timeout: float | None, raise_on_timeout: bool, anyone: bool
    ) -> None:
        self.content = message_text(content)
        self.author = author
        self.timeout = _checked(timeout, type(self).__name__)
        self.raise_on_timeout = raise_on_timeout
        self.anyone = anyone
        self._asked_at = time.time()
        self._named = False
        """Whether ``author`` is the name that ``@author_rename`` gave."""

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
        if not self._named:
            self.author, self._named = await shown_author(turn, self.author), True
        id = question_id(turn, effect)
        transcript.note(turn, "assistant", id, self.content, self.author)
        self._keep(turn, id, "assistant_message", self.author or BOT, self.content, at=self._asked_at, user=turn.person)
        await self._keep_shown(turn, effect)
        if "answer" in effect.body:
            turn.asks.end((turn.delivery.key, effect.ordinal))
            return await self._finish(turn, posting, effect.body["answer"])  # a crash may have come before its edit
        if "after" not in effect.body:
            # Recorded before posting, so that after a crash the re-run knows what can be an answer.
            # Who may answer is for other replicas, which answer clicks in place.
            effect.record(after=turn.asks.latest, asked=turn.event.user.id, anyone=self.anyone)
            await turn.journal.flush()
        if not posting.receipts:
            announced = self._ask(turn, effect)
            turn.asks.announce(announced)
            try:
                await posting.put(await self._question(turn, effect))
                self._begin_waiting(effect)
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
                queued = await turn.wait(ask, self._seconds_left(effect))
                if queued is None:
                    over = True
                    effect.record(answer=None)
                    return await self._finish(turn, posting, None)
                answer = to_json(queued.event)
                try:
                    result = await self._result(turn, effect, answer)
                except Again as problem:
                    await self._go_on(turn, effect, queued, problem)
                    used = True
                    await self._show_again(turn, effect, posting)
                    continue
                effect.body["answer"] = answer
                await turn.journal.answer(effect, answered_by=queued.key)
                used = over = True
            finally:
                turn.asks.close(ask, used=used, over=over)
            return await self._take(turn, posting, result, answer)

    async def _take(self, turn: Turn, posting: Posting, result: T, answer: Mapping[str, Any]) -> T:
        """Show that the question was answered, keep the answer as what was said, and return it."""
        await self._answered(turn, posting, result, answer)
        if words := self._words(result):
            id = await self._keep_answer(turn, posting.effect, words, answer)
            await self._keep_files(turn, posting.effect, id, result, user=from_json(UserRef, answer["user"]).key)
        return result

    async def _keep_answer(self, turn: Turn, effect: Effect, words: str, answer: Mapping[str, Any]) -> str:
        """Keep the answer as a message of the person, and return its id."""
        user, message_id = from_json(UserRef, answer["user"]), answer.get("message_id")
        if answer["kind"] == "message_created" and isinstance(message_id, str):
            id = id_of_message(turn.ref, message_id)
        else:
            id = turn.new_id(f"answer/{effect.ordinal}")
        name = user.name or user.key
        if turn.services.history.on and user.id:
            profile = await turn.services.profile(user)
            name = (profile.display_name if profile is not None else None) or name
            if user.key != turn.person:
                turn.transcript.user(UserRecord(user.key, metadata_of(user, profile), time.time()))
        transcript.note(turn, "user", id, words, None)
        self._keep(turn, id, "user_message", name, words, at=time.time(), user=user.key)
        return id

    def _keep(self, turn: Turn, id: str, type: str, name: str, words: str, *, at: float, user: str) -> None:
        """Keep the question, or its answer, in the history."""
        record = StepRecord(id=id, thread=turn.thread_id, user=user, name=name, type=type, created_at=at, output=words)
        kept.keep(turn, record)

    async def _go_on(self, turn: Turn, effect: Effect, queued: QueuedDelivery, problem: Again) -> None:
        """Tell the person why the answer is not taken, if there is a reason, and wait for another one."""
        self._begin_waiting(effect)
        if str(problem):
            await turn.sender.notify(turn.ref, queued.event.user, str(problem))
        await turn.journal.answer(effect, answered_by=queued.key)

    def _begin_waiting(self, effect: Effect) -> None:
        """Record until when the ask waits, so that a restart does not begin its time anew."""
        if self.timeout is not None:
            effect.record(until=require_turn().services.store.cluster.now() + self.timeout)

    def _seconds_left(self, effect: Effect) -> float | None:
        if self.timeout is None:
            return None
        if "until" not in effect.body:
            self._begin_waiting(effect)
        until: float = effect.body["until"]
        return min(self.timeout, max(until - require_turn().services.store.cluster.now(), AFTER_RESTART))

    async def _finish(self, turn: Turn, posting: Posting, answer: Mapping[str, Any] | None) -> T | None:
        """Show on the question how it ended, and return the answer that is on record; None is one that did not come."""
        if answer is not None:
            result = await self._result(turn, posting.effect, answer)
            return await self._take(turn, posting, result, answer)
        await self._close(turn, posting, "⌛ No answer came in time.")
        if self.raise_on_timeout:
            raise TimeoutError("the user did not answer in time")
        return None

    def _words(self, result: T) -> str:
        """Return the answer in words, as it is part of ``cl.chat_context``; empty for one that has none."""
        return ""

    async def _question(self, turn: Turn, effect: Effect) -> Outgoing:
        return Outgoing(text=self.content, author=self.author)

    async def _keep_shown(self, turn: Turn, effect: Effect) -> None:
        """Keep what the question shows beside its text."""

    async def _keep_files(self, turn: Turn, effect: Effect, answer_id: str, result: T, *, user: str) -> None:
        """Keep the files of an answer, which is the message with the id ``answer_id`` of the person ``user``."""

    async def _show_again(self, turn: Turn, effect: Effect, posting: Posting) -> None:
        """Show what became of an answer after which the ask goes on."""

    async def _answered(self, turn: Turn, posting: Posting, result: T, answer: Mapping[str, Any]) -> None:
        """Show on the question that it was answered."""

    async def _close(self, turn: Turn, posting: Posting, note: str) -> None:
        """Take the buttons off a question that takes no answer any more, and say why."""
        await posting.put(Outgoing(text=f"{self.content}\n\n{note}".strip(), author=self.author))

    async def _result(self, turn: Turn, effect: Effect, answer: Mapping[str, Any]) -> T:
        """Return what ``send()`` returns for an answer. Raises ``Again`` if it is not accepted."""
        raise NotImplementedError


def question_id(turn: Turn, effect: Effect) -> str:
    """Return the id of the message that asks."""
    return turn.new_id(f"ask/{effect.ordinal}")


def _checked(timeout: float | None, ask: str) -> float | None:
    if timeout is None or timeout > FOREVER:
        return None
    if not timeout > 0:
        raise ValueError(
            f"{ask}: timeout is {timeout}; give the seconds to wait, more than 0, or None to wait for days"
        )
    return float(timeout)


async def message_of(turn: Turn, answer: Mapping[str, Any]) -> MessageCreated:
    """Return the message that is the answer, with what its delivery lacked."""
    message = from_json(MessageCreated, answer)
    return await turn.sender.complete(message) if message.partial else message


async def who_answered(turn: Turn, answer: Mapping[str, Any]) -> str:
    """Return the display name of the person who gave the answer, as Markdown that notifies nobody."""
    user = from_json(UserRef, answer["user"])
    profile = await turn.services.profile(user)
    name = (profile.display_name if profile is not None else None) or user.name or "somebody"
    return literal(name if len(name) <= _NAME else name[: _NAME - 1] + "…")
