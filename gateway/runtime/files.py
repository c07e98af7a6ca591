"""Files users attach: downloaded before the handler runs, within a bound, gone with their session."""

import asyncio
import hashlib
import re
import shutil
import time
from pathlib import Path

from gateway.egress import Sender
from gateway.errors import TooLarge
from gateway.model import RemoteFile

_UNSAFE = re.compile(r"[^\w.\- ]", re.ASCII)


class Files:
    """The folder of downloaded attachments: one sub-folder per session."""

    def __init__(self, folder: Path, *, sender: Sender, limit: int) -> None:
        self._folder = folder
        self._sender = sender
        self.limit = limit
        """Bytes of one file at most."""

    async def fetch(self, file: RemoteFile, *, platform: str, session: str, delivery: str) -> Path:
        """Download it; the same delivery and file always give the same path. ``TooLarge`` names the limit."""
        if file.size is not None and file.size > self.limit:
            raise TooLarge(f"{file.name} has {file.size / 1e6:.1f} MB; the limit is {self.limit / 1e6:g} MB")
        unique = hashlib.blake2b(f"{delivery}/{file.id}".encode(), digest_size=8).hexdigest()
        folder = self._folder / session / unique
        path = folder / (_UNSAFE.sub("_", file.name).strip(". ")[-120:] or "file")
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        with await asyncio.to_thread(part.open, "wb") as out:
            async for chunk in self._sender.download(platform, file, limit=self.limit):
                await asyncio.to_thread(out.write, chunk)
        await asyncio.to_thread(part.replace, path)
        return path

    async def forget(self, session: str) -> None:
        """Remove what a session's messages brought."""
        await asyncio.to_thread(shutil.rmtree, self._folder / session, ignore_errors=True)

    async def prune(self, *, older_than: float) -> None:
        """Remove folders of sessions untouched for that many seconds."""
        await asyncio.to_thread(self._prune, time.time() - older_than)

    def _prune(self, before: float) -> None:
        if not self._folder.is_dir():
            return
        for folder in self._folder.iterdir():
            if folder.is_dir() and folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)
