"""The answer with server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""What keeps proxies from holding a stream back."""


class EventStream(Response):
    """Sends what an iterator yields, until it ends or the client goes away.

    Starlette's own ``StreamingResponse`` does the same with a task group, which a short stream can do without.
    """

    media_type = "text/event-stream"

    def __init__(self, chunks: AsyncIterator[bytes], ended: Callable[[bool], None]) -> None:
        """Make an answer of server-sent events, which begins when it is called.

        Args:
            chunks: The events, as they are sent.
            ended: Called once at the end, with whether all of it was sent.
        """
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._chunks = chunks
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events until they end or the client goes away, then call ``ended``."""
        sending = asyncio.current_task()
        assert sending is not None
        gone = asyncio.ensure_future(_until_gone(receive))
        left = whole = False

        def stop(_: asyncio.Future[None]) -> None:
            nonlocal left
            left = True
            sending.cancel()

        gone.add_done_callback(stop)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async for data in self._chunks:
                await send({"type": "http.response.body", "body": data, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            whole = True
        except asyncio.CancelledError:
            if not left or sending.uncancel():
                raise
        finally:
            gone.remove_done_callback(stop)
            gone.cancel()
            self._ended(whole)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
