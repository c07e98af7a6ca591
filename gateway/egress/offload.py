"""Keeps work on large texts off the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

SMALL = 16_000
"""Characters that are read in a few milliseconds."""


async def offloaded(size: int, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the call returns; for a text of more than ``SMALL`` characters it runs in a thread of its own, so that it
    neither holds up the loop nor waits for what handlers do in the loop's threads."""
    if size <= SMALL:
        return call(*args, **kwargs)
    pool = ThreadPoolExecutor(1, thread_name_prefix="text")
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, lambda: call(*args, **kwargs))
    finally:
        pool.shutdown(wait=False)
