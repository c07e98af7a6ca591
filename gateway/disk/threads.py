"""Threads for the gateway's own file I/O: the event loop's default ones are the bot's, which may fill them all."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_POOL = ThreadPoolExecutor(8, thread_name_prefix="gateway-files")
"""None of them is started before it is needed."""


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """``asyncio.to_thread`` for what opens, reads and writes files."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, partial(call, *args, **kwargs))
