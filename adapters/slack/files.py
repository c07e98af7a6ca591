"""Files, both ways: uploads by Slack's external flow, downloads bounded and with the token only for Slack itself."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import aiohttp
import orjson

from adapters.slack.api import SlackApi
from adapters.slack.errors import translate, wait_of
from gateway.errors import Forbidden, Gone, RateLimited, Rejected, TooLarge, Unavailable, Unsupported
from gateway.model import FromBytes, FromPath, FromUrl, OutgoingFile, RemoteFile

_CHUNK = 64 * 1024
_TRANSFER = aiohttp.ClientTimeout(total=None, connect=10, sock_read=60)
_SLACK_HOSTS = ("slack.com", "slack-files.com", "slack-edge.com")
_SHARE_WAITS = (0.0, 0.1, 0.3, 0.6, 1.0, 2.0)
"""Seconds before each look for the message of a share: Slack shares a file after it has answered."""


class Files:
    """Uploads and downloads over the API's session."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def share(self, files: Sequence[OutgoingFile], *, channel: str, thread: str | None) -> dict[str, str]:
        """Upload the files and share them in one message; their names by file id. Linked files are not uploaded."""
        uploaded = {await self._upload(file): file.name for file in files if not isinstance(file.source, FromUrl)}
        if uploaded:
            listed = [{"id": file_id, "title": name} for file_id, name in uploaded.items()]
            try:
                await self._api.query(
                    "files.completeUploadExternal",
                    files=orjson.dumps(listed).decode(),
                    channel_id=channel,
                    thread_ts=thread,
                )
            except Unavailable:
                # Perhaps only the answer was lost; uploaded anew, the files would stand there twice.
                with suppress(Gone):  # a file that was never shared
                    if await self.shared_as(next(iter(uploaded)), channel):
                        return uploaded
                raise
        return uploaded

    async def _upload(self, file: OutgoingFile) -> str:
        with ExitStack() as stack:
            body: bytes | BinaryIO
            match file.source:
                case FromBytes(data=data):
                    body, length = data, len(data)
                case FromPath(path=path):
                    try:
                        # Opening blocks for microseconds; aiohttp reads the file in a thread, in pieces.
                        body = stack.enter_context(path.open("rb"))
                        length = path.stat().st_size
                    except OSError as error:
                        raise Rejected(f"file {file.name!r}: {error.strerror}: {path}") from error
                case FromUrl():
                    raise Rejected(f"file {file.name!r} is linked, not uploaded")
            if not length:
                raise Rejected(f"file {file.name!r} is empty: Slack takes no empty files")
            ticket = await self._api.query("files.getUploadURLExternal", filename=file.name, length=length)
            headers = {"Content-Type": "application/octet-stream", "Content-Length": str(length)}
            try:
                # No token here: the address itself is the permission.
                async with self._api.session.post(
                    str(ticket["upload_url"]), data=body, headers=headers, timeout=_TRANSFER, allow_redirects=False
                ) as response:
                    status = response.status
            except (aiohttp.ClientError, TimeoutError) as error:
                raise translate(error, "upload") from error
        if status >= 500 or status == 429:
            raise Unavailable(f"upload of {file.name!r}: HTTP {status}")
        if status >= 300:
            raise Rejected(f"upload of {file.name!r}: HTTP {status}")
        return str(ticket["file_id"])

    async def shared_as(self, file_id: str, channel: str) -> str | None:
        """The ``ts`` of the message that shares a file; None while Slack does not say."""
        for wait in _SHARE_WAITS:
            await asyncio.sleep(wait)
            try:
                info = await self._api.query("files.info", file=file_id)
            except (Forbidden, RateLimited, Unavailable) as error:
                # The share stands, whatever is wrong with looking at it: nobody may make it again for this.
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

    async def download(self, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        """The bytes. Raises ``TooLarge``, ``Forbidden`` naming ``files:read``, ``Gone``, ``Unavailable``."""
        if file.size is not None and file.size > limit:
            raise _too_large(file, limit)
        if not self._api.may("files:read"):
            raise _unreadable(file)
        url = file.url or await self._url_of(file)
        if not self._trusted(url):
            host = urlsplit(url).hostname
            raise Unsupported(f"file {file.name!r} is kept at {host}, not in Slack: ask for an upload")
        headers = {"Authorization": f"Bearer {self._api.token}"}
        try:
            async with self._api.session.get(
                url, headers=headers, timeout=_TRANSFER, allow_redirects=False
            ) as response:
                _check(response, file, limit)
                seen = 0
                async for chunk in response.content.iter_chunked(_CHUNK):
                    seen += len(chunk)
                    if seen > limit:
                        raise _too_large(file, limit)
                    yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(f"download of {file.name!r}: {type(error).__name__}") from error

    async def _url_of(self, file: RemoteFile) -> str:
        """The address of a file of which the event carried only the id."""
        info: Mapping[str, Any] = (await self._api.query("files.info", file=file.id)).get("file") or {}
        url = info.get("url_private_download") or info.get("url_private")
        if not isinstance(url, str) or not url:
            raise Forbidden(f"file {file.name!r}: Slack does not let this app read it ({info.get('file_access')})")
        return url

    def _trusted(self, url: str) -> bool:
        """Whether the token may be sent there: Slack's own hosts over TLS, or the very host of the API."""
        parts, api = urlsplit(url), urlsplit(self._api.url)
        if (parts.scheme, parts.netloc) == (api.scheme, api.netloc):
            return True
        host = parts.hostname or ""
        return parts.scheme == "https" and any(host == name or host.endswith(f".{name}") for name in _SLACK_HOSTS)


def share_of(file: Mapping[str, Any], channel: str) -> str | None:
    """The ``ts`` under which a file object says it is shared in a channel."""
    shares: Any = file.get("shares")
    if isinstance(shares, dict):
        for kind in ("public", "private"):
            for share in (shares.get(kind) or {}).get(channel) or []:
                if ts := share.get("ts"):
                    return str(ts)
    return None


def _check(response: aiohttp.ClientResponse, file: RemoteFile, limit: int) -> None:
    status = response.status
    if status in (401, 403) or 300 <= status < 400:
        # Without files:read Slack sends a browser to its sign-in page.
        raise _unreadable(file)
    if status in (404, 410):
        raise Gone(f"file {file.name!r} is no longer in Slack")
    if status == 429:
        raise RateLimited(wait_of(response), "files")
    if status >= 400:
        raise Unavailable(f"download of {file.name!r}: HTTP {status}")
    if response.content_type == "text/html" and "html" not in file.mime:
        raise _unreadable(file)
    if response.content_length is not None and response.content_length > limit:
        raise _too_large(file, limit)


def _unreadable(file: RemoteFile) -> Forbidden:
    return Forbidden(
        f"file {file.name!r}: Slack answers with its sign-in page; add the scope files:read to the app and reinstall it"
    )


def _too_large(file: RemoteFile, limit: int) -> TooLarge:
    return TooLarge(f"file {file.name!r} is larger than {limit / 1_000_000:g} MB")
