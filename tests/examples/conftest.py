"""An example as shipped, served on loopback with an emulated Slack."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.emulators.slack.emulator import SlackEmulator
from tests.support.emulators import started

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def examples() -> Path:
    return EXAMPLES


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with started(SlackEmulator(limits="off")) as emulator:
        yield emulator
