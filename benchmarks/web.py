"""The web server of every peer that takes webhooks, the same for all."""

import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Endpoint = Callable[[Request], Awaitable[Response]]
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def run(path: str, endpoint: Endpoint, lifespan: Lifespan | None = None) -> None:
    """Serve the endpoint at ``path``, on the port that the command line names."""
    routes = [Route(path, endpoint, methods=["POST"]), Route("/healthz", _healthz)]
    app = Starlette(routes=routes, lifespan=lifespan)
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False)


async def _healthz(_: Request) -> Response:
    return Response()
