"""An emulator without rate limits, a bot it delivers to, and the connector's client signed in."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from gateway.emulators.teams.emulator import TeamsEmulator
from tests.emulators.teams.bot import Api, Bot


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def emulator() -> AsyncIterator[TeamsEmulator]:
    running = TeamsEmulator(limits="off")
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def bot(emulator: TeamsEmulator, http: aiohttp.ClientSession) -> AsyncIterator[Bot]:
    running = Bot(emulator.environment(), http)
    await running.start()
    emulator.deliver_to(running.url)
    yield running
    await running.stop()


@pytest.fixture
async def api(emulator: TeamsEmulator, http: aiohttp.ClientSession) -> Api:
    return await signed_in(emulator, http)


async def signed_in(emulator: TeamsEmulator, http: aiohttp.ClientSession) -> Api:
    client = Api(http, emulator.environment(), emulator.world.service_url(emulator.tenant.id))
    await client.sign_in()
    return client
