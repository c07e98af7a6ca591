"""Writing to a store that fails for a while."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from gateway.errors import Fenced

log = structlog.get_logger(__name__)

T = TypeVar("T")


async def retry_until_stored(operation: Callable[[], Awaitable[T]], *, pause: float = 0.5, longest: float = 10.0) -> T:
    """Do it until the store can: a turn must neither be forgotten, overtaken nor run again because the disk fails for a
    while."""
    while True:
        try:
            return await operation()
        except (Fenced, TypeError, ValueError):
            raise  # not ours any more, or what no store can take: neither passes
        except Exception:
            # Any kind, because each store fails in its own way; it is logged, and ``/readyz`` says it too.
            log.exception("store.failed", again_in=pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, longest)
