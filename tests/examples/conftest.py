"""An example as shipped, served on loopback with an emulated Slack, or with each platform in turn."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from gateway.emulators.slack.emulator import SlackEmulator
from tests.contract.world import World
from tests.discord.world import discord_world
from tests.slack.world import slack_world
from tests.support.emulators import started
from tests.teams.world import teams_world

WORLDS: dict[str, Callable[[], AbstractAsyncContextManager[World]]] = {
    "slack": slack_world,
    "discord": discord_world,
    "teams": teams_world,
}

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def examples() -> Path:
    return EXAMPLES


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with started(SlackEmulator(limits="off")) as emulator:
        yield emulator


@pytest.fixture(params=list(WORLDS))
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with WORLDS[request.param]() as world:
        yield world
