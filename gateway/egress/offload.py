"""Keeps work on large texts off the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

SMALL = 16_000
"""Characters of a text that can be processed on the event loop, in a few milliseconds."""


async def offloaded(size: int, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what ``call`` returns for a text of ``size`` characters. With more than ``SMALL`` characters the call runs
    in a thread of its own, so that it neither blocks the event loop nor waits for the loop's own threads, which
    handlers may have taken."""
    if size <= SMALL:
        return call(*args, **kwargs)
    pool = ThreadPoolExecutor(1, thread_name_prefix="text")
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, lambda: call(*args, **kwargs))
    finally:
        pool.shutdown(wait=False)
