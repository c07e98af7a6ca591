"""Calls of foreign code that must not take for ever."""

import asyncio
import inspect
from collections.abc import Awaitable
from typing import Any

from gateway.model.text import storable
from gateway.redaction import redact
from gateway.runtime.calling import as_failure

_GRACE = 1.0
"""Seconds a call that is cancelled gets to end, before it is left alone."""
_ERROR_LIMIT = 500
"""Characters of an error that are kept."""
_LOOKED_AT = 20_000
"""Characters of an error that are looked through for secrets."""


async def bounded(result: object, seconds: float) -> Any:
    """Wait for what a call returned, an awaitable or the value itself, and return the value.

    Args:
        result: What the call returned.
        seconds: How long it may take.

    Raises:
        TimeoutError: It took longer. The call was cancelled.
        HandlerExit: It raised what would end more than the call, ``SystemExit`` for one.
    """
    if not inspect.isawaitable(result):
        return result  # a method that is not asynchronous
    running = asyncio.ensure_future(_guarded(result))
    try:
        await asyncio.wait({running}, timeout=seconds)
        if running.done():
            if running.cancelled():
                raise RuntimeError("the call was cancelled by itself")
            error = running.exception()
            if error is not None:
                raise as_failure(error)
            return running.result()
        running.cancel()
        await asyncio.wait({running}, timeout=_GRACE)  # one that ignores the cancellation is not waited for
    finally:
        running.cancel()
        running.add_done_callback(heard)
    raise TimeoutError(f"no answer within {seconds:g} s")


async def _guarded(result: Awaitable[Any]) -> Any:
    try:
        return await result
    except (SystemExit, KeyboardInterrupt) as error:  # which would end the event loop
        raise as_failure(error) from error


def described(error: BaseException) -> str:
    """Return an error of foreign code as the store, the log and ``/readyz`` take it: without secrets, in 500 characters
    at most.

    Args:
        error: The error.
    """
    return storable(redact(f"{type(error).__name__}: {error}"[:_LOOKED_AT]))[:_ERROR_LIMIT]


def heard(task: "asyncio.Future[Any]") -> None:
    """Look at the error of a call that nobody waits for, so that it is not reported as one that was forgotten."""
    if not task.cancelled():
        task.exception()
