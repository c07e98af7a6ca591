"""A whole bot whose registered data layer is on DynamoDB."""

from collections.abc import AsyncIterator

import pytest

from tests.data.bots import RegisteredLayerContract
from tests.data.dynamo import Documented, documented, running, server
from tests.support.dynamodb import Server
from tests.support.slack import slack

__all__ = ["running", "server", "slack"]


@pytest.fixture
async def harness(server: Server) -> AsyncIterator[Documented]:
    async with documented(server) as harness:
        yield harness


class TestOnDynamoDB(RegisteredLayerContract):
    pass
