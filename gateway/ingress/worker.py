"""Works off the queue of one conversation: its turns run one at a time and in order, under the conversation's lease."""

import math
from collections.abc import Callable, Sequence

import structlog

from gateway.errors import Fenced
from gateway.ingress.attempts import Attempts
from gateway.ingress.backlog import Backlog
from gateway.ingress.queue import QUEUE_LIMIT, ConversationQueue
from gateway.ingress.queues import ConversationQueues
from gateway.ingress.router import Router
from gateway.ports import Delivery, Inbox
from gateway.runtime.persistence import retry_until_stored
from gateway.runtime.queued import QueuedDelivery

log = structlog.get_logger(__name__)


class QueueWorker:
    """Runs the turns of a conversation queue until it is empty. One worker serves all queues."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        backlog: Backlog,
        attempts: Attempts,
        router: Router,
        queues: ConversationQueues,
        let_go: Callable[[str], None],
    ) -> None:
        """``let_go`` is called with the key of a conversation whose queue is empty."""
        self._let_go = let_go
        self._inbox = inbox
        self._backlog = backlog
        self._attempts = attempts
        self._router = router
        self._queues = queues

    async def run(self, queue: ConversationQueue) -> None:
        """Claim the conversation and run its turns until none is left. When another process holds the lease nothing is
        run: the deliveries are in the store which that process reads."""
        try:
            queue.lease = await self._inbox.claim(queue.key)
            if queue.lease is None:
                return
            first = True
            while True:
                while queue.deliveries and (first or not self._queues.stops(queue.key)):
                    first = False
                    queued = self._take_next(queue)
                    try:
                        await self._attempts.run(queue, queue.lease, queued, main=True)
                    except Exception as error:
                        if await self._attempts.fail(queue, queue.lease, queued, error, main=True):
                            queue.deliveries.insert(0, queued)
                    self._end(queue, queued)
                if queue.overflow and not self._queues.stops(queue.key):
                    await self._read_on(queue)
                elif queue.side:
                    await queue.wait_for_work()
                else:
                    break
        except Fenced:
            log.warning("conversation.fenced", conversation=queue.key)
        finally:
            self._queues.remove(queue)
            if not queue.lost:
                self._let_go(queue.key)

    def _take_next(self, queue: ConversationQueue) -> QueuedDelivery:
        queued = queue.current = queue.deliveries.pop(0)
        if queue.counted:
            self._queues.update_resting(queue)
        return queued

    def _end(self, queue: ConversationQueue, queued: QueuedDelivery) -> None:
        queue.current = None
        self._queues.update_resting(queue)
        if not queue.holds(queued.key):  # else the delivery runs again, and its asks are needed
            queue.asks.forget(queued.key)

    async def _read_on(self, queue: ConversationQueue) -> None:
        """Take in at most ``QUEUE_LIMIT`` deliveries of the conversation that wait in the store. What arrives meanwhile
        stays in the store, to keep the order, and is read by another look.

        All that is open is looked at, not what comes behind the last one taken: what other processes store becomes
        visible in another order than it was numbered.
        """
        while queue.overflow:
            arrived, after, taken = queue.arrived, 0, 0
            while taken < QUEUE_LIMIT:
                rows = await retry_until_stored(lambda after=after: self._pending_in(queue, after))  # type: ignore[misc]
                for delivery in rows:
                    taken += await self._take_in(queue, delivery)
                if len(rows) < QUEUE_LIMIT:
                    break
                after = rows[-1].seq
            if taken >= QUEUE_LIMIT:
                break
            queue.overflow = queue.arrived != arrived
        queue.unread = False

    async def _take_in(self, queue: ConversationQueue, delivery: Delivery) -> bool:
        """Queue a delivery or give it to whom it is for; return whether that was done."""
        if self._is_taken(queue, delivery.envelope.key):
            return False
        queued = await self._backlog.read(delivery)
        if queued is None or self._is_taken(queue, queued.key):
            return False
        if not self._router.route(queue, queued):
            queue.deliveries.put(queued)
        return True

    def _is_taken(self, queue: ConversationQueue, key: str) -> bool:
        return queue.holds(key) or key in self._queues.skipping

    async def _pending_in(self, queue: ConversationQueue, after: int) -> Sequence[Delivery]:
        return await self._inbox.pending(conversation=queue.key, after=after, now=math.inf, limit=QUEUE_LIMIT)
