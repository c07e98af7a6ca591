"""Discord's rate limits: a window per route and channel, a global one, and the headers every answer carries.

Discord publishes no numbers but the global 50 a second ("rate limits should not be hard coded",
https://docs.discord.com/developers/topics/rate-limits). The other numbers are what its headers are known to say.
"""

import hashlib
import math
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Literal, NamedTuple

from gateway.emulators.discord.errors import ApiError

Scope = Literal["user", "global", "shared"]
"""Whose rate limit was reached: the bot's own, the global one, or that of a resource shared with others."""

GLOBAL_PER_SECOND = 50
"""Requests a bot may make in a second (Discord's page on rate limits)."""
RENAMES = 2
"""New names a channel accepts within ``RENAME_SECONDS``."""
RENAME_SECONDS = 600.0
"""Seconds in which a channel or thread accepts two new names. No header tells of this limit
(discord/discord-api-docs#1900)."""
_MAX_WINDOWS = 10_000


class Rate(NamedTuple):
    """A rate limit: ``limit`` requests in ``seconds``."""

    limit: int
    seconds: float


DEFAULT = Rate(50, 1.0)
"""The rate limit of a bucket that ``RATES`` does not list."""
_UNLIMITED = Rate(1_000_000, 1.0)
RATES: dict[str, Rate] = {
    "create_message": Rate(5, 5.0),
    "edit_message": Rate(5, 5.0),
    "delete_message": Rate(5, 1.0),
    "get_messages": Rate(5, 1.0),
    "typing": Rate(5, 5.0),
    "reaction": Rate(1, 0.25),
    "create_thread": Rate(10, 10.0),
    "modify_channel": Rate(5, 15.0),
    "webhook": Rate(5, 2.0),
}
"""The rate limit of each bucket; several routes may share a bucket."""


class RateLimited(ApiError):
    """A request over a rate limit (429). ``retry_after`` is in seconds."""

    def __init__(self, retry_after: float, scope: Scope = "user") -> None:
        what = "The resource is being rate limited." if scope == "shared" else "You are being rate limited."
        super().__init__(429, 0, what)
        self.retry_after = retry_after
        self.scope = scope
        self.body = {"message": what, "retry_after": round(retry_after, 3), "global": scope == "global"}

    def headers(self) -> dict[str, str]:
        """Return the headers of the refusal."""
        out = {"Retry-After": str(max(1, math.ceil(self.retry_after))), "X-RateLimit-Scope": self.scope}
        if self.scope == "global":
            out["X-RateLimit-Global"] = "true"
        return out


@dataclass(slots=True)
class _Window:
    used: int
    ends: float


class Limits:
    """Counts requests. Without ``enforced`` nobody is refused, and the headers show a limit that is never reached."""

    def __init__(self, *, enforced: bool) -> None:
        self._enforced = enforced
        self._windows: OrderedDict[tuple[str, str], _Window] = OrderedDict()
        self._renames: OrderedDict[str, deque[float]] = OrderedDict()
        self._recent: deque[float] = deque(maxlen=GLOBAL_PER_SECOND)

    def take(self, bucket: str, major: str, *, counts_globally: bool) -> tuple[dict[str, str], RateLimited | None]:
        """Count a request. Returns the headers of its answer, and the refusal if the limit is exceeded.

        ``major`` is the channel or webhook the request is about. ``counts_globally`` is False for interactions.
        """
        now = time.monotonic()
        rate = RATES.get(bucket, DEFAULT) if self._enforced else _UNLIMITED
        window = self._window(bucket, major, rate, now)
        refusal = self._globally(now) if self._enforced and counts_globally else None
        left = window.ends - now
        if refusal is None and window.used >= rate.limit:
            refusal = RateLimited(left)
        elif refusal is None:
            window.used += 1
        return {
            "X-RateLimit-Limit": str(rate.limit),
            "X-RateLimit-Remaining": str(rate.limit - window.used),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(bucket.encode()).hexdigest()[:32],
        }, refusal

    def rename(self, channel_id: str) -> None:
        """Count a new name of a channel. Raises ``RateLimited``."""
        now = time.monotonic()
        times = self._renames.setdefault(channel_id, deque(maxlen=RENAMES))
        if self._enforced and len(times) == RENAMES and now - times[0] < RENAME_SECONDS:
            raise RateLimited(RENAME_SECONDS - (now - times[0]))
        times.append(now)
        if len(self._renames) > _MAX_WINDOWS:
            self._renames.popitem(last=False)

    def _window(self, bucket: str, major: str, rate: Rate, now: float) -> _Window:
        window = self._windows.get((bucket, major))
        if window is None or window.ends <= now:
            window = self._windows[bucket, major] = _Window(0, now + rate.seconds)
            self._windows.move_to_end((bucket, major))
            if len(self._windows) > _MAX_WINDOWS:
                self._windows.popitem(last=False)
        return window

    def _globally(self, now: float) -> RateLimited | None:
        if len(self._recent) == GLOBAL_PER_SECOND and now - self._recent[0] < 1.0:
            return RateLimited(1.0 - (now - self._recent[0]), "global")
        self._recent.append(now)
        return None
