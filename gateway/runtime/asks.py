"""Questions that wait for an answer, for minutes or across a restart.

An ask is a journaled effect. Its answer is a delivery of its own that bypasses the queue; the waiting turn stores the
answer and finishes that delivery in one transaction. After a crash the turn runs again, reaches the ask, finds its
question posted and either the answer stored or goes on waiting.

People see a question before its receipt is stored, and a turn that runs again sees it later than they do: an answer
that comes before its ask is open is early, and waits for it.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import Literal

from gateway.model import ActionInvoked, Event, MessageCreated, UserRef
from gateway.runtime.queued import DeliveryQueue, QueuedDelivery

AskKind = Literal["text", "action", "file"]
Verdict = Literal["open", "early", "not_yours", "closed"]
"""What becomes of an answer to an ask: it is taken, it waits, or why it is rejected."""

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
        self.kind = kind
        self.id = (delivery, ordinal)
        self.asked = asked
        self.anyone = anyone
        self.messages: Collection[str] | None = None
        """The platform's ids of the question, once it is on record: a click on any other message is no answer."""
        self.doubtful = False
        """Unless another copy of the question may stand that a dead process left."""
        self.after = after
        """Only what arrived later than this (``Delivery.seq``) can be an answer."""
        self.answer: asyncio.Future[QueuedDelivery] = asyncio.get_running_loop().create_future()

    @property
    def waiting(self) -> bool:
        return self.messages is not None and not self.answer.done()

    @property
    def answered_by(self) -> str | None:
        """Key of the delivery that answered it."""
        return self.answer.result().key if self.answer.done() and not self.answer.cancelled() else None

    def may_answer(self, user: UserRef) -> bool:
        """Asks are bound to whoever is asked: in a shared thread nobody else approves for them."""
        return self.anyone or user.id == self.asked.id

    def refuses(self, event: Event) -> Literal["not_yours", "closed"] | None:
        """Why a click or a form is no answer, whenever it comes."""
        under = event.message_id if isinstance(event, ActionInvoked) else None
        elsewhere = under is not None and self.messages is not None and under not in self.messages
        if elsewhere and not self.doubtful:
            return "closed"
        return None if self.may_answer(event.user) else "not_yours"

    def takes(self, queued: QueuedDelivery) -> bool:
        """Whether an ordinary message is this ask's answer."""
        event = queued.event
        return (
            self.waiting
            and isinstance(event, MessageCreated)
            and queued.seq > self.after
            and self.may_answer(event.user)
            and (self.kind == "text" or (self.kind == "file" and bool(event.files) and not event.partial))
        )


class OpenAsks:
    """The open asks of one conversation, and the answers that came before a re-run reached its ask."""

    __slots__ = ("_early", "_open", "_over", "_queue", "_reject", "latest")

    def __init__(self, queue: DeliveryQueue, reject: Callable[[QueuedDelivery], object] = lambda _: None) -> None:
        self._queue = queue
        self._reject = reject
        """Called with an early answer that its ask did not need."""
        self._open: dict[tuple[str, int], Ask] = {}
        self._early: dict[tuple[str, int], list[QueuedDelivery]] = {}
        self._over: set[tuple[str, int]] = set()
        """Asks that got their answer, or none in time, in turns that still run."""
        self.latest = 0
        """The newest ``Delivery.seq`` this conversation has seen."""

    def waits(self, delivery: str) -> bool:
        """Whether a turn waits for an answer."""
        return any(id[0] == delivery and ask.messages is not None for id, ask in self._open.items())

    def holds(self, key: str) -> bool:
        """Whether this delivery is an answer that was taken, or that came early."""
        return any(ask.answered_by == key for ask in self._open.values()) or any(
            queued.key == key for early in self._early.values() for queued in early
        )

    def announce(self, ask: Ask) -> None:
        """Its question is about to be posted: who may answer it is known from now on."""
        self._open[ask.id] = ask

    def open(self, ask: Ask) -> None:
        """Start waiting; an answer that is here already (queued, or early) is taken at once."""
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
        """Stop waiting. An answer that came but was not used goes back: a message to the queue, a click to where a
        re-run of the turn finds it. ``over``: for good, so whoever else answered is told so."""
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
        """Whether a message of which only a part is known may be the answer to an ask for files."""
        event = queued.event
        return (
            isinstance(event, MessageCreated)
            and event.partial
            and any(ask.kind == "file" and ask.waiting and ask.may_answer(event.user) for ask in self._open.values())
        )

    def offer_message(self, queued: QueuedDelivery) -> bool:
        """Give an ordinary message to the ask it answers, if any."""
        for ask in self._open.values():
            if ask.takes(queued):
                ask.answer.set_result(queued)
                return True
        return False

    def end(self, id: tuple[str, int]) -> None:
        """This ask needs no answer any more."""
        self._over.add(id)
        self._reject_early(id)

    def judge(self, id: tuple[str, int], event: Event, *, runs: bool) -> Verdict:
        """What would become of a click or a form that answers this ask. ``runs``: its turn is (or will be) running
        here."""
        ask = self._open.get(id)
        if ask is not None and (why := ask.refuses(event)) is not None:
            return why
        if ask is not None and ask.waiting:
            return "open"
        # There and not waiting: it is not on record yet, or an answer is being looked at, which may not do.
        return "early" if ask is not None or (runs and id not in self._over) else "closed"

    def offer_token(self, id: tuple[str, int], queued: QueuedDelivery, *, runs: bool) -> Verdict:
        """Give a click or a submitted form to the ask it names, or keep it until that is open."""
        verdict = self.judge(id, queued.event, runs=runs)
        if verdict == "open":
            self._open[id].answer.set_result(queued)
        elif verdict == "early":
            if len(self._early.get(id, ())) >= EARLY_LIMIT:
                return "closed"
            self.keep_early(id, queued)
        return verdict

    def keep_early(self, id: tuple[str, int], queued: QueuedDelivery) -> None:
        """Hold an answer until its turn reaches the ask. Who may give it is known only then."""
        self._early.setdefault(id, []).append(queued)

    def forget(self, delivery: str) -> None:
        """A turn ended: whoever answered what it did not ask (again) is told so."""
        self._over = {id for id in self._over if id[0] != delivery}
        for id in [id for id in self._early if id[0] == delivery]:
            self._reject_early(id)

    def _reject_early(self, id: tuple[str, int]) -> None:
        for queued in self._early.pop(id, ()):
            queued.refused = "closed"
            self._reject(queued)
