"""The tar file of a backup: what is in it and in which order, written and read one member at a time.

The members are ``manifest.json``, the database, the files of the blob folder below ``blobs/``, and ``end.json``, which
has the number, the bytes and the SHA-256 of all that came before. A file without its end was cut off.
"""

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, BinaryIO, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import SettingsError

MANIFEST, DATABASE, BLOBS, END = "manifest.json", "gateway.db", "blobs/", "end.json"
"""The names of the members, in their order; those of blobs begin with ``BLOBS``."""
CHUNK = 1 << 20
"""Bytes that are copied at a time."""
HEADER_BYTES = 1 << 20
"""Bytes of what is read at once at most: a member's header (a long name takes some kilobytes), or ``CHUNK``."""
PATH_BYTES = 4_000
"""Bytes of a blob's path at most (Linux takes 4,096, its folder included)."""

_UNREADABLE = (tarfile.TarError, EOFError, OverflowError, RecursionError, ValueError)
"""What ``tarfile`` raises where bytes are not those of an archive."""
Model = TypeVar("Model", bound=BaseModel)
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


class _Sum:
    """Adds up what the end says."""

    def __init__(self) -> None:
        self.files = 0
        self.bytes = 0
        self._hash = hashlib.sha256()

    def begin(self, name: str, size: int) -> None:
        self.files += 1
        self._hash.update(f"{name}\0{size}\0".encode(errors="surrogateescape"))

    def add(self, chunk: bytes) -> None:
        self.bytes += len(chunk)
        self._hash.update(chunk)

    def end(self) -> End:
        return End(files=self.files, bytes=self.bytes, sha256=self._hash.hexdigest())


class _Summed(io.RawIOBase):
    """A file that is added up as it is read."""

    def __init__(self, file: BinaryIO, sum: _Sum) -> None:
        self._file = file
        self._sum = sum

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._file.read(size)
        self._sum.add(chunk)
        return chunk


class _Tar(tarfile.TarFile):
    """An archive without compression."""

    members: list[tarfile.TarInfo]
    """All members so far, which nobody asks for here."""


class Writer:
    """Writes the members of a backup into a file that is open.

    Args:
        out: The file, empty.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._tar = _Tar(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, copybufsize=CHUNK)
        self._time = int(datetime.now(UTC).timestamp())
        self.sum = _Sum()

    def add(self, name: str, size: int, file: BinaryIO) -> None:
        """Write a member. Raises ``OSError`` when the file has fewer bytes than ``size``.

        Args:
            name: The member's name.
            size: The bytes of its content.
            file: Where the content is read from.
        """
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, self._time
        self.sum.begin(name, size)
        self._tar.addfile(info, cast(BinaryIO, _Summed(file, self.sum)))
        self._tar.members.clear()  # they would take a kilobyte each

    def add_text(self, name: str, text: BaseModel) -> None:
        """Write a small member of JSON.

        Args:
            name: The member's name.
            text: What it says.
        """
        content = text.model_dump_json().encode()
        self.add(name, len(content), io.BytesIO(content))

    def finish(self) -> End:
        """Write the last member and the end of the archive."""
        end = self.sum.end()
        self.add_text(END, end)
        self._tar.close()
        return end


@dataclass(frozen=True, slots=True)
class Member:
    """A member that is being read."""

    name: str
    size: int
    chunks: Iterator[bytes]
    """The content, to be read before the next member. Raises ``SettingsError`` where it is cut off."""


class _Bounded(io.RawIOBase):
    """A file of which no header can make ``tarfile`` read more than ``HEADER_BYTES`` at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= HEADER_BYTES:
            raise tarfile.ReadError("a header is too long")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def read(file: BinaryIO) -> tuple[Manifest, Iterator[Member]]:
    """Return what a backup says of itself, and its other members one by one; each is checked, and the end at last.

    Args:
        file: The backup, open.

    Raises:
        SettingsError: This is no backup of the gateway, or of a newer one. Iterating raises it for what is cut off,
            damaged or not where a backup has it.
    """
    sum = _Sum()
    members = _members(file, sum)
    try:
        first = next(members, None)
    except SettingsError:
        first = None
    if first is None or first.name != MANIFEST:
        raise SettingsError("it is no backup of the gateway: name a file that `gateway backup` wrote")
    manifest = _parsed(Manifest, first)
    if manifest.format > 1:
        raise SettingsError(f"gateway {manifest.gateway} wrote it in a newer form: upgrade the gateway")
    return manifest, _contents(members, sum)


def _contents(members: Iterator[Member], sum: _Sum) -> Iterator[Member]:
    """Yield the database and the blobs, then check the end."""
    wanted = DATABASE
    so_far = sum.end()
    for member in members:
        if member.name == END:
            if _parsed(End, member) != so_far or wanted == DATABASE:
                raise _damaged("its contents are not those that were written")
            return
        if not (_is_blob(member.name) if wanted == BLOBS else member.name == wanted):
            raise _damaged(f"it has a member {member.name!a} in it that no backup has there")
        wanted = BLOBS
        yield member
        for _ in member.chunks:  # what nobody read counts too
            pass
        so_far = sum.end()
    raise _cut_off()


def _is_blob(name: str) -> bool:
    """Return whether a member is a file inside the blob folder. No name of a blob's path begins with a dot."""
    parts = name.removeprefix(BLOBS).split("/")
    return (
        name.startswith(BLOBS)
        and not any(part == "" or part.startswith(".") or "\0" in part for part in parts)
        and len(name.encode(errors="surrogateescape")) <= PATH_BYTES
    )


def _members(file: BinaryIO, sum: _Sum) -> Iterator[Member]:
    """Yield the members that are plain files; anything else is refused."""
    try:
        tar = _Tar(fileobj=cast(BinaryIO, _Bounded(file)), mode="r")
        while (info := tar.next()) is not None:
            if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or info.issparse() or info.size < 0:
                raise _damaged(f"it has a member {info.name!a} in it that is no plain file")
            content = tar.extractfile(info)
            if content is None:
                raise _damaged(f"{info.name!a} cannot be read")
            sum.begin(info.name, info.size)
            yield Member(info.name, info.size, _chunks(content, info.size, sum))
            tar.members.clear()
    except _UNREADABLE:
        raise _cut_off() from None


def _chunks(content: IO[bytes], size: int, sum: _Sum) -> Iterator[bytes]:
    while size:
        try:
            chunk = content.read(min(size, CHUNK))
        except _UNREADABLE:
            chunk = b""
        if not chunk:
            raise _cut_off()
        size -= len(chunk)
        sum.add(chunk)
        yield chunk


def _parsed(model: type[Model], member: Member) -> Model:
    content = b"" if member.size > HEADER_BYTES else b"".join(member.chunks)
    try:
        return model.model_validate_json(content)
    except ValidationError:
        raise _damaged(f"{member.name} is not readable") from None


def _cut_off() -> SettingsError:
    return SettingsError("it is cut off: copy it again from where it was whole, or take another one")


def _damaged(what: str) -> SettingsError:
    return SettingsError(f"{what}: take another backup")
