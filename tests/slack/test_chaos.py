"""Slack under kills and trouble at random."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.chaos import ChaosContract
from tests.contract.world import World
from tests.slack.world import slack_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with slack_world(retry_delays=(0.1, 0.3, 0.5, 1, 1, 2, 2, *[4] * 20)) as world:
        yield world


class TestSlackChaos(ChaosContract):
    pass
