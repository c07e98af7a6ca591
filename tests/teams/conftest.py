"""The emulated Teams with the real adapter behind a real server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.teams.house import TeamsHouse, teams_house
from tests.teams.world import TeamsWorld, teams_world


@pytest.fixture
async def world() -> AsyncIterator[TeamsWorld]:
    async with teams_world() as world:
        yield world


@pytest.fixture
async def house(world: TeamsWorld, tmp_path: Path) -> AsyncIterator[TeamsHouse]:
    async with teams_house(world, tmp_path) as house:
        yield house
        house.check_envelopes()
