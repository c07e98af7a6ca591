"""Copies the contents of elements into the blob store while a turn runs, so that history can show them later."""

import asyncio
import hashlib
import os
import re
import stat
import time
import uuid
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import quote

import structlog

from gateway.disk import in_thread
from gateway.errors import TooLarge
from gateway.model import ElementDict
from gateway.model.media import UNKNOWN
from gateway.model.text import storable
from gateway.ports import Blobs, BlobSource

log = structlog.get_logger(__name__)

FOLDER = "elements"
"""The first name of the keys of all contents of elements."""
WITHIN = 20.0
"""Seconds that the end of a turn waits for the contents that are still being copied."""
LONGEST = 300.0
"""Seconds that one content may take."""
AT_ONCE = 8
"""Contents that one process copies at the same time at most."""
WAITING = 50
"""Contents of one turn that wait to be copied at most; for a further one the turn waits."""
IN_MEMORY = 1_000_000
"""Bytes up to which a file is read at once when its element is sent, so that the bot may overwrite it; a larger one is
opened, so that the bot may delete it."""
URL_FOR = 3_600.0
"""Seconds for which an address of a content works."""
SIGNED_WITHIN = 5.0
"""Seconds in which the addresses of a thread's contents have to be made."""
SAME_FOR = 3_600.0
"""Seconds for which a content that comes up again is known to be in the store. Orphans are kept for longer."""
_KNOWN = 10_000
"""How many contents are known at most."""
_CHUNK = 1_048_576
"""Bytes of a larger file that are read at a time."""
_QUICK = 65_536
"""Bytes of which a digest is made on the event loop."""
_NAME_BYTES = 150
"""Bytes of a file's name in UTF-8 that are part of a key."""
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f/\\\ud800-\udfff]")
_PIECE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MIME = re.compile(r'[\w.+-]{1,100}/[\w.+-][\w.+;= "-]{0,150}', re.ASCII)


class Content(NamedTuple):
    """What an element shows, and how it is called."""

    source: bytes | Path
    name: str
    mime: str


def key_of(thread: str, element: str, name: str) -> str:
    """Return the key of an element's content among the blobs: safe whatever the names are, the same when its turn runs
    again.

    Args:
        thread: The id of the thread.
        element: The id of the element's row.
        name: The name of the file.
    """
    return "/".join((FOLDER, _piece(thread), _piece(element), _file_name(name)))


def _piece(id: str) -> str:
    """Return an id that is one name of a key; one that a bot made up of anything becomes a UUID."""
    return id if _PIECE.fullmatch(id) else str(uuid.uuid5(uuid.NAMESPACE_OID, storable(id)))


def _file_name(name: str) -> str:
    name = _UNSAFE.sub("_", name).strip(". ")
    ending = Path(name).suffix
    ending = ending if len(ending.encode()) <= _NAME_BYTES // 5 else ""
    stem = name.removesuffix(ending).encode()[: _NAME_BYTES - len(ending.encode())].decode(errors="ignore")
    return f"{stem}{ending}".strip(". ") or "file"


class _Known(NamedTuple):
    """What a content is known by. Contents of different people are never taken for the same: one may be erased."""

    owner: str
    name: str
    mark: bytes
    """A digest of a content in memory; of a large file which file it is, its size and when it was changed."""


class _Opened(NamedTuple):
    """A content that stays what it was when its element was sent."""

    data: bytes | None
    file: BinaryIO | None
    size: int
    mark: bytes

    def source(self) -> BlobSource:
        """Return what the blob is made of."""
        return self.data if self.data is not None else _chunks(self.file)

    async def close(self) -> None:
        """Close the file."""
        if self.file is not None:
            await in_thread(self.file.close)


class Contents:
    """The contents of elements in the blob store, as far as turns put them there.

    A content that cannot be kept costs its element the content, and never the turn: the log says why.

    Args:
        blobs: The blob store.
        limit: Bytes that a content may have.
        link: Returns an address of the gateway that gives a blob to everybody for so many seconds; None where the
            gateway has no address.
        has_room: Returns whether the disk has room for so many bytes more; it is called in a thread.
        within: Seconds that the end of a turn waits for its contents.
    """

    def __init__(
        self,
        blobs: Blobs,
        *,
        limit: int,
        link: Callable[[str, float], str | None] = lambda key, seconds: None,
        has_room: Callable[[int], bool] = lambda size: True,
        within: float = WITHIN,
    ) -> None:
        self.blobs = blobs
        self._link = link
        self.has_room = has_room
        self.limit = limit
        self.within = within
        self.places = asyncio.Semaphore(AT_ONCE)
        """The right to copy a content now."""
        self._known: OrderedDict[_Known, tuple[str, float]] = OrderedDict()
        self._newest: dict[str, _Known] = {}
        """What was put last under each key that is known."""
        self.shared: OrderedDict[str, None] = OrderedDict()
        """Keys that several elements have, so that what is there must not be replaced."""
        self._held: Counter[str] = Counter()

    def begin(self) -> "Uploads":
        """Return what keeps the contents of one turn."""
        return Uploads(self)

    async def sign(self, elements: Iterable[ElementDict]) -> None:
        """Give each element whose content is kept an address from which it can be read (see ``url``)."""
        try:
            async with asyncio.timeout(SIGNED_WITHIN):
                for element in elements:
                    key = element.get("objectKey")
                    if key and key.startswith(f"{FOLDER}/"):
                        element["url"] = await self.url(key)
        except (OSError, ValueError) as error:  # TimeoutError is one
            log.warning("element.content_not_signed", error=str(error)[:300])

    async def url(self, key: str) -> str | None:
        """Return an address from which a content can be read for ``URL_FOR`` seconds: one of the gateway's own, else
        one of the cloud; None where there is neither, and for what is no content of an element. Raises ``OSError``
        where the cloud's cannot be made."""
        if not key.startswith(f"{FOLDER}/"):
            return None
        return self._link(key, URL_FOR) or await self.blobs.sign(key, seconds=URL_FOR)

    def held(self, keys: Collection[str]) -> set[str]:
        """Return those of the keys that belong to running turns: their elements are not stored yet."""
        return {key for key in keys if key in self._held}

    def hold(self, key: str) -> None:
        """Note that a running turn has a content under this key."""
        self._held[key] += 1

    def release(self, keys: Collection[str]) -> None:
        """Note that a turn has ended that had contents under these keys."""
        for key in keys:
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]

    def find(self, known: _Known) -> str | None:
        """Return the key under which this very content was put a short time ago."""
        key, at = self._known.get(known, ("", 0.0))
        return key if self._newest.get(key) == known and time.monotonic() - at < SAME_FOR else None

    def note(self, known: _Known, key: str) -> None:
        """Note that a content is in the store."""
        self._known[known] = key, time.monotonic()
        self._known.move_to_end(known)
        self._newest[key] = known
        while len(self._known) > _KNOWN:
            old, (where, _) = self._known.popitem(last=False)
            if self._newest.get(where) == old:
                del self._newest[where]
        while len(self.shared) > _KNOWN:
            self.shared.popitem(last=False)

    def forget(self, key: str) -> None:
        """Note that another content is being put under this key."""
        self._newest.pop(key, None)


class Uploads:
    """The contents that one turn keeps."""

    __slots__ = ("_contents", "_held", "_known", "_later", "_tasks")

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._tasks: dict[str, asyncio.Task[bool]] = {}
        self._known: dict[str, _Known] = {}
        """What each key's content is known by."""
        self._later: dict[str, tuple[Callable[[], Content], str]] = {}
        self._held: set[str] = set()

    async def put(self, key: str, content: Content, *, owner: str) -> str | None:
        """Begin to copy a content, and return the key it is found by; None when it cannot be read or is too large.

        From then on the bot may do with the file what it likes. The key is another one where the same content was put
        shortly before.

        Args:
            key: The key for it.
            content: The content.
            owner: Whose contents are compared with it: the thread and the person.
        """
        try:
            opened = await _open(content, self._contents.limit)
        except (OSError, ValueError, TooLarge) as error:
            _log_lost(key, error)
            return None
        known = _Known(owner, content.name, opened.mark)
        same = next((each for each, what in self._known.items() if what == known), None) or self._contents.find(known)
        if same is not None:
            await opened.close()
            if same != key:
                self._contents.shared[same] = None
            self._hold(same)
            return same
        if key in self._contents.shared:  # what is there belongs to another element too
            key = _other_key(key, opened.mark)
        if not await self._may_begin(key, opened.size):
            await opened.close()
            return None
        before = self._tasks.get(key)
        self._hold(key)
        self._known[key] = known
        self._contents.forget(key)
        self._tasks[key] = asyncio.create_task(self._upload(key, content, opened, known, before))
        return key

    def later(self, key: str, make: Callable[[], Content], *, owner: str) -> None:
        """Copy a content at the end of the turn, because it changes until then.

        Args:
            key: The key for it.
            make: Returns the content, at the end of the turn.
            owner: Whose the content is, as in ``put``.
        """
        self._hold(key)
        self._later[key] = make, f"{owner}/{key}"

    async def settle(self) -> set[str]:
        """Wait until everything is copied, for ``Contents.within`` seconds at most. Returns the keys of what is not
        kept."""
        later, self._later = self._later, {}
        lost = {key for key, (make, owner) in later.items() if not await self._put_made(key, make, owner)}
        if running := self._running():
            _, late = await asyncio.wait(running, timeout=self._contents.within)
            for task in late:
                task.cancel()
        for key, task in self._tasks.items():
            if not task.done():
                _log_lost(key, TimeoutError(f"the blob store took longer than {self._contents.within:g} s"))
            if not task.done() or task.cancelled() or not task.result():
                lost.add(key)
        return lost

    def end(self) -> None:
        """Give up what is still being copied, and note that the turn has ended."""
        for task in self._tasks.values():
            task.cancel()
        self._contents.release(self._held)
        self._held = set()

    async def _may_begin(self, key: str, size: int) -> bool:
        """Wait until there are fewer than ``WAITING`` contents on their way. Returns whether there is room for another
        one."""
        if not await in_thread(self._contents.has_room, size):
            _log_lost(key, TooLarge("the disk is nearly full: its rest is for what must not be lost"))
            return False
        if len(running := self._running()) >= WAITING:
            await asyncio.wait(running, timeout=self._contents.within, return_when=asyncio.FIRST_COMPLETED)
        if len(self._running()) < WAITING:
            return True
        _log_lost(key, TimeoutError(f"{WAITING} contents wait for the blob store"))
        return False

    def _running(self) -> list[asyncio.Task[bool]]:
        return [task for task in self._tasks.values() if not task.done()]

    async def _put_made(self, key: str, make: Callable[[], Content], owner: str) -> bool:
        """Begin to copy what ``make`` returns. Returns whether that was possible."""
        try:
            content = make()
        except Exception as error:  # whatever a handler left there
            _log_lost(key, error)
            return False
        return await self.put(key, content, owner=owner) is not None

    def _hold(self, key: str) -> None:
        if key not in self._held:
            self._held.add(key)
            self._contents.hold(key)

    async def _upload(
        self, key: str, content: Content, opened: _Opened, known: _Known, before: "asyncio.Task[bool] | None"
    ) -> bool:
        """Copy a content, when an earlier one of the same key is done with and there is no newer one. Returns whether
        it is kept."""
        try:
            if before is not None:
                await asyncio.wait([before])  # not cancelled: a thread that writes it would go on
            async with self._contents.places, asyncio.timeout(LONGEST):
                if self._known.get(key) != known:
                    return True
                await self._contents.blobs.put(
                    key,
                    opened.source(),
                    mime=content.mime if _MIME.fullmatch(content.mime) else UNKNOWN,
                    disposition=f"attachment; filename*=utf-8''{quote(_file_name(content.name), safe='')}",
                    limit=self._contents.limit,
                )
        except Exception as error:
            # Whatever it is: the person got the element, and only the copy of it is missing.
            _log_lost(key, error)
            if self._known.get(key) == known:
                del self._known[key]  # it is tried again where the element is sent again
            return False
        finally:
            await opened.close()
        if self._known.get(key) == known:
            self._contents.note(known, key)
        return True


def _other_key(key: str, mark: bytes) -> str:
    """Return another key beside this one, which follows from the content."""
    folder, _, name = key.rpartition("/")
    return f"{folder}/{hashlib.blake2b(mark, digest_size=8).hexdigest()}/{name}"


def _log_lost(key: str, error: Exception) -> None:
    log.warning("element.content_not_kept", key=key, error=f"{type(error).__name__}: {error}"[:300])


async def _open(content: Content, limit: int) -> _Opened:
    """Take hold of a content. Raises ``TooLarge`` for one of more than ``limit`` bytes, and ``OSError``."""
    source = content.source
    if isinstance(source, Path):
        return await in_thread(_open_file, source, limit)
    if len(source) > limit:
        raise TooLarge(f"it has {len(source) / 1e6:g} MB; {limit / 1e6:g} MB are kept at most")
    mark = _digest(source) if len(source) <= _QUICK else await in_thread(_digest, source)
    return _Opened(source, None, len(source), mark)


def _open_file(path: Path, limit: int) -> _Opened:
    if not path.is_file():  # opening anything else could wait for ever
        raise FileNotFoundError(f"there is no file at {path}")
    file = path.open("rb")
    try:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise FileNotFoundError(f"there is no file at {path}")
        if about.st_size > limit:
            raise TooLarge(f"it has {about.st_size / 1e6:g} MB; {limit / 1e6:g} MB are kept at most")
        if about.st_size > IN_MEMORY:
            mark = f"{about.st_dev}/{about.st_ino}/{about.st_size}/{about.st_mtime_ns}".encode()
            return _Opened(None, file, about.st_size, mark)
        data = file.read(IN_MEMORY + 1)
    except BaseException:
        file.close()
        raise
    file.close()
    return _Opened(data, None, len(data), _digest(data))


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


async def _chunks(file: BinaryIO | None) -> AsyncIterator[bytes]:
    while file is not None and (chunk := await in_thread(file.read, _CHUNK)):
        yield chunk
