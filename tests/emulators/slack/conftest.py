"""An emulator without rate limits, a bot it delivers to, and the real SDK's client."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from gateway.emulators.slack.emulator import SlackEmulator
from tests.emulators.slack.bot import Bot


@pytest.fixture
async def emulator(request: pytest.FixtureRequest) -> AsyncIterator[SlackEmulator]:
    """The parameter is how many seconds it waits for an acknowledgement, where that is what the test is about."""
    running = SlackEmulator(limits="off", retry_delays=(0.0, 0.01, 0.01), ack_timeout=getattr(request, "param", 3.0))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def bot(emulator: SlackEmulator) -> AsyncIterator[Bot]:
    running = Bot(emulator.environment()["SLACK_SIGNING_SECRET"])
    await running.start()
    emulator.deliver_to(running.url)
    yield running
    await running.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(emulator: SlackEmulator, http: aiohttp.ClientSession) -> AsyncWebClient:
    environment = emulator.environment()
    token, url = environment["SLACK_BOT_TOKEN"], environment["SLACK_API_URL"]
    return AsyncWebClient(token, base_url=url, session=http, retry_handlers=[])  # by default a lost answer is retried
