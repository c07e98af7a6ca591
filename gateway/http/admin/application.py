"""The application below ``/admin``: who gets in, which page is where, and what is said of what goes wrong."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import GatewayError, RequestRefused, refusal
from gateway.http.admin.call import UNREADABLE, WITHIN, Call, form_of
from gateway.http.admin.conversations import conversation, conversations
from gateway.http.admin.dead_letters import change, dead_letters
from gateway.http.admin.feedback import feedback
from gateway.http.admin.history import search, thread
from gateway.http.admin.overview import overview
from gateway.http.admin.parts import AdminParts
from gateway.http.admin.rendering import STATIC, rendered
from gateway.http.admin.sign_in import SignedSessions, check_origin, forget, keep, visitor_of
from gateway.http.admin.turns import turn
from gateway.http.connections import address_of

PREFIX = "/admin"

Page: TypeAlias = Callable[[Call], Awaitable[Response]]
"""A function that answers a request of somebody who may see the pages."""

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # With "no-referrer" a browser names no origin for a form of our own either.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex",
}
_NEXT = re.compile(r"[a-z-]{0,40}(\?[!-~]{0,4000})?")
"""What a page's address looks like from the folder of all pages: nothing that leads elsewhere."""


def routes(parts: AdminParts) -> list[BaseRoute]:
    """Return the routes of the pages, for the gateway's application."""
    return [Route(PREFIX, _to_folder), Mount(PREFIX, SecuredPages(application(parts)))]


async def _to_folder(_: Request) -> Response:
    """Lead to the folder of the pages, from wherever a proxy shows it."""
    return RedirectResponse(f"{PREFIX.removeprefix('/')}/", headers={"cache-control": "no-store"})


class SecuredPages:
    """ASGI middleware that adds the headers by which browsers keep others out of the pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, secured)


def application(parts: AdminParts) -> Starlette:
    """Return the application, whose paths are those below ``PREFIX``."""
    sessions = SignedSessions(parts.key)

    async def called(request: Request) -> Call:
        return Call(request, parts, await visitor_of(request, parts.access, sessions), sessions)

    def shown(page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                async with asyncio.timeout(WITHIN):
                    return await page(await called(request))
            except TimeoutError:
                raise RequestRefused(503, UNREADABLE, headers={"Retry-After": "5"}) from None

        return endpoint

    async def sign_in(request: Request) -> Response:
        check_origin(request, parts.public_url)
        form = await form_of(request)
        [given, *_] = form.get("key") or [""]
        [next, *_] = form.get("next") or [""]
        key = await parts.access.identify(
            given.strip().encode("utf-8", "replace").decode("latin-1"), address_of(request.client)
        )
        key.require("read")
        response = RedirectResponse(next if next and _NEXT.fullmatch(next) else "./", 303)
        keep(response, request, sessions.begin(key.id))
        return response

    async def sign_out(request: Request) -> Response:
        check_origin(request, parts.public_url)
        response = RedirectResponse("./", 303)
        forget(response)
        return response

    async def to_overview(_: Request) -> Response:
        return RedirectResponse("./", 303)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, GatewayError)
        told = refusal(error)
        if told is None:
            raise error
        response = await _refusal_page(request, told, called)
        response.headers.update(told.headers)
        return response

    async def by_starlette(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        # Nobody without a key learns which pages there are.
        try:
            await called(request)
        except GatewayError as unknown:
            return await refused(request, unknown)
        text = "there is no such page" if error.status_code == 404 else str(error.detail)
        return await refused(request, RequestRefused(error.status_code, text, headers=error.headers))

    app = Starlette(
        routes=[
            Route("/", shown(overview)),
            Route("/conversations", shown(conversations)),
            Route("/conversation", shown(conversation)),
            Route("/turn", shown(turn)),
            Route("/thread", shown(thread)),
            Route("/dead-letters", shown(dead_letters)),
            Route("/dead-letters", shown(change), methods=["POST"]),
            Route("/feedback", shown(feedback)),
            Route("/search", shown(search)),
            Route("/sign-in", sign_in, methods=["POST"]),
            Route("/sign-in", to_overview),
            Route("/sign-out", sign_out, methods=["POST"]),
            Mount("/static", _Static(directory=STATIC)),
        ],
        exception_handlers={GatewayError: refused, HTTPException: by_starlette},
    )
    app.router.redirect_slashes = False
    return app


class _Static(StaticFiles):
    """Serves the style, the script and the icon. Browsers ask each time whether they changed, so that no page mixes two
    versions."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


async def _refusal_page(
    request: Request, told: RequestRefused, called: Callable[[Request], Awaitable[Call]]
) -> Response:
    """Return the page that says why a request is refused; for whoever is not signed in, the form to do so."""
    text = str(told)[:1].upper() + str(told)[1:]
    if told.status in (401, 429) or request.url.path.endswith("/sign-in"):
        path = request.url.path.rpartition("/")[2]
        query = request.url.query
        wanted = f"{path}?{query}" if query else path
        is_page = request.method == "GET" and _NEXT.fullmatch(wanted) is not None
        is_first = told.status == 401 and request.method == "GET" and not request.cookies
        values = {"problem": None if is_first else text, "next": wanted if is_page else "", "again": is_first}
        return rendered("sign_in.html", values, told.status)
    try:
        async with asyncio.timeout(WITHIN / 4):
            call = await called(request)
    except (GatewayError, TimeoutError):  # the store cannot even be asked for the key, or the key may not read
        return rendered("refused.html", {"problem": text, "status": told.status}, told.status)
    return call.page("refusal.html", status=told.status, here="", problem=text, code=told.status)
