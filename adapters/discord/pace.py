"""Lets the shards of all replicas begin their sessions one after the other.

Discord takes one IDENTIFY in five seconds for each of ``max_concurrency`` groups of shards, which are told apart by the
shard's number modulo ``max_concurrency`` (Gateway, "Sharding, max_concurrency").
"""

import asyncio
import time

import structlog

from adapters.locks import ClusterLocks
from gateway.errors import Fenced, StoreFailed

IDENTIFY_EVERY = 5.0
"""Seconds between two new sessions (Gateway, "Rate Limiting": one IDENTIFY in five seconds)."""
_AGAIN_AFTER = 1.0
"""Seconds between two tries to take a turn while the database is away."""

log = structlog.get_logger(__name__)


class IdentifyPace:
    """Gives turns to IDENTIFY, over all replicas."""

    def __init__(self, locks: ClusterLocks) -> None:
        self._locks = locks
        self._resting: set[asyncio.Task[None]] = set()
        self._left: int | None = None
        self._total = 1
        self._resets_at = 0.0
        self.concurrency = 1
        """How many shards may begin a session at once (``max_concurrency`` of Get Gateway Bot)."""

    def allow(self, left: int, *, total: int, resets: int) -> None:
        """Let this many sessions begin, and ``total`` from the time on when Discord counts anew, in ``resets``
        milliseconds (Get Gateway Bot, ``session_start_limit``)."""
        self._left, self._total = left, max(total, 1)
        self._resets_at = time.monotonic() + resets / 1000

    async def _allowed(self) -> None:
        """Wait until one more session may begin. A bot that begins more than it may has its token reset by Discord."""
        if self._left is None:
            return
        if self._left <= 0 and (wait := self._resets_at - time.monotonic()) > 0:
            log.error("discord.no_session_may_begin", seconds=round(wait), why="too many sessions began today")
            await asyncio.sleep(wait)
        if self._left <= 0:
            self._left = self._total
        self._left -= 1

    async def turn(self, shard: int) -> None:
        """Wait until the shard with this number may IDENTIFY. The next one of its group may ``IDENTIFY_EVERY`` seconds
        later."""
        await self._allowed()
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._hold(f"discord.identify.{shard % self.concurrency}", given))
        self._resting.add(task)
        task.add_done_callback(self._resting.discard)
        try:
            await given
        except asyncio.CancelledError:
            task.cancel()
            raise

    async def _hold(self, name: str, given: asyncio.Future[None]) -> None:
        try:
            while not given.done():
                try:
                    async with self._locks.hold(name):
                        given.set_result(None)
                        await asyncio.sleep(IDENTIFY_EVERY)
                except (Fenced, StoreFailed):
                    await asyncio.sleep(_AGAIN_AFTER)
        finally:
            given.cancel()  # changes nothing once it is done

    async def close(self) -> None:
        """Give back the turns that are taken."""
        for task in self._resting:
            task.cancel()
        await asyncio.gather(*self._resting, return_exceptions=True)
