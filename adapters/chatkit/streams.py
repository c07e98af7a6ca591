"""Answers requests with streams: what happens in a thread, until nothing is left to do in it."""

import asyncio
import math
from collections import Counter
from contextlib import ExitStack

from starlette.responses import Response

from adapters.chatkit import parse
from adapters.chatkit.envelope import envelope_of
from adapters.chatkit.event_stream import EventStream
from adapters.chatkit.ids import new_id
from adapters.chatkit.limits import KEEP_ALIVE
from adapters.chatkit.log import EventReader, ThreadLogs, stream
from adapters.chatkit.threads import Thread
from gateway.adapter import Accept, Activity, Cluster
from gateway.errors import RequestRefused
from gateway.model import Accepted


class Streams:
    """The open streams of all users."""

    def __init__(
        self,
        activity: Activity,
        logs: ThreadLogs,
        *,
        per_user: int,
        stop_on_disconnect: bool,
        cluster: Cluster | None = None,
    ) -> None:
        """Make it with no stream open. ``per_user`` is how many one user may have open on all replicas of ``cluster``
        together: each replica allows its part."""
        self._activity = activity
        self._logs = logs
        self._most = per_user
        self._cluster = cluster
        self._stop_on_disconnect = stop_on_disconnect
        self._open: Counter[str] = Counter()
        """How many streams of each user are open."""
        self._stopping: set[asyncio.Future[Accepted]] = set()
        """The stops that are being stored."""

    def admit(self, user: str) -> None:
        """Raise ``RequestRefused`` (429) where the user has as many open streams as one may have."""
        replicas = 1 if self._cluster is None else self._cluster.replicas
        if self._open[user] >= math.ceil(self._most / replicas):
            raise RequestRefused(
                429, f"{self._most} streams of this user are open: read or close some", headers={"Retry-After": "5"}
            )

    async def _until_rest(self, thread: Thread) -> None:
        await self._activity.until_rest(thread.ref)
        await self._logs.settle(thread.id)

    def response(self, thread: Thread, reader: EventReader, reading: ExitStack, accept: Accept) -> Response:
        """Return a stream of what ``reader`` reads, which ends when the thread is at rest.

        Args:
            thread: The thread.
            reader: Reads the thread's events.
            reading: What is closed when the stream ends.
            accept: Takes the stop of a turn, where the client goes away and the operator wants that.
        """
        rest = asyncio.ensure_future(self._until_rest(thread))
        rest.add_done_callback(lambda _: reader.close())
        self._open[thread.user] += 1

        def ended(whole: bool) -> None:
            reading.close()
            rest.cancel()
            self._open[thread.user] -= 1
            if not self._open[thread.user]:
                del self._open[thread.user]
            if not whole and self._stop_on_disconnect:
                # A task of its own: this one is being cancelled, because its client is gone.
                stop = envelope_of(thread, new_id("stop"), {"kind": parse.STOP})
                stopping = asyncio.ensure_future(accept(stop))
                self._stopping.add(stopping)
                stopping.add_done_callback(self._stopping.discard)

        return EventStream(stream(reader, patience=KEEP_ALIVE), ended)
