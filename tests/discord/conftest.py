"""An emulated Discord, and the adapter connected to it behind a recording ``accept``."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.house import House, serving
from tests.discord.world import DiscordWorld, discord_world


@pytest.fixture
async def world() -> AsyncIterator[DiscordWorld]:
    async with discord_world() as world:
        yield world


@pytest.fixture
async def house(world: DiscordWorld, tmp_path: Path) -> AsyncIterator[House]:
    async with serving(world, tmp_path, House) as house:
        yield house
        house.check_envelopes()
