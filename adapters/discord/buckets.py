"""Rate-limit buckets of the REST API: a call waits only where nothing is left, and never longer than it may.

Theory. Discord reports with each answer how many calls of the bucket are left and in how many seconds they are counted
anew. The length of that window says nothing about whether to wait: while calls are left they may be made. discord.py's
own bucket refuses a call as soon as the window is longer than ``max_ratelimit_timeout``, whatever is left of it, and
makes the call that took the last one wait for the next window before it returns. ``Bucket`` does neither: only a call
that finds nothing left waits, or is refused if the wait would be too long.

Before the first answer nothing is known of a bucket, so one call goes ahead and the others wait for its answer.
"""

import asyncio

from adapters.discord.sdk import Ratelimit, discord


class Bucket(Ratelimit):
    """One rate-limit bucket, entered with ``async with`` for each call. Raises ``discord.RateLimited`` where the wait
    would be too long."""

    def __init__(self, longest: float) -> None:
        super().__init__(longest)
        self._longest = longest
        self._timer: asyncio.TimerHandle | None = None

    @property
    def wait(self) -> float:
        """Seconds until calls are counted anew; 0 when the window is over or not known."""
        return 0.0 if self.expires is None else max(self.expires - self._loop.time(), 0.0)

    async def acquire(self) -> None:
        """Take one call, as soon as one is left and every earlier caller has got its own."""
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
        """Give out the calls that are left, first come, first served. A caller that has to wait gets one when the
        window is over, or is refused if that is too far away."""
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
