"""A TCP proxy between a replica and its database that can be cut off: with errors, or without a word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Self

_CHUNK = 64 * 1024


class FaultyProxy:
    """Forwards every connection to ``upstream``, a port on this machine."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._refusing = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self._abort()
        for task in tuple(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def cut(self) -> None:
        """Break all connections and, until ``restore``, every new one."""
        self._refusing = True
        self._abort()

    def silence(self) -> None:
        """Forward nothing until ``restore``, and tell nobody: connections stay open and new ones are accepted."""
        self._flowing.clear()

    def restore(self, *, lose: bool = False) -> None:
        """Forward again, also what was sent in the silence: TCP sends again what was not acknowledged. With ``lose``
        the connections of before break instead, as where a router forgot them."""
        self._refusing = False
        if lose:
            self._abort()
        self._flowing.set()

    def _abort(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._open(writer):
            if self._refusing:
                writer.transport.abort()
                return
            await self._flowing.wait()
            upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self._upstream)
            async with self._open(upstream), asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(reader, upstream))
                pumps.create_task(self._pump(upstream_reader, writer))

    @asynccontextmanager
    async def _open(self, writer: asyncio.StreamWriter) -> AsyncIterator[None]:
        """Keep one side of a connection for ``cut``, and close it at the end; the peer may have done so before."""
        self._writers.add(writer)
        try:
            with suppress(OSError):
                yield
        finally:
            self._writers.discard(writer)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while True:
                await self._flowing.wait()
                data = await reader.read(_CHUNK)
                await self._flowing.wait()
                if not data:
                    break
                writer.write(data)
                await writer.drain()
        writer.close()
