"""Counters of what happened on each platform."""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime

from gateway.telemetry.observer import DeliveryAccepted, Observer, TurnEnded

_COUNTED = frozenset({"ignored", "duplicate", "denied", "quota"})
"""Outcomes of deliveries that are counted by their names, beside ``received``."""


class Counters(Observer):
    """Counts of what happened, by platform; ``/readyz`` shows them."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._last: dict[str, float] = {}

    def accepted(self, what: DeliveryAccepted, /) -> None:
        """Count a delivery of the platform and note the time, because a platform that went silent looks alive by every
        other sign."""
        if what.outcome == "refused":
            return
        counts = self._counts[what.platform]
        counts["received"] += 1
        if what.outcome in _COUNTED:
            counts[what.outcome] += 1
        self._last[what.platform] = time.time()

    def turn_ended(self, what: TurnEnded, /) -> None:
        """Count a run that failed, and a turn that was given up."""
        if what.outcome in ("failed", "dead"):
            counts = self._counts[what.platform]
            counts["failed"] += 1
            counts["dead"] += what.outcome == "dead"

    def of(self, platform: str) -> Mapping[str, int | str]:
        """Return the platform's counts by name, and ``last_received``: the time (UTC, ISO 8601) of its last
        delivery."""
        counts: dict[str, int | str] = {name: count for name, count in self._counts[platform].items() if count}
        if (last := self._last.get(platform)) is not None:
            counts["last_received"] = datetime.fromtimestamp(last, UTC).isoformat(timespec="seconds")
        return counts
