"""An example as shipped, served on loopback with an emulated Slack."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.emulators.slack.emulator import SlackEmulator

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def examples() -> Path:
    return EXAMPLES


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    emulator = SlackEmulator(limits="off")
    await emulator.start()
    yield emulator
    await emulator.stop()
