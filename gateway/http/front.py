"""The way in: webhooks by their path, everything else by the application.

A router tries its routes one after the other, each with a pattern, and wraps what it finds: 0.9 % of an event.
"""

from collections.abc import Sequence

from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send


class Front:
    """An ASGI application."""

    def __init__(self, webhooks: Sequence[Route], rest: ASGIApp) -> None:
        self._webhooks = {webhook.path: webhook for webhook in webhooks}
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        webhook = self._webhooks.get(scope["path"]) if scope["type"] == "http" else None
        if webhook is None:
            await self._rest(scope, receive, send)
        else:
            await webhook.handle(scope, receive, send)
