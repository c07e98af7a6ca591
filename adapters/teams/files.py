"""Downloads: bounded, without redirects, with the bot's token only to the connector a picture was posted at."""

from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlsplit

import aiohttp

from adapters.teams.transport import Transport, secure
from gateway.errors import Gone, RateLimited, Rejected, TooLarge, Unavailable, Unsupported
from gateway.model import RemoteFile

_CHUNK = 64 * 1024
_TRANSFER = aiohttp.ClientTimeout(total=None, connect=10, sock_read=60)


class Downloads:
    """``download`` a file a user attached."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def download(self, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        """The bytes. Raises ``TooLarge``, ``Gone`` for a link that has ended, ``Unavailable``."""
        if file.size is not None and file.size > limit:
            raise _too_large(file, limit)
        url = file.url
        if not url or not secure(url, local=self._transport.local):
            raise Unsupported(f"file {file.name!r} has no address it could be read from: ask for it in a personal chat")
        try:
            async with self._transport.session.get(
                url, headers=await self._headers(file, url), timeout=_TRANSFER, allow_redirects=False
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

    async def _headers(self, file: RemoteFile, url: str) -> Mapping[str, str]:
        """A file's link to OneDrive is its own permission; a picture is read from the connector, as the bot."""
        if "token" not in file.extra or not _same_origin(url, file.extra.get("service", "")):
            return {}
        return await self._transport.authorized()


def _same_origin(url: str, service: str) -> bool:
    one, other = urlsplit(url), urlsplit(service)
    return bool(other.netloc) and (one.scheme, one.netloc.lower()) == (other.scheme, other.netloc.lower())


def _check(response: aiohttp.ClientResponse, file: RemoteFile, limit: int) -> None:
    status = response.status
    if status in (401, 403, 404, 410):
        raise Gone(f"file {file.name!r} can no longer be read: Teams' links end after a while, send it again")
    if status == 429:
        raise RateLimited(1.0, "files")
    if status >= 500:
        raise Unavailable(f"download of {file.name!r}: HTTP {status}")
    if status >= 300:
        raise Rejected(f"download of {file.name!r}: HTTP {status}")
    if response.content_length is not None and response.content_length > limit:
        raise _too_large(file, limit)


def _too_large(file: RemoteFile, limit: int) -> TooLarge:
    return TooLarge(f"file {file.name!r} is larger than the limit of {limit / 1_000_000:g} MB")
