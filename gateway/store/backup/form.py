"""The tar file of a backup: what is in it and in which order.

The members are ``manifest.json``, the database, the files of the blob folder below ``blobs/``, and ``end.json``, which
has the number, the bytes and the SHA-256 of all that came before. A file without its end was cut off.
"""

import hashlib
import tarfile
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field

MANIFEST, DATABASE, BLOBS, END = "manifest.json", "gateway.db", "blobs/", "end.json"
"""The names of the members, in their order; those of blobs begin with ``BLOBS``."""
CHUNK = 1 << 20
"""Bytes that are copied at a time."""
Tell = Callable[[str], None]
"""Takes a line about what is going on."""


class Manifest(BaseModel):
    """What a backup says of itself, at its beginning."""

    model_config = ConfigDict(strict=True)

    format: int = Field(ge=1)
    """The version of the form described here; 1."""
    gateway: str
    """The version of the gateway that wrote it."""
    made_at: str
    """When, in ISO 8601 in UTC."""
    tables: int
    """The version of the database's tables."""
    blobs: bool
    """Whether the blobs are in it; they are not when they are kept in a cloud."""


class End(BaseModel):
    """What a backup says of itself, at its end."""

    model_config = ConfigDict(strict=True)

    files: int
    """The number of members before this one."""
    bytes: int
    """The bytes of their contents."""
    sha256: str
    """The digest of their names, sizes and contents."""


class Sum:
    """Adds up what the end says."""

    def __init__(self) -> None:
        self.files = 0
        self.bytes = 0
        self._hash = hashlib.sha256()

    def begin(self, name: str, size: int) -> None:
        """Count a member whose content follows."""
        self.files += 1
        self._hash.update(f"{name}\0{size}\0".encode(errors="surrogateescape"))

    def add(self, chunk: bytes) -> None:
        """Count the next bytes of a member's content."""
        self.bytes += len(chunk)
        self._hash.update(chunk)

    def end(self) -> End:
        """Return what the end says of all that was counted."""
        return End(files=self.files, bytes=self.bytes, sha256=self._hash.hexdigest())


class Archive(tarfile.TarFile):
    """An archive without compression."""

    members: list[tarfile.TarInfo]
    """All members so far, which nobody asks for here."""
