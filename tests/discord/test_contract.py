"""Discord keeps the contract of every platform."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.adapter import AdapterContract
from tests.contract.bot import BotContract
from tests.contract.recording import RecordingContract
from tests.contract.world import World
from tests.discord.world import discord_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with discord_world() as world:
        yield world


class TestDiscordAdapter(AdapterContract):
    pass


class TestDiscordBot(BotContract):
    pass


class TestDiscordRecording(RecordingContract):
    pass
