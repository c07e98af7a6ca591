"""Answers requests with streams: what happens in a thread, until nothing is left to do in it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack

from starlette.responses import Response, StreamingResponse

from adapters.chatkit import parse
from adapters.chatkit.envelope import envelope_of
from adapters.chatkit.ids import new_id
from adapters.chatkit.limits import KEEP_ALIVE, STREAMS
from adapters.chatkit.log import EventReader, stream
from adapters.chatkit.sessions import Session
from adapters.chatkit.threads import Thread
from gateway.adapter import Accept, Activity
from gateway.errors import RequestRefused
from gateway.model import Accepted

_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""What keeps proxies from holding a stream back."""


class Streams:
    """The open streams of all sessions."""

    def __init__(self, activity: Activity, *, stop_on_disconnect: bool) -> None:
        self._activity = activity
        self._stop_on_disconnect = stop_on_disconnect
        self._open: Counter[str] = Counter()
        """How many streams of each session are open."""
        self._stopping: set[asyncio.Future[Accepted]] = set()
        """The stops that are being stored."""

    def admit(self, session: Session) -> None:
        """Raise ``RequestRefused`` (429) where the session has as many open streams as it may."""
        if self._open[session.id] >= STREAMS:
            raise RequestRefused(
                429, f"{STREAMS} streams of this session are open: read or close some", headers={"Retry-After": "5"}
            )

    def response(
        self, session: Session, thread: Thread, reader: EventReader, reading: ExitStack, accept: Accept
    ) -> Response:
        """Return a stream of what ``reader`` reads, which ends when the thread is at rest.

        Args:
            session: Whose stream it is.
            thread: The thread.
            reader: Reads the thread's events.
            reading: What is closed when the stream ends.
            accept: Takes the stop of a turn, where the client goes away and the operator wants that.
        """
        rest = asyncio.ensure_future(self._activity.until_rest(thread.ref))
        rest.add_done_callback(lambda _: reader.close())
        self._open[session.id] += 1

        async def body() -> AsyncIterator[bytes]:
            whole = False
            try:
                async for data in stream(reader, patience=KEEP_ALIVE):
                    yield data
                whole = True
            finally:
                reading.close()
                rest.cancel()
                self._open[session.id] -= 1
                if not self._open[session.id]:
                    del self._open[session.id]
                if not whole and self._stop_on_disconnect:
                    # A task of its own: this one is being cancelled, because its client is gone.
                    stop = envelope_of(thread, new_id("stop"), {"kind": parse.STOP})
                    stopping = asyncio.ensure_future(accept(stop))
                    self._stopping.add(stopping)
                    stopping.add_done_callback(self._stopping.discard)

        return StreamingResponse(body(), media_type="text/event-stream", headers=_HEADERS)
