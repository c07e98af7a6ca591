"""Serves an emulator's API on loopback."""

from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
"""Answers an HTTP request."""


class Listener:
    """An HTTP server that can be closed and opened again.

    ``handler`` answers the requests. ``grace`` is the number of seconds that requests under way have left when it
    closes.
    """

    def __init__(self, handler: Handler, *, grace: float = 1.0) -> None:
        self._handler = handler
        self._grace = grace
        self._runner: web.ServerRunner | None = None

    async def open(self, host: str, port: int) -> str:
        """Serve at ``host`` and ``port`` (0 picks a free one) and return the base URL. Raises ``OSError`` when the port
        is taken."""
        runner = web.ServerRunner(web.Server(self._handler, access_log=None), shutdown_timeout=self._grace)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        return f"http://{host}:{runner.addresses[0][1]}"

    async def close(self) -> None:
        """Stop serving. Nothing happens when it is closed already."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
