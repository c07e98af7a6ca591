"""When to try again: a rate limit is waited out, a passing fault retried with backoff, all else is raised at once."""

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import Field

from gateway.egress.limiter import Limiter, Route
from gateway.errors import RateLimited, Unavailable
from gateway.model.base import Frozen

T = TypeVar("T")


class RetryPolicy(Frozen):
    """How long and how often; times are seconds."""

    attempts: int = Field(default=5, ge=1)
    """Tries that may end in ``Unavailable``. A rate limit does not count: the call was certainly not done."""
    base: float = Field(default=0.5, gt=0)
    cap: float = Field(default=10.0, gt=0)
    deadline: float = Field(default=300.0, ge=0)
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
