"""Downloads files up to a limit and without redirects: from OneDrive without credentials, pictures from the connector
as the bot."""

from collections.abc import AsyncIterator

import aiohttp

from adapters.teams.hosts import of_connector, of_onedrive
from adapters.teams.transport import Transport
from gateway.errors import Gone, RateLimited, Rejected, TooLarge, Unavailable, Unsupported
from gateway.model import RemoteFile

_CHUNK = 64 * 1024
_TRANSFER = aiohttp.ClientTimeout(total=None, connect=10, sock_read=60)


class Downloads:
    """Downloads the files that users attach."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def download(self, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        """Return the bytes. Raises ``TooLarge``, ``Gone`` for a link that has expired, ``Unavailable``."""
        if file.size is not None and file.size > limit:
            raise _too_large(file, limit)
        url = file.url or ""
        as_bot = "token" in file.extra and of_connector(url, file.extra.get("service", ""), local=self._transport.local)
        if not as_bot and not of_onedrive(url, local=self._transport.local):
            raise Unsupported(f"file {file.name!r} has no address it could be read from: ask for it in a personal chat")
        try:
            async with self._transport.session.get(
                url,
                headers=await self._transport.authorized() if as_bot else {},
                timeout=_TRANSFER,
                allow_redirects=False,
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
