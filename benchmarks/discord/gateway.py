"""A fake of Discord's gateway, which sends dispatches as fast as the client reads, compressed if the client asks for
it.

It is written by hand for the same reason as ``benchmarks.fake``: whole batches of frames go out in one write. It has
one session at a time, and keeps nothing for a resume.
"""

import asyncio
import base64
import contextlib
import hashlib
import zlib
from collections.abc import Iterable
from typing import Any

import orjson

from benchmarks.discord.world import guild_create, ready

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _BINARY, _CLOSE = 1, 2, 8
_HEARTBEAT, _IDENTIFY, _RESUME, _INVALID, _HELLO, _ACK = 1, 2, 6, 9, 10, 11
_BATCH = 64
"""Number of frames written at a time."""


class Session:
    """The sending side of one connection: numbers, compresses and frames the payloads, in order."""

    def __init__(self, writer: asyncio.StreamWriter, *, compress: bool) -> None:
        self._writer = writer
        self._deflate = zlib.compressobj(1) if compress else None
        self._sequence = 0

    def op(self, op: int, data: object) -> None:
        """Send a payload other than a dispatch."""
        self._writer.write(self._frame(orjson.dumps({"op": op, "d": data, "s": None, "t": None})))

    def dispatch(self, name: str, data: bytes) -> None:
        """Send one event; ``data`` is its payload, serialised."""
        self._writer.write(self._dispatch(name, data))

    async def pump(self, name: str, payloads: Iterable[bytes]) -> None:
        """Send many events of one name, as fast as the client reads."""
        batch: list[bytes] = []
        for data in payloads:
            batch.append(self._dispatch(name, data))
            if len(batch) == _BATCH:
                self._writer.write(b"".join(batch))
                batch.clear()
                await self._writer.drain()
        self._writer.write(b"".join(batch))
        await self._writer.drain()

    def _dispatch(self, name: str, data: bytes) -> bytes:
        self._sequence += 1
        return self._frame(b'{"t":"%b","s":%d,"op":0,"d":%b}' % (name.encode(), self._sequence, data))

    def _frame(self, payload: bytes) -> bytes:
        if self._deflate is None:
            return _head(_TEXT, len(payload)) + payload
        payload = self._deflate.compress(payload) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return _head(_BINARY, len(payload)) + payload


class FakeGateway:
    """Serves the gateway. ``threads`` is the number of threads the server has from the beginning."""

    def __init__(self, *, threads: int) -> None:
        self._guild = guild_create(threads)
        self._session: asyncio.Future[Session] | None = None
        self.url = ""

    async def start(self) -> asyncio.Server:
        """Begin to serve; closing the returned server ends it."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        return server

    def expect(self) -> None:
        """Prepare for the session of a new bot; an earlier session is forgotten."""
        self._session = asyncio.get_running_loop().create_future()

    async def session(self) -> Session:
        """Return the session that was expected, as soon as it has begun."""
        assert self._session is not None
        return await asyncio.shield(self._session)

    def dispatch(self, name: str, data: dict[str, Any]) -> None:
        """Send an event to the bot, if it is connected."""
        if self._session is not None and self._session.done():
            self._session.result().dispatch(name, orjson.dumps(data))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            session = Session(writer, compress=await _upgrade(reader, writer))
            session.op(_HELLO, {"heartbeat_interval": 41_250})
            while (command := await _read(reader)) is not None:
                self._obey(session, command)
        writer.close()

    def _obey(self, session: Session, command: dict[str, Any]) -> None:
        match command["op"]:
            case op if op == _HEARTBEAT:
                session.op(_ACK, None)
            case op if op == _IDENTIFY:
                session.dispatch("READY", orjson.dumps(ready(self.url)))
                session.dispatch("GUILD_CREATE", self._guild)
                if self._session is None or self._session.done():
                    self.expect()
                assert self._session is not None
                self._session.set_result(session)
            case op if op == _RESUME:
                session.op(_INVALID, False)


async def _upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Answer the handshake and return whether the client wants a compressed stream."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
    accept = base64.b64encode(hashlib.sha1(fields[b"sec-websocket-key"] + _MAGIC).digest())
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    return b"compress=zlib-stream" in first


async def _read(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """Return the client's next command; None when it closes the connection."""
    while True:
        kind, size = await reader.readexactly(2)
        size &= 0x7F
        if size == 126:
            size = int.from_bytes(await reader.readexactly(2), "big")
        mask = await reader.readexactly(4)
        payload = bytes(byte ^ mask[index & 3] for index, byte in enumerate(await reader.readexactly(size)))
        if kind & 0x0F == _CLOSE:
            return None
        if kind & 0x0F == _TEXT:
            command: dict[str, Any] = orjson.loads(payload)
            return command


def _head(kind: int, size: int) -> bytes:
    first = bytes((0x80 | kind,))
    if size < 126:
        return first + bytes((size,))
    if size < 65_536:
        return first + b"\x7e" + size.to_bytes(2, "big")
    return first + b"\x7f" + size.to_bytes(8, "big")
