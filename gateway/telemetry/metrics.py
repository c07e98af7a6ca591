"""Counters of what happened on each platform."""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime


class Counters:
    """Counts of what happened, by platform; ``/readyz`` shows them."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._last: dict[str, float] = {}

    def add(self, platform: str, what: str) -> None:
        """Count one more ``what`` (``received``, ``failed``) on the platform."""
        self._counts[platform][what] += 1

    def received(self, platform: str) -> None:
        """Count a delivery of the platform and note the time, because a platform that went silent looks alive by every
        other sign."""
        self.add(platform, "received")
        self._last[platform] = time.time()

    def of(self, platform: str) -> Mapping[str, int | str]:
        """Return the platform's counts by name, and ``last_received``: the time (UTC, ISO 8601) of its last
        delivery."""
        counts: dict[str, int | str] = dict(self._counts.get(platform, {}))
        if (last := self._last.get(platform)) is not None:
            counts["last_received"] = datetime.fromtimestamp(last, UTC).isoformat(timespec="seconds")
        return counts
