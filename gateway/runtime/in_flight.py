"""Counts the messages that are being posted: people can click their buttons before the receipts are recorded."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

PATIENCE = 30.0
"""Seconds a click waits at most for messages that are being posted, which a rate limit may delay."""


class InFlight:
    """Knows which messages with buttons or other controls are being posted now, by conversation."""

    def __init__(self) -> None:
        self._posting: dict[str, set[asyncio.Future[None]]] = {}

    @contextmanager
    def posting(self, conversation: str) -> Generator[None]:
        """Count a message with controls, inside ``with``, until it is posted and its receipts are recorded."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        here = self._posting.setdefault(conversation, set())
        here.add(done)
        try:
            yield
        finally:
            here.discard(done)
            if not here:
                self._posting.pop(conversation, None)
            if not done.done():
                done.set_result(None)

    async def settled(self, conversation: str) -> bool:
        """Wait until all messages that are being posted in this conversation now are recorded. Returns whether there
        were any."""
        waiting = list(self._posting.get(conversation, ()))
        if waiting:
            await asyncio.wait(waiting, timeout=PATIENCE)
        return bool(waiting)
