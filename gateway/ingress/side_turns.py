"""Turns that run beside the queue of their conversation, such as feedback, a form or a reaction."""

import structlog

from gateway.errors import Fenced
from gateway.ingress.attempts import Attempts
from gateway.ingress.queue import ConversationQueue
from gateway.ingress.queues import ConversationQueues
from gateway.ingress.tasks import BackgroundTasks
from gateway.model import StopRequested
from gateway.ports import Inbox
from gateway.runtime.limits import Limits
from gateway.runtime.queued import QueuedDelivery

log = structlog.get_logger(__name__)

SIDE_LIMIT = 100
"""Turns that may run beside the queue of one conversation at the same time; more wait in the store."""


class SideTurns:
    """Runs turns at once, beside the queue of their conversation."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        attempts: Attempts,
        queues: ConversationQueues,
        tasks: BackgroundTasks,
        limits: Limits,
    ) -> None:
        self._inbox = inbox
        self._attempts = attempts
        self._queues = queues
        self._tasks = tasks
        self._limits = limits

    def run(self, queue: ConversationQueue, queued: QueuedDelivery) -> None:
        """Begin the delivery's turn now, beside the queue. When ``SIDE_LIMIT`` turns already run there, the delivery
        stays in the store until the next look for due deliveries; a stop request is run all the same."""
        if len(queue.side) >= SIDE_LIMIT and not isinstance(queued.event, StopRequested):
            self._limits.met("turns beside a conversation", f"{SIDE_LIMIT} run beside one conversation; others wait")
            return
        queue.side[queued.key] = self._tasks.spawn(self._run(queue, queued))
        if queue.counted:
            self._queues.update_resting(queue)

    async def _run(self, queue: ConversationQueue, queued: QueuedDelivery) -> None:
        lease = queue.lease or await self._inbox.claim(queue.key)
        try:
            again = lease is not None
            while again and lease is not None:
                try:
                    await self._attempts.run(queue, lease, queued, main=False)
                    again = False
                except Exception as error:
                    again = await self._attempts.fail(queue, lease, queued, error, main=False)
        except Fenced:
            log.warning("conversation.fenced", conversation=queue.key)
        finally:
            queue.side.pop(queued.key, None)
            self._queues.update_resting(queue)
            queue.asks.forget(queued.key)
