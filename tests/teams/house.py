"""The contract's house with what only a Teams test asks of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.teams.adapter import TeamsAdapter
from gateway.emulators.teams.emulator import TeamsEmulator
from tests.contract.house import House, serving
from tests.teams.world import TeamsWorld


class TeamsHouse(House):
    """A Teams adapter behind a real server, facing the emulator."""

    world: TeamsWorld
    adapter: TeamsAdapter

    @property
    def teams(self) -> TeamsEmulator:
        return self.world.teams


@asynccontextmanager
async def teams_house(world: TeamsWorld, data: Path, *, max_body_bytes: int = 1_048_576) -> AsyncIterator[TeamsHouse]:
    async with serving(world, data, TeamsHouse, max_body_bytes=max_body_bytes) as house:
        yield house
