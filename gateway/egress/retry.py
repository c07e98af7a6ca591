"""When to try again: a rate limit is waited out, a passing fault retried with backoff, all else is raised at once."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from gateway.egress.limiter import Limiter, Route
from gateway.errors import RateLimited, Unavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long and how often; times are seconds."""

    attempts: int = 5
    """Tries that may end in ``Unavailable``. A rate limit does not count: the call was certainly not done."""
    base: float = 0.5
    cap: float = 10.0
    deadline: float = 300.0
    """From the first try on, waiting included, whatever the reason."""

    def backoff(self, failures: int) -> float:
        """The pause after so many failures: anything up to an exponential bound (full jitter), so that callers who
        failed together do not come back together."""
        bound = min(self.cap, self.base * 2.0 ** (failures - 1))
        return random.uniform(0, bound)  # noqa: S311 - spreads load, keeps no secret


async def retrying(attempt: Callable[[], Awaitable[T]], *, policy: RetryPolicy, limiter: Limiter, route: Route) -> T:
    """What ``attempt`` returns, as soon as it does. It is called anew for each try, so it can send what is new by then.

    Raises what the last try raised once the policy is exhausted.
    """
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
        except Unavailable:
            failures += 1
            pause = policy.backoff(failures)
            if failures >= policy.attempts or limiter.clock() + pause > deadline:
                raise
            await limiter.sleep(pause)
