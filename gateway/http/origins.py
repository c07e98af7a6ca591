"""Lets web pages of named origins use the HTTP API from a browser (CORS), and nothing else of the gateway."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

API_PATHS = ("/v1/", "/api/graphql", "/api/my-project", "/api/upload/")
"""What the paths of the HTTP API begin with. A platform's webhook may be beside them (``/api/messages``)."""
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_PREFLIGHT_SECONDS = 600


class WebOrigins:
    """ASGI middleware: answers browsers that ask whether a page may use the API, and marks the API's answers."""

    def __init__(self, app: ASGIApp, *, origins: Sequence[str], root_path: str = "") -> None:
        """Wrap an application.

        Args:
            app: The application.
            origins: The origins that may use the API (``https://app.example``); ``*`` among them is all.
            root_path: The prefix that a proxy may leave in the path.
        """
        self._app = app
        self._root_path = root_path
        self._api = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=("*",),
            expose_headers=("Retry-After",),
            max_age=_PREFLIGHT_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        of_api = scope["type"] == "http" and self._path(scope).startswith(API_PATHS)
        await (self._api if of_api else self._app)(scope, receive, send)

    def _path(self, scope: Scope) -> str:
        path: str = scope["path"]
        for prefix in (scope.get("root_path", ""), self._root_path):
            if path.startswith(f"{prefix}/"):
                path = path[len(prefix) :]
        return path
