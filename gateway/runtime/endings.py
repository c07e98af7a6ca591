"""Tells those who wait for it that the turn of a delivery has ended for good."""

import asyncio
from collections.abc import Collection, Generator
from contextlib import contextmanager


class DeliveryEndings:
    """Knows who waits for the end of which delivery, by delivery key.

    A delivery has ended when it is done or given up, which the store knows by then.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}

    def ended(self, key: str) -> None:
        """Note that the delivery with this key has ended."""
        for waiter in self._waiting.pop(key, ()):
            if not waiter.done():
                waiter.set_result(None)

    def watched_keys(self) -> Collection[str]:
        """Return the keys of the deliveries whose end somebody waits for."""
        return list(self._waiting)

    @contextmanager
    def watched(self, key: str) -> Generator[asyncio.Future[None]]:
        """Watch a delivery during the block, from before it is stored: the future resolves when it has ended."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(waiter)
        try:
            yield waiter
        finally:
            if waiters := self._waiting.get(key):
                if waiter in waiters:
                    waiters.remove(waiter)
                if not waiters:
                    del self._waiting[key]
