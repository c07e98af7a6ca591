"""Bounds how often something happens in a minute, for each of many names, in memory."""

import time
from collections import OrderedDict
from collections.abc import Callable

MOST = 10_000
"""Number of names remembered; beyond it the one that was counted longest ago begins anew."""


class Rate:
    """Token buckets: each name may happen ``per_minute`` times at once, and again as time passes."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Make it with all buckets full. ``per_minute`` is 0 for no bound; ``clock`` returns seconds."""
        self._most = float(per_minute)
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What was left for each name, and when."""

    def wait(self, name: str) -> float:
        """Return the seconds until it may happen again; 0 if it may happen now."""
        return 0.0 if not self._most else max(0.0, (1 - self._now(name)) * 60 / self._most)

    def take(self, name: str) -> float:
        """Count that it happens, unless it may not; return the seconds until it may, 0 if it was counted."""
        wait = self.wait(name)
        if self._most and not wait:
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

    def _now(self, name: str) -> float:
        known = self._left.get(name)
        if known is None:
            return self._most
        left, at = known
        return min(self._most, left + (self._clock() - at) * self._most / 60)
