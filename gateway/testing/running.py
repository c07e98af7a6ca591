"""A bot that runs in the test's process: started, stopped, killed and started again on the same store."""

import asyncio
import sys
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from gateway.app import Gateway, loaded
from gateway.bootstrap import Given, Parts, adapter_context, check_data_folder, compose, file_parts
from gateway.drivers.base import Driver
from gateway.errors import SettingsError
from gateway.ingress.activity import ConversationActivity
from gateway.loading import MODULE, file_of
from gateway.platforms import registry
from gateway.serving.server import bind
from gateway.settings import GatewaySettings, PlatformSettings, unknown_names
from gateway.store import open_store
from gateway.store.core.alone import Alone
from gateway.testing.clock import Clock
from gateway.testing.isolation import imports
from gateway.testing.log import Log
from gateway.testing.serving import serving

DEFAULTS: Mapping[str, str] = {"GATEWAY_TURN_RETRIES": "0", "GATEWAY_DRAIN_TIMEOUT": "2"}
"""Settings that are others than without a test: a handler that raises is not run again, and an end waits two seconds
for turns that run."""


class RunningBot:
    """The bot of a test, with the gateway around it."""

    def __init__(
        self, target: str | Path, driver: Driver[Any], settings: Mapping[str, object], folder: Path, log: Log
    ) -> None:
        self._target = target
        self._settings = {name: str(value) for name, value in settings.items()}
        self._folder = folder
        self.driver = driver
        self.log = log
        self.clock = Clock(asyncio.get_running_loop())
        self._stack = AsyncExitStack()
        self._gateway: Gateway | None = None
        self._parts: Parts | None = None
        self._activity = ConversationActivity()

    @property
    def folder(self) -> Path:
        """The folder of the bot's file."""
        file = file_of(self._target)
        return Path.cwd() if file is None else file.resolve().parent

    @property
    def gateway(self) -> Gateway:
        """The gateway that runs now. Raises ``RuntimeError`` while none does."""
        if self._gateway is None:
            raise RuntimeError("the bot does not run: it was stopped or killed, or did not start")
        return self._gateway

    @property
    def parts(self) -> Parts:
        """The objects the gateway consists of. Raises ``RuntimeError`` before the first start."""
        if self._parts is None:
            raise RuntimeError("the bot has not started")
        return self._parts

    @property
    def module(self) -> ModuleType:
        """The bot's module, imported anew at each start."""
        target = str(self._target)
        name = target.removeprefix(MODULE) if target.startswith(MODULE) else Path(target).stem
        return sys.modules[name]

    async def start(self) -> None:
        """Import the bot and start the gateway on the test's store. Raises ``SettingsError``."""
        async with AsyncExitStack() as stack:
            gateway = await self._started(stack)
            self._stack, self._gateway = stack.pop_all(), gateway

    async def stop(self) -> None:
        """Let running turns end, and stop the gateway as a deployment does. Calling it again does nothing."""
        gateway, self._gateway = self._gateway, None
        if gateway is not None:
            await gateway.drain()
        await self._stack.aclose()

    async def crash(self) -> None:
        """Drop the gateway as ``kill -9`` does, as far as that can be within a process (``Gateway.abandon``), and start
        it again."""
        gateway, self._gateway = self._gateway, None
        self.log.paused = True
        try:
            if gateway is not None:
                await gateway.abandon()
            await self._stack.aclose()
        finally:
            self.log.paused = False
        await self.start()

    async def settle(self) -> None:
        """Wait until nothing is left to do before the next thing a person does: no delivery is under way, and no turn
        runs that does not wait for an answer."""
        while True:
            await self.driver.settled()
            await self._activity.until_all_rest()
            await asyncio.sleep(0)
            if self._rests:
                await self.driver.settled()  # what the bot did last may have led to something new
                if self._rests:
                    return

    @property
    def _rests(self) -> bool:
        return self._activity.at_rest and not self.parts.acceptor.is_storing

    async def move_clock(self, seconds: float) -> None:
        """Let so many seconds pass, once the bot came to rest. One that does not within a second is in the middle of
        something that takes time, such as a pause."""
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._settle_questions()
        self.clock.move(seconds)
        self._set_clock()
        for _ in range(10):  # timers that are due run in the next iteration, and what they wake in those after it
            await asyncio.sleep(0)
        while self.parts.questions.is_late():  # noqa: ASYNC110
            await asyncio.sleep(0)
        await self.parts.housekeeping.look_at_sessions()
        await self.driver.connected()

    async def _settle_questions(self) -> None:
        """Wait until all rests, and the time of every open question runs: that begins once it is stored."""
        await self.settle()
        while (waiting := self._activity.waiting) is None or len(self.parts.questions) < waiting:  # noqa: ASYNC110
            await asyncio.sleep(0.002)  # nothing tells of it

    def _set_clock(self) -> None:
        parts = self.parts
        parts.sessions.clock = self.clock.monotonic
        assert isinstance(parts.store.cluster, Alone)
        parts.store.cluster.ahead = self.clock.ahead

    async def _started(self, stack: AsyncExitStack) -> Gateway:
        platform = registry()[self.driver.name]
        block = platform.settings({**self._settings, **self.driver.environment()})
        stack.enter_context(imports(self.folder))
        listener = stack.enter_context(bind("127.0.0.1", 0))
        settings = self._own_settings(listener.getsockname()[1], block)
        check_data_folder(settings.data_dir)
        callbacks, settings = loaded(self._target, settings)
        kept, store = file_parts(settings), open_store(settings.database_url)
        given = Given.of(settings, store, kept)
        # Adapters tell by the cluster's clock whether a request is fresh, and the platform's clock is not moved.
        context = replace(adapter_context(settings, store, kept, given), cluster=Alone())
        adapter = platform.adapter(block, context)
        parts = compose(
            settings=settings,
            callbacks=callbacks,
            adapters={platform.name: adapter},
            kept=kept,
            store=store,
            given=given,
        )
        self._parts, self._activity, gateway = parts, given.activity, Gateway(parts)
        self._set_clock()
        parts.dispatcher.trials.life = 0.0  # what a crash interrupted runs again at once
        await stack.enter_async_context(gateway)
        await stack.enter_async_context(serving(gateway.asgi, listener))
        self.driver.deliver_to(settings.local_url)
        await self.driver.connected()
        return gateway

    def _own_settings(self, port: int, block: PlatformSettings) -> GatewaySettings:
        given = {
            **DEFAULTS,
            "GATEWAY_PORT": str(port),
            "GATEWAY_DATA_DIR": str(self._folder),
            "DATABASE_URL": f"sqlite:///{self._folder}/gateway.db",
            **self._settings,
        }
        if problems := unknown_names(self._settings, [block]):
            raise SettingsError("; ".join(problems))
        if not given["DATABASE_URL"].startswith("sqlite:"):
            raise SettingsError("a test's bot keeps its store in a SQLite file: leave DATABASE_URL out")
        return GatewaySettings.with_values(given)


def failed_to_start(error: SettingsError, log: Log, folder: Path) -> str:
    """Return what a test says whose bot did not start: the error, and what the bot's file raised."""
    from gateway.testing.log import traceback_of

    cause = error.__cause__
    lines: Sequence[str] = [str(error)]
    if cause is not None:
        lines = [*lines, textwrap.indent(traceback_of(cause, folder), "  ")]
    return "\n".join(lines)
