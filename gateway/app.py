"""The composition root: builds every object, and starts and ends them in order."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Self

import structlog
from starlette.routing import BaseRoute

from gateway.adapter import Adapter, AdapterContext, Emulator, Platform
from gateway.chat.handlers import BotHandlers
from gateway.egress import Sender, TurnScheduler
from gateway.errors import SettingsError
from gateway.http.application import application
from gateway.http.files import DiskFileVault
from gateway.http.health import health_routes
from gateway.ingress.acceptor import Acceptor
from gateway.ingress.decoder import EnvelopeDecoder
from gateway.ingress.dispatcher import Dispatcher
from gateway.ingress.failures import Failures
from gateway.ingress.housekeeping import Housekeeping
from gateway.playground.server import Playground
from gateway.ports import Store
from gateway.runtime.callbacks import Callbacks
from gateway.runtime.files import Files
from gateway.runtime.key_values import StoredKeyValues
from gateway.runtime.limits import Limits
from gateway.runtime.outcome import write_outcome
from gateway.runtime.places import Places
from gateway.runtime.profiles import Profiles
from gateway.runtime.questions import OpenQuestions
from gateway.runtime.runner import Runner
from gateway.runtime.seals import Seals
from gateway.runtime.session import SessionPool
from gateway.runtime.turn import Services
from gateway.settings import LOOPBACK, GatewaySettings, playground_database
from gateway.store import open_store
from gateway.telemetry.metrics import Counters

log = structlog.get_logger(__name__)

CREDENTIALS = "SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET, DISCORD_BOT_TOKEN, or TEAMS_APP_ID and TEAMS_APP_PASSWORD"


class Gateway:
    """One bot on its platforms. Use it as an async context manager around a server of ``asgi``."""

    def __init__(
        self,
        *,
        settings: GatewaySettings,
        callbacks: Callbacks,
        adapters: Mapping[str, Adapter],
        emulators: Mapping[str, Emulator] | None = None,
        held: DiskFileVault | None = None,
        store: Store | None = None,
    ) -> None:
        self._settings = settings
        self._adapters = adapters
        self._emulators = dict(emulators or {})
        self._counters = Counters()
        self.store = store or open_store(settings.database_url)
        self._scheduler = scheduler = TurnScheduler()
        sender = Sender(adapters, scheduler=scheduler)
        files = Files(
            settings.data_dir / "files",
            sender=sender,
            limit=int(settings.max_file_mb * 1_000_000),
            quota=settings.file_quota(),
        )
        self.sessions = pool = SessionPool(self.store, limit=settings.live_sessions, rest_after=settings.session_rest)
        handlers = BotHandlers(callbacks)
        self._seals = seals = Seals()
        reader = EnvelopeDecoder(adapters, self.store, seals)
        self._background: set[asyncio.Task[None]] = set()
        self._limits = limits = Limits()
        places = Places(in_all=settings.running_turns, per_person=settings.turns_per_person, limits=limits)
        services = Services(
            store=self.store,
            sender=sender,
            callbacks=callbacks,
            files=files,
            profile=Profiles(sender).get,
            spawn=lambda coroutine: self._dispatcher.spawn(coroutine),
            questions=OpenQuestions(per_person=settings.questions_per_person, limits=limits),
            seals=seals,
            feedback=settings.feedback,
        )
        self._dispatcher = Dispatcher(
            store=self.store,
            reader=reader,
            runner=Runner(services, pool, handlers, places=places, timeout=settings.turn_timeout),
            pool=pool,
            failures=Failures(
                store=self.store, pool=pool, sender=sender, counters=self._counters, retries=settings.turn_retries
            ),
            scheduler=scheduler,
            limits=limits,
        )
        self._gate = Acceptor(
            adapters=adapters,
            inbox=self.store,
            sessions=self.store,
            reader=reader,
            dispatcher=self._dispatcher,
            handlers=handlers,
            counters=self._counters,
            scheduler=scheduler,
            seals=seals,
        )
        self._housekeeping = Housekeeping(
            store=self.store,
            pool=pool,
            files=files,
            held=held,
            gate=self._gate,
            rest_after=settings.session_rest,
            end_after=settings.session_timeout,
        )
        self._held = held
        self._refused: dict[str, str] = {}
        """Platforms that are off though they have credentials, and why."""
        self._playground = Playground(self._emulators) if self._emulators else None
        self._stack = AsyncExitStack()
        self.asgi = application(self._routes(), root_path=settings.root_path, lifespan=self._lifespan)

    def _routes(self) -> Sequence[BaseRoute]:
        routes: list[BaseRoute] = [
            *(webhook for adapter in self._adapters.values() for webhook in adapter.routes(self._gate)),
            *health_routes(
                store=self.store,
                adapters=self._adapters,
                refused=self._refused,
                counters=self._counters,
                draining=lambda: self._gate.draining,
                limits=self._limits,
            ),
        ]
        if self._held is not None:
            routes.append(self._held.route())
        if self._playground is not None:
            routes.extend(self._playground.routes)
        return routes

    async def __aenter__(self) -> Self:
        try:
            await self.store.open()
            self._stack.push_async_callback(self.store.close)
            await self._seals.open(self.store)
            if self._emulators:
                await self._forget_deliveries()
            for name, adapter in self._adapters.items():
                await self._connect(name, adapter)
            waiting = await self._dispatcher.recover()
            if waiting:
                log.info("inbox.recovered", deliveries=waiting)
            for forever in (self._dispatcher.keep_up(), self._housekeeping.run()):
                task = asyncio.create_task(forever)
                self._background.add(task)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    def is_resting(self) -> bool:
        """Whether nothing arrives now and no turn waits to go on: a good moment for what holds up the event loop."""
        return self._scheduler.is_resting()

    async def _connect(self, name: str, adapter: Adapter) -> None:
        try:
            await self._stack.enter_async_context(adapter.connect(self._gate))
        except SettingsError as error:
            if len(self._adapters) == 1:
                raise  # there is nothing else to stay up for
            self._refused[name] = str(error)
            log.error("platform.off", platform=name, fix=str(error))

    async def _forget_deliveries(self) -> None:
        """An emulated workspace begins anew with each start: what waits here belongs to messages that are gone."""
        while waiting := await self.store.pending(now=time.time() + 86_400, limit=100):
            for delivery in waiting:
                lease = await self.store.claim(delivery.envelope.ref.key)
                if lease is not None:
                    await write_outcome(self.store, lease, delivery.envelope.key)

    async def __aexit__(self, *_: object) -> None:
        await self.drain()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._stack.aclose()

    async def drain(self) -> None:
        """Accept no more, let running turns end, hand the rest back to the store."""
        if self._gate.draining:
            return
        self._gate.draining = True
        if self._playground is not None:
            await self._playground.close()
        handed_back = await self._dispatcher.drain(self._settings.drain_timeout)
        log.info("drained", handed_back=handed_back)

    @asynccontextmanager
    async def _lifespan(self, _: object) -> AsyncGenerator[None]:
        async with self:
            yield


async def build(
    *, settings: GatewaySettings, callbacks: Callbacks, platforms: Mapping[str, Platform], stack: AsyncExitStack
) -> tuple[Gateway, bool]:
    """The gateway on every platform that has credentials; with none at all on emulators of all, shown in the
    playground. Returns whether that is so. Emulators end with ``stack``."""
    blocks = {name: platform.settings() for name, platform in platforms.items()}
    for block in blocks.values():
        if block.missing is not None:
            raise SettingsError(block.missing)
    emulators: dict[str, Emulator] = {}
    if not any(block.configured for block in blocks.values()):
        if settings.host not in LOOPBACK:
            raise SettingsError(
                f"no platform's credentials are set ({CREDENTIALS}), and the playground that stands in for them runs "
                f"on this machine only, not on {settings.host}"
            )
        for name, platform in platforms.items():
            if (emulator := platform.emulator()) is None:
                continue
            await emulator.start()
            stack.push_async_callback(emulator.stop)
            emulator.deliver_to(settings.local_url)
            emulators[name] = emulator
            blocks[name] = platform.settings(emulator.environment())
        if "database_url" not in settings.model_fields_set:
            settings = settings.model_copy(update={"database_url": playground_database(settings)})
    held = DiskFileVault(settings.data_dir / "held", public_url=settings.own_url, quota=settings.file_quota())
    store = open_store(settings.database_url)
    context = AdapterContext(
        max_body_bytes=settings.max_body_bytes,
        loopback=settings.host in LOOPBACK,
        files=held,
        store=StoredKeyValues(store),
    )
    adapters = {
        name: platform.adapter(blocks[name], context) for name, platform in platforms.items() if blocks[name].configured
    }
    if not adapters:
        raise SettingsError(f"no platform is on: set {CREDENTIALS}")
    gateway = Gateway(
        settings=settings, callbacks=callbacks, adapters=adapters, emulators=emulators, held=held, store=store
    )
    return gateway, bool(emulators)
