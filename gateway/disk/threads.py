"""Threads for the gateway's own file I/O, apart from the event loop's default ones, which the bot's code may all
use."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_POOL = ThreadPoolExecutor(8, thread_name_prefix="gateway-files")
"""The threads: at most eight, each started when it is first needed."""


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what ``call`` returns, run in one of these threads; for calls that open, read and write files. Raises what
    ``call`` raises."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, partial(call, *args, **kwargs))
