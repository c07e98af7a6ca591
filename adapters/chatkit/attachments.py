"""Takes the files that people upload, holds them, and reads them for the bot."""

import re
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from starlette.requests import Request

from adapters.chatkit.ids import new_id, person
from adapters.chatkit.limits import LINK_SECONDS, UPLOADS
from adapters.chatkit.sessions import Session
from gateway.adapter import DocumentStore, FileVault, receive_upload
from gateway.errors import Gone, RequestRefused, TooLarge, Unavailable
from gateway.model import Document, FromPath, OutgoingFile, media_type

_KIND = "chatkit.file"
_MB = 1_000_000
_NAME = 255
_MIME = re.compile(r"[\w.+-]{1,127}/[\w.+-]{1,127}", re.ASCII)
"""A media type (RFC 6838, section 4.2)."""
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Media types of which a picture is shown; others may be more than a picture, as SVG is."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a person uploaded."""

    id: str
    name: str
    mime: str
    preview_url: str | None

    def as_json(self) -> Mapping[str, Any]:
        """Return the attachment in the words of the protocol (``Attachment``)."""
        base = {"id": self.id, "name": self.name, "mime_type": self.mime}
        if self.preview_url is None:
            return {**base, "type": "file"}
        return {**base, "type": "image", "preview_url": self.preview_url}


class Attachments:
    """The files of people, each of one person."""

    def __init__(self, documents: DocumentStore, vault: FileVault | None, *, most_bytes: int) -> None:
        """``most_bytes`` is the size of the largest file that the bot is given."""
        self._most_bytes = most_bytes
        self._documents = documents
        self._vault = vault
        self._under_way: dict[str, str] = {}
        """The sessions of the uploads that are under way, by the ids their files will have."""

    async def upload(self, request: Request, session: Session) -> Attachment:
        """Hold the file in the field ``file`` of a form.

        Raises ``RequestRefused``: 403 where the session allows no uploads, 413 for a file that is too large, 415 for
        what is no form, 400 where there is no file in it or the session has uploaded as many as it can, 429 where too
        many uploads are under way.
        """
        allowed = session.configuration.file_upload
        if not allowed.enabled or self._vault is None:
            raise RequestRefused(403, "this session allows no uploads: create it with file_upload enabled")
        if len(self._under_way) >= UPLOADS:
            raise RequestRefused(429, f"{UPLOADS} uploads are under way: try again", headers={"Retry-After": "5"})
        id = new_id("file")
        self._under_way[id] = session.id
        try:
            await self._count(session, allowed.max_files)
            with tempfile.TemporaryDirectory(prefix="chatkit-") as folder:
                limit = min(allowed.max_file_size * _MB, self._most_bytes)
                file = await _received(request, Path(folder), limit=limit)
                held = await self._hold(id, file, session, self._vault)
            await self._count_again(held, session, allowed.max_files)
            return self._attachment(held)
        finally:
            del self._under_way[id]

    async def forget(self, sessions: Sequence[str]) -> None:
        """Forget what these sessions uploaded, which is held no longer."""
        for each in sessions:
            await self._documents.delete_documents_below(_KIND, each)

    async def _count(self, session: Session, most: int) -> None:
        """Raise ``RequestRefused`` where a session has more files than ``most``, those under way included."""
        ids = {id for id, of in self._under_way.items() if of == session.id}
        known = await self._documents.list_documents(_KIND, parent=session.id, limit=most)
        if len(ids.union(each.id for each in known)) > most:
            raise _too_many(most)

    async def _count_again(self, held: Document, session: Session, most: int) -> None:
        """Take a file back, and raise ``RequestRefused``, where other replicas held as many meanwhile."""
        first = await self._documents.list_documents(_KIND, parent=session.id, limit=most)
        if all(each.id != held.id for each in first):
            await self._documents.delete_documents(_KIND, [held.id])
            if self._vault is not None:
                await self._vault.drop(held.body["held"])
            raise _too_many(most)

    async def owned(self, ids: Sequence[str], session: Session) -> Sequence[Attachment]:
        """Return attachments of a session's user by their ids; an id that is given twice counts once.

        Raises ``RequestRefused``: 404 for what is not there or somebody else's, 400 for more than the session may
        attach to a message.
        """
        wanted = list(dict.fromkeys(ids))
        if len(wanted) > session.configuration.file_upload.max_files:
            most = session.configuration.file_upload.max_files
            raise RequestRefused(400, f"a message can have {most} attachments", where="params.input.attachments")
        found: list[Attachment] = []
        for id in wanted:
            document = await self._documents.get_document(_KIND, id)
            if document is None or document.person != person(session.user).key:
                raise RequestRefused(404, f"there is no attachment {id[:100]!r}", where="params.input.attachments")
            found.append(self._attachment(document))
        return found

    async def read(self, id: str, *, limit: int) -> AsyncIterator[bytes]:
        """Yield the content of a file. Raises ``Gone`` where it is not held any more, ``TooLarge`` for more than
        ``limit`` bytes, and ``Unavailable`` where it cannot be read now."""
        document = await self._documents.get_document(_KIND, id)
        held = None
        if document is not None and self._vault is not None:
            held = await self._vault.find(document.body["held"], conversation=document.person)
        if held is None:
            raise Gone(f"the file {id} is not held any more")
        if held.size > limit:
            raise TooLarge(f"file {held.name!r} is larger than the limit of {limit / 1_000_000:g} MB")
        try:
            async for chunk in held.read():
                yield chunk
        except FileNotFoundError:
            raise Gone(f"the file {id} is not held any more") from None
        except OSError as error:
            raise Unavailable(f"the file {id} cannot be read now: {error}") from error

    async def _hold(self, id: str, file: OutgoingFile, session: Session, vault: FileVault) -> Document:
        whose = person(session.user).key
        try:
            held = await vault.hold(file, key=id, conversation=whose)
        except TooLarge as error:
            raise RequestRefused(413, str(error)) from None
        document = Document(
            kind=_KIND,
            id=id,
            parent=session.id,
            person=whose,
            body={"name": file.name, "mime": file.mime, "held": held},
        )
        await self._documents.put_documents([document])
        return document

    def _attachment(self, document: Document) -> Attachment:
        mime = document.body["mime"]
        preview = None
        if mime in PICTURES and self._vault is not None:
            preview = self._vault.link(document.body["held"], seconds=LINK_SECONDS)
        return Attachment(document.id, document.body["name"], mime, preview)


def _too_many(most: int) -> RequestRefused:
    return RequestRefused(400, f"this session may upload {most} files, and did")


async def _received(request: Request, folder: Path, *, limit: int) -> OutgoingFile:
    """Write the file of a form into a folder."""
    file = await receive_upload(request, folder, limit=limit)
    name = safe_name(file.name)
    stated = media_type("", file.mime)
    mime = media_type(name, stated if _MIME.fullmatch(stated) else "")
    return OutgoingFile(name=name, mime=mime, source=FromPath(path=file.path))


def safe_name(name: str) -> str:
    """Return the last part of a path as a name in one line, which is never empty."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    shown = " ".join("".join(sign if sign.isprintable() else " " for sign in last).split())
    return shown[-_NAME:].strip(". ") or "file"
