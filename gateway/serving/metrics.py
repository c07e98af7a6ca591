"""Serves ``/metrics`` on a port of its own, which needs no key and is not the world's to reach."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.routing import BaseRoute

from gateway.errors import SettingsError
from gateway.http.application import application
from gateway.http.connections import Bounds, Connections
from gateway.settings import GatewaySettings

BOUNDS = Bounds(connections=32, per_address=16, header_bytes=16_384, header_seconds=5, body_seconds=5)
"""Few come here: a scraper or two."""


class _Server(uvicorn.Server):
    """A server beside another one, to which it leaves the signals."""

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self._connections = connections

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:
            self._connections.sweep(asyncio.get_running_loop().time())
        return await super().on_tick(counter)


def listen(settings: GatewaySettings) -> socket.socket:
    """Return a socket that listens where the settings say. Raises ``SettingsError``."""
    host, port = settings.metrics_host or settings.host, settings.metrics_port or 0
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host}:{port} for metrics: {error.strerror or error}; stop what uses it, or choose "
            "another GATEWAY_METRICS_PORT or GATEWAY_METRICS_HOST"
        ) from error


@asynccontextmanager
async def serving_metrics(route: BaseRoute, listener: socket.socket) -> AsyncGenerator[None]:
    """Serve the route on the listening socket until the block ends."""
    connections = Connections(BOUNDS)
    config = uvicorn.Config(
        application([route]),
        lifespan="off",
        http=connections.protocol,  # type: ignore[arg-type]  # it takes what makes one as well as a class
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config, connections)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
