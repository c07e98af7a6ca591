"""Reads what is to be stored in chunks, and counts it."""

from collections.abc import AsyncIterator
from pathlib import Path

from gateway.disk import in_thread
from gateway.errors import TooLarge
from gateway.ports import BlobSource

CHUNK = 1_048_576
"""Bytes read from a file at a time."""


class Counted:
    """A source whose chunks are counted while they are read, at most ``limit`` bytes of them."""

    def __init__(self, source: BlobSource, *, name: str, limit: int | None) -> None:
        """``name`` is what an error calls the content."""
        self._source = source
        self._name = name
        self._limit = limit
        self.size = 0
        """Bytes read so far."""

    async def known_size(self) -> int | None:
        """Return the size in bytes before anything is read; None for chunks as they come. Raises ``TooLarge``, and
        ``OSError`` for a file that is not there."""
        match self._source:
            case bytes():
                size = len(self._source)
            case Path():
                size = (await in_thread(self._source.stat)).st_size
            case _:
                return None
        self._check(size)
        return size

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the content. Raises ``TooLarge`` as soon as it is, and what the source raises."""
        match self._source:
            case bytes():
                self._count(self._source)
                yield self._source
            case Path():
                file = await in_thread(self._source.open, "rb")
                try:
                    while chunk := await in_thread(file.read, CHUNK):
                        self._count(chunk)
                        yield chunk
                finally:
                    await in_thread(file.close)
            case _:
                async for chunk in self._source:
                    self._count(chunk)
                    yield chunk

    def _count(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self._check(self.size)

    def _check(self, size: int) -> None:
        if self._limit is not None and size > self._limit:
            raise TooLarge(f"{self._name} has more than {self._limit / 1e6:g} MB")
