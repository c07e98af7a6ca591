"""A server that does to a proxy what replicas do: be ready or not, answer, or die in the middle of a request."""

import asyncio
from contextlib import suppress
from typing import Self


class Replica:
    """An HTTP server on loopback that counts the webhooks it is sent."""

    def __init__(self, *, ready: bool = True, answers: bool = True) -> None:
        """Make a replica.

        Args:
            ready: Whether ``/readyz`` is 200, else 503. It may be changed.
            answers: Whether webhooks are answered; else the connection is closed when one has come.
        """
        self.ready = ready
        self.answers = answers
        self.webhooks = 0
        self.port = 0
        self._looks = 0
        self._looked = asyncio.Condition()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def noticed(self) -> None:
        """Wait until the proxy has acted on what ``ready`` is now: it looks again when it is done with a look."""
        async with self._looked:
            enough = self._looks + 2
            await self._looked.wait_for(lambda: self._looks >= enough)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = head.lower().partition("content-length: ")[2].partition("\r\n")[0]
                await reader.readexactly(int(length or 0))
                if head.startswith("GET /readyz "):
                    writer.write(_answer("200 OK" if self.ready else "503 Service Unavailable"))
                    await writer.drain()
                    async with self._looked:
                        self._looks += 1
                        self._looked.notify_all()
                    continue
                self.webhooks += 1
                if not self.answers:
                    break
                writer.write(_answer("200 OK"))
        writer.close()


def _answer(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()
