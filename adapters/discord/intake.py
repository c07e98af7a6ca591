"""Takes deliveries in: in order within a conversation, conversations side by side, none given up while we live.

Theory. Discord repeats nothing while the connection stands: a dispatch that was read comes no more. So it waits here
until ``accept`` has made it durable. If that fails it is tried again, and everything behind it in its conversation
waits; ``trouble`` says so. What waits is bounded: when it is too much, the connection is not read any further
(``room``), and Discord keeps the rest for as long as it keeps a session. One delivery that fails again and again while
others succeed is not the store's fault but its own: it is dropped, loudly, so that it does not block its conversation
for ever. So is one whose failure is a mistake in reading it (``_MISTAKES``), whatever becomes of others.

A delivery's ``Mark`` is held until then, so that Discord keeps what we have not stored: after a crash it comes again.
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
"""Deliveries that may wait."""
_PAUSES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts; the last one repeats."""
_ENDING = 5.0
"""Seconds for what is being stored when the gateway ends."""
_HOPELESS = 8
"""Attempts after which a delivery is dropped, if others were stored meanwhile."""
_MISTAKES = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""Failures that are of the delivery itself: no store raises them because it is down."""
_MISTAKEN = 3
"""Attempts after which a delivery is dropped that fails so."""

log = structlog.get_logger(__name__)

Done = Callable[[Accepted | None], None]
"""Called once the delivery is durable; with None when it will not be."""


class _Waiting(NamedTuple):
    envelope: Envelope
    mark: Mark
    done: Done | None


class Intake:
    """The way from the connection to the gateway."""

    def __init__(self, accept: Accept) -> None:
        self._accept = accept
        self._lanes: dict[str, deque[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._stored = 0
        self._left = 0
        self._roomy = asyncio.Event()
        self._closed = False
        self.trouble: str | None = None

    @property
    def full(self) -> bool:
        """Whether too much waits."""
        return self._waiting >= _LIMIT

    async def room(self) -> None:
        """Until half of it is done."""
        self._roomy.clear()
        await self._roomy.wait()

    def take(self, envelope: Envelope, mark: Mark, done: Done | None = None) -> None:
        """Store it as soon as what came before it in its conversation is stored."""
        mark.hold()
        if self._closed:
            self._left += 1
            if done is not None:
                done(None)
            return
        self._waiting += 1
        waiting = _Waiting(envelope, mark, done)
        key = envelope.ref.key
        lane = self._lanes.get(key)
        if lane is not None:
            lane.append(waiting)
            return
        self._lanes[key] = lane = deque((waiting,))
        task = asyncio.create_task(self._work(key, lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, key: str, lane: deque[_Waiting]) -> None:
        while lane:
            envelope, mark, done = lane[0]
            accepted = await self._store(envelope)
            lane.popleft()
            self.put_back()
            if accepted is not None or not self._closed:  # stored, or given up for good
                mark.settle()
            if done is not None:
                done(accepted)
        del self._lanes[key]

    def put_aside(self) -> None:
        """Something waits elsewhere until it can be taken: it counts as well."""
        self._waiting += 1

    def put_back(self) -> None:
        """It waits no longer."""
        self._waiting -= 1
        if self._waiting <= _LIMIT // 2:
            self._roomy.set()

    async def _store(self, envelope: Envelope) -> Accepted | None:
        """``accept`` until it succeeds."""
        failures, stored = 0, self._stored
        while not self._closed:
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

    async def close(self) -> None:
        """Take no more, and let what is being stored end. Says how much is left for the next process."""
        self._closed = True
        self._roomy.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_ENDING)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._left:
            log.info("discord.left_to_come_again", deliveries=self._left)
