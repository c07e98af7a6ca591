"""An emulated Discord, and the adapter connected to it behind a recording ``accept``."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.telemetry.logs import configure_logging
from tests.contract.harness import AdapterHarness, serving
from tests.discord.world import DiscordWorld, discord_world


@pytest.fixture
async def world() -> AsyncIterator[DiscordWorld]:
    async with discord_world() as world:
        yield world


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """What was logged since the last look."""
    configure_logging(form="json", debug=False)

    def look() -> str:
        said = caplog.text
        caplog.clear()
        return said

    return look


@pytest.fixture
async def harness(world: DiscordWorld, tmp_path: Path) -> AsyncIterator[AdapterHarness]:
    async with serving(world, tmp_path, AdapterHarness) as harness:
        yield harness
        harness.check_envelopes()
