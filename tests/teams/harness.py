"""The contract's harness with what only a Teams test asks of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.teams.adapter import TeamsAdapter
from gateway.emulators.teams.emulator import TeamsEmulator
from tests.contract.harness import AdapterHarness, serving
from tests.teams.world import TeamsWorld


class TeamsHarness(AdapterHarness):
    """A Teams adapter behind a real server, facing the emulator."""

    world: TeamsWorld
    adapter: TeamsAdapter

    @property
    def teams(self) -> TeamsEmulator:
        return self.world.teams


@asynccontextmanager
async def teams_harness(
    world: TeamsWorld, data: Path, *, max_body_bytes: int = 1_048_576
) -> AsyncIterator[TeamsHarness]:
    async with serving(world, data, TeamsHarness, max_body_bytes=max_body_bytes) as harness:
        yield harness
