"""Discord's REST API through discord.py's client, at the address of the settings, with every failure as a
``gateway.errors`` type.

There are two ways in. ``Api.call`` acts as the bot: the client keeps to each rate-limit bucket, waits out short limits
and repeats a call that met a 5xx (a message carries a nonce, so that is safe). ``Api.webhook`` acts by the token of an
interaction, which is in the path: no credentials are sent, and the bot's global limit does not apply. Discord knows
such a token only once the interaction was answered (``answer``), and a turn may be faster than that, so a call that
uses the token waits for the answer (``answering``). Where another replica answers, the call is made again until Discord
knows the token.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from json import JSONDecodeError
from typing import Any

import aiohttp
import structlog

from adapters.clocks import clock_of
from adapters.discord.buckets import Bucket
from adapters.discord.errors import REFUSED, TOKEN_OVER, code_of, translate
from adapters.discord.limits import LONGEST_WAIT
from adapters.discord.sdk import AsyncWebhookAdapter, HTTPClient, Ratelimit, Route, discord
from adapters.fields import Json
from gateway.adapter import Cluster
from gateway.errors import GatewayError, Gone, SettingsError, Unavailable

TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10)
"""Time limits for one request; the wait for a rate limit does not count."""
TRANSFER = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
"""Time limits for a request that carries files."""

_NOTICED = 1.0
"""Seconds of waiting that a person does not notice."""
_ANSWERED_WITHIN = 6.0
"""Seconds to wait at most for an interaction to be answered by another replica."""
_LOOK_EVERY = 0.2
"""Seconds between two attempts to use a token that Discord does not know yet."""
_BUCKETS = 256
"""Number of rate-limit buckets held before expired ones are looked for."""

log = structlog.get_logger(__name__)


class _Http(HTTPClient):
    """discord.py's HTTP client at an address of its own: discord.py keeps the address in a class attribute, which two
    bots in one process would share."""

    def __init__(self, api_url: str) -> None:
        # ``Shard`` sets the loop once it runs; nothing reads it before.
        super().__init__(discord.utils.MISSING, max_ratelimit_timeout=LONGEST_WAIT)
        self.api_url = api_url.rstrip("/")
        self._enough = _BUCKETS

    def at(self, route: Route) -> Route:
        """Return the route rebased onto the address of the settings."""
        route.url = self.api_url + route.url.removeprefix(Route.BASE)
        return route

    def _try_clear_expired_ratelimits(self) -> None:
        """Forget buckets whose window is over, since a new one would be the same. discord.py looks through all
        buckets for each new one and keeps each for five minutes, which is slow in a bot that opens a thread per
        conversation."""
        if len(self._buckets) < self._enough:
            return
        idle = [key for key, bucket in self._buckets.items() if _is_over(bucket)]
        for key in idle:
            del self._buckets[key]
        self._enough = max(_BUCKETS, 2 * len(self._buckets))

    def get_ratelimit(self, key: str) -> Ratelimit:
        """Return the bucket under a key, as a ``Bucket``: discord.py's own buckets delay calls that may be made."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(self.max_ratelimit_timeout or LONGEST_WAIT)
            self._try_clear_expired_ratelimits()
        return bucket

    def wait(self, method: str, path: str, channel: str) -> float:
        """Seconds that a call in a channel has to wait now, as far as Discord has reported; 0 where calls are left."""
        key = f"{method} {path}"
        bucket = self._buckets.get(f"{self._bucket_hashes.get(key, key)}:{channel}")
        return bucket.wait if isinstance(bucket, Bucket) and bucket.remaining <= 0 else 0.0

    async def request(self, route: Route, *, files: Any = None, form: Any = None, **kwargs: Any) -> Any:
        """Send one request through discord.py's rate limits and retries."""
        kwargs.setdefault("timeout", TRANSFER if form else TIMEOUT)
        return await super().request(self.at(route), files=files, form=form, **kwargs)


def _read(answer: Any) -> Any:
    """Return an answer's body. Raises ``JSONDecodeError`` for text where Discord answers in JSON: something else than
    Discord wrote it."""
    if isinstance(answer, str) and answer.strip():
        raise JSONDecodeError("no JSON", "", 0)
    return answer


def _is_over(bucket: Ratelimit) -> bool:
    return bucket.is_inactive() or (bucket.is_expired() and not bucket.outgoing and not bucket._pending_requests)


class Api:
    """Calls the REST API by method and path template; the template names the rate-limit bucket and the permission that
    may be missing."""

    def __init__(self, token: str, api_url: str, cluster: Cluster | None = None) -> None:
        self._token = token
        self._cluster = cluster
        self.now = clock_of(cluster)
        """Returns the time in seconds since the epoch, by the clock of all replicas."""
        self.http = _Http(api_url)
        self._session: aiohttp.ClientSession | None = None
        self._webhooks = AsyncWebhookAdapter()  # type: ignore[no-untyped-call]
        self._unanswered: dict[str, asyncio.Event] = {}
        self._in = False
        self._noted: set[str] = set()

    @property
    def url(self) -> str:
        """The address of the API, without a slash at the end."""
        return self.http.api_url

    @property
    def session(self) -> aiohttp.ClientSession:
        """The HTTP session for requests without credentials. Raises ``Unavailable`` while not connected."""
        if self._session is None:
            raise Unavailable("the Discord adapter is not connected")
        return self._session

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Hold the HTTP sessions open."""
        async with aiohttp.ClientSession(timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()) as session:
            self._session = session
            try:
                yield
            finally:
                self._session, self._in = None, False
                await self.http.close()

    async def login(self) -> Json:
        """Log in and return the bot's own user. Raises ``SettingsError`` for a token Discord refuses, ``Unavailable``
        while Discord cannot be reached."""
        await self.http.close()  # what an attempt before this one opened
        self.http.connector = aiohttp.TCPConnector(limit=0)
        try:
            me: Any = await self.http.static_login(self._token)
        except discord.LoginFailure:
            raise SettingsError(REFUSED) from None
        except Exception as error:
            raise translate(error, "GET /users/@me") from error
        self._in = True
        found: Json = me
        return found

    async def call(
        self,
        method: str,
        path: str,
        ids: Mapping[str, str],
        *,
        json: Mapping[str, Any] | Sequence[Any] | None = None,
        form: Sequence[dict[str, Any]] | None = None,
        files: Sequence[discord.File] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """Call the API as the bot and return the answer's body. ``ids`` fill in the path template."""
        if not self._in:
            raise Unavailable("the Discord adapter is not connected")
        more: dict[str, Any] = {}
        if json is not None:
            more["json"] = json
        if query:
            more["params"] = query
        try:
            return _read(await self.http.request(Route(method, path, **ids), form=form, files=files, **more))
        except Exception as error:
            raise translate(error, f"{method} {path}", where=ids.get("channel_id", "")) from error

    async def show_typing(self, channel: str) -> None:
        """Show the typing indicator in a channel for ten seconds or until a message comes."""
        await self.call("POST", "/channels/{channel_id}/typing", {"channel_id": channel})

    async def show_waiting(self, method: str, path: str, channel: str) -> None:
        """Show the typing indicator where a call in a channel has to wait for a rate limit, since the last message
        removed it. Failures are ignored."""
        if self.http.wait(method, path, channel) < _NOTICED:
            return
        try:
            await self.show_typing(channel)
        except GatewayError as error:
            self.note(f"typing:{type(error).__name__}", error=str(error))

    async def webhook(
        self,
        method: str,
        path: str,
        ids: Mapping[str, str],
        *,
        json: dict[str, Any] | None = None,
        form: list[dict[str, Any]] | None = None,
        files: Sequence[discord.File] | None = None,
        query: dict[str, Any] | None = None,
        answered_by: float = 0.0,
    ) -> Any:
        """Call the API by the token of an interaction, which is among the ``ids``, and return the answer's body.
        ``answered_by`` is when the interaction will have been answered by whoever took it in (epoch seconds)."""
        if (answered := self._unanswered.get(ids["webhook_token"])) is not None:
            await answered.wait()
        elsewhere = self._cluster is not None and self._cluster.shared and not files
        patience = min(answered_by - self.now(), _ANSWERED_WITHIN) if elsewhere else 0.0
        until = time.monotonic() + patience
        while True:
            try:
                return await self._by_token(method, path, ids, json=json, form=form, files=files, query=query)
            except Gone as error:
                if code_of(error) not in TOKEN_OVER or time.monotonic() >= until:
                    raise
            await asyncio.sleep(_LOOK_EVERY)

    @contextmanager
    def answering(self, token: str) -> Iterator[None]:
        """Make calls that use an interaction's token wait until the interaction was answered."""
        self._unanswered[token] = answered = asyncio.Event()
        try:
            yield
        finally:
            self._unanswered.pop(token, None)
            answered.set()

    async def answer(self, id: str, token: str, response: dict[str, Any]) -> None:
        """Send the one answer that an interaction takes (Interaction Callback)."""
        ids = {"webhook_id": id, "webhook_token": token}
        await self._by_token("POST", "/interactions/{webhook_id}/{webhook_token}/callback", ids, json=response)

    async def _by_token(
        self,
        method: str,
        path: str,
        ids: Mapping[str, str],
        *,
        json: dict[str, Any] | None = None,
        form: list[dict[str, Any]] | None = None,
        files: Sequence[discord.File] | None = None,
        query: dict[str, Any] | None = None,
    ) -> Any:
        route = self.http.at(Route(method, path, **ids))
        try:
            return _read(
                await self._webhooks.request(
                    route, self.session, payload=json, multipart=form, files=files, params=query
                )
            )
        except Exception as error:
            raise translate(error, f"{method} {path}", where=ids.get("webhook_id", "")) from error

    def note(self, what: str, **fields: Any) -> None:
        """Log something once per process: what is missing need not be reported a second time."""
        if what not in self._noted and len(self._noted) < 1_000:
            self._noted.add(what)
            log.warning("discord.degraded", what=what, **fields)
