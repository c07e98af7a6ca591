"""What may stand between a platform and a gateway: a proxy or tunnel on loopback that does a test's bidding."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from gateway.emulators.common.listener import Listener

Answers = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Answers) -> AsyncIterator[str]:
    """Yield the address at which a handler answers."""
    listener = Listener(handler, grace=0.0)
    url = await listener.open("127.0.0.1", 0)
    try:
        yield url
    finally:
        await listener.close()


@asynccontextmanager
async def forwarding(
    target: str,
    *,
    prefix: str = "",
    body: Callable[[bytes], bytes] = lambda body: body,
    answer: Callable[[bytes], bytes] = lambda answer: answer,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[str]:
    """Yield the address of a proxy in front of ``target``.

    Args:
        target: Where requests are sent on to.
        prefix: What the proxy takes away from the path; below other paths it answers 404.
        body: What becomes of a request's body.
        answer: What becomes of an answer's body.
        headers: Headers of each answer, in place of those it had.
    """
    async with aiohttp.ClientSession() as session:

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            if not request.path.startswith(prefix):
                return web.Response(status=404, text="no route")
            kept = {name: value for name, value in request.headers.items() if name != "Content-Length"}
            url = target + request.path_qs.removeprefix(prefix)
            async with session.request(
                request.method, url, data=body(await request.read()), headers=kept, allow_redirects=False
            ) as reply:
                told = {
                    name: value
                    for name, value in reply.headers.items()
                    if name not in ("Content-Length", "Transfer-Encoding", "Date")
                }
                return web.Response(
                    body=answer(await reply.read()), status=reply.status, headers={**told, **(headers or {})}
                )

        async with serving(handle) as url:
            yield url


@asynccontextmanager
async def silent() -> AsyncIterator[str]:
    """Yield the address of a tunnel that takes connections and says nothing."""
    ending = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ending.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        ending.set()
        server.close()
        await server.wait_closed()


def port_of(url: str) -> str:
    """The port in an address."""
    return str(urlsplit(url).port)
