"""Questions that wait for an answer, for minutes or across a restart.

An ask is a journaled effect. Its answer is a delivery of its own that bypasses the queue; the waiting turn stores the
answer and finishes that delivery in one transaction. After a crash the turn runs again, reaches the ask, finds its
question posted and either the answer stored or goes on waiting.
"""

import asyncio
from typing import Literal

from gateway.model import MessageCreated, UserRef
from gateway.runtime.work import Queue, Work

AskKind = Literal["text", "action", "file"]


class Ask:
    """One open question."""

    def __init__(self, *, kind: AskKind, delivery: str, ordinal: int, asked: UserRef, anyone: bool, after: int) -> None:
        self.kind = kind
        self.id = (delivery, ordinal)
        self.asked = asked
        self.anyone = anyone
        self.after = after
        """Only what arrived later than this (``Delivery.seq``) can be an answer."""
        self.answer: asyncio.Future[Work] = asyncio.get_running_loop().create_future()

    @property
    def waiting(self) -> bool:
        return not self.answer.done()

    @property
    def answered_by(self) -> str | None:
        """Key of the delivery that answered it."""
        return self.answer.result().key if self.answer.done() and not self.answer.cancelled() else None

    def may_answer(self, user: UserRef) -> bool:
        """Asks are bound to whoever is asked: in a shared thread nobody else approves for them."""
        return self.anyone or user.id == self.asked.id

    def takes(self, work: Work) -> bool:
        """Whether an ordinary message is this ask's answer."""
        event = work.event
        return (
            self.waiting
            and isinstance(event, MessageCreated)
            and work.seq > self.after
            and self.may_answer(event.user)
            and (self.kind == "text" or (self.kind == "file" and bool(event.files)))
        )


class OpenAsks:
    """The open asks of one conversation, and the answers that came before a re-run reached its ask."""

    __slots__ = ("_early", "_open", "_queue", "latest")

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._open: dict[tuple[str, int], Ask] = {}
        self._early: dict[tuple[str, int], list[Work]] = {}
        self.latest = 0
        """The newest ``Delivery.seq`` this conversation has seen."""

    def waits(self, delivery: str) -> bool:
        """Whether a turn waits for an answer."""
        return any(id[0] == delivery for id in self._open)

    def holds(self, key: str) -> bool:
        """Whether this delivery is an answer that was taken, or that came early."""
        return any(ask.answered_by == key for ask in self._open.values()) or any(
            work.key == key for early in self._early.values() for work in early
        )

    def open(self, ask: Ask) -> None:
        """Start waiting; an answer that is here already (queued, or early after a restart) is taken at once."""
        self._open[ask.id] = ask
        for work in self._early.get(ask.id, ()):
            if ask.may_answer(work.event.user):
                self._early[ask.id].remove(work)
                ask.answer.set_result(work)
                return
            work.refused = "not_yours"
        for work in self._queue:
            if ask.takes(work):
                self._queue.remove(work)
                ask.answer.set_result(work)
                return

    def close(self, ask: Ask, *, used: bool) -> None:
        """Stop waiting. An answer that came but was not used goes back: a message to the queue, a click to where a
        re-run of the turn finds it."""
        self._open.pop(ask.id, None)
        if ask.answer.done() and not ask.answer.cancelled() and not used:
            work = ask.answer.result()
            if isinstance(work.event, MessageCreated):
                self._queue.put(work)
            else:
                self.keep_early(ask.id, work)
        ask.answer.cancel()

    def offer_message(self, work: Work) -> bool:
        """Give an ordinary message to the ask it answers, if any."""
        for ask in self._open.values():
            if ask.takes(work):
                ask.answer.set_result(work)
                return True
        return False

    def offer_token(self, id: tuple[str, int], work: Work) -> Literal["taken", "not_yours", "closed"]:
        """Give a click or a submitted form to the ask it names."""
        ask = self._open.get(id)
        if ask is None or not ask.waiting:
            return "closed"
        if not ask.may_answer(work.event.user):
            return "not_yours"
        ask.answer.set_result(work)
        return "taken"

    def keep_early(self, id: tuple[str, int], work: Work) -> None:
        """Hold an answer until its turn, run again, reaches the ask. Who may give it is known only then."""
        self._early.setdefault(id, []).append(work)

    def leftovers(self, delivery: str) -> list[Work]:
        """Early answers to a turn that ended without needing them."""
        if not self._early:
            return []
        ids = [id for id in self._early if id[0] == delivery]
        return [work for id in ids for work in self._early.pop(id)]
