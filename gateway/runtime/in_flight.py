"""Messages on their way: people see their buttons before the record of what stands is stored."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

PATIENCE = 30.0
"""Seconds a click waits for what is on its way; a rate limit may hold it up."""


class InFlight:
    """How many messages with controls are being posted now, by conversation."""

    def __init__(self) -> None:
        self._posting: dict[str, set[asyncio.Future[None]]] = {}

    @contextmanager
    def posting(self, conversation: str) -> Generator[None]:
        """Meanwhile a message with controls is posted and put on record."""
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
        """Wait until all that is being posted now is on record; whether there was anything."""
        waiting = list(self._posting.get(conversation, ()))
        if waiting:
            await asyncio.wait(waiting, timeout=PATIENCE)
        return bool(waiting)
