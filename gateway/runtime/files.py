"""Downloads the files that users attach, before the handler runs, into private folders that end with the session."""

import asyncio
import hashlib
import os
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from gateway.disk import Quota, created, in_thread, is_full, make_folder, make_room
from gateway.egress import Sender
from gateway.errors import TooLarge
from gateway.model import RemoteFile
from gateway.ports import Cluster

log = structlog.get_logger(__name__)

_UNSAFE = re.compile(r"[^\w.\- ]", re.ASCII)
_PART = ".part"
"""Suffix of a file that is being downloaded."""
_FORGOTTEN = "files.forgotten"
_PART_AGE = 3_600.0
"""Seconds after which an unfinished download is removed, because the process that made it died."""


class Files:
    """The folder of downloaded attachments: one sub-folder per session."""

    def __init__(
        self, folder: Path, *, sender: Sender, limit: int, quota: Quota | None = None, cluster: Cluster | None = None
    ) -> None:
        """Use a folder of this machine.

        Args:
            folder: The folder.
            sender: What downloads the files.
            limit: Bytes of one file at most.
            quota: The bounds for all of them.
            cluster: The replicas, each of which has such a folder on its machine.
        """
        self._cluster = cluster
        if cluster is not None:
            cluster.listen(_FORGOTTEN, self._hear_forgotten)
        self._forgetting: set[asyncio.Task[None]] = set()
        self._folder = folder
        self._sender = sender
        self.limit = limit
        """Maximum size of one file in bytes."""
        self._quota = quota
        self._counted = False

    async def fetch(self, file: RemoteFile, *, platform: str, session: str, delivery: str) -> Path:
        """Download a file and return its path, which is always the same for one delivery and file. Raises ``TooLarge``
        for a file of more than ``limit`` bytes, or when the disk or the quota is full."""
        if file.size is not None and file.size > self.limit:
            raise TooLarge(f"{file.name} has {file.size / 1e6:.1f} MB; the limit is {self.limit / 1e6:g} MB")
        await self._count()
        unique = hashlib.blake2b(f"{delivery}/{file.id}".encode(), digest_size=8).hexdigest()
        folder = self._folder / session / unique
        path = folder / (_UNSAFE.sub("_", file.name).strip(". ")[-120:] or "file")
        part = path.with_name(path.name + _PART)
        try:
            await self._room_for(file, session, file.size or 0)
            await in_thread(make_folder, folder)
            await self._download(file, part, platform=platform, session=session)
            await in_thread(part.replace, path)
        except BaseException as error:
            self._gone(part)
            await in_thread(_clean_up, part)
            if isinstance(error, OSError) and is_full(error):
                log.error("files.disk_full", file=file.name, fix=make_room(self._folder))
                raise TooLarge(f"there is no room for {file.name} on the bot's disk") from error
            raise
        if self._quota is not None:
            size = self._quota.size_of(part)
            self._gone(part)
            self._quota.put(path, session, size)
        return path

    async def _download(self, file: RemoteFile, part: Path, *, platform: str, session: str) -> None:
        size = 0
        async with created(part) as out:
            async for chunk in self._sender.download(platform, file, limit=self.limit):
                await in_thread(out.write, chunk)
                size += len(chunk)
                if self._quota is not None:
                    await self._room_for(file, session, len(chunk))
                    self._quota.put(part, session, size)

    async def _room_for(self, file: RemoteFile, session: str, size: int) -> None:
        if self._quota is None:
            return
        for old in self._quota.make_room(session, size, name=file.name):
            log.warning("files.removed", file=old.name, reason="its room was needed")
            await in_thread(_clean_up, old)

    def _gone(self, path: Path) -> None:
        if self._quota is not None:
            self._quota.drop(path)

    async def _count(self) -> None:
        """Count the files that an earlier process left towards the quota, at the first call only."""
        if self._quota is None or self._counted:
            return
        self._counted = True
        for path, size, at in await in_thread(_kept, self._folder):
            self._quota.put(path, path.relative_to(self._folder).parts[0], size, at=at)

    async def forget(self, session: str) -> None:
        """Remove all files of a session, on the machines of all replicas; one that does not run just now keeps what it
        has until it is old (``prune``)."""
        if self._cluster is not None:
            self._cluster.tell(_FORGOTTEN, {"session": session})
        await self._forget_here(session)

    def _hear_forgotten(self, body: Mapping[str, Any]) -> None:
        task = asyncio.ensure_future(self._forget_here(body["session"]))
        self._forgetting.add(task)
        task.add_done_callback(self._forgetting.discard)

    async def _forget_here(self, session: str) -> None:
        if self._quota is not None:
            self._quota.drop_all_of(session)
        await in_thread(shutil.rmtree, self._folder / session, ignore_errors=True)

    async def prune(self, *, older_than: float) -> None:
        """Remove the folders of sessions untouched for ``older_than`` seconds, and downloads that were never
        finished."""
        await self._count()
        for session in await in_thread(self._prune, time.time() - older_than):
            if self._quota is not None:
                self._quota.drop_all_of(session)

    def _prune(self, before: float) -> list[str]:
        if not self._folder.is_dir():
            return []
        self._folder.chmod(0o700)  # an older version made it readable for everybody
        old = [folder for folder in self._folder.iterdir() if folder.is_dir() and folder.stat().st_mtime < before]
        for folder in old:
            shutil.rmtree(folder, ignore_errors=True)
        for part in self._folder.glob(f"*/*/*{_PART}"):
            if part.stat().st_mtime < time.time() - _PART_AGE:
                _clean_up(part)
        return [folder.name for folder in old]


def _clean_up(path: Path) -> None:
    """Remove a file, and its folder and the session's folder when they are empty then."""
    path.unlink(missing_ok=True)
    for folder in (path.parent, path.parent.parent):
        try:
            folder.rmdir()
        except OSError:  # the folder is not empty, or was never made
            return


def _kept(folder: Path) -> list[tuple[Path, int, float]]:
    """Return the files in all session folders with their sizes (bytes) and times (epoch seconds), oldest first."""
    found: list[tuple[Path, int, float]] = []
    for path in folder.glob("*/*/*"):
        try:
            stat = os.lstat(path)
        except OSError:
            continue  # the file was removed meanwhile
        found.append((path, stat.st_size, stat.st_mtime))
    return sorted(found, key=lambda each: each[2])
