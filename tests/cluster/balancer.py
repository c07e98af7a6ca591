"""A load balancer as operators run them: it asks every replica whether it is ready, and retries no request."""

import asyncio
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from gateway.emulators.common.listener import Listener

POLL = 0.5
"""Seconds between two questions to ``/readyz``."""
PATIENCE = 2.0
"""Seconds a replica has to answer ``/readyz``."""
LONGEST = 30.0
"""Seconds a replica has to answer a request."""
_HOPS = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}
"""Headers that belong to one connection (RFC 9110, 7.6.1), or that the next client sets itself."""


@dataclass(slots=True)
class Backend:
    """A replica as the balancer sees it."""

    url: str
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A request that was forwarded. ``status`` is 502 where the replica did not answer, 503 where none was ready."""

    path: str
    url: str
    status: int


@dataclass(slots=True)
class Mischief:
    """What a network does to webhooks: copies arrive at a second replica as well, and some take a while.

    ``doubled`` and ``delayed`` are shares of the webhooks, ``seconds`` the longest delay.
    """

    chance: random.Random
    doubled: float = 0.3
    delayed: float = 0.3
    seconds: float = 1.0


@dataclass(slots=True)
class Balancer:
    """Forwards each request to one of the replicas that said they are ready, in turn."""

    port: int = 0
    backends: dict[str, Backend] = field(default_factory=dict[str, Backend])
    mischief: Mischief | None = None
    only: Callable[[str], bool] | None = None
    """Which ready replicas, by name, get requests; None for all."""
    log: list[Forwarded] = field(default_factory=list[Forwarded])
    url: str = ""
    _turn: int = 0
    _listener: Listener | None = None
    _client: aiohttp.ClientSession | None = None
    _polls: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])
    _copies: set[asyncio.Task[object]] = field(default_factory=set[asyncio.Task[object]])
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __aenter__(self) -> Self:
        # A connection of its own for each request: one kept open could be closed by the replica just when it is used.
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, limit=0),
            timeout=aiohttp.ClientTimeout(LONGEST),
            auto_decompress=False,
        )
        self._listener = Listener(self._serve)
        self.url = await self._listener.open("127.0.0.1", self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in (*self._polls, *self._copies):
            task.cancel()
        await asyncio.gather(*self._polls, *self._copies, return_exceptions=True)
        if self._listener is not None:
            await self._listener.close()
        if self._client is not None:
            await self._client.close()

    def add(self, name: str, url: str) -> None:
        """Begin to ask a replica whether it is ready."""
        self.backends[name] = Backend(url)
        self._polls.append(asyncio.create_task(self._poll(self.backends[name])))

    def ready(self) -> set[str]:
        """Return the names of the replicas that are ready, as far as the balancer knows."""
        return {name for name, backend in self.backends.items() if backend.ready}

    async def until_ready(self, names: Iterable[str], *, timeout: float = 30) -> None:
        """Wait until these replicas get requests."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: self.ready() >= set(names))

    async def until_unready(self, name: str, *, timeout: float = 30) -> None:
        """Wait until a replica gets no more requests."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: not self.backends[name].ready)

    async def _poll(self, backend: Backend) -> None:
        assert self._client is not None
        while True:
            ready = False
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with asyncio.timeout(PATIENCE), self._client.get(f"{backend.url}/readyz") as answer:
                    ready = answer.status == 200
            if ready != backend.ready:
                backend.ready = ready
                async with self._changed:
                    self._changed.notify_all()
            await asyncio.sleep(POLL)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        chosen = self._next()
        if chosen is None:
            self.log.append(Forwarded(request.path, "", 503))
            return web.Response(status=503, text="no replica is ready")
        if self.mischief is not None:
            await self._harm(request, body, self.mischief)
        return await self._forward(chosen, request, body)

    def _next(self) -> Backend | None:
        ready = [
            backend
            for name, backend in self.backends.items()
            if backend.ready and (self.only is None or self.only(name))
        ]
        self._turn += 1
        return ready[self._turn % len(ready)] if ready else None

    async def _harm(self, request: web.BaseRequest, body: bytes, mischief: Mischief) -> None:
        delay = mischief.chance.uniform(0, mischief.seconds)
        if mischief.chance.random() < mischief.doubled and (other := self._next()) is not None:
            copy: asyncio.Task[object] = asyncio.create_task(self._later(delay, other, request, body))
            self._copies.add(copy)
            copy.add_done_callback(self._copies.discard)
        if mischief.chance.random() < mischief.delayed:
            await asyncio.sleep(delay)

    async def _later(self, delay: float, backend: Backend, request: web.BaseRequest, body: bytes) -> None:
        if delay > 0.5:  # half of the copies arrive at once
            await asyncio.sleep(delay)
        await self._forward(backend, request, body)

    async def _forward(self, backend: Backend, request: web.BaseRequest, body: bytes) -> web.Response:
        assert self._client is not None
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _HOPS]
        url = f"{backend.url}{request.rel_url.raw_path_qs}"
        try:
            async with self._client.request(
                request.method, url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                back = [(name, value) for name, value in answer.headers.items() if name.lower() not in _HOPS]
                response = web.Response(status=answer.status, body=await answer.read(), headers=dict(back))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            response = web.Response(status=502, text=f"the replica did not answer: {type(error).__name__}")
        self.log.append(Forwarded(request.path, backend.url, response.status))
        return response
