"""The other end of the wire: where a bot hears what an emulator delivers."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

Answer = web.Response | None


class Endpoint:
    """An HTTP server that takes deliveries at one ``path``; a subclass checks and records them in ``_receive``.

    ``answer`` returns the response to a delivery, None for an empty one. While ``gate`` is not set, it answers nothing.
    """

    def __init__(self, path: str) -> None:
        self.answer: Callable[[dict[str, Any]], Answer] = lambda _: None
        self.gate = asyncio.Event()
        self.gate.set()
        self.url = ""
        """The address to give to ``Emulator.deliver_to``; known once it is started."""
        self._path = path
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Serve on a free port."""
        app = web.Application()
        app.router.add_post(self._path, self._receive)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Let through what waits at the gate, and stop serving."""
        self.gate.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        raise NotImplementedError
