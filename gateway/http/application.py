"""The ASGI application of a set of routes, which a proxy or another application may show below a prefix."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router

from gateway.http.origins import WebOrigins

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def application(
    routes: Sequence[BaseRoute], *, root_path: str = "", lifespan: Lifespan | None = None, origins: Sequence[str] = ()
) -> Starlette:
    """Return the application that serves ``routes``, tried in their order, and redirects nobody who wrote a slash too
    much. ``origins`` are those of web pages that may use the HTTP API from a browser.

    ``root_path`` (``/bot``, or empty) is a prefix that a proxy leaves in the path. The routes are found without it too:
    some proxies take it away, and probes do not come through the proxy. An application of somebody else mounts this one
    (``Mount("/bot", application(...))``) without ``root_path``.
    """
    below: list[BaseRoute] = []
    if root_path:
        below = [Route(root_path, _to_folder), Mount(root_path, Router(routes, redirect_slashes=False))]
    middleware = [Middleware(WebOrigins, origins=origins, root_path=root_path)] if origins else []
    app = Starlette(routes=[*routes, *below], lifespan=lifespan, middleware=middleware)
    app.router.redirect_slashes = False
    return app


async def _to_folder(request: Request) -> Response:
    """Redirect ``/bot`` to ``/bot/``: the page's links are relative to that folder. The address has no host, because
    only the proxy knows the one the browser used."""
    return RedirectResponse(f"{request.scope['path']}/")
