"""The queue of one conversation: its deliveries in order of arrival, its open asks and its running turn.

A queue exists only while its conversation has work.
"""

import asyncio
import functools
from collections.abc import Callable

from gateway.model import UserRef
from gateway.ports import Lease
from gateway.runtime.asks import OpenAsks
from gateway.runtime.queued import DeliveryQueue, QueuedDelivery
from gateway.runtime.turn import Turn, person_of
from gateway.runtime.work import ConversationWork, WorkState

QUEUE_LIMIT = 100
"""Deliveries of one conversation that wait in memory; more wait in the store."""


class ConversationQueue:
    """The deliveries that wait, the open asks and the running turn of one conversation."""

    __slots__ = (
        "arrived",
        "asks",
        "counted",
        "current",
        "deliveries",
        "key",
        "lease",
        "lost",
        "overflow",
        "pausing",
        "release",
        "side",
        "task",
        "turn",
        "unread",
        "waits",
    )

    def __init__(
        self,
        key: str,
        reject: Callable[["ConversationQueue", QueuedDelivery], object],
        release: Callable[["ConversationQueue"], object],
    ) -> None:
        """``reject`` is called with this queue and an answer that no ask needed, ``release`` with this queue when its
        turn begins to wait for an answer."""
        self.key = key
        self.release = functools.partial(release, self)
        self.deliveries = DeliveryQueue()
        self.asks = OpenAsks(self.deliveries, functools.partial(reject, self))
        self.task: asyncio.Task[None] | None = None
        self.turn: Turn | None = None
        """The turn that a user can stop now."""
        self.current: QueuedDelivery | None = None
        """The delivery whose turn the queue runs now."""
        self.pausing: asyncio.Future[None] | None = None
        """Set while the current turn pauses after a failure; resolved when it shall not be run again."""
        self.lease: Lease | None = None
        self.lost = False
        """Whether another process holds the lease now."""
        self.side: dict[str, asyncio.Task[None]] = {}
        """Tasks of the turns that run beside the queue, by delivery key."""
        self.overflow = False
        """Whether more deliveries of this conversation wait in the store."""
        self.unread = False
        """Whether deliveries that came before its first one are still to be read from the store; until then it takes
        none."""
        self.waits = 0
        """How many of the conversation's turns only wait for an answer."""
        self.counted = False
        """Whether ``ConversationQueues`` counts this conversation as resting."""
        self.arrived = 0
        """How many deliveries of this conversation have arrived since the queue exists."""

    def put(self, queued: QueuedDelivery) -> None:
        """Queue a delivery. When ``QUEUE_LIMIT`` are waiting it stays in the store, and is read from there later."""
        if self.overflow or len(self.deliveries) >= QUEUE_LIMIT:
            self.overflow = True
            return
        self.deliveries.put(queued)

    async def wait_for_work(self) -> None:
        """Wait until a delivery is queued or a turn beside the queue ends."""
        woken = self.deliveries.woken = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait({*self.side.values(), woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.deliveries.woken = None

    def holds(self, key: str) -> bool:
        """Whether the delivery with this key is queued, running or taken as an answer in this conversation."""
        return (
            (self.current is not None and self.current.key == key)
            or key in self.side
            or any(queued.key == key for queued in self.deliveries)
            or self.asks.holds(key)
        )

    def find(self, key: str) -> QueuedDelivery | None:
        """Return the delivery with this key if it is queued, or running as the main turn."""
        if self.current is not None and self.current.key == key:
            return self.current
        return next((queued for queued in self.deliveries if queued.key == key), None)

    @property
    def awaits_answer(self) -> bool:
        """Whether the turn that the queue runs waits for an answer."""
        return self.current is not None and self.asks.waits(self.current.key)

    @property
    def rests(self) -> bool:
        """Whether all turns of the conversation that have begun only wait for answers."""
        return self.waits > 0 and self.waits == (self.current is not None) + len(self.side)

    def busy(self) -> list[asyncio.Task[None]]:
        """Return the tasks of the turns that do more than wait for an answer."""
        tasks = [task for key, task in self.side.items() if not self.asks.waits(key)]
        if self.task is not None and not self.awaits_answer and (self.current is not None or not self.side):
            tasks.append(self.task)
        return tasks

    @property
    def has_work(self) -> bool:
        """Whether something happens here before the next answer of a person: a turn runs that does not wait for one,
        or a delivery waits that is not behind such a turn."""
        if any(not self.asks.rests(key) for key in self.side):
            return True
        if self.current is not None:
            return not self.asks.rests(self.current.key)
        return bool(self.deliveries or self.overflow or self.unread)

    def work(self) -> ConversationWork:
        """Return what the conversation has to do, as an operator sees it."""
        current = self.current
        state: WorkState = "waits" if current is None else "runs"
        if self.awaits_answer:
            state = "asks"
        elif self.pausing is not None:
            state = "pauses"
        return ConversationWork(
            conversation=self.key,
            state=state,
            delivery=None if current is None else current.key,
            person="" if current is None else person_of(current.event),
            received_at=None if current is None else current.received_at,
            attempts=0 if current is None else current.attempts,
            beside=len(self.side),
            waiting=len(self.deliveries),
            more=self.overflow or self.unread,
        )

    def runs(self, turn: Turn | None) -> None:
        """Note the turn that runs now and can be stopped; None when there is no such turn any more."""
        if self.turn is not None:
            self.turn.stopper = None  # a stream left over from that turn must not stop the next turn
        self.turn = turn
        if turn is not None:
            turn.stopper = self.stop

    async def stopped_within(self, seconds: float) -> bool:
        """Pause before the current turn is run again. Returns True as soon as the user stops the turn, else False after
        ``seconds``."""
        self.pausing = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait((self.pausing,), timeout=seconds)
            return self.pausing.done()
        finally:
            self.pausing = None

    def lose(self) -> None:
        """Stop the turn that runs and let it write nothing, because another process runs this conversation now."""
        self.lost = True
        if self.turn is not None:
            self.turn.lost = True
        if self.task is not None:
            self.task.cancel("fenced")

    def lose_all(self) -> list[asyncio.Task[None]]:
        """Stop all turns, those beside the queue too, as ``lose`` does. Returns the tasks that end now."""
        self.lose()
        side = list(self.side.values())
        for task in side:
            task.cancel("fenced")
        return [*side, self.task] if self.task is not None else side

    def withdraw(self, message_id: str) -> list[QueuedDelivery]:
        """Stop the turn of a deleted message. Removes and returns the deliveries of that message that still waited."""
        if self.current is not None and self.current.is_about(message_id):
            self.current.withdrawn = True
            self.stop(self.current.event.user)
        waiting = [queued for queued in self.deliveries if queued.is_about(message_id)]
        for queued in waiting:
            self.deliveries.remove(queued)
        return waiting

    def abandon(self) -> list[QueuedDelivery]:
        """Stop the running turn and tell nobody, because the conversation is gone. Removes and returns the deliveries
        that still waited."""
        if self.current is not None:
            self.current.withdrawn = True
            if self.turn is not None:
                self.turn.gone = True
            self.stop(self.current.event.user)
        waiting = list(self.deliveries)
        self.deliveries.clear()
        return waiting

    def stop(self, user: UserRef) -> bool:
        """Cancel the running turn or its next attempt. Returns whether there was one that could be cancelled."""
        if self.pausing is not None and not self.pausing.done():
            self.pausing.set_result(None)
            return True
        if self.turn is None or self.task is None or self.turn.stopping:
            return False
        self.turn.stopping = True
        self.task.cancel(f"stopped by {user.key}")
        return True
