"""``mount_gateway``: a bot inside somebody else's FastAPI or Starlette application, below a prefix. Public."""

import asyncio
import re
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Match, Mount
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from gateway.app import Gateway, loaded
from gateway.bootstrap import CREDENTIALS, check_data_folder, has_credentials, on_emulated_platforms, on_real_platforms
from gateway.errors import SettingsError
from gateway.platforms import registry
from gateway.playground.guard import is_of_this_machine
from gateway.settings import GatewaySettings, conceal_secrets

__all__ = ["mount_gateway"]

log = structlog.get_logger(__name__)

LOOK = 0.2
"""Seconds between two looks whether the server is ending."""

NOT_RUNNING = (
    "The bot is not running: it starts and ends with the lifespan of the application it is mounted in. Serve that "
    "application itself, with its lifespan on."
)


def mount_gateway(
    app: Starlette,
    path: str = "/bot",
    target: str | Path | Gateway = "bot.py",
    *,
    playground: bool = True,
    compat: Literal["chainlit"] | None = None,
) -> None:
    """Let an application serve a bot below a prefix: webhooks, ``/healthz``, ``/readyz``, links to files.

    The bot starts after what the application starts in its lifespan, and ends before that ends. The application's own
    routes, middleware and exception handlers are left as they are; its middleware sees the bot's requests too.

    Without credentials of a platform the platforms are emulated, and the page to talk to the bot is at ``path``, for
    browsers on this machine only.

    Args:
        app: The application, FastAPI's or Starlette's, before it is served.
        path: The prefix, such as ``/bot``. ``GATEWAY_PUBLIC_URL`` is the address of the application: the prefix is
            added to it where it does not end with it.
        target: The path of the bot's file; or ``module:package.bot``; or a ``Gateway`` of your own, which then is the
            one that runs.
        playground: Whether platforms are emulated where none has credentials. If not, that is an error.
        compat: ``chainlit`` for a file that says ``import chainlit`` (``GATEWAY_COMPAT``): from then on the process has
            the gateway's names under that import.

    Raises:
        gateway.errors.SettingsError: The path or the application cannot be used, a route of the application takes the
            prefix already, or the gateway cannot be made, as ``Gateway.from_bot`` says.
    """
    prefix = _prefix(path)
    _check(app, prefix)
    mounted = MountedGateway(app, prefix, target, playground=playground, compat=compat)
    app.router.routes.append(Mount(prefix, mounted, name="gateway"))
    started = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(parent: Any) -> AsyncGenerator[Any]:
        async with started(parent) as state, mounted.running():
            yield state

    app.router.lifespan_context = lifespan


class MountedGateway:
    """The ASGI application that answers with 503 where the gateway behind it does not run."""

    def __init__(
        self,
        app: Starlette,
        prefix: str,
        target: str | Path | Gateway,
        *,
        playground: bool,
        compat: Literal["chainlit"] | None,
    ) -> None:
        """Import the bot and make its gateway, as far as that can be done before an event loop runs."""
        self._prefix = prefix
        self._is_given = isinstance(target, Gateway)
        self._running: Gateway | None = None
        self._complained = False
        self._address: str | None = None
        if isinstance(target, Gateway):
            self._next: Gateway | None = target
            return
        conceal_secrets()
        self._platforms = registry()
        self._settings = _mounted_settings(GatewaySettings.read(), app, prefix)
        check_data_folder(self._settings.data_dir)
        if compat is not None:
            self._settings = self._settings.model_copy(update={"compat": compat})
        self._callbacks, self._settings = loaded(target, self._settings)
        self._is_emulated = playground and not has_credentials(self._settings, self._platforms)
        self._next = None if self._is_emulated else self._on_real_platforms()

    def _on_real_platforms(self) -> Gateway:
        return Gateway(on_real_platforms(self._settings, self._callbacks, self._platforms))

    async def _made(self, stack: AsyncExitStack) -> Gateway:
        """Return a gateway that was not entered yet: an application's lifespan may run again, as tests do it."""
        gateway, self._next = self._next, None
        if gateway is not None:
            return gateway
        if self._is_given:
            raise SettingsError(
                "a Gateway runs once: mount the bot by its file (target='bot.py') in an application that starts again"
            )
        if not self._is_emulated:
            return self._on_real_platforms()
        return Gateway(await on_emulated_platforms(self._settings, self._callbacks, self._platforms, stack))

    @property
    def gateway(self) -> Gateway | None:
        """The gateway, while it runs."""
        return self._running

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Run the gateway within the block."""
        async with AsyncExitStack() as stack:
            gateway = await self._made(stack)
            async with gateway:
                self._running, self._address = gateway, None
                ending = asyncio.create_task(_drain_with_server(gateway))
                try:
                    if gateway.is_emulated:
                        log.warning(
                            "playground.open", at=f"{self._prefix}/", fix=f"for real platforms set {CREDENTIALS}"
                        )
                    yield
                finally:
                    if not gateway.is_draining:
                        ending.cancel()
                    with suppress(asyncio.CancelledError):
                        await ending  # a drain that has begun goes on until turns have ended
            self._running = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the gateway."""
        if scope["type"] == "websocket":  # the gateway has none
            await WebSocketClose()(scope, receive, send)
        elif self._running is None:
            if not self._complained:
                self._complained = True
                log.error("gateway.not_running", fix=NOT_RUNNING)
            await PlainTextResponse(NOT_RUNNING, 503)(scope, receive, send)
        else:
            if self._running.is_emulated:
                self._learn_address(self._running, scope)
            await self._running.asgi(scope, receive, send)

    def _learn_address(self, gateway: Gateway, scope: Scope) -> None:
        """Tell emulated platforms where the application listens, which only its server knows, from the first request of
        this machine on: the page's own comes before anything is said."""
        host, port = scope.get("server") or (None, None)
        if not host or port is None or not is_of_this_machine(scope):
            return
        address = f"{scope['scheme']}://{f'[{host}]' if ':' in host else host}:{port}{scope['root_path']}"
        if address != self._address:
            self._address = address
            gateway.served_at(address)


async def _drain_with_server(gateway: Gateway) -> None:
    """Drain as soon as the server ends. It tells its applications only once all connections are closed, and those that
    read a stream (of the playground, of ChatKit) close when the gateway drains."""
    while not _is_server_ending():  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(LOOK)
    await gateway.drain()


def _is_server_ending() -> bool:
    """Return whether uvicorn, which takes the signals of this process, was told to end. Another server's streams end
    when it closes their connections."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return getattr(server, "should_exit", False) is True


def _prefix(path: str) -> str:
    """Return the prefix in the form routes have it: no slash at its end, empty for the root."""
    if not path.startswith("/"):
        raise SettingsError(f"the path {path!r} does not begin with a slash: write '/{path}'")
    prefix = path.rstrip("/")
    if re.search(r"[^\w.~/-]", prefix, re.ASCII) or "//" in prefix or ".." in prefix.split("/"):
        raise SettingsError(f"{path!r} is no path like '/bot'")
    return prefix


def _check(app: object, prefix: str) -> None:
    """Raise ``SettingsError`` where a gateway in this application would not be reached, or would be the second."""
    if not isinstance(app, Starlette):
        raise SettingsError(
            f"a {type(app).__name__} is no FastAPI or Starlette application: serve `Gateway.from_bot(...).asgi` in it, "
            "within `async with gateway` (docs/embedding.md)"
        )
    for route in app.routes:
        if isinstance(route, Mount) and isinstance(route.app, MountedGateway):
            raise SettingsError(
                f"this application has a bot already, at {route.path or '/'}: there is one in a process, because "
                "credentials and database are those of the process; run the other bot in a process of its own"
            )
        for method, below in (("GET", "/readyz"), ("POST", "/slack/events")):
            scope: Scope = {
                "type": "http",
                "method": method,
                "path": f"{prefix}{below}",
                "root_path": "",
                "headers": [],
            }
            if route.matches(scope)[0] is Match.FULL:
                raise SettingsError(
                    f"the route {getattr(route, 'path', route)!r} of the application takes what is below "
                    f"{prefix or '/'!r}: call mount_gateway before that route is added, or choose another path"
                )


def _mounted_settings(settings: GatewaySettings, app: Starlette, prefix: str) -> GatewaySettings:
    """Return the settings of a gateway that another application serves: reachable from everywhere, as far as it can
    know, at an address that ends with the prefix, which is the application's and not its own."""
    in_front = str(getattr(app, "root_path", "")) or settings.root_path.removesuffix(prefix)
    url = settings.public_url
    if url is not None:
        url = below(url, in_front.rstrip("/") + prefix)
    return settings.model_copy(update={"host": "0.0.0.0", "root_path": "", "public_url": url})  # noqa: S104 (assumed)


def below(url: str, prefix: str) -> str:
    """Return the address with as much of the prefix behind it as it does not end with already."""
    url = url.rstrip("/")
    path = urlsplit(url).path
    parts = prefix.split("/")[1:]
    for known in range(len(parts), 0, -1):
        if path.endswith("".join(f"/{part}" for part in parts[:known])):
            return "/".join([url, *parts[known:]])
    return url + prefix
