"""Slack's rate limits as token buckets: tiers per method and workspace, and one post a second per channel.

Tiers are calls a minute (T1 1, T2 20, T3 50, T4 100), https://docs.slack.dev/apis/web-api/rate-limits. Slack says
"roughly one message per second per channel, short bursts tolerated" and names no number; the burst here is 5.
"""

import math
import time
from collections import OrderedDict

from gateway.emulators.slack.values import ApiError

TIER = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute of each tier (Slack's page on rate limits)."""
POST_BURST = 5.0
"""Posts that a channel accepts at once before the limit of one a second applies. Slack names no number."""
_MAX_BUCKETS = 10_000


class RateLimited(ApiError):
    """A call over its rate limit. ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after


class Limits:
    """Counts calls and posts. A call over its limit raises ``RateLimited``."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def tier(self, team: str, method: str, tier: int) -> None:
        """Count a call of a method against its tier. Raises ``RateLimited``."""
        per_minute = TIER[tier]
        self._take((team, method), capacity=float(per_minute), per_second=per_minute / 60)

    def post(self, channel: str) -> None:
        """Count a post to a channel. Raises ``RateLimited``."""
        self._take((channel, "post"), capacity=POST_BURST, per_second=1.0)

    def _take(self, key: tuple[str, str], *, capacity: float, per_second: float) -> None:
        now = time.monotonic()
        tokens, at = self._buckets.get(key, (capacity, now))
        tokens = min(capacity, tokens + (now - at) * per_second)
        if tokens < 1.0:
            raise RateLimited(max(1, math.ceil((1.0 - tokens) / per_second)))
        self._buckets[key] = (tokens - 1.0, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > _MAX_BUCKETS:
            self._buckets.popitem(last=False)
