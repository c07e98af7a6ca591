"""Uploads files as parts of a message, and downloads attachments up to a limit and without credentials."""

import io
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from adapters.discord.api import TRANSFER, Api
from adapters.discord.errors import seconds_to_wait
from adapters.discord.fields import attachments
from adapters.discord.limits import REQUEST_BYTES
from adapters.discord.sdk import discord
from adapters.discord.written import characters
from adapters.fields import text
from gateway.errors import Gone, RateLimited, Rejected, TooLarge, Unavailable, Unsupported
from gateway.model import FromBytes, FromPath, FromUrl, OutgoingFile, RemoteFile

_CHUNK = 64 * 1024
_ENVELOPE = 512 * 1024
"""Bytes of a request reserved for what is not files: the message itself and the parts' headers."""
_HOSTS = ("cdn.discordapp.com", "media.discordapp.net")
"""Hosts at which Discord keeps attachments."""
_STALE = frozenset({403, 404, 410})
"""HTTP statuses for an address whose signature has expired, or whose file is gone."""


def uploads(files: Sequence[OutgoingFile]) -> list[OutgoingFile]:
    """Return the files whose bytes are uploaded to Discord, under names that can be encoded; linked files are rendered
    instead."""
    return [_named(file) for file in files if not isinstance(file.source, FromUrl)]


def _named(file: OutgoingFile) -> OutgoingFile:
    """Return the file under a name that can be encoded: a name read from a disk may not be text."""
    name = characters(file.name)
    return file if name == file.name else replace(file, name=name)


def batches(files: Sequence[OutgoingFile]) -> list[list[OutgoingFile]]:
    """Split the files into as few requests as Discord's limits allow."""
    found: list[list[OutgoingFile]] = []
    room = 0
    for file in files:
        size = size_of(file)
        if not found or size > room:
            found.append([])
            room = REQUEST_BYTES - _ENVELOPE
        found[-1].append(file)
        room -= size
    return found


def size_of(file: OutgoingFile) -> int:
    """Return the bytes to upload. Raises ``Rejected`` for a file that cannot be read."""
    match file.source:
        case FromBytes(data=data):
            return len(data)
        case FromPath(path=path):
            try:
                return path.stat().st_size
            except OSError as error:
                raise Rejected(f"file {file.name!r}: {error.strerror}: {path}") from error
        case FromUrl():
            return 0


@contextmanager
def request(payload: Mapping[str, Any], files: Sequence[OutgoingFile]) -> Iterator[dict[str, Any]]:
    """Provide the arguments of a call that carries a message: JSON, or with files a multipart form. The files stay open
    for the whole call, which may read them more than once."""
    if not files:
        yield {"json": payload}
        return
    opened: list[discord.File] = []
    try:
        for file in files:
            opened.append(_open(file))
        form: list[dict[str, Any]] = [{"name": "payload_json", "value": orjson.dumps(payload).decode()}]
        for number, (file, source) in enumerate(zip(files, opened, strict=True)):
            form.append(
                {
                    "name": f"files[{number}]",
                    "value": source.fp,
                    "filename": _header(file.name),
                    "content_type": _header(file.mime),
                }
            )
        yield {"form": form, "files": opened}
    finally:
        for source in opened:
            source.close()


def _open(file: OutgoingFile) -> discord.File:
    match file.source:
        case FromBytes(data=data):
            return discord.File(io.BytesIO(data), filename=file.name)
        case FromPath(path=path):
            try:
                return discord.File(path, filename=file.name)
            except OSError as error:
                raise Rejected(f"file {file.name!r}: {error.strerror}: {path}") from error
        case FromUrl():
            raise Rejected(f"file {file.name!r} is linked, not uploaded")


def _header(value: str) -> str:
    """Return the text in a form that fits into a part's header; the JSON beside it has the name unchanged."""
    return "".join(character if character.isprintable() else "_" for character in value) or "file"


class Downloads:
    """Downloads the files that people attached to their messages, from Discord's own hosts only."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def download(self, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        """Return the file's bytes. Raises ``TooLarge``, ``Gone``, ``Unavailable``, and ``Unsupported`` for a file at
        another host."""
        if file.size is not None and file.size > limit:
            raise _too_large(file, limit)
        url = file.url or await self._fresh(file)
        try:
            for last in (False, True):
                self._check(file, url)
                async with self._api.session.get(url, timeout=TRANSFER, allow_redirects=False) as response:
                    if last or response.status not in _STALE:
                        async for chunk in _bounded(response, file, limit):
                            yield chunk
                        return
                url = await self._fresh(file)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(f"download of {file.name!r}: {type(error).__name__}") from error

    def _check(self, file: RemoteFile, url: str) -> None:
        """Raise for an address outside of Discord: an address that came with a message must lead nowhere else."""
        try:
            parts, api = urlsplit(url), urlsplit(self._api.url)
        except ValueError:
            raise Unsupported(f"file {file.name!r} has no address that can be read") from None
        # An emulator may keep its files at another port than its API.
        if (parts.scheme, parts.hostname) == (api.scheme, api.hostname):
            return
        if parts.scheme != "https" or parts.hostname not in _HOSTS:
            raise Unsupported(f"file {file.name!r} is kept at {parts.hostname}, not at Discord: ask for an upload")

    async def _fresh(self, file: RemoteFile) -> str:
        """Return a newly signed address for the file, read from its message: an address is valid for a day."""
        channel, message = file.extra.get("channel"), file.extra.get("message")
        if not channel or not message:
            raise Gone(f"file {file.name!r} is no longer at Discord")
        found = await self._api.call(
            "GET", "/channels/{channel_id}/messages/{message_id}", {"channel_id": channel, "message_id": message}
        )
        for each in attachments(found):
            if text(each, "id") == file.id:
                return text(each, "url")
        raise Gone(f"file {file.name!r} is no longer at Discord")


async def _bounded(response: aiohttp.ClientResponse, file: RemoteFile, limit: int) -> AsyncIterator[bytes]:
    status = response.status
    if status in _STALE or 300 <= status < 400:
        raise Gone(f"file {file.name!r} is no longer at Discord")
    if status == 429:
        raise RateLimited(seconds_to_wait(response.headers.get("Retry-After")), "files")
    if status >= 400:
        raise Unavailable(f"download of {file.name!r}: HTTP {status}")
    if response.content_length is not None and response.content_length > limit:
        raise _too_large(file, limit)
    seen = 0
    async for chunk in response.content.iter_chunked(_CHUNK):
        seen += len(chunk)
        if seen > limit:
            raise _too_large(file, limit)
        yield chunk


def _too_large(file: RemoteFile, limit: int) -> TooLarge:
    return TooLarge(f"file {file.name!r} is larger than {limit / 1_000_000:g} MB")
