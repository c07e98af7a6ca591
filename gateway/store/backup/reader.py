"""Reads the tar file of a backup, one member at a time, and trusts nothing in it."""

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, TypeVar, cast

from pydantic import BaseModel, ValidationError

from gateway.errors import SettingsError
from gateway.store.backup.form import BLOBS, CHUNK, DATABASE, END, MANIFEST, Archive, End, Manifest, Sum

HEADER_BYTES = 1 << 20
"""Bytes of what is read at once at most: a member's header (a long name takes some kilobytes), or ``CHUNK``."""
PATH_BYTES = 4_000
"""Bytes of a blob's path at most (Linux takes 4,096, its folder included)."""

_UNREADABLE = (tarfile.TarError, EOFError, OverflowError, RecursionError, ValueError)
"""What ``tarfile`` raises where bytes are not those of an archive."""
Model = TypeVar("Model", bound=BaseModel)


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
    sum = Sum()
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


def _contents(members: Iterator[Member], sum: Sum) -> Iterator[Member]:
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


def _members(file: BinaryIO, sum: Sum) -> Iterator[Member]:
    """Yield the members that are plain files; anything else is refused."""
    try:
        tar = Archive(fileobj=cast(BinaryIO, _Bounded(file)), mode="r")
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


def _chunks(content: IO[bytes], size: int, sum: Sum) -> Iterator[bytes]:
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
