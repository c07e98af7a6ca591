"""Retries operations of a store that fails for a while."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from gateway.errors import Fenced

log = structlog.get_logger(__name__)

T = TypeVar("T")


async def retry_until_stored(operation: Callable[[], Awaitable[T]], *, pause: float = 0.5, longest: float = 10.0) -> T:
    """Repeat an operation of the store until it succeeds, and return its result. The pause between two tries begins
    with ``pause`` seconds and doubles up to ``longest``. A turn must not be lost, overtaken or run again because the
    disk fails for a while. Raises ``Fenced``, ``TypeError`` and ``ValueError`` at once."""
    while True:
        try:
            return await operation()
        except (Fenced, TypeError, ValueError):
            raise  # the lease is lost, or no store can take the value: trying again does not help
        except Exception:
            # Any exception, because each store has its own; it is logged, and ``/readyz`` reports it too.
            log.exception("store.failed", again_in=pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, longest)
