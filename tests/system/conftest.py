"""A Slack on loopback, and helpers to run a bot against it."""

from typing import Any

import pytest

from gateway.emulators.slack.emulator import SlackEmulator
from gateway.telemetry.logs import configure_logging


@pytest.fixture(autouse=True)
def logging() -> None:
    """Logs as an operator sees them."""
    configure_logging(form="console", debug=False)


@pytest.fixture
async def slack() -> Any:
    emulator = SlackEmulator(limits="off", retry_delays=(0.05, 0.1, 0.2))
    await emulator.start()
    yield emulator
    await emulator.stop()
