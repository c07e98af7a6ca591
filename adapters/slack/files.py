"""What users attach: downloads bounded, and with the token only for Slack itself."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from adapters.slack.api import SlackApi
from adapters.slack.errors import wait_of
from gateway.errors import Forbidden, Gone, RateLimited, TooLarge, Unavailable, Unsupported
from gateway.model import RemoteFile

_CHUNK = 64 * 1024
_TRANSFER = aiohttp.ClientTimeout(total=None, connect=10, sock_read=60)
_SLACK_HOSTS = ("slack.com", "slack-files.com", "slack-edge.com")


class Files:
    """Downloads over the API's session."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api

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
