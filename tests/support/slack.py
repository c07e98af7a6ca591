"""Fixtures for tests that run a whole bot against an emulated Slack on loopback."""

from collections.abc import AsyncIterator

import pytest

from gateway.emulators.slack.emulator import SlackEmulator
from gateway.telemetry.logs import configure_logging
from tests.support.emulators import started


@pytest.fixture(autouse=True)
def logging() -> None:
    """Configure logging as an operator sees it."""
    configure_logging(form="console", debug=False)


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    """Yield a started Slack without rate limits that redelivers after 0.05, 0.1 and 0.2 seconds."""
    async with started(SlackEmulator(limits="off", retry_delays=(0.05, 0.1, 0.2))) as emulator:
        yield emulator
