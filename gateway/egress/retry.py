"""When to try again: a rate limit is waited out, a passing fault retried with backoff, all else is raised at once."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from gateway.egress.limiter import Limiter, Route
from gateway.errors import RateLimited, Rejected, Unavailable, Unconfirmed

T = TypeVar("T")

TRIES_IN_DOUBT = 2
"""A post that got no clear answer, and the one further try."""


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


class Doubt:
    """Counts the tries of one post that may have been taken although they failed (``Unconfirmed``), where nobody can
    look: after the second there is no third, so one doubtful copy is the worst that can stand there."""

    __slots__ = ("_on_change", "tries")

    def __init__(self, tries: int = 0, on_change: Callable[[int], object] | None = None) -> None:
        self.tries = tries
        self._on_change = on_change

    def check(self) -> None:
        """Raises ``Rejected`` where another try could leave another copy."""
        if self.tries >= TRIES_IN_DOUBT:
            raise Rejected("sent twice without a clear answer: it is not sent again, it may stand there")

    def note(self, error: Unconfirmed) -> None:
        """A try ended in this. Raises ``Rejected`` if it was the last."""
        self._set(self.tries + 1)
        if self.tries >= TRIES_IN_DOUBT:
            raise Rejected(f"sent twice without a clear answer, and not again: {error}") from error

    def settle(self) -> None:
        """It is known now what became of the post."""
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
    """What ``attempt`` returns, as soon as it does. It is called anew for each try, so it can send what is new by then.

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
