"""A lane: the work of one conversation, in order of arrival. It exists only while there is work."""

import asyncio
from bisect import insort
from collections import deque

from gateway.model import UserRef
from gateway.ports import Lease
from gateway.runtime.asks import OpenAsks
from gateway.runtime.turn import Turn
from gateway.runtime.work import Work

QUEUE_LIMIT = 100
"""Deliveries of one conversation held in memory; more wait in the store."""


class Lane:
    """Queue, open asks and the running turn of one conversation."""

    __slots__ = (
        "asks",
        "current",
        "key",
        "last_seq",
        "lease",
        "overflow",
        "queue",
        "side",
        "task",
        "turn",
        "unread",
        "woken",
    )

    def __init__(self, key: str) -> None:
        self.key = key
        self.queue: deque[Work] = deque()
        self.asks = OpenAsks(self.queue, self.insert)
        self.task: asyncio.Task[None] | None = None
        self.turn: Turn | None = None
        """The turn that can be stopped now."""
        self.current: Work | None = None
        self.lease: Lease | None = None
        self.side: dict[str, asyncio.Task[None]] = {}
        """Turns beside the queue, by delivery key."""
        self.overflow = False
        """More of this conversation waits in the store."""
        self.unread = False
        """What came before its first delivery is still to be read from the store; until then nothing is given to it."""
        self.last_seq = 0
        """The newest delivery taken into memory, for reading on from there."""
        self.woken: asyncio.Future[None] | None = None
        """Set while the lane waits for turns beside the queue: resolved when something is queued."""

    def insert(self, work: Work) -> None:
        """Queue it in order of arrival."""
        if not self.queue or self.queue[-1].delivery.seq < work.delivery.seq:
            self.queue.append(work)
        else:
            insort(self.queue, work, key=_seq)
        if self.woken is not None and not self.woken.done():
            self.woken.set_result(None)

    async def wait_beside(self) -> None:
        """Until a turn beside the queue ends or something is queued."""
        self.woken = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait({*self.side.values(), self.woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.woken = None

    def holds(self, key: str) -> bool:
        """Whether this delivery is queued, running or taken as an answer here."""
        return (
            (self.current is not None and self.current.key == key)
            or key in self.side
            or any(work.key == key for work in self.queue)
            or self.asks.holds(key)
        )

    @property
    def waiting(self) -> bool:
        """Whether its main turn waits for an answer."""
        return self.current is not None and self.asks.waits(self.current.key)

    def busy(self) -> list[asyncio.Task[None]]:
        """What runs here and does not only wait for an answer."""
        tasks = [task for key, task in self.side.items() if not self.asks.waits(key)]
        if self.task is not None and not self.waiting and (self.current is not None or not self.side):
            tasks.append(self.task)
        return tasks

    def stop(self, user: UserRef) -> bool:
        """Cancel the running turn, if there is one that can be; whether there was."""
        if self.turn is None or self.task is None or self.turn.stopping:
            return False
        self.turn.stopping = True
        self.task.cancel(f"stopped by {user.key}")
        return True


def _seq(work: Work) -> int:
    return work.delivery.seq
