"""Asks: questions that wait for a person's answer, for minutes or across a restart.

An ask is an effect in the journal. Its answer is a delivery of its own that bypasses the queue; the waiting turn stores
the answer and finishes that delivery in one transaction. After a crash the turn runs again and reaches the ask, whose
question is posted already. Then it finds the answer stored, or goes on waiting.

People see a question before its receipt is stored, and before a turn that runs again reaches it. An answer that comes
before its ask is open is *early*, and is kept until the ask opens.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Literal

from gateway.model import ActionInvoked, Event, MessageCreated, UserRef
from gateway.runtime.queued import DeliveryQueue, QueuedDelivery

AskKind = Literal["text", "action", "file", "element"]
REMINDERS: Mapping[AskKind, str] = {
    "text": "Please answer the question above first. What you wrote is read after that.",
    "action": "Please choose one of the answers to the question above first. What you wrote is read after that.",
    "element": "Please submit or cancel what the question above shows first. What you wrote is read after that.",
    "file": "Please send a file first, as the question above says. What you wrote is read after that.",
}
"""What a person is told who is asked and writes something that is no answer, by the kind of the ask."""
Verdict = Literal["open", "early", "not_yours", "closed"]
"""What becomes of an answer to an ask: it is taken (``open``), kept until the ask opens (``early``), or rejected
because somebody else was asked (``not_yours``) or the ask is over (``closed``)."""

EARLY_LIMIT = 20
"""Early answers kept for one ask; more are rejected."""


class Ask:
    """One open question."""

    def __init__(
        self,
        *,
        kind: AskKind,
        delivery: str,
        ordinal: int,
        asked: UserRef,
        anyone: bool,
        after: int,
    ) -> None:
        self.kind: AskKind = kind
        self.id = (delivery, ordinal)
        self.asked = asked
        self.anyone = anyone
        self.messages: Collection[str] | None = None
        """Ids of the question's messages on the platform, None until they are in the journal. A click on any other
        message is no answer, unless ``doubtful``."""
        self.doubtful = False
        """Whether a process that died may have posted another copy of the question, whose buttons count too."""
        self.after = after
        """``Delivery.seq`` of the newest delivery when the question was posted; only later ones can be an answer."""
        self.reminded = False
        """Whether the person asked was told that what they write waits for the answer."""
        self.answer: asyncio.Future[QueuedDelivery] = asyncio.get_running_loop().create_future()

    @property
    def waiting(self) -> bool:
        """Whether the question is posted and has no answer yet."""
        return self.messages is not None and not self.answer.done()

    @property
    def answered_by(self) -> str | None:
        """Key of the delivery that answered the ask, None while there is none."""
        return self.answer.result().key if self.answer.done() and not self.answer.cancelled() else None

    def may_answer(self, user: UserRef) -> bool:
        """Whether this user may answer: only the person asked, unless anyone may. In a shared thread nobody else can
        approve for that person."""
        return self.anyone or user.id == self.asked.id

    def refuses(self, event: Event) -> Literal["not_yours", "closed"] | None:
        """Return why a click or a form can never answer this ask, None if it can."""
        under = event.message_id if isinstance(event, ActionInvoked) else None
        elsewhere = under is not None and self.messages is not None and under not in self.messages
        if elsewhere and not self.doubtful:
            return "closed"
        return None if self.may_answer(event.user) else "not_yours"

    def is_referred_to(self, event: Event) -> bool:
        """Whether the event is a message that replies to the question."""
        return isinstance(event, MessageCreated) and any(
            each.kind == "reply" and each.message_id in (self.messages or ()) for each in event.references
        )

    def takes(self, queued: QueuedDelivery) -> bool:
        """Whether this delivery is an ordinary message that answers the ask."""
        event = queued.event
        return (
            self.waiting
            and isinstance(event, MessageCreated)
            and queued.seq > self.after
            and self.may_answer(event.user)
            and (self.kind == "text" or (self.kind == "file" and bool(event.files) and not event.partial))
        )


class OpenAsks:
    """The open asks of one conversation, and the answers that came before their ask was open."""

    __slots__ = ("_early", "_open", "_over", "_queue", "_reject", "latest")

    def __init__(self, queue: DeliveryQueue, reject: Callable[[QueuedDelivery], object] = lambda _: None) -> None:
        self._queue = queue
        self._reject = reject
        """Called with an early answer that its ask did not take."""
        self._open: dict[tuple[str, int], Ask] = {}
        self._early: dict[tuple[str, int], list[QueuedDelivery]] = {}
        self._over: set[tuple[str, int]] = set()
        """Ids of asks that were answered or timed out, in turns that still run."""
        self.latest = 0
        """The highest ``Delivery.seq`` among the conversation's deliveries so far."""

    def waits(self, delivery: str) -> bool:
        """Whether the turn of the delivery with this key waits for an answer."""
        return any(id[0] == delivery and ask.messages is not None for id, ask in self._open.items())

    def rests(self, delivery: str) -> bool:
        """Whether the turn of the delivery with this key waits for an answer that did not come yet."""
        return any(id[0] == delivery and ask.waiting for id, ask in self._open.items())

    def holds(self, key: str) -> bool:
        """Whether the delivery with this key is an answer that was taken, or an early one that is kept."""
        return any(ask.answered_by == key for ask in self._open.values()) or any(
            queued.key == key for early in self._early.values() for queued in early
        )

    def announce(self, ask: Ask) -> None:
        """Add an ask whose question is about to be posted, so that answers of people who were not asked are
        rejected."""
        self._open[ask.id] = ask

    def open(self, ask: Ask) -> None:
        """Let the ask wait for its answer. One that came already (an early one, or a queued message) is taken at
        once."""
        self._open[ask.id] = ask
        early = self._early.get(ask.id)
        while early:
            queued = early.pop(0)
            queued.refused = ask.refuses(queued.event)
            if queued.refused is None:
                ask.answer.set_result(queued)
                return
            self._reject(queued)
        for queued in self._queue:
            if ask.takes(queued):
                self._queue.remove(queued)
                ask.answer.set_result(queued)
                return

    def close(self, ask: Ask, *, used: bool, over: bool) -> None:
        """Stop waiting. An answer that was taken but not ``used`` is given back: a message to the queue, a click or a
        form to the early answers. With ``over`` the ask needs no answer any more, and other early answers are
        rejected."""
        self._open.pop(ask.id, None)
        if ask.answer.done() and not ask.answer.cancelled() and not used:
            queued = ask.answer.result()
            if isinstance(queued.event, MessageCreated):
                self._queue.put(queued)
            else:
                self.keep_early(ask.id, queued)
        ask.answer.cancel()
        if over:
            self.end(ask.id)

    def hopes_for(self, queued: QueuedDelivery) -> bool:
        """Whether a partial message, whose files are not known yet, may answer an open ask for files."""
        event = queued.event
        return (
            isinstance(event, MessageCreated)
            and event.partial
            and any(ask.kind == "file" and ask.waiting and ask.may_answer(event.user) for ask in self._open.values())
        )

    def offer_message(self, queued: QueuedDelivery) -> bool:
        """Give an ordinary message to the ask it answers, and return whether there is one.

        Where several could take it, it is the question that the message replies to, else the one asked last; of several
        asked at once (no delivery came between them) the first.
        """
        asks = sorted(self._open.values(), key=lambda ask: (not ask.is_referred_to(queued.event), -ask.after, ask.id))
        for ask in asks:
            if ask.takes(queued):
                ask.answer.set_result(queued)
                return True
        return False

    def delays(self, queued: QueuedDelivery) -> AskKind | None:
        """Return the kind of the ask that keeps a message waiting though the person asked wrote it; None if there is
        none, or the person was told."""
        event = queued.event
        for ask in self._open.values():
            mine = isinstance(event, MessageCreated) and event.user.id == ask.asked.id and queued.seq > ask.after
            if mine and ask.waiting and not ask.reminded:
                ask.reminded = True
                return ask.kind
        return None

    def end(self, id: tuple[str, int]) -> None:
        """Note that the ask with this id needs no answer any more, and reject its early answers."""
        self._over.add(id)
        self._reject_early(id)

    def judge(self, id: tuple[str, int], event: Event, *, runs: bool) -> Verdict:
        """Return what would become of a click or a form that answers the ask with this id. ``runs`` says whether the
        turn of the ask runs in this process, or will."""
        ask = self._open.get(id)
        if ask is not None and (why := ask.refuses(event)) is not None:
            return why
        if ask is not None and ask.waiting:
            return "open"
        # Known and not waiting: the question is not recorded yet, or an answer is being checked and may be refused.
        return "early" if ask is not None or (runs and id not in self._over) else "closed"

    def offer_token(self, id: tuple[str, int], queued: QueuedDelivery, *, runs: bool) -> Verdict:
        """Give a click or a submitted form to the ask it names, or keep it until that ask is open. Returns the verdict;
        more than ``EARLY_LIMIT`` early answers are ``closed``."""
        verdict = self.judge(id, queued.event, runs=runs)
        if verdict == "open":
            self._open[id].answer.set_result(queued)
        elif verdict == "early":
            if len(self._early.get(id, ())) >= EARLY_LIMIT:
                return "closed"
            self.keep_early(id, queued)
        return verdict

    def keep_early(self, id: tuple[str, int], queued: QueuedDelivery) -> None:
        """Keep an answer until its turn reaches the ask, because only then it is known who may give it."""
        self._early.setdefault(id, []).append(queued)

    def forget(self, delivery: str) -> None:
        """Forget the asks of a turn that ended, and reject its early answers."""
        self._over = {id for id in self._over if id[0] != delivery}
        for id in [id for id in self._early if id[0] == delivery]:
            self._reject_early(id)

    def _reject_early(self, id: tuple[str, int]) -> None:
        for queued in self._early.pop(id, ()):
            queued.refused = "closed"
            self._reject(queued)
