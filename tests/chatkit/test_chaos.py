"""ChatKit under kills at random: whoever repeats a request under its idempotency key is heard once."""

from collections.abc import AsyncIterator

import pytest

from tests.chatkit.client import KEY
from tests.chatkit.world import ChatKitWorld
from tests.contract.chaos import ChaosContract
from tests.contract.world import Method, Trouble


class OwnWorld(ChatKitWorld):
    """People whose clients are patient, on a platform that cannot fail beside the bot because it is the bot."""

    def fail_next(
        self, method: Method, trouble: Trouble, *, times: int = 1, retry_after: float = 1, after_effect: bool = False
    ) -> None:
        """Do nothing: the kills are all the trouble there is."""


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ChatKitWorld]:
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    world = OwnWorld(patient=True)
    try:
        yield world
    finally:
        await world.close()


class TestChatKitChaos(ChaosContract):
    pass
