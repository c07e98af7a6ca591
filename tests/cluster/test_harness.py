"""What the tests of several replicas stand on: the server that dies, the proxy that is cut, the balancer that asks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest
from aiohttp import web

from gateway.emulators.common.listener import Listener
from tests.cluster.balancer import POLL, Balancer
from tests.cluster.proxy import FaultyProxy
from tests.cluster.server import PostgresServer, may_mount, require_postgres

BROKEN = (ConnectionError, asyncio.IncompleteReadError)
"""What reading from a broken connection raises."""


@asynccontextmanager
async def proxied() -> AsyncIterator[FaultyProxy]:
    """Run a proxy in front of a server that sends every byte back."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(100):
                writer.write(data)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, FaultyProxy(server.sockets[0].getsockname()[1]) as proxy:
        yield proxy


@asynccontextmanager
async def connected(proxy: FaultyProxy) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_connection_that_is_cut_breaks_and_so_does_every_new_one() -> None:
    async with proxied() as proxy:
        async with connected(proxy) as (reader, writer):
            writer.write(b"one")
            assert await reader.read(3) == b"one"
            proxy.cut()
            with pytest.raises(BROKEN):
                await reader.readexactly(1)
        async with connected(proxy) as (reader, writer):
            with pytest.raises(BROKEN):
                await reader.readexactly(1)
        proxy.restore()
        async with connected(proxy) as (reader, writer):
            writer.write(b"two")
            assert await reader.read(3) == b"two"


@pytest.mark.parametrize("lose", [False, True])
async def test_a_silent_connection_forwards_nothing_until_it_is_restored(lose: bool) -> None:
    async with proxied() as proxy, connected(proxy) as (reader, writer):
        writer.write(b"one")
        assert await reader.read(3) == b"one"
        proxy.silence()
        writer.write(b"late")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(4), 0.2)
        proxy.restore(lose=lose)
        if lose:
            with pytest.raises(BROKEN):
                await reader.readexactly(4)
        else:
            assert await reader.readexactly(4) == b"late"


class Backend:
    """A replica that says whether it is ready and counts what it gets."""

    def __init__(self) -> None:
        self.ready = True
        self.status = 200
        self.got = 0

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/readyz":
            return web.Response(status=200 if self.ready else 503)
        self.got += 1
        return web.Response(status=self.status, text=(await request.read()).decode()[::-1])


@asynccontextmanager
async def served(*backends: Backend) -> AsyncIterator[tuple[Balancer, Callable[[], asyncio.Future[int]]]]:
    """Serve backends behind a balancer; yields it, and what sends a request and returns the status."""
    async with Balancer() as balancer, aiohttp.ClientSession() as client:
        listeners = [Listener(backend.serve) for backend in backends]
        for n, listener in enumerate(listeners):
            balancer.add(f"r{n}", await listener.open("127.0.0.1", 0))
        await balancer.until_ready([f"r{n}" for n in range(len(backends))])

        async def post() -> int:
            async with client.post(f"{balancer.url}/x?y=1", data=b"abc") as answer:
                if answer.status == 200:
                    assert await answer.text() == "cba"
                return answer.status

        yield balancer, lambda: asyncio.ensure_future(post())
        for listener in listeners:
            await listener.close()


async def test_requests_go_to_the_ready_replicas_in_turn_and_are_never_repeated() -> None:
    one, two = Backend(), Backend()
    async with served(one, two) as (balancer, post):
        assert [await post() for _ in range(4)] == [200] * 4
        assert (one.got, two.got) == (2, 2)
        two.status = 500
        assert sorted([await post() for _ in range(2)]) == [200, 500]
        assert one.got + two.got == 6
        two.ready = False
        await balancer.until_unready("r1", timeout=4 * POLL)
        assert [await post() for _ in range(3)] == [200] * 3
        one.ready = False
        await balancer.until_unready("r0", timeout=4 * POLL)
        assert await post() == 503
        assert [each.status for each in balancer.log][-1] == 503


async def test_a_killed_server_recovers_what_it_committed_and_a_full_disk_lets_it_commit_nothing() -> None:
    require_postgres()
    async with PostgresServer(disk_megabytes=96 if may_mount() else None) as server:
        await server.query("CREATE TABLE kept (text text)")
        await server.query("INSERT INTO kept VALUES ('one')")
        await server.kill()
        with pytest.raises(AssertionError):
            await server.query("SELECT 1")
        await server.start()
        assert await server.query("SELECT text FROM kept") == [["one"]]
        await server.stop()
        await server.start()
        if server.has_own_disk:
            server.fill_disk()
            with pytest.raises(AssertionError):
                await server.query("INSERT INTO kept SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
            await server.free_disk()
        assert await server.query("SELECT text FROM kept") == [["one"]]
