"""Fetching an address that somebody named: nothing but public hosts, bounded in size and time."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

import gateway as cl
from gateway.errors import Forbidden, Gone, RateLimited, Rejected, TooLarge, Unavailable
from gateway.fetching import Fetcher
from gateway.serving.server import bind
from gateway.testing.serving import serving
from tests.contract.reading import reads
from tests.slack.world import slack_world
from tests.support.bot import register, running_bot

MB = 1_000_000


class Site(NamedTuple):
    url: str
    host: str
    asked: list[str]
    headers: list[dict[str, str]]

    @property
    def port(self) -> str:
        return self.host.rpartition(":")[2]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A server on this machine that nobody outside of it should reach."""
    asked: list[str] = []
    headers: list[dict[str, str]] = []
    over = asyncio.Event()

    async def page(request: Request) -> Response:
        asked.append(request.url.path)
        headers.append(dict(request.headers))
        return Response(b"hello", media_type="text/plain")

    async def onward(request: Request) -> Response:
        asked.append(request.url.path)
        return RedirectResponse(request.query_params["to"])

    async def around(request: Request) -> Response:
        return RedirectResponse("/around")

    async def status(request: Request) -> Response:
        return Response(status_code=int(request.path_params["code"]))

    async def long(request: Request) -> Response:
        async def body() -> AsyncIterator[bytes]:
            for _ in range(10):  # without a Content-Length
                yield b"x" * 65_536

        return StreamingResponse(body())

    async def silent(request: Request) -> Response:
        await over.wait()
        return Response()

    routes = [
        Route("/page", page),
        Route("/onward", onward),
        Route("/around", around),
        Route("/status/{code}", status),
        Route("/long", long),
        Route("/silent", silent),
    ]
    with bind("127.0.0.1", 0) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        async with serving(Starlette(routes=routes), listener):
            yield Site(f"http://{host}", host, asked, headers)
            over.set()


async def test_an_allowed_host_is_read_and_told_nothing_of_anybody(site: Site) -> None:
    found = await Fetcher([site.host]).fetch(f"{site.url}/page?x=1#part", limit=MB, seconds=5)
    assert (found.data, found.mime) == (b"hello", "text/plain")
    assert {"cookie", "authorization", "referer"}.isdisjoint(site.headers[0])


LOCAL = ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]")


@pytest.mark.parametrize("host", LOCAL)
async def test_this_machine_is_refused_however_it_is_written(site: Site, host: str) -> None:
    with pytest.raises(Forbidden, match="not public"):
        await Fetcher().fetch(f"http://{host}:{site.port}/page", limit=MB, seconds=5)
    assert site.asked == []


@pytest.mark.parametrize("host", ["innocent.example", "0x7f.1", "localhost."])
async def test_what_a_name_resolves_to_decides(site: Site, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(name: object, port: int, *args: object, **options: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Forbidden, match="not public"):
        await Fetcher().fetch(f"http://{host}:{site.port}/page", limit=MB, seconds=5)
    assert site.asked == []
    found = await Fetcher([host]).fetch(f"http://{host}:{site.port}/page", limit=MB, seconds=5)
    assert found.data == b"hello"


@pytest.mark.parametrize("to", ["http://localhost:{port}/page", "http://[::1]:{port}/page", "//localhost:{port}/page"])
async def test_a_redirect_is_checked_again(site: Site, to: str) -> None:
    to = to.format(port=site.port)
    with pytest.raises(Forbidden, match="GATEWAY_FETCH_ALLOW"):
        await Fetcher([site.host]).fetch(f"{site.url}/onward?to={to}", limit=MB, seconds=5)
    assert site.asked == ["/onward"]


async def test_a_redirect_within_what_is_allowed_is_followed(site: Site) -> None:
    found = await Fetcher([site.host]).fetch(f"{site.url}/onward?to=/page", limit=MB, seconds=5)
    assert found.url == f"{site.url}/page"


async def test_redirects_end(site: Site) -> None:
    with pytest.raises(Rejected, match="more than 5 times"):
        await Fetcher([site.host]).fetch(f"{site.url}/around", limit=MB, seconds=5)
    with pytest.raises(Rejected, match="begins with http"):
        await Fetcher([site.host]).fetch(f"{site.url}/onward?to=file:///etc/passwd", limit=MB, seconds=5)


ODD = (
    "",
    "x",
    "ftp://a.example/",
    "file:///etc/passwd",
    "http://",
    "http://a b/",
    "http://a.example:99999/",
    "gopher://a",
)
NUMBERS = ("http://2130706433/", "http://127.1/", "http://0/", "http://017700000001/")
WORSE = ("http://u:p@a.example/", "http://[::1", "http://a.example/\r\nX: y", f"http://a.example/{'x' * 9000}")


@pytest.mark.parametrize("url", [*ODD, *NUMBERS, *WORSE])
async def test_what_is_no_address_is_rejected(url: str) -> None:
    with pytest.raises(Rejected) as caught:
        await Fetcher().fetch(url, limit=MB, seconds=5)
    assert "u:p" not in str(caught.value)


async def test_it_is_bounded_in_size_and_time(site: Site) -> None:
    fetcher = Fetcher([site.host])
    with pytest.raises(TooLarge):
        await fetcher.fetch(f"{site.url}/long", limit=200_000, seconds=5)
    with pytest.raises(TooLarge):
        await fetcher.fetch(f"{site.url}/page", limit=4, seconds=5)
    with pytest.raises(Unavailable, match=r"longer than 0\.2 s"):
        await fetcher.fetch(f"{site.url}/silent?secret=1", limit=MB, seconds=0.2)


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, Gone), (410, Gone), (403, Rejected), (304, Rejected), (429, RateLimited), (503, Unavailable)],
)
async def test_answers_that_are_none_are_errors_by_what_to_do_next(
    site: Site, status: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await Fetcher([site.host]).fetch(f"{site.url}/status/{status}", limit=MB, seconds=5)


async def test_a_bot_fetches_what_a_person_names(site: Site, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            try:
                found = await cl.fetch(message.content.strip("<>"))
                await cl.Message(f"read {len(found.data)}").send()
            except cl.Forbidden:
                await cl.Message("not public").send()

    async with slack_world() as world:
        async with running_bot(world, register(bot), tmp_path):
            await reads(world, await world.dm(f"{site.url}/page"), "not public")
        async with running_bot(world, register(bot), tmp_path, fetch_allow=site.host):
            await reads(world, await world.dm(f"{site.url}/page"), "read 5")
    assert site.asked == ["/page"]
