"""Serves an application on loopback within the test's own event loop, and ends as soon as it is told."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal, TypeVar

import uvicorn

T = TypeVar("T")


class _Emptying(set[T]):
    """A set that tells when it is empty."""

    def __init__(self) -> None:
        super().__init__()
        self._empty = asyncio.Event()
        self._empty.set()

    def add(self, element: T, /) -> None:
        super().add(element)
        self._empty.clear()

    def discard(self, element: object, /) -> None:
        super().discard(element)
        if not self:
            self._empty.set()

    async def until_empty(self) -> None:
        """Wait until nothing is left."""
        await self._empty.wait()


class LoopbackServer(uvicorn.Server):
    """A server that looks at nothing ten times a second: it awaits its end, and then the end of its connections, which
    saves each test 0.2 s. It leaves the test runner's signal handlers alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()
        self._connections = _Emptying[Any]()
        self._requests = _Emptying[asyncio.Task[None]]()
        self.server_state.connections = self._connections
        self.server_state.tasks = self._requests

    def end(self) -> None:
        """Take no more connections, and end once those that are open have their answers."""
        self._ending.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._ending.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self._connections):
            connection.shutdown()
        await self._connections.until_empty()
        await self._requests.until_empty()
        await self.lifespan.shutdown()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def serving(app: Any, listener: socket.socket, *, lifespan: Literal["on", "off"] = "off") -> AsyncGenerator[None]:
    """Serve an ASGI application on a socket that listens, which takes connections at once, until the block ends."""
    config = uvicorn.Config(app, lifespan=lifespan, access_log=False, log_config=None, ws="none")
    server = LoopbackServer(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.end()
        await running
