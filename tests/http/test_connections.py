"""The server's bounds, over real sockets: headers, bodies, silence, numbers. An ordinary request never notices."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from adapters.bodies import read_body
from gateway.http import connections
from gateway.http.connections import Bounds, Connections, networks

LIMIT = 1_000_000
FAST = Bounds(header_seconds=0.2, body_seconds=0.2, header_bytes=8_192)
Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the length of the body, 413 beyond the limit; ``/slow`` waits for ``more``; ``/long`` is 100 MB."""
    assert scope["type"] == "http"
    headers = dict(scope["headers"])
    body = await read_body(receive, headers.get(b"content-length", b""), limit=LIMIT)
    status, text = (413, b"") if body is None else (200, str(len(body)).encode())
    if scope["path"] == "/slow":
        await scope["state"]["more"].wait()
    start: Message = {"type": "http.response.start", "status": status, "headers": []}
    await send(start)
    for _ in range(1_000 if scope["path"] == "/long" else 0):
        await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
        await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": text})


class Served:
    """A server, and the time it is told."""

    def __init__(self, bounds: Bounds) -> None:
        self.more = asyncio.Event()
        self.all = Connections(bounds)
        self.port = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> Peer:
        peer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(peer[1])
        return peer

    async def ask(self) -> bytes:
        """One whole request on a connection of its own; the first line of the answer."""
        reader, writer = await self.connect()
        writer.write(request(b"hello"))
        answer = await reader.readuntil(b"\r\n\r\n")
        writer.close()
        return answer.split(b"\r\n")[0]

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not done():
                await asyncio.sleep(0.01)


def request(body: bytes = b"", *headers: bytes, path: bytes = b"/") -> bytes:
    lines = [b"POST %s HTTP/1.1" % path, b"host: x", *headers, b"content-length: %d" % len(body), b"", body]
    return b"\r\n".join(lines)


@asynccontextmanager
async def serving(bounds: Bounds) -> AsyncIterator[Served]:
    served = Served(bounds)

    class Server(uvicorn.Server):
        async def on_tick(self, counter: int) -> bool:
            served.all.sweep(asyncio.get_running_loop().time())
            return await super().on_tick(counter)

    async def stateful(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"more": served.more}
        await app(scope, receive, send)

    http: Any = served.all.protocol
    config = uvicorn.Config(stateful, http=http, ws="none", lifespan="off", log_config=None, timeout_keep_alive=60)
    server = Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    config.host, config.port = "127.0.0.1", 0
    await server.startup()
    served.port = server.servers[0].sockets[0].getsockname()[1]
    ticking = asyncio.create_task(tick(server))
    try:
        yield served
    finally:
        served.more.set()
        ticking.cancel()
        for writer in served.writers:
            writer.transport.abort()
        server.servers[0].close()
        await served.until(lambda: len(served.all) == 0)
        assert served.all.unfinished == 0, "every byte that was counted is given back"


async def tick(server: uvicorn.Server) -> None:
    while True:
        await server.on_tick(1)
        await asyncio.sleep(0.02)


async def answer_of(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the server closes."""
    found = bytearray()
    async with asyncio.timeout(5):
        with suppress(ConnectionResetError):
            while piece := await reader.read(65_536):
                found += piece
    return bytes(found)


async def send_until_closed(peer: Peer, piece: Callable[[], bytes]) -> int:
    """Send pieces until the server does not want any more; the bytes it let through."""
    reader, writer = peer
    closed = asyncio.create_task(answer_of(reader))
    sent = 0
    try:
        async with asyncio.timeout(10):
            while not closed.done():
                data = piece()
                writer.write(data)
                await writer.drain()
                sent += len(data)
                await asyncio.sleep(0)
    except (ConnectionError, OSError):
        pass
    writer.close()
    closed.cancel()
    return sent


# Headers


@pytest.mark.parametrize(
    "piece",
    [b"x-header: " + b"a" * 2_000 + b"\r\n", b"a" * 60_000, b"a:b\r\n" * 50],
    ids=["many", "one without end", "tiny ones"],
)
async def test_headers_without_end_are_refused_and_not_kept(piece: bytes) -> None:
    async with serving(Bounds(header_bytes=8_192)) as served:
        reader, writer = await served.connect()
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\nx: ")
        highest = 0

        def more() -> bytes:
            nonlocal highest
            highest = max(highest, served.all.unfinished)
            return piece

        sent = await send_until_closed((reader, writer), more)
        assert highest <= 8_192
        assert sent < 8_000_000, "what the sockets hold on the way, not more"
        assert await served.ask() == b"HTTP/1.1 200 OK"


async def test_too_large_headers_in_one_piece_are_431(served_fast: Served) -> None:
    reader, writer = await served_fast.connect()
    writer.write(request(b"", b"x: " + b"a" * 20_000))
    assert (await answer_of(reader)).startswith(b"HTTP/1.1 431")


async def test_a_url_without_end_is_431(served_fast: Served) -> None:
    reader, writer = await served_fast.connect()
    writer.write(b"GET /" + b"a" * 50_000)
    assert (await answer_of(reader)).startswith(b"HTTP/1.1 431")


async def test_a_large_body_in_one_piece_behind_its_headers_is_read(served_fast: Served) -> None:
    reader, writer = await served_fast.connect()
    for _ in range(3):
        writer.write(request(b"b" * 200_000))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert b"200000" in await reader.readuntil(b"0\r\n\r\n")


@pytest.fixture
async def served_fast() -> AsyncIterator[Served]:
    async with serving(FAST) as served:
        yield served


# Time


@pytest.mark.parametrize(
    "begun", [b"", b"P", b"POST / HTTP/1.1\r\nhost: x\r\n", b"\r\n"], ids=["silent", "one byte", "headers", "blank"]
)
async def test_a_request_that_does_not_get_on_is_closed(served_fast: Served, begun: bytes) -> None:
    reader, writer = await served_fast.connect()
    writer.write(begun)
    answer = await answer_of(reader)
    assert answer == b"" if not begun else answer.startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("begin", [b"POST / HTTP/1.1\r\nhost: x\r\n", request(b"")], ids=["the first", "a later"])
async def test_a_slow_loris_is_not_kept_alive_by_its_drops(served_fast: Served, begin: bytes) -> None:
    reader, writer = await served_fast.connect()
    if begin == request(b""):
        writer.write(begin)
        await reader.readuntil(b"0\r\n\r\n")
    writer.write(b"POST / HTTP/1.1\r\nhost: x\r\n")
    sent = await send_until_closed((reader, writer), _slowly())
    assert sent < 50_000


def _slowly() -> Callable[[], bytes]:
    return lambda: b"x: y\r\n"


async def test_a_body_that_trickles_is_closed(served_fast: Served) -> None:
    peer = await served_fast.connect()
    peer[1].write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 900000\r\n\r\n")
    await send_until_closed(peer, lambda: b"b")
    await served_fast.until(lambda: len(served_fast.all) == 0)


async def test_an_unfinished_body_is_408(served_fast: Served) -> None:
    reader, writer = await served_fast.connect()
    writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc")
    assert (await answer_of(reader)).startswith(b"HTTP/1.1 408")


async def test_a_handler_may_take_its_time_and_the_connection_may_rest(served_fast: Served) -> None:
    reader, writer = await served_fast.connect()
    writer.write(request(b"abc", path=b"/slow"))
    await asyncio.sleep(0.5)  # longer than any deadline
    served_fast.more.set()
    await reader.readuntil(b"0\r\n\r\n")
    await asyncio.sleep(0.5)
    writer.write(request(b"abcd"))
    assert b"4" in await reader.readuntil(b"0\r\n\r\n")


async def test_who_does_not_read_the_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STALLED", 0.2)
    async with serving(FAST) as served:
        _, writer = await served.connect()
        writer.write(request(b"", path=b"/long"))
        await served.until(lambda: len(served.all) == 1)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await served.until(lambda: len(served.all) == 0)


async def test_who_goes_on_sending_after_a_413_is_not_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LINGER", 0.2)
    async with serving(Bounds()) as served:
        reader, writer = await served.connect()
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 900000000\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 413")
        await send_until_closed((reader, writer), lambda: b"b" * 1_000)
        await served.until(lambda: len(served.all) == 0)


# Numbers


async def test_a_silent_connection_gives_its_place_to_a_new_one() -> None:
    async with serving(Bounds(connections=20)) as served:
        for _ in range(60):
            await served.connect()
        await served.until(lambda: len(served.all) == 20)
        assert await served.ask() == b"HTTP/1.1 200 OK"
        assert len(served.all) <= 20


async def test_connections_that_work_are_not_closed_for_others() -> None:
    async with serving(Bounds(connections=4)) as served:
        peers = [await served.connect() for _ in range(4)]
        for _, writer in peers:
            writer.write(request(b"abc", path=b"/slow"))
        await served.until(lambda: all(not c.is_silent for some in served.all._open.values() for c in some))
        assert await served.ask() == b"HTTP/1.1 503 Service Unavailable"
        served.more.set()
        for reader, _ in peers:
            assert b"3" in await reader.readuntil(b"0\r\n\r\n")


async def test_one_address_has_a_part_of_the_places_and_a_proxy_all() -> None:
    async with serving(Bounds(connections=20, per_address=5)) as served:
        for _ in range(10):
            await served.connect()
        await served.until(lambda: len(served.all) == 5)
    async with serving(Bounds(connections=20, per_address=5, proxies=networks("10.0.0.0/8, 127.0.0.1"))) as served:
        for _ in range(10):
            await served.connect()
        await served.until(lambda: len(served.all) == 10)


async def test_many_unfinished_bodies_are_bounded_together_and_the_oldest_goes() -> None:
    async with serving(Bounds(unfinished_bytes=1_000_000)) as served:
        highest = 0
        peers: list[Peer] = []
        for _ in range(20):
            peer = await served.connect()
            peers.append(peer)
            peer[1].write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 900000\r\n\r\n" + b"b" * 200_000)
            await peer[1].drain()
            await asyncio.sleep(0.01)
            highest = max(highest, served.all.unfinished)
        assert highest <= 1_000_000 + 262_144, "one read of the socket more at most"
        assert (await answer_of(peers[0][0])).startswith(b"HTTP/1.1 408")
        peers[-1][1].write(b"b" * 700_000)
        assert (await peers[-1][0].readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_requests_sent_ahead_of_their_answers_are_bounded_and_in_order() -> None:
    async with serving(FAST) as served:
        reader, writer = await served.connect()
        writer.write(b"".join(request(b"a" * n) for n in range(1, 6)))
        for n in range(1, 6):
            await reader.readuntil(b"\r\n\r\n")
            assert (await reader.readuntil(b"0\r\n\r\n")).startswith(b"1\r\n%d" % n)
        writer.write(request(b"") * 5_000)
        await answer_of(reader)


# Addresses


def test_an_ipv6_customer_has_a_network() -> None:
    assert connections.address_of(("2001:db8:1:2:aaaa::1", 1)) == connections.address_of(("2001:db8:1:2:bbbb::2", 1))
    assert connections.address_of(("2001:db8:1:3::1", 1)) != connections.address_of(("2001:db8:1:2::1", 1))
    assert connections.address_of(("::ffff:192.0.2.1", 1)) == connections.address_of(("192.0.2.1", 1)) == "192.0.2.1"
    assert connections.address_of(None) == connections.address_of(("odd:", 1))
    everything = Connections(Bounds(proxies=networks("2001:db8::/32 192.0.2.0/24")))
    assert everything._is_proxy(connections.address_of(("2001:db8:1:2::1", 1)))
    assert everything._is_proxy("192.0.2.1")
    assert not everything._is_proxy("198.51.100.1")
    with pytest.raises(ValueError, match="does not appear"):
        networks("the balancer")
    assert networks("") == ()
    assert isinstance(networks("::1")[0], ipaddress.IPv6Network)
