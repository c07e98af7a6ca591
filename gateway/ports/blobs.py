"""The port for blobs: contents of files by key, in a folder or in a bucket of a cloud."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

BlobSource = bytes | Path | AsyncIterator[bytes]
"""What a blob is made of: bytes in memory, a file, or chunks as they come."""


class BlobInfo(NamedTuple):
    """What is known of a blob without reading it."""

    key: str
    size: int
    """Bytes."""
    modified: float
    """When it was written, in seconds since the epoch, by the clock of the storage."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob that is open for reading."""

    info: BlobInfo
    chunks: AsyncIterator[bytes]
    """The content in pieces of some hundred kilobytes to some megabytes. Iterating raises ``OSError`` when the storage
    fails on the way."""


class Blobs(Protocol):
    """Keeps contents by key. A key is a path of names separated by slashes (``held/ab12/data``), in any alphabet.

    Every method raises ``ValueError`` for a key that is empty, longer than 1,024 bytes in UTF-8, or has an empty name,
    ``.``, ``..``, a backslash, a control character or a lone surrogate in it; and ``OSError`` when the storage fails.
    """

    async def put(
        self,
        key: str,
        source: BlobSource,
        *,
        mime: str = "application/octet-stream",
        disposition: str | None = None,
        overwrite: bool = True,
        limit: int | None = None,
    ) -> int:
        """Store a blob and return its size in bytes. It is there whole or not at all, and durable on return.

        Args:
            key: The key it is found by.
            source: The content. A file or chunks are never in memory as a whole.
            mime: The media type a bucket serves it as; a folder keeps none.
            disposition: The header ``Content-Disposition`` a bucket serves it with; a folder keeps none.
            overwrite: Whether a blob of the same key is replaced.
            limit: Bytes the content may have at most; None for no bound.

        Raises:
            FileExistsError: There is a blob of this key, and ``overwrite`` is false.
            FileNotFoundError: The file to read from does not exist.
            TooLarge: The content has more than ``limit`` bytes, or the disk is full.
        """
        ...

    async def read(self, key: str) -> Blob:
        """Open a blob for reading. Raises ``FileNotFoundError`` when there is none of this key."""
        ...

    async def delete(self, keys: Iterable[str]) -> None:
        """Delete the blobs of these keys. One that does not exist is no error."""
        ...

    def list(self, prefix: str = "") -> AsyncIterator[BlobInfo]:
        """Yield every blob whose key begins with the names of ``prefix`` (``held`` or ``held/ab12``), in no order; all
        of them for an empty one. What is put or deleted meanwhile may be missing."""
        ...

    async def sign(self, key: str, *, seconds: float) -> str | None:
        """Return an address of the cloud from which anybody can read the blob for so many seconds; None for a folder,
        which has no addresses.

        Args:
            key: The key of the blob. It is not looked up: reading what does not exist fails.
            seconds: How long the address works, at least 1, at most 7 days.
        """
        ...

    async def check(self) -> None:
        """Raise ``SettingsError`` when the storage cannot be used as configured: there is no such bucket, the
        credentials are refused, the folder cannot be written. Raises ``OSError`` when it does not answer."""
        ...
