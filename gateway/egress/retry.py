"""Retries calls: waits out a rate limit, retries an ``Unavailable`` platform with backoff, and raises any other error
at once."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from gateway.egress.limiter import Limiter, Route
from gateway.errors import RateLimited, Rejected, Unavailable, Unconfirmed

T = TypeVar("T")

TRIES_IN_DOUBT = 2
"""Tries of a post that may end without a clear answer: the first one and one more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long and how often a call is retried. All times are seconds."""

    attempts: int = 5
    """Tries that may end in ``Unavailable``. A rate limit does not count: the call was certainly not done."""
    base: float = 0.5
    """The longest pause after the first failure. It doubles with every further failure."""
    cap: float = 10.0
    """The longest pause after any failure."""
    deadline: float = 300.0
    """Time from the first try after which none is begun any more, time spent waiting included."""

    def backoff(self, failures: int) -> float:
        """Return the seconds to pause after this number of failures: a random number up to an exponential bound (full
        jitter), so that callers that failed together do not retry together."""
        bound = min(self.cap, self.base * 2.0 ** (failures - 1))
        return random.uniform(0, bound)  # noqa: S311 - spreads load, keeps no secret


class Doubt:
    """Counts the tries of one post that the platform may have taken although they failed (``Unconfirmed``), on a
    platform that cannot be searched. There is no third such try, so that at most one surplus copy is posted."""

    __slots__ = ("_on_change", "tries")

    def __init__(self, tries: int = 0, on_change: Callable[[int], object] | None = None) -> None:
        self.tries = tries
        self._on_change = on_change

    def check(self) -> None:
        """Raise ``Rejected`` if a further try could post a further copy."""
        if self.tries >= TRIES_IN_DOUBT:
            raise Rejected("sent twice without a clear answer: it is not sent again, it may stand there")

    def note(self, error: Unconfirmed) -> None:
        """Count a try that ended with this error. Raises ``Rejected`` if no further try is allowed."""
        self._set(self.tries + 1)
        if self.tries >= TRIES_IN_DOUBT:
            raise Rejected(f"sent twice without a clear answer, and not again: {error}") from error

    def settle(self) -> None:
        """Forget the counted tries, because it is known now whether the message was posted."""
        if self.tries:
            self._set(0)

    def _set(self, tries: int) -> None:
        self.tries = tries
        if self._on_change is not None:
            self._on_change(tries)


async def retrying(
    attempt: Callable[[], Awaitable[T]],
    *,
    policy: RetryPolicy,
    limiter: Limiter,
    route: Route,
    doubt: Doubt | None = None,
) -> T:
    """Call ``attempt`` until it succeeds, and return what it returns. It is called anew for each try, so that a later
    try can send newer content.

    Raises what the last try raised once the policy is exhausted, and ``Rejected`` once there is too much ``doubt``.
    """
    if doubt is not None:
        doubt.check()
    deadline = limiter.clock() + policy.deadline
    failures = 0
    refused: RateLimited | None = None
    while True:
        if not limiter.idle and not await limiter.wait(route, deadline=deadline):
            raise refused or RateLimited(policy.deadline, route.method)
        try:
            return await attempt()
        except RateLimited as error:
            refused = error
            limiter.block(error.bucket, error.retry_after, route)
        except Unavailable as error:
            failures += 1
            if doubt is not None and isinstance(error, Unconfirmed):
                doubt.note(error)
            pause = policy.backoff(failures)
            if failures >= policy.attempts or limiter.clock() + pause > deadline:
                raise
            await limiter.sleep(pause)
