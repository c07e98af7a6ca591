"""The queues of all conversations that have work in memory, and the bound on how many there may be."""

from collections.abc import Callable, Iterator

from gateway.ingress.activity import ConversationActivity
from gateway.ingress.queue import ConversationQueue
from gateway.runtime.limits import Limits
from gateway.runtime.load import Load

QUEUES_LIMIT = 5_000
"""Conversations with work in memory. The backlog beyond that stays in the store until there is room. Conversations
whose turns only wait for an answer do not count, see ``RESTING_LIMIT``."""
RESTING_LIMIT = 50_000
"""Conversations in memory that may wait for an answer without counting towards ``QUEUES_LIMIT``; each takes about
10 KB. Those beyond this number count like any other."""


class ConversationQueues:
    """The queue of each conversation that has work in memory, by conversation key."""

    def __init__(self, limits: Limits, activity: ConversationActivity, *, on_room: Callable[[], object]) -> None:
        """``on_room`` is called when so many conversations have left memory that half of the room is free."""
        self._limits = limits
        self._activity = activity
        activity.running = self
        self._on_room = on_room
        self._queues: dict[str, ConversationQueue] = {}
        self._resting = 0
        """How many of the conversations only wait for an answer."""
        self.suspended: set[str] = set()
        """Conversations (``ConversationRef.key``) in which no turn begins now; their deliveries stay in the store."""
        self.skipping: set[str] = set()
        """Keys of deliveries that are just being marked done without a turn."""
        self.closing = False
        """True once the process ends: no new delivery is taken into memory."""

    def __contains__(self, key: str) -> bool:
        return key in self._queues

    def __iter__(self) -> Iterator[ConversationQueue]:
        """Iterate over a copy, because queues come and go while the caller awaits."""
        return iter(list(self._queues.values()))

    def __len__(self) -> int:
        return len(self._queues)

    def get(self, key: str) -> ConversationQueue | None:
        """Return the conversation's queue, None if the conversation has no work in memory."""
        return self._queues.get(key)

    def add(self, queue: ConversationQueue) -> None:
        """Add the queue of a conversation that has none yet."""
        self._queues[queue.key] = queue

    def remove(self, queue: ConversationQueue) -> None:
        """Remove the queue of a conversation that has no more work in memory."""
        if not self._has(queue):
            return  # it was lost
        del self._queues[queue.key]
        self._resting -= queue.counted
        self._note_room()
        self._activity.changed(queue.key)

    def is_busy(self, key: str) -> bool:
        """Whether something happens in the conversation of this key before the next answer of a person."""
        queue = self._queues.get(key)
        return queue is not None and queue.has_work

    def any_busy(self) -> bool:
        """Whether something happens in any conversation before the next answer of a person."""
        return any(queue.has_work for queue in self)

    def waiting(self) -> int | None:
        """Return how many turns only wait for an answer; None while any does more than that."""
        waits = 0
        for queue in self:
            if (queue.current is not None or queue.side) and not queue.rests:
                return None
            waits += queue.waits
        return waits

    def holds(self, key: str, delivery: str) -> bool:
        """Whether a delivery of the conversation of this key is in memory."""
        queue = self._queues.get(key)
        return queue is not None and queue.holds(delivery)

    def stops(self, key: str) -> bool:
        """Whether no further turn may begin in this conversation."""
        return self.closing or key in self.suspended

    def is_full(self) -> bool:
        """Whether no further conversation may have work in memory now. If so, the limit is reported as met."""
        if self._taken() < QUEUES_LIMIT:
            return False
        self._limits.met("conversations", f"{len(self._queues)} conversations have work in memory; others wait")
        return True

    def update_resting(self, queue: ConversationQueue) -> None:
        """Count the conversation as resting, or no longer, after one of its turns began, ended or waits for an
        answer."""
        if queue.rests != queue.counted and self._has(queue):
            queue.counted = not queue.counted
            self._resting += 1 if queue.counted else -1
            self._note_room()
        self._activity.changed(queue.key)

    def load(self) -> Load:
        """Return how much there is to do now."""
        waiting = running = asking = 0
        oldest: float | None = None
        for queue in self._queues.values():
            waiting += len(queue.deliveries)
            current = queue.current
            head = queue.deliveries[0] if current is None and queue.deliveries else None
            if current is not None and queue.pausing is None:
                if current.began is None:  # it waits for a place
                    waiting, head = waiting + 1, current
                else:
                    running += 1
            running += len(queue.side)
            asking += queue.waits
            if head is not None:
                oldest = head.received_at if oldest is None else min(oldest, head.received_at)
        return Load(len(self._queues), waiting, max(0, running - asking), asking, oldest)

    def _has(self, queue: ConversationQueue) -> bool:
        return self._queues.get(queue.key) is queue

    def _taken(self) -> int:
        return len(self._queues) - min(self._resting, RESTING_LIMIT)

    def _note_room(self) -> None:
        if self._taken() == QUEUES_LIMIT // 2:
            self._on_room()
