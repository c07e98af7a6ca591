"""Slack keeps the contract of every platform, over HTTP and over Socket Mode."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.adapter import AdapterContract
from tests.contract.bot import BotContract
from tests.contract.recording import RecordingContract
from tests.contract.world import World
from tests.slack.world import slack_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with slack_world() as world:
        yield world


class TestSlackAdapter(AdapterContract):
    pass


class TestSlackAdapterInSocketMode(AdapterContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[World]:
        async with slack_world(socket_mode=True) as world:
            yield world


class TestSlackBot(BotContract):
    pass


class TestSlackRecording(RecordingContract):
    pass
