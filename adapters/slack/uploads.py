"""Uploads files by Slack's external flow: a ticket, the bytes, then one message that shares them all."""

import asyncio
import io
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any, BinaryIO, NamedTuple

import aiohttp
import orjson

from adapters.slack.api import SlackApi
from adapters.slack.errors import translate
from gateway.errors import Forbidden, Gone, RateLimited, Rejected, Unavailable
from gateway.model import FromBytes, FromPath, FromUrl, OutgoingFile

_TRANSFER = aiohttp.ClientTimeout(total=None, connect=10, sock_read=60)
_SHARE_WAITS = (0.0, 0.1, 0.3, 0.6, 1.0, 2.0)
"""Seconds before each look for the message of a share: Slack shares a file only after it has answered."""


class Ticket(NamedTuple):
    """A file that Slack expects: its id is known before its bytes are uploaded."""

    file: OutgoingFile
    size: int
    """Bytes."""
    id: str
    url: str
    """The address to upload the bytes to."""


def keys(tickets: Sequence[Ticket]) -> dict[str, str]:
    """Return the keys of files by Slack's ids."""
    return {ticket.id: ticket.file.key for ticket in tickets}


def size_of(file: OutgoingFile) -> int:
    """Return a file's size in bytes. Raises ``Rejected`` for a file that is empty, or cannot be read."""
    match file.source:
        case FromBytes(data=data):
            size = len(data)
        case FromPath(path=path):
            try:
                size = path.stat().st_size
            except OSError as error:
                raise Rejected(f"file {file.name!r}: {error.strerror}: {path}") from error
        case FromUrl():
            raise Rejected(f"file {file.name!r} is linked, not uploaded")
    if not size:
        raise Rejected(f"file {file.name!r} is empty: Slack takes no empty files")
    return size


class Uploads:
    """Uploads, shares and deletes files."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def open(self, files: Sequence[OutgoingFile]) -> list[Ticket]:
        """Ask Slack where to upload the files; nothing is uploaded yet. Raises ``Rejected`` for an empty file and for
        one that cannot be read."""
        sizes = [size_of(file) for file in files]
        return [await self._open(file, size) for file, size in zip(files, sizes, strict=True)]

    async def _open(self, file: OutgoingFile, size: int) -> Ticket:
        given = await self._api.query("files.getUploadURLExternal", filename=file.name, length=size)
        return Ticket(file, size, str(given["file_id"]), str(given["upload_url"]))

    async def share(self, tickets: Sequence[Ticket], *, channel: str, thread: str | None) -> dict[str, str]:
        """Upload the files and share them in one message; returns their keys by file id."""
        for ticket in tickets:
            await self._upload(ticket)
        return await self.share_uploaded(tickets, channel=channel, thread=thread)

    async def share_uploaded(self, tickets: Sequence[Ticket], *, channel: str, thread: str | None) -> dict[str, str]:
        """Share files whose bytes are uploaded; returns their keys by file id."""
        shared = keys(tickets)
        listed = [{"id": ticket.id, "title": ticket.file.name} for ticket in tickets]
        try:
            await self._api.query(
                "files.completeUploadExternal",
                files=orjson.dumps(listed).decode(),
                channel_id=channel,
                thread_ts=thread,
            )
        except Unavailable:
            # Perhaps only the answer was lost; uploaded anew, the files would be there twice.
            if await self.is_shared(next(iter(shared)), channel, _SHARE_WAITS):
                return shared
            raise
        return shared

    async def is_shared(self, file_id: str, channel: str, waits: Sequence[float] = (0.0,)) -> bool:
        """Return whether a file is shared in a channel, as far as Slack says by now."""
        with suppress(Gone):  # a file that was never shared
            return await self.shared_as(file_id, channel, waits) is not None
        return False

    async def _upload(self, ticket: Ticket) -> None:
        file = ticket.file
        with ExitStack() as stack:
            body: BinaryIO
            match file.source:
                case FromBytes(data=data):
                    body = io.BytesIO(data)  # aiohttp sends it in pieces, between which the event loop goes on
                case FromPath(path=path):
                    try:
                        # Opening the file blocks for microseconds; aiohttp reads it in a thread, in pieces.
                        body = stack.enter_context(path.open("rb"))
                    except OSError as error:
                        raise Rejected(f"file {file.name!r}: {error.strerror}: {path}") from error
                case FromUrl():
                    raise Rejected(f"file {file.name!r} is linked, not uploaded")
            headers = {"Content-Type": "application/octet-stream", "Content-Length": str(ticket.size)}
            try:
                # No token is sent, because the address itself is the permission.
                async with self._api.session.post(
                    ticket.url, data=body, headers=headers, timeout=_TRANSFER, allow_redirects=False
                ) as response:
                    status = response.status
            except (aiohttp.ClientError, TimeoutError) as error:
                raise translate(error, "upload") from error
        if status >= 500 or status == 429:
            raise Unavailable(f"upload of {file.name!r}: HTTP {status}")
        if status >= 300:
            raise Rejected(f"upload of {file.name!r}: HTTP {status}")

    async def shared_as(self, file_id: str, channel: str, waits: Sequence[float] = _SHARE_WAITS) -> str | None:
        """Return the ``ts`` of the message that shares a file; None while Slack does not say. ``waits`` are the seconds
        before each look."""
        for wait in waits:
            await asyncio.sleep(wait)
            try:
                info = await self._api.query("files.info", file=file_id)
            except (Forbidden, RateLimited, Unavailable) as error:
                # The files are shared, whatever is wrong with looking: a failure here must not lead to a second share.
                if isinstance(error, Forbidden):
                    self._api.note("files_info", error=str(error))
                return None
            if ts := share_of(info.get("file") or {}, channel):
                return ts
        return None

    async def remove(self, file_id: str) -> None:
        """Delete a file; one that is gone is no error."""
        try:
            await self._api.query("files.delete", file=file_id)
        except Gone:
            return


def share_of(file: Mapping[str, Any], channel: str) -> str | None:
    """Return the ``ts`` of the message by which a file object is shared in a channel; None if there is none."""
    shares: Any = file.get("shares")
    if isinstance(shares, dict):
        for kind in ("public", "private"):
            for share in (shares.get(kind) or {}).get(channel) or []:
                if ts := share.get("ts"):
                    return str(ts)
    return None
