"""Repeats calls that follow an invoke already answered: nobody else can make them again, so waiting is worth it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.errors import RateLimited, Unavailable, Unconfirmed

T = TypeVar("T")

_ATTEMPTS = 6
_LONGEST_WAIT = 120.0
"""Seconds to wait for a rate limit: Teams' windows of 1, 2 and 30 s end by then."""
_BASE, _CAP = 0.5, 10.0
"""Seconds of the pause after a passing fault: a random time up to the first number, doubled each time, at most the
second."""


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Return what ``call`` returns in the end. A rate limit is waited out, a passing fault is retried, and a call that
    may have posted something is retried only once. Raises what the last attempt raised."""
    doubtful = False
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return await call()
        except RateLimited as error:
            if attempt == _ATTEMPTS or error.retry_after > _LONGEST_WAIT:
                raise
            await asyncio.sleep(error.retry_after)
        except Unavailable as error:
            if attempt == _ATTEMPTS or doubtful:
                raise
            doubtful = isinstance(error, Unconfirmed)
            await asyncio.sleep(random.uniform(0, min(_CAP, _BASE * 2 ** (attempt - 1))))  # noqa: S311 - no secret
    raise AssertionError("the last attempt returns or raises")
