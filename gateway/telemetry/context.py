"""What the running code works on: the delivery whose turn it belongs to, for log lines and for what observers are
told."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

import structlog

current_delivery: ContextVar[str | None] = ContextVar("gateway_delivery", default=None)
"""The key of the delivery whose turn the running code belongs to; None outside of a turn."""

incoming_trace: ContextVar[str | None] = ContextVar("gateway_incoming_trace", default=None)
"""The header ``traceparent`` of the request to the HTTP API that the running code answers; None elsewhere, because what
a platform's or a stranger's webhook says of traces is not believed."""


def reference(key: str) -> str:
    """Return a short id (8 hexadecimal digits) for a delivery key, which a user can read out and the log contains."""
    return hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=4).hexdigest()


@contextmanager
def working_on(delivery: str, conversation: str) -> Generator[None]:
    """Note within the block which delivery is worked on. Log lines of the block and of the tasks and threads begun in
    it carry ``delivery``, ``reference`` and ``conversation``, whoever logs them through structlog or, with the
    gateway's own configuration, through ``logging``.

    Args:
        delivery: The delivery's key.
        conversation: The conversation's key.
    """
    before = current_delivery.set(delivery)
    bound = structlog.contextvars.bind_contextvars(
        delivery=delivery, reference=reference(delivery), conversation=conversation
    )
    try:
        yield
    finally:
        # A coroutine that is discarded after the event loop has ended is closed in another context.
        with suppress(ValueError):
            structlog.contextvars.reset_contextvars(**bound)
            current_delivery.reset(before)
