"""The way in: webhooks by their path, everything else by the application; the same below a prefix.

A router tries its routes one after the other, each with a pattern, and wraps what it finds: 0.9 % of an event.
"""

from collections.abc import Sequence

from starlette.responses import RedirectResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send


class Front:
    """An ASGI application. It can be mounted (``Mount("/bot", gateway.asgi)``); ``root_path`` is the prefix that a
    proxy in front leaves in the path. Without the prefix everything is found, too: some proxies take it away, and
    probes come past the proxy."""

    def __init__(self, webhooks: Sequence[Route], rest: ASGIApp, *, root_path: str = "") -> None:
        self._webhooks = {webhook.path: webhook for webhook in webhooks}
        self._rest = rest
        self._root = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        webhook = self._webhooks.get(scope["path"]) if scope["type"] == "http" else None
        if webhook is not None:
            await webhook.handle(scope, receive, send)
        elif scope["type"] == "http" and (self._root or scope.get("root_path")):
            await self._below(scope, receive, send)
        else:
            await self._rest(scope, receive, send)

    async def _below(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        mounted: str = scope.get("root_path", "")  # part of the path (ASGI), put there by whoever mounted this
        within = path.removeprefix(mounted) if path.startswith(f"{mounted}/") else path
        if self._root and (within == self._root or within.startswith(f"{self._root}/")):
            within = within.removeprefix(self._root)
            mounted = path.removesuffix(within)
            scope = {**scope, "root_path": mounted}
            if not within:  # the page's links are relative to the folder
                await RedirectResponse(f"{mounted}/")(scope, receive, send)
                return
        webhook = self._webhooks.get(within)
        if webhook is None:
            await self._rest(scope, receive, send)
        else:
            await webhook.handle(scope, receive, send)
