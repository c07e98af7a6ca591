"""The load generator, on keep-alive connections: a closed loop (each sender waits for its answer) or a fixed rate."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import httptools


@dataclass(slots=True)
class Acks:
    """How the server answered the requests."""

    latencies: list[float] = field(default_factory=list)
    """Seconds to the answer, of every request answered 200."""
    refused: Counter[str] = field(default_factory=Counter)
    """Number of other requests by the status of the answer, ``0`` where there was none."""

    def note(self, status: int, seconds: float) -> None:
        """Note one answer."""
        if status == 200:
            self.latencies.append(seconds)
        else:
            self.refused[str(status)] += 1


class Connection(asyncio.Protocol):
    """A keep-alive connection with at most one request at a time; it reconnects when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] | None = None

    async def post(self, request: bytes) -> int:
        """Send a complete request and return the status of the answer, 0 if the connection broke."""
        if self._transport is None:
            await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transport is no subclass of it
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(0)


async def closed_loop(requests: Sequence[bytes], *, port: int, concurrency: int) -> Acks:
    """Send the requests from ``concurrency`` senders, each of which sends its next request when its last one was
    answered."""
    acks, waiting = Acks(), iter(requests)

    async def sender() -> None:
        connection = Connection(port)
        for request in waiting:
            begun = time.perf_counter()
            status = await connection.post(request)
            acks.note(status, time.perf_counter() - begun)
        connection.close()

    await asyncio.gather(*(sender() for _ in range(concurrency)))
    return acks


async def open_loop(requests: Sequence[bytes], *, port: int, rate: float) -> Acks:
    """Send ``rate`` requests a second, whatever the server does.

    A latency counts from when the request was due, so a server that stalls cannot hide it by slowing the generator
    down. Timers tick every millisecond, for every subject alike.
    """
    acks, free = Acks(), deque[Connection]()
    every: list[Connection] = []
    under_way: set[asyncio.Task[None]] = set()
    begun = time.perf_counter()

    async def send(request: bytes, due: float) -> None:
        if free:
            connection = free.popleft()
        else:
            every.append(connection := Connection(port))
        status = await connection.post(request)
        acks.note(status, time.perf_counter() - due)
        free.append(connection)

    for index, request in enumerate(requests):
        due = begun + index / rate
        while (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(send(request, due))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    for connection in every:
        connection.close()
    return acks
