"""Keeps turns from running in some conversations for a while, as the end of the process does for all of them."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable
from contextlib import asynccontextmanager

import structlog

from gateway.ingress.queue import ConversationQueue
from gateway.ingress.queues import ConversationQueues
from gateway.ports import Inbox
from gateway.runtime.endings import DeliveryEndings
from gateway.runtime.erasure import StillRunning
from gateway.runtime.history import History
from gateway.runtime.persistence import retry_until_stored
from gateway.runtime.profiles import Profiles
from gateway.runtime.session import SessionPool

log = structlog.get_logger(__name__)

END_WITHIN = 10.0
"""Seconds that running turns get to end by themselves."""
CANCEL_WITHIN = 5.0
"""Seconds that cancelled turns get to end."""


class Suspension:
    """Implements ``gateway.runtime.erasure.RunningGateway`` on the queues and caches of a running gateway.

    Deliveries of a suspended conversation are stored and acknowledged as ever. They are read back from the store when
    the suspension ends; a turn that only waited for an answer, or had to be broken off, then runs again and goes on
    with its journal, as after a restart.
    """

    def __init__(
        self,
        *,
        inbox: Inbox,
        queues: ConversationQueues,
        pool: SessionPool,
        profiles: Profiles,
        history: History,
        take_due: Callable[[], Awaitable[None]],
        endings: DeliveryEndings,
    ) -> None:
        """``take_due`` reads deliveries back that wait in the store; ``endings`` tells of those that were closed."""
        self._inbox = inbox
        self._queues = queues
        self._pool = pool
        self._profiles = profiles
        self._history = history
        self._take_due = take_due
        self._endings = endings

    def conversations(self, person: str) -> Collection[str]:
        """Return the conversations in memory that a person takes part in, or has a delivery in."""
        queued = (
            queue.key
            for queue in self._queues
            for delivery in (*queue.deliveries, *((queue.current,) if queue.current else ()))
            if delivery.event.user.key == person
        )
        return {*self._pool.of(person), *queued}

    def discard(self, conversations: Iterable[str]) -> None:
        """Forget the sessions of these conversations."""
        self._pool.discard(conversations)

    def forget(self, person: str, conversations: Iterable[str]) -> None:
        """Forget the sessions of these conversations, the person's profile, and that the person is kept."""
        self._pool.discard(conversations)
        self._profiles.forget(person)
        self._history.forget(person)

    @asynccontextmanager
    async def suspended(self, conversations: Collection[str]) -> AsyncGenerator[None]:
        """Let no turn run in these conversations during the block; those that run end first."""
        self._queues.suspended.update(conversations)
        try:
            await self._end([queue for key in conversations if (queue := self._queues.get(key)) is not None])
            yield
        finally:
            self._queues.suspended.difference_update(conversations)
            await self._take_due()
            await self._endings.look(self._inbox)  # no turn tells of what was erased or deleted meanwhile

    async def _end(self, queues: Collection[ConversationQueue]) -> None:
        deadline = time.monotonic() + END_WITHIN
        while tasks := [task for queue in queues if queue.key in self._queues for task in queue.busy()]:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            # An ask may open while we wait, so look again every now and then.
            await asyncio.wait(tasks, timeout=min(left, 0.2), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*(self._break_off(queue) for queue in queues if self._queues.get(queue.key) is queue))

    async def _break_off(self, queue: ConversationQueue) -> None:
        """Cancel the turns of a conversation. They are not done: they run again later, unless they are erased."""
        keys = [*queue.side, *((queue.current.key,) if queue.current is not None else ())]
        lease, tasks = queue.lease, list(queue.side.values())
        queue.lose()
        for task in tasks:
            task.cancel("suspended")
        if queue.task is not None:
            tasks.append(queue.task)
        if tasks:
            _, running = await asyncio.wait(tasks, timeout=CANCEL_WITHIN)
            if running:
                raise StillRunning(
                    f"a turn in {queue.key} does not end, because its handler swallows the cancellation: stop the "
                    "gateway and ask again"
                )
        for key in keys:
            if lease is not None:
                await retry_until_stored(lambda key=key: self._inbox.pause(lease, key))  # type: ignore[misc]
        log.info("conversation.suspended", conversation=queue.key, broken_off=len(keys))
