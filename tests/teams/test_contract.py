"""Teams keeps the contract of every platform, over HTTP on loopback."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.adapter import AdapterContract
from tests.contract.bot import BotContract
from tests.contract.recording import RecordingContract
from tests.contract.world import World
from tests.teams.world import teams_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with teams_world() as world:
        yield world


class TestTeamsAdapter(AdapterContract):
    pass


class TestTeamsBot(BotContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[World]:
        """Streams end soon here: one that a killed process left open keeps its chat from another until then."""
        async with teams_world(stream_seconds=4.0) as world:
            yield world


class TestTeamsRecording(RecordingContract):
    pass
