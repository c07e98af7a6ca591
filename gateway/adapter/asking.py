"""Asks a server one thing for ``gateway doctor``: one request, no retry, and the answer as it came."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import orjson

from gateway.errors import Unavailable

if TYPE_CHECKING:
    import aiohttp

MOST = 1024 * 1024
"""Bytes of an answer that are read."""
PATIENCE = 2.0
"""Seconds for one request, the connection included."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered to a request of the doctor: its status, the first bytes of the body and the headers."""

    status: int
    raw: bytes
    """The body, of which at most ``MOST`` bytes are read."""
    headers: Mapping[str, str]
    """The headers, whose names are found in any case."""
    at: float
    """This machine's time when the answer came, in seconds since the epoch."""

    @property
    def body(self) -> Any:
        """The JSON in the body; None where it is none."""
        try:
            return orjson.loads(self.raw)
        except orjson.JSONDecodeError:
            return None

    @property
    def json(self) -> Mapping[str, Any]:
        """The JSON object in the body; empty where it is none."""
        body = self.body
        return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


class SharedReply:
    """An answer that several checks read and that is asked for once, when the first of them wants it."""

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, Reply]]) -> None:
        """``ask`` asks for the answer."""
        self._ask = ask
        self._asked: asyncio.Task[Reply] | None = None

    async def get(self) -> Reply:
        """Return the answer. Raises what asking for it raises, each time."""
        if self._asked is None:
            self._asked = asyncio.create_task(self._ask())
            self._asked.add_done_callback(lambda task: task.cancelled() or task.exception())  # nobody may wait any more
        return await asyncio.shield(self._asked)


async def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    data: Mapping[str, str] | bytes | None = None,
    proxy: str | None = None,
) -> Reply:
    """Send a request and return the answer, whatever its status. A redirect is not followed: it would carry the
    credentials elsewhere.

    Args:
        method: The method, in capitals.
        url: The address.
        headers: The request's headers.
        data: The body; a mapping is sent as a form.
        proxy: The address of a proxy to send it through.

    Raises ``Unavailable`` in words for an operator: which host, and what was wrong with it.
    """
    import aiohttp  # only those who ask somebody need it

    try:
        async with (
            aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=PATIENCE)
            ) as session,
            session.request(method, url, headers=headers, data=data, proxy=proxy, allow_redirects=False) as response,
        ):
            raw = bytearray()
            while len(raw) < MOST and not response.content.at_eof():
                raw += await response.content.readany()
            return Reply(response.status, bytes(raw[:MOST]), response.headers, time.time())
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise Unavailable(_words(error, url)) from error


def _words(error: "aiohttp.ClientError | OSError | ValueError", url: str) -> str:
    import aiohttp

    host = urlsplit(url).netloc.rpartition("@")[2] if isinstance(error, aiohttp.ClientError | OSError) else ""
    match error:
        case TimeoutError():
            return f"{host} gave no answer within {PATIENCE:g} s"
        case aiohttp.ClientConnectorDNSError():
            return f"the name {host} cannot be looked up"
        case aiohttp.ClientConnectorCertificateError():
            why = getattr(error.certificate_error, "verify_message", "") or type(error.certificate_error).__name__
            return f"the certificate of {host} is not valid here: {why}"
        case aiohttp.ClientSSLError():
            return f"{host} does not speak TLS as expected"
        case aiohttp.ClientConnectorError():
            return f"no connection to {host}: {error.os_error.strerror or type(error.os_error).__name__}"
        case aiohttp.InvalidURL() | ValueError():
            return "the address cannot be used"
        case _:
            return f"{host} broke the connection off ({type(error).__name__})"
