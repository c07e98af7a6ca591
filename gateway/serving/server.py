"""The HTTP server: uvicorn, with a drain between the signal and the exit."""

import asyncio
import os
import resource
import signal
import socket
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import structlog
import uvicorn

from gateway.app import Gateway
from gateway.errors import SettingsError
from gateway.http.connections import Bounds, Connections
from gateway.serving import garbage

log = structlog.get_logger(__name__)


IDLE = 75
"""Seconds a connection stays open between two requests: longer than load balancers keep an unused one (60 s is common),
so that the side that may still send a request closes first."""
LINGER = 2.0
"""Seconds for which one of several replicas goes on listening at least, once ``/readyz`` says that it ends."""
OTHER_FILES = 256
"""Number of files and outgoing connections a process may need beside the connections it serves."""


def allow_files(wanted: int) -> None:
    """Raise the number of files the process may have open to ``wanted``, as far as the system allows: many begin with
    1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens, so that a taken port is known before anything is started. Raises
    ``SettingsError``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Said to be TCP, so that asyncio too lets no part of an answer wait for the client's acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"cannot listen on {host}:{port}: {error.strerror}; stop what uses it, or choose another port with --port "
            "or GATEWAY_PORT"
        ) from error
    return listener


class Server(uvicorn.Server):
    """Serves a gateway with uvicorn. The first SIGTERM or SIGINT drains it (readiness off, turns end, the rest is
    handed back to the store) and then ends the server; a second one exits at once. Neither loses anything: what was
    acknowledged is in the store."""

    def __init__(self, gateway: Gateway, bounds: Bounds | None = None, *, idle: int = IDLE) -> None:
        """``idle``: seconds a connection may stay open between two requests."""
        self.connections = Connections(bounds or Bounds())
        super().__init__(
            uvicorn.Config(
                gateway.asgi,
                lifespan="off",
                loop="uvloop",
                http=self.connections.protocol,  # type: ignore[arg-type]  # it takes what makes one as well as a class
                ws="none",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=idle,
                timeout_graceful_shutdown=3,
            )
        )
        self._gateway = gateway
        self._draining: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        allow_files(self.connections.bounds.connections + OTHER_FILES)
        garbage.start()
        collecting = asyncio.create_task(garbage.collect(self._gateway.is_resting))
        try:
            await super().serve(sockets)
        finally:
            collecting.cancel()

    @contextmanager
    def taking_signals(self) -> Generator[None]:
        """Drain on SIGTERM and SIGINT within the block, which begins before the server listens: the turns an earlier
        process left already run then."""
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    async def on_tick(self, counter: int) -> bool:
        """Sweep the connections once a second; uvicorn calls this ten times a second."""
        if counter % 10 == 0:
            self.connections.sweep(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._draining is not None:
            os._exit(128 + sig)
        self._draining = self._loop.create_task(self._drain())

    async def _drain(self) -> None:
        # A balancer that asks now and then has to see that this replica ends, before nobody listens here any more.
        try:
            await asyncio.gather(self._gateway.drain(), asyncio.sleep(LINGER if self._gateway.is_shared else 0))
        finally:
            self.should_exit = True


def run_until_done(runner: asyncio.Runner, main: Coroutine[Any, Any, None]) -> None:
    """Run ``main`` to its end, whatever other tasks raise: asyncio lets the ``SystemExit`` (or ``KeyboardInterrupt``)
    of any task end the loop, so a command line tool that a handler runs beside its own turn would end the bot for
    everybody. The loop goes on where it was; whoever awaits that task gets its error."""
    task = runner.get_loop().create_task(main)

    async def follow() -> None:
        await task

    while True:
        try:
            runner.run(follow())
            return
        except (SystemExit, KeyboardInterrupt) as error:
            if task.done() or (isinstance(error, KeyboardInterrupt) and not _takes_signals()):
                raise
            log.error("task.exited", error=f"{type(error).__name__}: {error}", exc_info=error)


def _takes_signals() -> bool:
    """Return whether a server handles Ctrl-C: a ``KeyboardInterrupt`` then comes from somebody's code."""
    return isinstance(getattr(signal.getsignal(signal.SIGINT), "__self__", None), Server)
