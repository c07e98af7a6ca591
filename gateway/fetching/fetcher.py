"""Fetches an address that somebody named, without reaching what only the gateway's own machine could reach.

Theory. Whoever names an address to a bot lets the bot's machine ask for it, and that machine sees more than they do:
its own services, the network around it, the cloud's page of credentials. Checking the name is not enough, because a
name can resolve to anything, and to something else a moment later. So the check stands where the connection is made:
every socket is opened by ``_socket``, which gets the very address it will connect to. Redirects are followed here one
by one, so each goes the same way.
"""

import asyncio
import socket
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import SplitResult, urljoin, urlsplit

from gateway.errors import Forbidden, Gone, RateLimited, Rejected, TooLarge, Unavailable
from gateway.fetching.addresses import is_public

if TYPE_CHECKING:
    import aiohttp

HOPS = 5
"""Redirects that are followed."""
AT_ONCE = 32
"""Addresses fetched at the same time; further ones wait, within their time."""
LONGEST = 8_192
"""Characters of the longest address."""
_CHUNK = 64 * 1024
_ONWARD = frozenset({301, 302, 303, 307, 308})


AddressInfo: TypeAlias = tuple[int, int, int, str, tuple[Any, ...]]
"""What ``socket.getaddrinfo`` tells of an address: family, kind, protocol, canonical name, the address itself."""


class Fetched(NamedTuple):
    """What was at an address.

    Args:
        url: The address it was read from, after all redirects.
        mime: The media type that the server told; empty where it told none.
        data: The bytes.
    """

    url: str
    mime: str
    data: bytes


class Fetcher:
    """Fetches addresses over http and https."""

    def __init__(self, allowed: Collection[str] = ()) -> None:
        """``allowed`` are hosts (``files.corp.example``, ``10.0.0.7:8080``) that may be asked although they are not
        public."""
        self._allowed = frozenset(each.lower() for each in allowed)
        self._free = asyncio.Semaphore(AT_ONCE)

    async def fetch(self, url: str, *, limit: int, seconds: float) -> Fetched:
        """Return what is at an address.

        Args:
            url: The address. Nothing but http and https is fetched; credentials in it are refused.
            limit: Bytes it may have at most.
            seconds: The time for all of it, redirects included.

        Raises:
            Forbidden: It leads, or sends on, to what is not public.
            Rejected: It is no address, or the server refuses it.
            Gone: There is nothing.
            TooLarge: It has more than ``limit`` bytes.
            Unavailable: The server cannot be reached, is too slow, or fails.
            RateLimited: The server asks to wait.
        """
        try:
            async with asyncio.timeout(seconds), self._free:
                for _ in range(1 + HOPS):
                    found = await self._ask(_checked(url), limit)
                    if isinstance(found, Fetched):
                        return found
                    url = urljoin(url, found)
        except TimeoutError:
            raise Unavailable(f"{_named(url)} took longer than {seconds:g} s") from None
        raise Rejected(f"{_named(url)} sends on more than {HOPS} times")

    async def _ask(self, url: SplitResult, limit: int) -> Fetched | str:
        """Return what is there, or where it sends on to."""
        import aiohttp  # only bots that fetch something need it

        host = (url.hostname or "").lower()
        trusted = host in self._allowed or f"{host}:{url.port}" in self._allowed
        refused: list[str] = []

        def connect(told: AddressInfo) -> socket.socket:
            return _socket(told, refused, trusted=trusted)

        try:
            async with (
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(socket_factory=connect, force_close=True),
                    cookie_jar=aiohttp.DummyCookieJar(),
                    timeout=aiohttp.ClientTimeout(total=None),
                    auto_decompress=False,  # the bound is on what is kept
                    headers={"Accept-Encoding": "identity", "User-Agent": "bot-gateway"},
                    trust_env=False,
                ) as session,
                session.get(url.geturl(), allow_redirects=False) as response,
            ):
                if response.status in _ONWARD and (onward := response.headers.get("Location")):
                    return onward
                _check_status(response.status, url)
                return Fetched(url.geturl(), response.content_type, await _bounded(response, url, limit))
        except (aiohttp.InvalidURL, ValueError):
            raise Rejected(f"{_named(url.geturl())} is no address") from None
        except (aiohttp.ClientError, OSError) as error:
            if refused:
                raise Forbidden(
                    f"{host} is at {refused[0]}, which is not public: where the bot may ask it, name it in "
                    "GATEWAY_FETCH_ALLOW"
                ) from None
            raise Unavailable(f"{_named(url.geturl())}: {type(error).__name__}") from error


def _socket(told: AddressInfo, refused: list[str], *, trusted: bool) -> socket.socket:
    """Return the socket for a connection to this address. Raises ``OSError``, and notes the address, where it is not
    public."""
    family, kind, protocol, _, address = told
    if not trusted and not is_public(str(address[0])):
        refused.append(str(address[0]))
        raise OSError(f"{address[0]} is not public")
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    return made


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and len(url) <= LONGEST
        _ = parts.port
    except ValueError:
        known, parts = False, SplitResult("", "", "", "", "")
    if not known or any(each.isspace() or not each.isprintable() for each in url):
        raise Rejected(f"{_named(url)} is no address that begins with http:// or https://")
    if "@" in parts.netloc:
        raise Rejected(f"{_named(url)} has credentials in it")
    return parts


def _check_status(status: int, url: SplitResult) -> None:
    if status in (404, 410):
        raise Gone(f"there is nothing at {_named(url.geturl())}")
    if status == 429:
        raise RateLimited(1.0, "fetch")
    if status >= 500:
        raise Unavailable(f"{_named(url.geturl())}: HTTP {status}")
    if status >= 300:
        raise Rejected(f"{_named(url.geturl())}: HTTP {status}")


async def _bounded(response: "aiohttp.ClientResponse", url: SplitResult, limit: int) -> bytes:
    too_large = TooLarge(f"{_named(url.geturl())} is larger than {limit / 1_000_000:g} MB")
    if response.content_length is not None and response.content_length > limit:
        raise too_large
    data = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        data += chunk
        if len(data) > limit:
            raise too_large
    return bytes(data)


def _named(url: str) -> str:
    """Return an address as an error tells it: without what may be secret in it."""
    bare = url.partition("?")[0].partition("#")[0]
    scheme, there, rest = bare.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"[:200] if there else repr(bare[:200])
