"""Rate-limit buckets of the REST API: a call waits only where nothing is left, and never longer than it may.

Theory. Discord tells with each answer how many calls of its bucket are left and in how many seconds they are counted
anew. How long that is says nothing about whether to wait: while calls are left they may be made, and a window of ten
minutes with one call left holds nobody up. discord.py's own bucket refuses a call as soon as the window is longer than
``max_ratelimit_timeout``, whatever is left of it, and makes the call that took the last one wait for the next window
before it returns. This one does neither: the call that finds nothing left waits, or is told how long it would be.

Before the first answer nothing is known of a bucket, so one call goes ahead and the others wait for it.
"""

import asyncio

from adapters.discord.sdk import Ratelimit, discord


class Bucket(Ratelimit):
    """One bucket. ``async with`` it for each call; raises ``discord.RateLimited`` where the wait would be too long."""

    def __init__(self, longest: float) -> None:
        super().__init__(longest)
        self._longest = longest
        self._timer: asyncio.TimerHandle | None = None

    @property
    def wait(self) -> float:
        """Seconds until calls are counted anew; 0 when that is now or not known."""
        return 0.0 if self.expires is None else max(self.expires - self._loop.time(), 0.0)

    async def acquire(self) -> None:
        """Take one call, as soon as there is one and those before have theirs."""
        self._last_request = self._loop.time()
        turn: asyncio.Future[None] = self._loop.create_future()
        self._pending_requests.append(turn)
        self._arrange()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.remaining += 1  # it was given one in the same moment
                await self.__aexit__()
            raise

    async def __aexit__(self, *_: object) -> None:
        self.outgoing -= 1
        self._arrange()

    def _arrange(self) -> None:
        """Give out what is left, first come, first served; who has to wait is given one when the window is over, or is
        told if that is too long."""
        waiting = self._pending_requests
        while waiting:
            if not self.wait:
                self.reset()  # type: ignore[no-untyped-call]
            if self.remaining <= 0:
                self._let_wait()
                return
            turn = waiting.popleft()
            if not turn.done():
                self.remaining -= 1
                self.outgoing += 1
                turn.set_result(None)

    def _let_wait(self) -> None:
        wait = self.wait
        if wait > self._longest:
            self._wake(len(self._pending_requests), exception=discord.RateLimited(wait))
        elif wait and self._timer is None:
            self._timer = self._loop.call_later(wait, self._over)

    def _over(self) -> None:
        self._timer = None
        self._arrange()
