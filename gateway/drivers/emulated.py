"""Starts an emulated platform together with its driver."""

import importlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from gateway.adapter import Emulator
from gateway.drivers.base import Driver


class _Parts(NamedTuple):
    """Where a platform's emulator and driver live, as ``module:name``, and how the emulator is made."""

    emulator: str
    driver: str
    options: Mapping[str, Any]


_PLATFORMS: Mapping[str, _Parts] = {
    "slack": _Parts(
        "gateway.emulators.slack.emulator:SlackEmulator",
        "gateway.drivers.slack.driver:SlackDriver",
        {"limits": "off", "retry_delays": (0.05, 0.1, 0.2)},
    ),
    "discord": _Parts(
        "gateway.emulators.discord.emulator:DiscordEmulator",
        "gateway.drivers.discord.driver:DiscordDriver",
        {"limits": "off"},
    ),
    "teams": _Parts(
        "gateway.emulators.teams.emulator:TeamsEmulator",
        "gateway.drivers.teams.driver:TeamsDriver",
        {"limits": "off", "rsc": True},
    ),
}

PLATFORMS = tuple(_PLATFORMS)
"""The names of the platforms that can be emulated and driven."""


@asynccontextmanager
async def emulated(platform: str) -> AsyncGenerator[Driver[Any]]:
    """Start the emulator of a platform and yield its driver; the emulator stops with the block.

    It answers without rate limits, and Slack delivers an event again within a second instead of minutes. The Teams app
    was granted to hear messages that do not mention it. ``platform`` is one of ``PLATFORMS``.
    """
    parts = _PLATFORMS[platform]
    emulator = _load(parts.emulator)(**parts.options)
    driver: Driver[Any] = _load(parts.driver)(emulator)
    await emulator.start()
    try:
        yield driver
    finally:
        await emulator.stop()


def driver_of(emulator: Emulator) -> Driver[Any] | None:
    """Return a driver for an emulator that runs already, None for one of a kind that has no driver."""
    parts = _PLATFORMS.get(emulator.name)
    if parts is None or not isinstance(emulator, _load(parts.emulator)):
        return None
    driver: Driver[Any] = _load(parts.driver)(emulator)
    return driver


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)
