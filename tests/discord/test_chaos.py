"""Discord under kills and trouble at random."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.chaos import ChaosContract
from tests.contract.world import World
from tests.discord.world import discord_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with discord_world() as world:
        yield world


class TestDiscordChaos(ChaosContract):
    pass
