"""Teams under kills and trouble at random."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.chaos import ChaosContract
from tests.contract.world import World
from tests.teams.world import teams_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with teams_world() as world:
        yield world


class TestTeamsChaos(ChaosContract):
    pass
