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

    __slots__ = ("asks", "current", "key", "last_seq", "lease", "overflow", "queue", "side", "task", "turn")

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
        self.last_seq = 0
        """The newest delivery taken into memory, for reading on from there."""

    def insert(self, work: Work) -> None:
        """Queue it in order of arrival."""
        if not self.queue or self.queue[-1].delivery.seq < work.delivery.seq:
            self.queue.append(work)
        else:
            insort(self.queue, work, key=_seq)

    def holds(self, key: str) -> bool:
        """Whether this delivery is queued or running here."""
        return (
            (self.current is not None and self.current.key == key)
            or key in self.side
            or any(work.key == key for work in self.queue)
        )

    def stop(self, user: UserRef) -> bool:
        """Cancel the running turn, if there is one that can be; whether there was."""
        if self.turn is None or self.task is None or self.turn.stopping:
            return False
        self.turn.stopping = True
        self.task.cancel(f"stopped by {user.key}")
        return True


def _seq(work: Work) -> int:
    return work.delivery.seq
