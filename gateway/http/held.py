"""Files held for platforms that take them later than the message: a folder, and signed links into it."""

import asyncio
import hashlib
import hmac
import secrets
import shutil
import threading
import time
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from gateway.adapter import HeldFile
from gateway.model import FromBytes, FromPath, FromUrl, OutgoingFile

KEPT_FOR = 7 * 86_400.0
"""Seconds a file is held; a link to it may end sooner, never later."""
KEY_BYTES = 32


class HeldFolder:
    """Implements ``gateway.adapter.HeldFiles``. A file is ``<id>/data`` beside ``<id>/about.json``."""

    def __init__(self, folder: Path, *, public_url: str | None) -> None:
        self._folder = folder
        self._public_url = public_url
        self._key: bytes | None = None
        self._making_key = threading.Lock()

    async def hold(self, file: OutgoingFile, *, key: str, conversation: str = "") -> str:
        secret = await asyncio.to_thread(self._secret)
        # Keyed, because on some platforms it comes back from the user: another's file must not be guessed.
        meaning = "/".join((key, file.name, conversation))
        id = hashlib.blake2b(meaning.encode(), digest_size=16, key=secret).hexdigest()
        await asyncio.to_thread(self._write, self._folder / id, file, conversation)
        return id

    def _write(self, folder: Path, file: OutgoingFile, conversation: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / "data.part"
        match file.source:
            case FromBytes(data=data):
                part.write_bytes(data)
            case FromPath(path=path):
                shutil.copyfile(path, part)
            case FromUrl(url=url):
                raise ValueError(f"{file.name} is at {url} already: it need not be held")
        part.replace(folder / "data")
        about = {"name": file.name, "mime": file.mime, "conversation": conversation}
        (folder / "about.json").write_bytes(orjson.dumps(about))

    async def find(self, id: str, *, conversation: str = "") -> HeldFile | None:
        found = await asyncio.to_thread(self._find, id)
        return found[0] if found is not None and found[1] == conversation else None

    def _find(self, id: str) -> tuple[HeldFile, str] | None:
        """The file, and the conversation it is held for."""
        if len(id) != 32 or not id.isalnum() or not id.isascii():
            return None
        folder = self._folder / id
        try:
            about = orjson.loads((folder / "about.json").read_bytes())
            size = (folder / "data").stat().st_size
        except (OSError, ValueError):  # ValueError: the disk was full when it was written
            return None
        file = HeldFile(name=about["name"], mime=about["mime"], path=folder / "data", size=size)
        return file, about.get("conversation", "")

    async def drop(self, id: str) -> None:
        if await asyncio.to_thread(self._find, id) is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder / id, ignore_errors=True)

    def link(self, id: str, *, seconds: float) -> str | None:
        if self._public_url is None:
            return None
        until = int(time.time() + min(seconds, KEPT_FOR))
        return f"{self._public_url.rstrip('/')}/files/{id}?until={until}&signature={self._sign(id, until)}"

    def _sign(self, id: str, until: int) -> str:
        return hmac.new(self._secret(), f"{id}/{until}".encode(), hashlib.sha256).hexdigest()

    def _secret(self) -> bytes:
        with self._making_key:
            if self._key is None:
                self._key = self._stored_key() or self._new_key()
            return self._key

    def _stored_key(self) -> bytes | None:
        """Links given out before a restart go on working. A key that is not whole (the disk was full) is none: it could
        be guessed."""
        try:
            key = (self._folder / "link.key").read_bytes()
        except FileNotFoundError:
            return None
        return key if len(key) == KEY_BYTES else None

    def _new_key(self) -> bytes:
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / "link.key.part"
        part.touch(mode=0o600)
        part.write_bytes(secrets.token_bytes(KEY_BYTES))
        part.replace(self._folder / "link.key")
        return (self._folder / "link.key").read_bytes()

    def route(self) -> Route:
        """``GET /files/{id}``: the file, for whoever has a link that is still good."""
        return Route("/files/{id}", self._serve, methods=["GET"])

    async def _serve(self, request: Request) -> Response:
        id, until = request.path_params["id"], request.query_params.get("until", "")
        given = request.query_params.get("signature", "")
        if not (until.isascii() and until.isdigit() and len(until) < 16 and given.isascii()):
            return PlainTextResponse("This link is not complete.", 403)
        if not hmac.compare_digest(given, await asyncio.to_thread(self._sign, id, int(until))):
            return PlainTextResponse("This link is not one of ours.", 403)
        found = await asyncio.to_thread(self._find, id)
        if found is None or int(until) < time.time():
            return PlainTextResponse("This link has expired: ask the bot for the file again.", 410)
        file = found[0]
        # A download, never a page of ours: what is in it may be anything.
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
            "Cache-Control": "private",
        }
        return FileResponse(file.path, media_type=file.mime, filename=file.name, headers=headers)

    async def prune(self) -> None:
        """Remove what was held long enough."""
        await asyncio.to_thread(self._prune, time.time() - KEPT_FOR)

    def _prune(self, before: float) -> None:
        if not self._folder.is_dir():
            return
        for folder in self._folder.iterdir():
            if folder.is_dir() and folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)
