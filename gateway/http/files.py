"""Holds files for platforms that fetch them later than the message: a folder, and signed links into it."""

import hashlib
import hmac
import secrets
import shutil
import threading
import time
from pathlib import Path

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from gateway.adapter import HeldFile
from gateway.disk import Quota, create, in_thread, is_full, make_folder, make_room
from gateway.errors import TooLarge
from gateway.model import FromBytes, FromPath, FromUrl, OutgoingFile

log = structlog.get_logger(__name__)

KEPT_FOR = 7 * 86_400.0
"""Seconds a file is held; a link to it may end sooner, never later."""
KEY_BYTES = 32
"""Bytes of the key that signs links and derives ids."""


class DiskFileVault:
    """Implements ``gateway.adapter.FileVault`` on a folder: a file is ``<id>/data`` beside ``<id>/about.json``."""

    def __init__(self, folder: Path, *, public_url: str | None, quota: Quota | None = None) -> None:
        self._folder = folder
        self._public_url = public_url
        self._key: bytes | None = None
        self._making_key = threading.Lock()
        self._quota = quota
        self._counted = False

    async def hold(self, file: OutgoingFile, *, key: str, conversation: str = "") -> str:
        secret = await in_thread(self._secret)
        # Keyed, because on some platforms the id comes back from the user, who must not guess another person's file.
        meaning = "/".join((key, file.name, conversation))
        id = hashlib.blake2b(meaning.encode(), digest_size=16, key=secret).hexdigest()
        if self._quota is not None:
            # A file without a conversation counts only towards the bound for all files.
            await self._room_for(file, self._folder / id, conversation or id, self._quota)
        await in_thread(self._write, self._folder / id, file, conversation)
        return id

    async def _room_for(self, file: OutgoingFile, folder: Path, owner: str, quota: Quota) -> None:
        size = await in_thread(_size, file)
        if not self._counted:
            self._counted = True
            for path, whose, held, at in await in_thread(self._held):
                quota.put(path, whose, held, at=at)
        quota.drop(folder)  # the same file may be held already
        for old in quota.make_room(owner, size, name=file.name):
            log.warning("held_file.removed", id=old.name, reason="its room was needed")
            await in_thread(shutil.rmtree, old, ignore_errors=True)
        quota.put(folder, owner, size)

    def _held(self) -> list[tuple[Path, str, int, float]]:
        """Return what an earlier process left, oldest first: folder, owner, size in bytes, and time (seconds since the
        epoch)."""
        found: list[tuple[Path, str, int, float]] = []
        for folder in self._folder.iterdir() if self._folder.is_dir() else ():
            known = self._find(folder.name)
            if known is not None:
                file, conversation = known
                found.append((folder, conversation or folder.name, file.size, folder.stat().st_mtime))
        return sorted(found, key=lambda each: each[3])

    def _write(self, folder: Path, file: OutgoingFile, conversation: str) -> None:
        make_folder(folder)
        part = folder / "data.part"
        about = {"name": file.name, "mime": file.mime, "conversation": conversation}
        try:
            with create(part) as out:
                match file.source:
                    case FromBytes(data=data):
                        out.write(data)
                    case FromPath(path=path):
                        with path.open("rb") as source:
                            shutil.copyfileobj(source, out)
                    case FromUrl(url=url):
                        raise ValueError(f"{file.name} is at {url} already: it need not be held")
            part.replace(folder / "data")
            with create(folder / "about.json") as out:
                out.write(orjson.dumps(about))
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if self._quota is not None:
                self._quota.drop(folder)
            if isinstance(error, OSError) and is_full(error):
                raise TooLarge(f"there is no room for {file.name}: {make_room(folder)}") from error
            raise

    async def find(self, id: str, *, conversation: str = "") -> HeldFile | None:
        found = await in_thread(self._find, id)
        return found[0] if found is not None and found[1] == conversation else None

    def _find(self, id: str) -> tuple[HeldFile, str] | None:
        """Return the file of an id and the key of the conversation it is held for; None for an unknown id."""
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
        if await in_thread(self._find, id) is not None:
            if self._quota is not None:
                self._quota.drop(self._folder / id)
            await in_thread(shutil.rmtree, self._folder / id, ignore_errors=True)

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
        """Return the key an earlier process stored, so that its links go on working. A key cut short by a full disk
        counts as none, because it could be guessed."""
        try:
            key = (self._folder / "link.key").read_bytes()
        except FileNotFoundError:
            return None
        return key if len(key) == KEY_BYTES else None

    def _new_key(self) -> bytes:
        make_folder(self._folder)
        part = self._folder / "link.key.part"
        with create(part) as out:
            out.write(secrets.token_bytes(KEY_BYTES))
        part.replace(self._folder / "link.key")
        return (self._folder / "link.key").read_bytes()

    def route(self) -> Route:
        """Return the route ``GET /files/{id}``, which serves a file to whoever has a signed link that has not
        expired."""
        return Route("/files/{id}", self._serve, methods=["GET"])

    async def _serve(self, request: Request) -> Response:
        id, until = request.path_params["id"], request.query_params.get("until", "")
        given = request.query_params.get("signature", "")
        if not (until.isascii() and until.isdigit() and len(until) < 16 and given.isascii()):
            return PlainTextResponse("This link is not complete.", 403)
        if not hmac.compare_digest(given, await in_thread(self._sign, id, int(until))):
            return PlainTextResponse("This link is not one of ours.", 403)
        found = await in_thread(self._find, id)
        if found is None or int(until) < time.time():
            return PlainTextResponse("This link has expired: ask the bot for the file again.", 410)
        file = found[0]
        # Sent as a download, never as a page of this site, because the file may contain anything.
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
            "Cache-Control": "private",
        }
        return FileResponse(file.path, media_type=file.mime, filename=file.name, headers=headers)

    async def prune(self) -> None:
        """Remove the files that have been held for ``KEPT_FOR`` seconds."""
        await in_thread(self._prune, time.time() - KEPT_FOR)

    def _prune(self, before: float) -> None:
        if not self._folder.is_dir():
            return
        self._folder.chmod(0o700)  # an older gateway made it for everybody
        for folder in self._folder.iterdir():
            if folder.is_dir() and folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)
                if self._quota is not None:
                    self._quota.drop(folder)


def _size(file: OutgoingFile) -> int:
    match file.source:
        case FromBytes(data=data):
            return len(data)
        case FromPath(path=path):
            return path.stat().st_size
        case FromUrl():
            return 0
