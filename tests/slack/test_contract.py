"""Slack keeps the contract of every platform, over HTTP and over Socket Mode."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.contract.adapter import AdapterContract
from tests.contract.bot import BotContract
from tests.contract.extras import ExtrasContract
from tests.contract.harness import AdapterHarness
from tests.contract.interactions import InteractionContract
from tests.contract.recording import RecordingContract
from tests.contract.world import World
from tests.slack.oauth import OAuthWorld, installed
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


class TestSlackAdapterInAWorkspaceThatInstalledTheApp(InteractionContract, ExtrasContract):
    """Each call goes by the token and the identity of the workspace, which are looked up."""

    def serve(self, world: World, data: Path) -> AbstractAsyncContextManager[AdapterHarness]:
        assert isinstance(world, OAuthWorld)
        return installed(world, data)

    @pytest.fixture
    async def world(self) -> AsyncIterator[World]:
        async with slack_world() as world:
            yield OAuthWorld(world.slack)


class TestSlackBot(BotContract):
    pass


class TestSlackRecording(RecordingContract):
    pass
