"""Holds files for platforms that fetch them later than the message, in the blob store.

A file is two blobs: ``held/<id>/<owner>`` is its content, where the owner is a digest of the conversation it is held
for, and ``held/<id>/about`` says its name, type and conversation. The second is written last: without it the file does
not exist.
"""

import shutil
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import orjson
import structlog
from pydantic import BaseModel, ValidationError

from gateway.adapter import HeldFile
from gateway.disk import Quota, in_thread
from gateway.errors import TooLarge
from gateway.http.links import LONGEST, FileLinks
from gateway.model import FromBytes, FromPath, FromUrl, OutgoingFile
from gateway.ports import Blobs

log = structlog.get_logger(__name__)

KEPT_FOR = LONGEST
"""Seconds a file is held; a link to it may end sooner, never later."""
_PREFIX = "held"
_ABOUT = "about"
_ABOUT_BYTES = 65_536
"""Bytes of a description at most that is read."""


class _About(BaseModel):
    """What is written down about a held file."""

    name: str
    mime: str
    conversation: str
    size: int


class _Kept(NamedTuple):
    """A held file as the blob store lists it."""

    id: str
    owner: str
    """Empty for a file whose content is not there."""
    size: int
    """Bytes of the content."""
    modified: float


class BlobFileVault:
    """Implements ``gateway.adapter.FileVault`` on the blob store."""

    def __init__(
        self, blobs: Blobs, links: FileLinks, *, quota: Quota | None = None, former: Path | None = None
    ) -> None:
        """Hold files in a blob store.

        Args:
            blobs: The blob store.
            links: What signs links, and keeps ids from being guessed.
            quota: The bounds. What other processes hold is counted at the start only.
            former: The folder in which an earlier version held files. They are not found any more; it is removed when
                they would have been.
        """
        self._blobs = blobs
        self._links = links
        self._quota = quota
        self._former = former
        self._counted = False

    async def hold(self, file: OutgoingFile, *, key: str, conversation: str = "") -> str:
        # Keyed, because on some platforms the id comes back from the user, who must not guess another person's file.
        id = self._links.digest(key, file.name, conversation)
        # A file without a conversation counts only towards the bound for all files.
        owner = self._links.digest(conversation or id)
        size = await in_thread(_size, file)
        if self._quota is not None:
            await self._room_for(file.name, _entry(id), owner, size, self._quota)
        try:
            await self._write(file, id, owner, conversation)
        except BaseException as error:
            with suppress(OSError):
                if await self._about(id) is None:  # else a former run held the same file, which is still whole
                    await self._delete([id])
            if isinstance(error, TooLarge):
                raise TooLarge(f"{file.name} cannot be held: {error}") from error
            raise
        return id

    async def _write(self, file: OutgoingFile, id: str, owner: str, conversation: str) -> None:
        match file.source:
            case FromBytes(data=data):
                size = await self._blobs.put(f"{_PREFIX}/{id}/{owner}", data)
            case FromPath(path=path):
                size = await self._blobs.put(f"{_PREFIX}/{id}/{owner}", path)
            case FromUrl(url=url):
                raise ValueError(f"{file.name} is at {url} already: it need not be held")
        about = _About(name=file.name, mime=file.mime, conversation=conversation, size=size)
        await self._blobs.put(f"{_PREFIX}/{id}/{_ABOUT}", orjson.dumps(about.model_dump()))

    async def _room_for(self, name: str, entry: Path, owner: str, size: int, quota: Quota) -> None:
        if not self._counted:
            self._counted = True
            for kept in sorted(await self._kept(), key=lambda each: each.modified):
                quota.put(_entry(kept.id), kept.owner or kept.id, kept.size, at=kept.modified)
        quota.drop(entry)  # the same file may be held already
        for old in quota.make_room(owner, size, name=name):
            log.warning("held_file.removed", id=old.name, reason="its room was needed")
            await self._delete([old.name])
        quota.put(entry, owner, size)

    async def find(self, id: str, *, conversation: str = "") -> HeldFile | None:
        about = await self._about(id)
        if about is None or about.conversation != conversation:
            return None
        return self._held(id, about)

    async def find_linked(self, id: str) -> HeldFile | None:
        """Return the file, for whomever it is held. None when it is unknown or was dropped. For requests with a signed
        link only."""
        about = await self._about(id)
        return None if about is None else self._held(id, about)

    def _held(self, id: str, about: _About) -> HeldFile:
        key = f"{_PREFIX}/{id}/{self._links.digest(about.conversation or id)}"

        async def read() -> AsyncIterator[bytes]:
            async for chunk in (await self._blobs.read(key)).chunks:
                yield chunk

        return HeldFile(name=about.name, mime=about.mime, size=about.size, read=read)

    async def _about(self, id: str) -> _About | None:
        if len(id) != 32 or not id.isalnum() or not id.isascii():
            return None
        try:
            blob = await self._blobs.read(f"{_PREFIX}/{id}/{_ABOUT}")
            if blob.info.size > _ABOUT_BYTES:
                return None
            return _About.model_validate_json(b"".join([chunk async for chunk in blob.chunks]))
        except (FileNotFoundError, ValidationError):
            return None

    async def drop(self, id: str) -> None:
        if await self._about(id) is not None:
            await self._delete([id])

    def link(self, id: str, *, seconds: float) -> str | None:
        return self._links.url(id, seconds=min(seconds, KEPT_FOR))

    async def prune(self) -> None:
        """Remove the files that have been held for ``KEPT_FOR`` seconds."""
        before = time.time() - KEPT_FOR
        await self._delete([kept.id for kept in await self._kept() if kept.modified < before])
        if self._former is not None:
            await in_thread(_remove_former, self._former, before)

    async def forget(self, *conversations: str) -> None:
        """Remove every file that is held for these conversations: those for which ``hold`` was given one of these
        words, or one of them with a blank and a person behind it."""
        wanted = set(conversations)
        owners = {self._links.digest(conversation) for conversation in wanted}
        for kept in await self._kept():
            whose = "" if kept.owner in owners or (about := await self._about(kept.id)) is None else about.conversation
            if kept.owner in owners or whose.rpartition(" ")[0] in wanted:
                await self._delete([kept.id])

    async def _kept(self) -> list[_Kept]:
        """Return every held file, what is left of one that was never whole included."""
        found: dict[str, _Kept] = {}
        async for key, size, modified in self._blobs.list(_PREFIX):
            id, _, name = key.removeprefix(f"{_PREFIX}/").partition("/")
            known = found.get(id, _Kept(id, "", 0, modified))
            if name == _ABOUT:
                found[id] = known._replace(modified=max(known.modified, modified))
            else:
                found[id] = _Kept(id, name, size, max(known.modified, modified))
        return list(found.values())

    async def _delete(self, ids: Iterable[str]) -> None:
        """Delete files, the descriptions first: without them the files do not exist, whatever happens next."""
        for id in ids:
            if self._quota is not None:
                self._quota.drop(_entry(id))
            names = [key async for key, _, _ in self._blobs.list(f"{_PREFIX}/{id}")]
            await self._blobs.delete(sorted(names, key=lambda name: not name.endswith(f"/{_ABOUT}")))


def _remove_former(folder: Path, before: float) -> None:
    if folder.is_dir() and all(each.stat().st_mtime < before for each in folder.iterdir()):
        shutil.rmtree(folder, ignore_errors=True)


def _entry(id: str) -> Path:
    """Return what a quota counts a held file by."""
    return Path(id)


def _size(file: OutgoingFile) -> int:
    match file.source:
        case FromBytes(data=data):
            return len(data)
        case FromPath(path=path):
            return path.stat().st_size
        case FromUrl():
            return 0
