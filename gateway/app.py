"""``Gateway``: one bot on its platforms, as an async context manager and an ASGI application. Public.

::

    from gateway.app import Gateway

    gateway = Gateway.from_bot("bot.py")


    @asynccontextmanager
    async def lifespan(app):
        async with gateway:
            yield


    app = Starlette(routes=[Mount("/bot", gateway.asgi)], lifespan=lifespan)
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from gateway.adapter import Adapter, SupportsHandover
from gateway.bootstrap import CONTENT_LINK, Parts, check_data_folder, on_real_platforms
from gateway.chat.app_hooks import run_shutdown, run_startup
from gateway.chat.registry import Callbacks
from gateway.errors import AnotherBot, SettingsError
from gateway.http.access import KeyedAccess
from gateway.http.admin.recent_turns import RecentTurns
from gateway.http.application import application
from gateway.http.health import Readiness, health_routes
from gateway.http.metrics import LiveGauges, metrics_route
from gateway.loading import file_of, load_target
from gateway.platforms import registry
from gateway.playground.server import Playground
from gateway.ports import Blobs, Store
from gateway.proactive.broadcasts import Broadcasts
from gateway.proactive.messages import ProactiveMessages
from gateway.runtime.history import PLACE_OF_HISTORY
from gateway.runtime.outcome import write_outcome
from gateway.runtime.session import SessionPool
from gateway.settings import LOOPBACK, GatewaySettings, conceal_secrets
from gateway.store.api_keys import SERVES_API
from gateway.telemetry.observer import Observers

if TYPE_CHECKING:
    from gateway.telemetry.tracing import Tracing

__all__ = ["Gateway"]

log = structlog.get_logger(__name__)

LAST_DELIVERIES = 5.0
"""Seconds at the end of a gateway for what still has to reach the data layer; the rest stays for the next start."""

SHORT_KEY = 16
"""Characters below which a key in ``GATEWAY_API_KEYS`` may be guessed."""

BLOB_CHECK = 10.0
"""Seconds the blob store gets to answer at the start."""


class Gateway:
    """One bot on its platforms.

    ``async with gateway:`` opens the store, connects the platforms and runs what an earlier process left; leaving the
    block drains. Serve ``asgi`` inside the block, at the root or below a prefix of another application (``Mount``). A
    gateway can be entered once.
    """

    asgi: Starlette
    """The ASGI application: webhooks, ``/healthz``, ``/readyz``, ``/files/...`` and, on emulated platforms, the
    playground. Served alone with an ASGI lifespan it enters the gateway itself; mounted in another application it does
    not, because that application's own lifespan has to."""

    def __init__(self, parts: Parts) -> None:
        """Make a gateway of the objects ``gateway.bootstrap`` built. A bot's author calls ``from_bot`` instead."""
        self._parts = parts
        self._background: set[asyncio.Task[None]] = set()
        self._refused: dict[str, str] = {}
        """The platforms that are off though they have credentials, each with the reason."""
        self._readiness = Readiness(
            store=parts.store,
            adapters=parts.adapters,
            refused=self._refused,
            draining=lambda: self.is_draining,
            layer=parts.deliverer.status if parts.layer.registered else None,
        )
        self._gauges = LiveGauges(
            cluster=parts.store.cluster,
            load=parts.dispatcher.load,
            sessions=lambda: len(parts.sessions),
            adapters=parts.adapters,
            readiness=self._readiness,
        )
        embedded = parts.settings.host not in LOOPBACK
        self._playground = (
            Playground(parts.emulators, this_machine_only=embedded, bot=parts.callbacks.file)
            if parts.emulators
            else None
        )
        self._stack = AsyncExitStack()
        self._abandoned = False
        """Whether the gateway ends as though its process had been killed."""
        self._opening = asyncio.Lock()
        """Held while the gateway opens: what drains it waits for that."""
        self.asgi = application(
            self._routes(),
            root_path=parts.settings.root_path,
            lifespan=self._lifespan,
            origins=parts.settings.web_origins if self.serves_api else (),
        )

    @classmethod
    def from_bot(cls, bot: str | Path, *, settings: GatewaySettings | None = None) -> Self:
        """Make a gateway that runs a bot file on every platform that has credentials, for another application to serve.

        ``bot`` is the path of the bot's Python file, or ``module:package.bot``; it is imported now. ``settings`` are
        the gateway's own; left out, they are read from the environment, ``.env`` and ``gateway.toml``, as those of each
        platform always are. The address to listen on is the other application's, so ``GATEWAY_HOST`` is ignored: the
        gateway takes itself to be reachable from everywhere, and links to files need ``GATEWAY_PUBLIC_URL``, the prefix
        of a ``Mount`` included.

        Raises ``gateway.errors.SettingsError`` when no platform has credentials, when a setting does not fit, or when
        the bot file cannot be imported. Logging is left as it is: ``gateway.telemetry.logs.configure_logging`` sets it
        up with secrets blanked out.
        """
        conceal_secrets()
        settings = settings or GatewaySettings.read()
        settings = settings.model_copy(update={"host": "0.0.0.0"})  # noqa: S104 (assumed, not bound)
        check_data_folder(settings.data_dir)
        callbacks, settings = loaded(bot, settings)
        return cls(on_real_platforms(settings, callbacks, registry()))

    @property
    def store(self) -> Store:
        """The store of deliveries, sessions and everything else that is kept. It is open while the gateway is
        entered."""
        return self._parts.store

    @property
    def sessions(self) -> SessionPool:
        """The pool of the sessions in memory."""
        return self._parts.sessions

    @property
    def observers(self) -> Observers:
        """Who is told of everything that happens; ``add`` one of your own (``gateway.telemetry.observer.Observer``)."""
        return self._parts.observers

    @property
    def traces(self) -> "Tracing | None":
        """What makes traces, and has the OpenTelemetry provider whose spans go the same way; None where there are
        none."""
        return self._parts.traces

    @property
    def messages(self) -> ProactiveMessages:
        """What sends messages that nobody's message asked for. It works while the gateway is entered."""
        return self._parts.messages

    @property
    def broadcasts(self) -> Broadcasts:
        """What says something in many conversations. It works while the gateway is entered."""
        return self._parts.broadcasts

    @property
    def is_emulated(self) -> bool:
        """Whether the platforms are emulated and shown in the playground."""
        return self._playground is not None

    @property
    def serves_api(self) -> bool:
        """Whether programs are served over HTTP: whether there was an API key when the gateway was made."""
        return self._parts.access is not None

    @property
    def is_draining(self) -> bool:
        """Whether the gateway ends and therefore accepts no more deliveries."""
        return self._parts.acceptor.draining

    @property
    def is_shared(self) -> bool:
        """Whether other replicas may work on the same store."""
        return self._parts.store.cluster.shared

    def metrics_route(self) -> BaseRoute:
        """Return the route ``/metrics`` that needs no API key, for a listener that the world cannot reach. Raises
        ``RuntimeError`` where nothing is counted: ``GATEWAY_METRICS_PORT`` is not set and there is no API key."""
        if self._parts.metrics is None:
            raise RuntimeError("there are no metrics: set GATEWAY_METRICS_PORT")
        return metrics_route(self._parts.metrics, self._gauges, None)

    def is_resting(self) -> bool:
        """Whether no delivery has arrived for a moment, so that work which blocks the event loop (such as garbage
        collection) holds no acknowledgement up."""
        return self._parts.acceptor.is_resting()

    def served_at(self, url: str) -> None:
        """Take this as the address at which the gateway is served, its prefix included. Emulated platforms deliver
        there, and links to files lead there where ``GATEWAY_PUBLIC_URL`` names no other address."""
        for emulator in self._parts.emulators.values():
            emulator.deliver_to(url)
        self._parts.files.server.links.lead_to(self._parts.settings.own_url or url)

    async def drain(self) -> None:
        """Stop accepting, give running turns ``GATEWAY_DRAIN_TIMEOUT`` seconds to end, and hand the rest back to the
        store for the next process. Leaving the ``async with`` block drains too; call this earlier where a server first
        waits for its connections. A gateway that is just opening opens first. Calling it again does nothing."""
        if self.is_draining:
            return
        self._parts.acceptor.draining = True
        async with self._opening:
            pass
        if self._playground is not None:
            await self._playground.close()
        handed_back, _ = await asyncio.gather(
            self._parts.dispatcher.drain(self._parts.settings.drain_timeout), self._hand_over()
        )
        log.info("gateway.drained", handed_back=handed_back)

    async def abandon(self) -> None:
        """End at once, as though the process had been killed: nothing is drained or handed back to the store, and
        ``on_app_shutdown`` is not called. What differs from a kill: running handlers are cancelled, so their
        ``finally`` blocks run, though what these send or store comes to nothing. For tests of what a restart makes of
        it."""
        self._abandoned = self._parts.acceptor.draining = True
        async with self._opening:
            pass
        for task in self._background:
            task.cancel()
        await self._parts.dispatcher.abandon()
        if self._playground is not None:
            await self._playground.close()

    async def _hand_over(self) -> None:
        """Let other replicas do at once what one of them does at a time."""
        if self._parts.store.cluster.shared:
            adapters = self._parts.adapters.values()
            await asyncio.gather(*(each.hand_over() for each in adapters if isinstance(each, SupportsHandover)))

    async def __aenter__(self) -> Self:
        """Open the store, connect the platforms and run what an earlier process left. Raises ``SettingsError`` when the
        store cannot be opened, when the only platform refuses its credentials, or when ``on_app_startup`` fails."""
        async with self._opening:
            await self._open()
        return self

    async def _open(self) -> None:
        parts = self._parts
        self._warn_of_short_keys()
        try:
            if parts.traces is not None:
                self._stack.push_async_callback(parts.traces.close)
            await parts.store.open()
            self._stack.push_async_callback(parts.store.close)
            await parts.seals.open(parts.store)
            self._warn_of_own_files()
            await _check_blobs(parts.files.blobs)
            await self._note_for_commands()
            if parts.emulators:
                await self._forget_deliveries()
            self._stack.push_async_callback(parts.layer.close)
            await parts.layer.open()
            if parts.layer.registered:
                self._stack.push_async_callback(parts.deliverer.stop, LAST_DELIVERIES)
                await parts.deliverer.start()
            await run_startup(parts.callbacks)
            self._stack.push_async_callback(self._shut_down)
            if parts.resources is not None:
                self._stack.push_async_callback(parts.resources.close)
            for name, adapter in parts.adapters.items():
                await self._connect(name, adapter)
            waiting = await parts.dispatcher.recover()
            if waiting:
                log.info("inbox.recovered", deliveries=waiting)
            for forever in (
                parts.dispatcher.keep_up(),
                parts.housekeeping.run(),
                parts.requests.run(),
                parts.broadcasts.run(),
                parts.endings.keep_up(parts.store),
            ):
                task = asyncio.create_task(forever)
                self._background.add(task)
        except BaseException:
            await self._stack.aclose()
            raise

    async def __aexit__(self, *_: object) -> None:
        await self.drain()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._stack.aclose()

    async def _shut_down(self) -> None:
        if not self._abandoned:
            await run_shutdown(self._parts.callbacks, seconds=self._parts.settings.drain_timeout)

    async def _connect(self, name: str, adapter: Adapter) -> None:
        try:
            await self._stack.enter_async_context(adapter.connect(self._parts.acceptor))
        except AnotherBot:
            raise  # what is in the database is not this bot's, on no platform
        except SettingsError as error:
            if len(self._parts.adapters) == 1:
                raise  # there is nothing else to stay up for
            self._refused[name] = str(error)
            log.error("platform.off", platform=name, fix=str(error))

    async def _note_for_commands(self) -> None:
        """Write down where history is kept and whether programs are served, for the command line, which knows neither
        the bot nor how the gateway was started."""
        parts = self._parts
        notes: dict[str, Mapping[str, Any]] = {
            PLACE_OF_HISTORY: {"place": parts.history.place},
            SERVES_API: {"on": self.serves_api},
        }
        for name, note in notes.items():
            if await parts.store.get_value("gateway", name) != note:
                await parts.store.put_value("gateway", name, note)

    def _warn_of_short_keys(self) -> None:
        settings = self._parts.settings
        short = sum(len(key) < SHORT_KEY for key in settings.plain_api_keys)
        if short and settings.host not in LOOPBACK:
            fix = "use keys made by `gateway keys create`, or longer random ones in GATEWAY_API_KEYS"
            log.warning("api_keys.short", keys=short, fix=fix)

    def _warn_of_own_files(self) -> None:
        if self._parts.store.cluster.shared and self._parts.settings.blob_url is None:
            fix = "set BLOB_URL to a bucket, or to a folder that all replicas see: others do not find what is only here"
            log.warning("files.only_here", fix=fix)

    async def _forget_deliveries(self) -> None:
        """Finish what waits in an emulated workspace's inbox: the workspace begins anew with each start, so these
        deliveries belong to messages that are gone."""
        store = self._parts.store
        while waiting := await store.pending(now=time.time() + 86_400, limit=100):
            for delivery in waiting:
                lease = await store.claim(delivery.envelope.ref.key)
                if lease is not None:
                    await write_outcome(store, lease, delivery.envelope.key)

    def _routes(self) -> list[BaseRoute]:
        parts = self._parts
        routes: list[BaseRoute] = [
            *(webhook for adapter in parts.adapters.values() for webhook in adapter.routes(parts.acceptor)),
            *health_routes(
                readiness=self._readiness,
                adapters=parts.adapters,
                counters=parts.counters,
                limits=parts.limits,
                prove=parts.seals.proof,
            ),
            *parts.files.server.routes(),
        ]
        if parts.api is not None:
            # These import libraries that others do not need.
            from gateway.http.api.application import mounted
            from gateway.http.graphql.routes import routes as client_routes

            routes += [mounted(parts.api), *client_routes(parts.api)]
        if parts.metrics is not None and parts.access is not None:
            routes.append(metrics_route(parts.metrics, self._gauges, parts.access))
        if parts.access is not None and parts.recent is not None:
            routes += self._admin_routes(parts.access, parts.recent)
        if self._playground is not None:
            routes.extend(self._playground.routes)
        return routes

    def _admin_routes(self, access: KeyedAccess, recent: RecentTurns) -> list[BaseRoute]:
        """Return the routes of the pages for operators, which import a library that others do not need."""
        from gateway.http.admin.application import routes
        from gateway.http.admin.parts import AdminParts, PlatformState
        from gateway.http.admin.shared_turns import SharedTurns
        from gateway.http.admin.sign_in import PURPOSE

        parts = self._parts
        return routes(
            AdminParts(
                access=access,
                key=lambda: parts.seals.key(PURPOSE),
                store=parts.store,
                history=parts.history.place,
                writes=parts.settings.admin == "write",
                public_url=parts.settings.own_url,
                platforms=lambda: {
                    name: PlatformState(self._readiness.problem_of(name), parts.counters.of(name))
                    for name in parts.adapters
                },
                limits=parts.limits,
                layer=parts.deliverer.status if parts.layer.registered else None,
                work=parts.dispatcher.work,
                sessions=parts.sessions,
                cluster=parts.store.cluster,
                recent=recent,
                turns=SharedTurns(recent, parts.store.cluster),
                link=lambda key: parts.files.server.blob_url(key, seconds=CONTENT_LINK),
            )
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        async with self:
            yield


def loaded(
    target: str | Path, settings: GatewaySettings, *, say: Callable[[str], None] | None = None
) -> tuple[Callbacks, GatewaySettings]:
    """Import the bot. Return the handlers it registered, and the settings with what a Chainlit app's own files say.

    Args:
        target: The path of the bot's file, or ``module:package.bot``.
        settings: The gateway's settings, which say whether it is a Chainlit app (``compat``).
        say: Takes what the operator should know of such an app, in one line each; by default it is logged.
    """
    if settings.compat is None:
        return load_target(target), settings
    from gateway.compat import config, hook  # nobody else pays for it

    say = say or (lambda line: log.warning("compat.note", what=line))
    if (line := hook.install()) is not None:
        say(line)
    if (path := file_of(target)) is not None:
        files = config.read(path)
        if files.unused:
            say(f"What means nothing on a chat platform: {', '.join(files.unused)}")
        settings = config.applied(files, settings)
    patches = hook.Patches()
    callbacks = load_target(target)
    patches.warn()
    return callbacks, settings


async def _check_blobs(blobs: Blobs) -> None:
    """Raise ``SettingsError`` when the blob store refuses what is configured. One that does not answer is logged: it
    may be back before anybody needs it."""
    try:
        async with asyncio.timeout(BLOB_CHECK):
            await blobs.check()
    except OSError as error:  # a TimeoutError included
        log.warning("blobs.unreachable", error=str(error)[:300] or f"no answer within {BLOB_CHECK:g} s")
