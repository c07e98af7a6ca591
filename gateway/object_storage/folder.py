"""Objects in a folder: files that only the gateway's own user can read, each there whole or not at all.

obstore reads, lists and deletes. It would write files that everybody may read, and sync none of them, so they are
written here: into a file of another name, synced, and then renamed.
"""

import contextlib
import os
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import BinaryIO

from obstore.store import LocalStore

from gateway.disk import create, created, in_thread, is_full, make_folder, make_room
from gateway.errors import SettingsError, TooLarge
from gateway.object_storage.bucket import Bucket
from gateway.object_storage.keys import check_key, file_path, key_of
from gateway.object_storage.sources import Counted
from gateway.ports import BlobSource

PARTS = ".parts"
"""The sub-folder of files that are being written."""
PART_AGE = 86_400.0
"""Seconds after which a file that is being written is removed, because the process that wrote it died."""
_TRIES = 5
"""Times a file is moved to its place: another process may remove a folder, being empty, between its making and the
move."""


class Folder(Bucket):
    """Implements ``gateway.ports.Blobs`` on a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, readable by this user alone. Raises ``OSError``."""
        make_folder(folder)
        super().__init__(LocalStore(folder), name=str(folder))
        self.path = folder
        """The folder."""
        self._cleaned = False
        self._shaping = threading.Lock()
        """Held while folders are made or removed, so that none is removed for being empty just before it is used."""

    def file(self, key: str) -> Path:
        """Return the path of the file in which the object of this key is, or would be."""
        return self.path / file_path(check_key(key))

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
        target = self.file(key)
        counted = Counted(source, name=key, limit=limit)
        await counted.known_size()
        part = self.path / PARTS / uuid.uuid4().hex
        try:
            await in_thread(self._clean_up)
            await self._write(counted.chunks(), part)
            await in_thread(self._move, part, target, overwrite=overwrite)
        except OSError as error:
            if is_full(error):
                raise TooLarge(f"there is no room for {key}: {make_room(self.path)}") from error
            raise
        finally:
            await in_thread(part.unlink, missing_ok=True)
        return counted.size

    async def delete(self, keys: Iterable[str]) -> None:
        known = list(keys)
        await super().delete(known)
        for key in known:
            await in_thread(self._remove_empty, self.path / file_path(key))

    async def sign(self, key: str, *, seconds: float) -> str | None:
        check_key(key)
        return None

    async def check(self) -> None:
        part = self.path / PARTS / uuid.uuid4().hex
        try:
            await in_thread(_probe, part)
        except OSError as error:
            fix = make_room(self.path) if is_full(error) else "make it writable"
            raise SettingsError(f"BLOB_URL: cannot write into {self.path}: {error.strerror}; {fix}") from error

    async def _write(self, chunks: AsyncIterator[bytes], part: Path) -> None:
        await in_thread(make_folder, part.parent)
        async with created(part) as out:
            async for chunk in chunks:
                await in_thread(out.write, chunk)
            await in_thread(_sync, out)

    def _clean_up(self) -> None:
        """Remove, once, what a process that died was writing."""
        if self._cleaned:
            return
        self._cleaned = True
        parts = self.path / PARTS
        for part in parts.iterdir() if parts.is_dir() else ():
            if part.stat().st_mtime < time.time() - PART_AGE:
                part.unlink(missing_ok=True)

    def _move(self, part: Path, target: Path, *, overwrite: bool) -> None:
        """Give a written file its name, durably. Raises ``FileExistsError`` unless it may overwrite."""
        known = False
        for left in reversed(range(_TRIES)):
            try:
                with self._shaping:
                    known = target.parent.is_dir()
                    make_folder(target.parent)
                    if overwrite:
                        part.replace(target)
                    else:
                        os.link(part, target)
                break
            except FileNotFoundError:
                if not left:
                    raise
        for folder in target.parents:
            with contextlib.suppress(FileNotFoundError):  # the object was deleted meanwhile, and its folder with it
                _sync_folder(folder)
            if known or folder == self.path:
                return

    def _remove_empty(self, file: Path) -> None:
        """Remove the folders the file was in, as far as they are empty now."""
        with self._shaping:
            for folder in file.parents:
                if folder == self.path:
                    return
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    continue
                except OSError:  # the folder is not empty
                    return

    def _path(self, key: str) -> str:
        return file_path(key)

    def _key(self, path: str) -> str | None:
        return None if path.startswith(".") else key_of(path)


def _sync(out: BinaryIO) -> None:
    out.flush()
    os.fsync(out.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _probe(path: Path) -> None:
    make_folder(path.parent)
    try:
        with create(path) as out:
            out.write(b"x" * 4096)
    finally:
        path.unlink(missing_ok=True)
