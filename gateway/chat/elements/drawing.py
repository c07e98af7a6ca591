"""Runs what takes long, drawing a chart or writing a large table, beside the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE = 60.0
"""Seconds a drawing may take, the wait for a free thread included."""

_POOL = ThreadPoolExecutor(4, thread_name_prefix="gateway-draw")
"""Few threads, because drawing takes processor time; apart from those of file I/O and of the bot's own code."""


async def beside(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what ``call`` returns, run in one of these threads. Raises what it raises, and ``TimeoutError`` when it
    takes longer than ``PATIENCE``; it then goes on in its thread, and what it returns is lost."""
    async with asyncio.timeout(PATIENCE):
        return await asyncio.get_running_loop().run_in_executor(_POOL, partial(call, *args, **kwargs))
