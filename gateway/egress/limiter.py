"""Holds calls back while the platform says to wait, and lets them go again in order and apart.

Theory. A bucket is known only from the ``RateLimited`` that names it, so the limiter learns: the *route* of the call
that was refused (what was called, and where) leads to the bucket for as long as it is blocked, and once a second
place runs into the same bucket, so does every place. Calls of such a route wait without trying. They leave one at a
time, first come, first served, so a released herd does not hit the wall together; if the wall is hit after all, they
leave further apart. A bucket is forgotten when its time has passed and nobody waits for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

_SPACING = 0.1
"""Seconds between two calls released from a bucket, doubled each time one of them hits the wall again."""
_WIDEST = 3.0
_MARGIN = 0.02
"""Seconds waited beyond what the platform asked for: its clock decides, and it rounds."""


class Route(NamedTuple):
    """What is called, and where: the most that is known of a call's bucket before it is tried."""

    platform: str
    method: str
    workspace: str
    channel: str

    @property
    def everywhere(self) -> "Route":
        """The same call in any channel of the workspace."""
        return self._replace(channel="")


class _Bucket:
    __slots__ = ("next", "routes", "spacing", "turn", "until", "waiting")

    def __init__(self, route: Route) -> None:
        self.until = 0.0
        """When the platform takes calls again."""
        self.next = 0.0
        """When the next of those who wait may leave."""
        self.spacing = _SPACING
        self.routes = {route}
        self.waiting = 0
        self.turn = asyncio.Lock()
        """Held by the first of those who wait; the rest stand in line for it."""


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


class Limiter:
    """The buckets that are blocked now."""

    def __init__(
        self, *, clock: Callable[[], float] = _loop_time, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self.clock = clock
        """Seconds that only grow; the event loop's own by default."""
        self.sleep = sleep
        self._buckets: dict[str, _Bucket] = {}
        self._routes: dict[Route, str] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is blocked, so that no call need ask."""
        return not self._buckets

    def block(self, bucket: str, retry_after: float, route: Route) -> None:
        """A call of this route was refused: nothing goes into the bucket for ``retry_after`` seconds."""
        now = self.clock()
        name = f"{route.platform}/{route.workspace}/{bucket}"
        known = self._buckets.get(name)
        if known is None:
            self._forget(now)
            known = self._buckets[name] = _Bucket(route)
        elif now >= known.until:
            known.spacing = min(known.spacing * 2, _WIDEST)
        if route not in known.routes:
            known.routes |= {route, route.everywhere}
        for each in known.routes:
            self._routes[each] = name
        known.until = known.next = max(known.until, now + max(retry_after, 0.0) + _MARGIN)

    def blocked(self, route: Route) -> bool:
        """Whether a call of this route would have to wait."""
        found = self._find(route)
        return found is not None and (found.waiting > 0 or found.until > self.clock())

    async def wait(self, route: Route, *, deadline: float = float("inf")) -> bool:
        """True when a call of this route may be tried; False as soon as that cannot be before the deadline."""
        found = self._find(route)
        if found is None:
            return True
        found.waiting += 1
        try:
            async with found.turn:
                while (due := max(found.until, found.next)) > self.clock():
                    if due > deadline:
                        return False
                    await self.sleep(due - self.clock())
                found.next = self.clock() + found.spacing
                return True
        finally:
            found.waiting -= 1
            self._forget(self.clock())

    def _find(self, route: Route) -> _Bucket | None:
        if not self._buckets:
            return None
        name = self._routes.get(route) or self._routes.get(route.everywhere)
        return None if name is None else self._buckets.get(name)

    def _forget(self, now: float) -> None:
        """Drop the buckets whose time has passed and for which nobody waits."""
        passed = [name for name, bucket in self._buckets.items() if bucket.until <= now and not bucket.waiting]
        for name in passed:
            for route in self._buckets.pop(name).routes:
                if self._routes.get(route) == name:
                    del self._routes[route]
