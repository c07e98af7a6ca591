"""An emulator without rate limits, bare requests, and discord.py connected to it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from gateway.emulators.discord.emulator import DiscordEmulator
from tests.emulators.discord.bot import Bot, Rest, connected


@pytest.fixture
async def emulator() -> AsyncIterator[DiscordEmulator]:
    running = DiscordEmulator(limits="off", interaction_deadline=10.0)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def impatient(emulator: DiscordEmulator) -> None:
    """Nobody waits for an answer to an interaction."""
    emulator.interaction_deadline = 0.05


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def rest(http: aiohttp.ClientSession, emulator: DiscordEmulator) -> Rest:
    return Rest(http, emulator)


@pytest.fixture
async def bot(emulator: DiscordEmulator) -> AsyncIterator[Bot]:
    async with connected(emulator) as running:
        yield running
