"""The emulated Teams with the real adapter behind a real server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.teams.harness import TeamsHarness, teams_harness
from tests.teams.world import TeamsWorld, teams_world


@pytest.fixture
async def world() -> AsyncIterator[TeamsWorld]:
    async with teams_world() as world:
        yield world


@pytest.fixture
async def harness(world: TeamsWorld, tmp_path: Path) -> AsyncIterator[TeamsHarness]:
    async with teams_harness(world, tmp_path) as harness:
        yield harness
        harness.check_envelopes()
