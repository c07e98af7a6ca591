"""Shows files to people: pictures in the chat, players for what is on sites that cards play from, consent cards in
personal chats, links elsewhere.

In a personal chat a bot may put a file into the user's OneDrive once they have agreed (docs bots/how-to/bots-filesv4);
in group chats and channels it may not at all, so there the gateway hands the file out itself, by a link that expires.
"""

import base64
import mimetypes
from collections.abc import Sequence
from urllib.parse import urlsplit

import structlog

from adapters.teams.card import attachment, block, card, escaped
from adapters.teams.filenames import onedrive_name
from adapters.teams.limits import LINK_SECONDS, PICTURE_BYTES, PICTURES, PLAYED
from adapters.teams.markdown import web
from adapters.teams.names import CONSENT, HELD
from adapters.teams.render import Activity
from gateway.adapter import FileVault
from gateway.disk import in_thread
from gateway.errors import Rejected, Unsupported
from gateway.model import ConversationRef, FromBytes, FromPath, FromUrl, OutgoingFile

log = structlog.get_logger(__name__)


class Sharing:
    """Decides how a file is shown: by an activity of its own, or by a line below the text."""

    def __init__(self, held: FileVault | None) -> None:
        self._held = held
        self._noted = False

    async def lines(self, to: ConversationRef, files: Sequence[OutgoingFile], *, key: str) -> list[str]:
        """Return a line for each file that no activity shows: a link to it, or why there is none."""
        return [
            await self._line(to, file, f"{key}.{number}")
            for number, file in enumerate(files)
            if not await self._separate(to, file)
        ]

    async def activity(self, to: ConversationRef, file: OutgoingFile, *, key: str) -> Activity | None:
        """Return the activity that shows the file; None for a file that is shown by a line."""
        return await self._activity(to, file, key) if await self._separate(to, file) else None

    async def _separate(self, to: ConversationRef, file: OutgoingFile) -> bool:
        if isinstance(file.source, FromUrl):
            return _is_linked_picture(file, file.source.url) or _is_played(file, file.source.url)
        if await _is_picture(file):
            return True
        return to.kind == "dm" and await _size(file) > 0  # an upload has at least one byte

    async def _activity(self, to: ConversationRef, file: OutgoingFile, key: str) -> Activity:
        if isinstance(file.source, FromUrl):
            if _is_played(file, file.source.url):
                return _message(attachment(card([block(escaped(file.name)), _player(file, file.source.url)])))
            mime = file.mime if file.mime.startswith("image/") else mimetypes.guess_type(file.name)[0] or "image/png"
            return _message({"contentType": mime, "contentUrl": file.source.url, "name": file.name})
        if await _is_picture(file):
            data = base64.b64encode(await _bytes(file)).decode()
            return _message(
                {"contentType": file.mime, "contentUrl": f"data:{file.mime};base64,{data}", "name": file.name}
            )
        return consent(file.name, await self._hold(file, key, conversation=asked(to)), size=await _size(file))

    async def _hold(self, file: OutgoingFile, key: str, *, conversation: str) -> str:
        if self._held is None:
            raise Unsupported(f"file {file.name!r}: the gateway holds no files here, so Teams cannot be given any")
        try:
            return await self._held.hold(file, key=key, conversation=conversation)
        except OSError as error:
            raise Rejected(f"file {file.name!r}: {error.strerror or error}") from error

    async def _line(self, to: ConversationRef, file: OutgoingFile, key: str) -> str:
        name = escaped(file.name)
        if isinstance(file.source, FromUrl):
            return f"📎 [{name}]({_web(file, file.source.url)})"
        url = None
        if self._held is not None:
            url = self._held.link(await self._hold(file, key, conversation=to.key), seconds=LINK_SECONDS)
        if url is not None:
            return f"📎 [{name}]({url})"
        if not self._noted:
            self._noted = True
            log.warning("teams.no_links", fix="set GATEWAY_PUBLIC_URL, so that files can be linked in group chats")
        if not await _size(file):
            return f"📎 {name} (it is empty: Teams takes no such file)"
        return f"📎 {name} (Teams takes no files from bots here: ask me for it in a chat of our own)"


def asked(ref: ConversationRef) -> str:
    """Return for whom a file is held that consent is asked for: this person, in this conversation. The client writes
    what comes back from a card, so the file is given to nobody else, whatever the answer names."""
    person = ref.route.get("user", "")
    return f"{ref.key} {person}" if person else ref.key


def consent(name: str, held_id: str, *, size: int) -> Activity:
    """Return the card that asks whether the file may be put into the user's OneDrive, under a name that OneDrive
    takes."""
    context = {HELD: held_id}
    content = {"description": name, "sizeInBytes": size, "acceptContext": context, "declineContext": context}
    return _message({"contentType": CONSENT, "name": onedrive_name(name), "content": content})


def _message(attachment: Activity) -> Activity:
    return {"type": "message", "attachments": [attachment]}


def _is_linked_picture(file: OutgoingFile, url: str) -> bool:
    return file.kind == "image" and _web(file, url).startswith("https:")


def _is_played(file: OutgoingFile, url: str) -> bool:
    """Return whether a card plays what is at the address: it does from some sites only."""
    link = _web(file, url)
    if file.kind not in ("audio", "video") or not link.startswith("https:"):
        return False
    host = urlsplit(link).hostname or ""
    return any(host == site or host.endswith(f".{site}") for site in PLAYED)


def _player(file: OutgoingFile, url: str) -> Activity:
    mime = file.mime if file.mime.startswith(("audio/", "video/")) else f"{file.kind}/mp4"
    return {"type": "Media", "sources": [{"mimeType": mime, "url": _web(file, url)}], "altText": file.name}


def _web(file: OutgoingFile, url: str) -> str:
    """Return the address, if it is one a person can follow, else an empty text."""
    link = web(url)
    if not link:
        raise Rejected(f"file {file.name!r}: {url[:80]!r} is no http(s) address")
    return link


async def _is_picture(file: OutgoingFile) -> bool:
    """Return whether the chat itself can show the file."""
    return file.kind == "image" and file.mime in PICTURES and 0 < await _size(file) <= PICTURE_BYTES


async def _size(file: OutgoingFile) -> int:
    match file.source:
        case FromBytes(data=data):
            return len(data)
        case FromPath(path=path):
            try:
                return (await in_thread(path.stat)).st_size
            except OSError as error:
                raise Rejected(f"file {file.name!r}: {error.strerror}: {path}") from error
        case FromUrl():
            return 0


async def _bytes(file: OutgoingFile) -> bytes:
    match file.source:
        case FromBytes(data=data):
            return data
        case FromPath(path=path):
            try:
                return await in_thread(path.read_bytes)
            except OSError as error:
                raise Rejected(f"file {file.name!r}: {error.strerror}: {path}") from error
        case FromUrl():
            return b""
