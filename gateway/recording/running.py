"""Runs a bot on emulated platforms for a replay, in this process, apart from all that is configured here."""

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import uvicorn

from gateway.adapter import Platform
from gateway.app import Gateway, loaded
from gateway.bootstrap import on_platforms
from gateway.errors import SettingsError
from gateway.recording.comparing import Compared, Comparer
from gateway.recording.file import Recording
from gateway.recording.playing import Arrival, Player, Stage
from gateway.serving.server import bind
from gateway.settings import GatewaySettings, given_only
from gateway.tables import Tables

ECHO = Path(__file__).with_name("echo.py")
"""The bot that is used where none is given."""
_CONNECTED_WITHIN = 30.0
"""Seconds within which a bot connects with a platform that it has to connect to."""


class Replayed:
    """What came of a replay."""

    def __init__(self, compared: Sequence[Compared], arrivals: Sequence[Arrival], left_out: Sequence[str]) -> None:
        self.compared = compared
        self.arrivals = arrivals
        self.left_out = left_out
        """Platforms of the recording that were not played."""

    @property
    def same(self) -> bool:
        """Whether people see now what they saw then."""
        return all(each.result == "same" for each in self.compared)


async def replay(
    recording: Recording,
    bot: Path,
    platforms: Mapping[str, Platform],
    *,
    speed: float = 0,
    patience: float = 30,
    only: Sequence[str] = (),
) -> Replayed:
    """Play a recording to a bot, and compare what goes out with what went out then.

    Args:
        recording: What is played.
        bot: The bot's Python file.
        platforms: The platforms there are, by name.
        speed: How much faster than it was (1: as it was); 0 for as fast as the bot comes to rest.
        patience: Seconds to wait before each delivery for the bot to come as far as it had come then.
        only: Names of the platforms that are played; empty for all.

    Raises ``SettingsError`` for a platform that there is not, or without anything to play.
    """
    wanted = [name for name in recording.platforms if not only or name in only]
    if not any(line["kind"] == "arrived" for line in recording.lines):
        raise SettingsError("nothing arrived while this was recorded, so there is nothing to play")
    for name in wanted:
        if name not in platforms:
            raise SettingsError(f"the recording is of {name}, which this gateway does not have: {', '.join(platforms)}")
    async with AsyncExitStack() as stack:
        emulators: dict[str, Any] = {}
        for name in wanted:
            emulator = (
                platforms[name].emulator(limits="real" if speed == 1 else "off")
                if _is_emulated(platforms[name])
                else None
            )
            if emulator is not None and hasattr(emulator, "staging"):
                await emulator.start()
                stack.push_async_callback(emulator.stop)
                emulators[name] = emulator
        if not emulators:
            raise SettingsError(f"of {', '.join(wanted) or 'these platforms'} there is no emulator to play it on")
        stages = {name: cast(Stage, emulator.staging) for name, emulator in emulators.items()}
        player = Player(recording, stages, speed=speed, patience=patience)
        await stack.enter_async_context(_running(recording, bot, platforms, emulators, player))
        await player.play()
        compared = [each for each in Comparer(recording, player).compare() if each.platform in stages]
    return Replayed(compared, player.arrivals, [name for name in wanted if name not in emulators])


def _is_emulated(platform: Platform) -> bool:
    return platform.emulator_class is not None


@asynccontextmanager
async def _running(
    recording: Recording,
    bot: Path,
    platforms: Mapping[str, Platform],
    emulators: Mapping[str, Any],
    player: Player,
) -> AsyncGenerator[None]:
    """Serve the bot on the emulators, in a folder of its own that is gone in the end."""
    with tempfile.TemporaryDirectory(prefix="gateway-replay-") as folder, bind("127.0.0.1", 0) as listener:
        settings = _settings(recording, Path(folder), listener.getsockname()[1])
        callbacks, settings = loaded(bot, settings)
        told: Mapping[str, Mapping[str, str]] = recording.header.get("platform_settings", {})
        with given_only():
            blocks = {
                name: platforms[name].settings({**told.get(name, {}), **emulator.environment()})
                for name, emulator in emulators.items()
            }
        gateway = Gateway(on_platforms(settings, callbacks, platforms, blocks, wrap=player.wrap, tables=Tables()))
        async with gateway, _serving(gateway, listener):
            try:
                for emulator in emulators.values():
                    emulator.deliver_to(settings.local_url)
                await _connected(emulators)
                yield
            finally:
                await gateway.drain()


def _settings(recording: Recording, folder: Path, port: int) -> GatewaySettings:
    """Return the settings of the recording. What is configured on this machine is not for a replay."""
    own = {
        "host": "127.0.0.1",
        "port": port,
        "data_dir": folder,
        "database_url": f"sqlite:///{folder}/gateway.db",
        "drain_timeout": 1.0,
    }
    fields = GatewaySettings.model_fields
    told = {name: value for name, value in recording.header.get("settings", {}).items() if name in fields}
    with given_only():
        return GatewaySettings.read(**{**told, **own})


async def _connected(emulators: Mapping[str, Any]) -> None:
    """Wait until the bot has connected where it is the one that connects."""
    for emulator in emulators.values():
        if (connected := getattr(emulator, "connected", None)) is not None:
            await connected(_CONNECTED_WITHIN)


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def _serving(gateway: Gateway, listener: socket.socket) -> AsyncGenerator[None]:
    server = _Server(uvicorn.Config(gateway.asgi, lifespan="off", access_log=False, log_config=None, ws="none"))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await running
