"""A lane: the work of one conversation, in order of arrival. It exists only while there is work."""

import asyncio
from collections.abc import Callable

from gateway.model import UserRef
from gateway.ports import Lease
from gateway.runtime.asks import OpenAsks
from gateway.runtime.queued import DeliveryQueue, QueuedDelivery
from gateway.runtime.turn import Turn

QUEUE_LIMIT = 100
"""Deliveries of one conversation held in memory; more wait in the store."""


class ConversationQueue:
    """Queue, open asks and the running turn of one conversation."""

    __slots__ = (
        "asks",
        "counted",
        "current",
        "deliveries",
        "key",
        "last_seq",
        "lease",
        "lost",
        "overflow",
        "pausing",
        "side",
        "task",
        "turn",
        "unread",
        "waits",
    )

    def __init__(self, key: str, turn_down: Callable[[QueuedDelivery], object] = lambda _: None) -> None:
        self.key = key
        self.deliveries = DeliveryQueue()
        self.asks = OpenAsks(self.deliveries, turn_down)
        self.task: asyncio.Task[None] | None = None
        self.turn: Turn | None = None
        """The turn that can be stopped now."""
        self.current: QueuedDelivery | None = None
        self.pausing: asyncio.Future[None] | None = None
        """Set while the current turn waits to be run again after a failure: resolved when it shall not be."""
        self.lease: Lease | None = None
        self.lost = False
        """The lease is another process's now."""
        self.side: dict[str, asyncio.Task[None]] = {}
        """Turns beside the queue, by delivery key."""
        self.overflow = False
        """More of this conversation waits in the store."""
        self.unread = False
        """What came before its first delivery is still to be read from the store; until then nothing is given to it."""
        self.waits = 0
        """Turns of it that only wait for an answer."""
        self.counted = False
        """Whether the dispatcher counts it among those that rest."""
        self.last_seq = 0
        """The newest delivery taken into memory, for reading on from there."""

    async def wait_beside(self) -> None:
        """Until a turn beside the queue ends or something is queued."""
        woken = self.deliveries.woken = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait({*self.side.values(), woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.deliveries.woken = None

    def holds(self, key: str) -> bool:
        """Whether this delivery is queued, running or taken as an answer here."""
        return (
            (self.current is not None and self.current.key == key)
            or key in self.side
            or any(queued.key == key for queued in self.deliveries)
            or self.asks.holds(key)
        )

    def find(self, key: str) -> QueuedDelivery | None:
        """The work of this delivery, if it is queued or running here."""
        if self.current is not None and self.current.key == key:
            return self.current
        return next((queued for queued in self.deliveries if queued.key == key), None)

    @property
    def awaits_answer(self) -> bool:
        """Whether its main turn waits for an answer."""
        return self.current is not None and self.asks.waits(self.current.key)

    @property
    def rests(self) -> bool:
        """Whether all that runs here only waits for answers."""
        return self.waits > 0 and self.waits == (self.current is not None) + len(self.side)

    def busy(self) -> list[asyncio.Task[None]]:
        """What runs here and does not only wait for an answer."""
        tasks = [task for key, task in self.side.items() if not self.asks.waits(key)]
        if self.task is not None and not self.awaits_answer and (self.current is not None or not self.side):
            tasks.append(self.task)
        return tasks

    def runs(self, turn: Turn | None) -> None:
        """This turn runs now and can be stopped; None when it no longer can."""
        if self.turn is not None:
            self.turn.stopper = None  # a stream left over from it must not stop the next one
        self.turn = turn
        if turn is not None:
            turn.stopper = self.stop

    async def stopped_within(self, seconds: float) -> bool:
        """The pause before the current turn is run again; True as soon as the user wants no more of it."""
        self.pausing = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait((self.pausing,), timeout=seconds)
            return self.pausing.done()
        finally:
            self.pausing = None

    def lose(self) -> None:
        """Another process runs this conversation now: stop here, and write nothing."""
        self.lost = True
        if self.turn is not None:
            self.turn.lost = True
        if self.task is not None:
            self.task.cancel("fenced")

    def withdraw(self, message_id: str) -> list[QueuedDelivery]:
        """A message was deleted: its turn is stopped. What only waited for it is returned, and no longer waits."""
        if self.current is not None and self.current.is_about(message_id):
            self.current.withdrawn = True
            self.stop(self.current.event.user)
        waiting = [queued for queued in self.deliveries if queued.is_about(message_id)]
        for queued in waiting:
            self.deliveries.remove(queued)
        return waiting

    def abandon(self) -> list[QueuedDelivery]:
        """The conversation is gone: its turn is stopped, and nobody is told. What waited for a turn is returned, and no
        longer waits."""
        if self.current is not None:
            self.current.withdrawn = True
            if self.turn is not None:
                self.turn.gone = True
            self.stop(self.current.event.user)
        waiting = list(self.deliveries)
        self.deliveries.clear()
        return waiting

    def stop(self, user: UserRef) -> bool:
        """Cancel the running turn, or its retry, if there is one that can be; whether there was."""
        if self.pausing is not None and not self.pausing.done():
            self.pausing.set_result(None)
            return True
        if self.turn is None or self.task is None or self.turn.stopping:
            return False
        self.turn.stopping = True
        self.task.cancel(f"stopped by {user.key}")
        return True
