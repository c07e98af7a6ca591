"""Hands deliveries to the gateway: in order within a conversation, conversations in parallel, none given up while the
process lives.

Theory. Discord repeats nothing while the connection lasts: a dispatch that was read comes no more. So it waits here
until ``accept`` has made it durable. If that fails it is tried again, and everything behind it in its conversation
waits; ``trouble`` reports it. The number of waiting deliveries is bounded: at the limit the connection is not read any
further (``room``), and Discord keeps the rest for as long as it keeps a session. A delivery that fails again and again
while others succeed is itself at fault, not the store: it is dropped, loudly, so that it does not block its
conversation for ever. So is one whose failure is a mistake in reading it (``_MISTAKES``), whatever becomes of others.

The ``Mark`` of a delivery is held until then, so that Discord keeps what is not stored yet: after a crash it comes
again.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import structlog

from adapters.discord.progress import Mark
from gateway.adapter import Accept
from gateway.errors import Draining
from gateway.model import Accepted, Envelope

_LIMIT = 2_000
"""Number of deliveries that may wait."""
_PAUSES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts; the last one repeats."""
_ENDING = 5.0
"""Seconds that deliveries being stored get to finish when the gateway ends."""
_HOPELESS = 8
"""Attempts after which a delivery is dropped, if others were stored meanwhile."""
_MISTAKES = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""Failures caused by the delivery itself: no store raises them because it is down."""
_MISTAKEN = 3
"""Attempts after which a delivery is dropped that fails by one of ``_MISTAKES``."""

log = structlog.get_logger(__name__)

Done = Callable[[Accepted | None], None]
"""Called once the delivery is durable; with None when it will not become so."""


class _Waiting(NamedTuple):
    envelope: Envelope
    mark: Mark
    done: Done | None


class Intake:
    """Stores deliveries from the connection, retrying until each is durable."""

    def __init__(self, accept: Accept) -> None:
        self._accept = accept
        self._queues: dict[str, deque[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._stored = 0
        self._left = 0
        self._roomy = asyncio.Event()
        self._closed = False
        self.trouble: str | None = None

    @property
    def full(self) -> bool:
        """Whether the limit of waiting deliveries is reached."""
        return self._waiting >= _LIMIT

    async def room(self) -> None:
        """Wait until fewer than half of ``_LIMIT`` deliveries are waiting."""
        self._roomy.clear()
        await self._roomy.wait()

    def take(self, envelope: Envelope, mark: Mark, done: Done | None = None) -> None:
        """Store a delivery as soon as those before it in its conversation are stored."""
        mark.hold()
        if self._closed:
            self._left += 1
            if done is not None:
                done(None)
            return
        self._waiting += 1
        waiting = _Waiting(envelope, mark, done)
        key = envelope.ref.key
        queue = self._queues.get(key)
        if queue is not None:
            queue.append(waiting)
            return
        self._queues[key] = queue = deque((waiting,))
        task = asyncio.create_task(self._work(key, queue))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, key: str, queue: deque[_Waiting]) -> None:
        while queue:
            envelope, mark, done = queue[0]
            accepted = await self._store(envelope, mark)
            queue.popleft()
            self.put_back()
            if accepted is not None or not self._closed:  # stored, or given up for good
                mark.settle()
            if done is not None:
                done(accepted)
        del self._queues[key]

    def put_aside(self) -> None:
        """Count one delivery that waits elsewhere before it can be taken."""
        self._waiting += 1

    def put_back(self) -> None:
        """Stop counting a delivery that was put aside or is done."""
        self._waiting -= 1
        if self._waiting <= _LIMIT // 2:
            self._roomy.set()
        if not self._waiting:
            self.trouble = None  # what could not be stored is stored, or another replica stores it

    async def _store(self, envelope: Envelope, mark: Mark) -> Accepted | None:
        """Call ``accept`` until it succeeds, the delivery is dropped, its session abandoned or the intake closed."""
        failures, stored = 0, self._stored
        while not (self._closed or mark.progress.abandoned):
            try:
                accepted = await self._accept(envelope)
            except Draining:
                self._closed = True
                log.info("discord.closed", why="the gateway is shutting down")
                break
            except Exception as error:
                failures += 1
                mistaken = isinstance(error, _MISTAKES)
                if failures == 1 and (mistaken or self.trouble is None):
                    log.exception("discord.not_stored", delivery=envelope.key)
                if (failures >= _HOPELESS and self._stored > stored) or (mistaken and failures >= _MISTAKEN):
                    log.error("discord.delivery_dropped", delivery=envelope.key, error=str(error)[:300])
                    return None
                if not mistaken:
                    self.trouble = f"what arrives cannot be stored: {type(error).__name__}"
                await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES)) - 1])
            else:
                self._stored += 1
                self.trouble = None
                return accepted
        self._left += 1
        return None

    async def finish(self) -> None:
        """Wait until everything that was taken is stored, at most ``_ENDING`` seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_ENDING)

    async def close(self) -> None:
        """Take no more deliveries and let those being stored finish; logs how many are left for the next process."""
        self._closed = True
        self._roomy.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_ENDING)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._left:
            log.info("discord.left_to_come_again", deliveries=self._left)
