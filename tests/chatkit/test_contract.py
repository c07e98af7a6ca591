"""ChatKit keeps the contract of the whole gateway, over HTTP on loopback."""

from collections.abc import AsyncIterator

import pytest

from tests.chatkit.client import KEY
from tests.chatkit.world import chatkit_world
from tests.contract.bot import BotContract
from tests.contract.world import World


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    async with chatkit_world() as world:
        yield world


class TestChatKitBot(BotContract):
    pass
