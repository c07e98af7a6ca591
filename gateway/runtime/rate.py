"""Bounds how often something happens in a while, for each of many names, in memory."""

import time
from collections import OrderedDict
from collections.abc import Callable

from gateway.ports import Cluster

MOST = 10_000
"""Number of names remembered; beyond it the one that was counted longest ago begins anew."""


class Rate:
    """Token buckets: each name may happen ``most`` times at once, and again as time passes.

    The bound is shared out: each replica allows an equal part of it, so that all of them together allow no more,
    whichever of them is asked.
    """

    def __init__(
        self,
        most: int,
        *,
        seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        cluster: Cluster | None = None,
    ) -> None:
        """Make it with all buckets full.

        Args:
            most: How often each name may happen within ``seconds``; 0 for no bound.
            seconds: The while that ``most`` is for; by default a minute.
            clock: Returns seconds.
            cluster: The replicas that share the bound; None for this one alone.
        """
        self.most = most
        """How often each name may happen; 0 for no bound."""
        self._seconds = seconds
        self._cluster = cluster
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What was left for each name, and when."""

    def wait(self, name: str) -> float:
        """Return the seconds until it may happen again; 0 if it may happen now."""
        return 0.0 if not self.most else max(0.0, (1 - self._now(name)) * self._seconds / self._share)

    def take(self, name: str) -> float:
        """Count that it happens, unless it may not; return the seconds until it may, 0 if it was counted."""
        wait = self.wait(name)
        if self.most and not wait:
            self._left[name] = (self._now(name) - 1, self._clock())
            self._left.move_to_end(name)
            if len(self._left) > MOST:
                self._left.popitem(last=False)
        return wait

    def forget(self, name: str) -> None:
        """Let a name begin anew."""
        self._left.pop(name, None)

    def __len__(self) -> int:
        return len(self._left)

    @property
    def _share(self) -> float:
        """How often each name may happen within the while on this replica."""
        return self.most / (1 if self._cluster is None else self._cluster.replicas)

    def _now(self, name: str) -> float:
        most = max(1.0, self._share)
        known = self._left.get(name)
        if known is None:
            return most
        left, at = known
        return min(most, left + (self._clock() - at) * self._share / self._seconds)
