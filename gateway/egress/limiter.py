"""Holds calls back while a platform says to wait, then lets them go in order and spaced apart.

Theory. A bucket is known only from the ``RateLimited`` that names it, so the limiter learns. The *route* of the refused
call (the method and the channel) is assigned to the bucket for as long as the bucket is blocked. Once a second channel
is refused by the same bucket, the method is assigned to it in every channel of the workspace. Calls of such a route
wait without trying. They leave one at a time, first come, first served, so that they do not exceed the limit together
again; if one is refused after all, the calls behind it leave further apart. A bucket is forgotten when its time has
passed and no call waits for it.

A platform counts the calls of all replicas together. So a replica that is refused tells the others, which wait too.
Afterwards each replica lets its calls leave further apart, by as many times as there are replicas, and begins at a
random place within its first interval.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from gateway.ports import Cluster

_SPACING = 0.1
"""Seconds between two calls released from a bucket, doubled each time one of them is refused again."""
_WIDEST = 3.0
"""Seconds between two calls released from a bucket, at most."""
_NEWS = 0.1
"""Seconds by which a bucket has to be blocked for longer than the other replicas know before they are told."""
_TOPIC = "limits"
_MARGIN = 0.02
"""Seconds waited beyond what the platform asked for, because the platform rounds and its own clock decides."""


class Route(NamedTuple):
    """The method of a call and the channel it goes to, from which its rate limit bucket is guessed before it is
    tried."""

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
        """Time of ``Limiter.clock`` at which the platform takes calls again."""
        self.next = 0.0
        """Time of ``Limiter.clock`` at which the next waiting call may leave."""
        self.spacing = _SPACING
        self.routes = {route}
        self.waiting = 0
        self.turn = asyncio.Lock()
        """Held by the first waiting call; the others queue for it."""


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


class Limiter:
    """Knows the rate limit buckets that are blocked now, and makes calls wait for them."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = _loop_time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        cluster: Cluster | None = None,
    ) -> None:
        """Make one that knows no bucket yet. ``cluster`` are the replicas that share the limits."""
        self._cluster = cluster
        if cluster is not None:
            cluster.listen(_TOPIC, self._hear)
        self.clock = clock
        """Returns monotonic seconds; by default those of the event loop."""
        self.sleep = sleep
        self._buckets: dict[str, _Bucket] = {}
        self._routes: dict[Route, str] = {}

    @property
    def idle(self) -> bool:
        """Whether no bucket is blocked, so that no call needs to wait."""
        return not self._buckets

    def block(self, bucket: str, retry_after: float, route: Route) -> None:
        """Block a bucket for ``retry_after`` seconds, after a call of this route was refused, here and on the other
        replicas."""
        if self._block(bucket, retry_after, route) and self._cluster is not None:
            self._cluster.tell(_TOPIC, {"bucket": bucket, "seconds": retry_after, "route": list(route)})

    def _hear(self, body: Mapping[str, Any]) -> None:
        """Block a bucket because a call of another replica was refused."""
        self._block(body["bucket"], body["seconds"], Route(*body["route"]))

    def _block(self, bucket: str, retry_after: float, route: Route) -> bool:
        """Block a bucket, and return whether that is news for the other replicas."""
        now = self.clock()
        name = f"{route.platform}/{route.workspace}/{bucket}"
        known = self._buckets.get(name)
        news = known is None or route not in known.routes or now + retry_after > known.until + _NEWS
        if known is None:
            self._forget(now)
            known = self._buckets[name] = _Bucket(route)
        elif now >= known.until:
            known.spacing = min(known.spacing * 2, _WIDEST)
        if route not in known.routes:
            known.routes |= {route, route.everywhere}
        for each in known.routes:
            self._routes[each] = name
        known.until = max(known.until, now + max(retry_after, 0.0) + _MARGIN)
        known.next = known.until + random.uniform(0, known.spacing * (self._replicas - 1))  # noqa: S311 - spreads load
        return news

    @property
    def _replicas(self) -> int:
        return 1 if self._cluster is None else self._cluster.replicas

    def blocked(self, route: Route) -> bool:
        """Whether a call of this route would have to wait."""
        found = self._find(route)
        return found is not None and (found.waiting > 0 or found.until > self.clock())

    async def wait(self, route: Route, *, deadline: float = float("inf")) -> bool:
        """Wait until a call of this route may be tried, and return True; return False as soon as it is known that this
        will not be before the deadline (a time of ``clock``)."""
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
                found.next = self.clock() + found.spacing * self._replicas
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
        """Drop the buckets whose time has passed and for which no call waits."""
        passed = [name for name, bucket in self._buckets.items() if bucket.until <= now and not bucket.waiting]
        for name in passed:
            for route in self._buckets.pop(name).routes:
                if self._routes.get(route) == name:
                    del self._routes[route]
