"""A table of DynamoDB of its own for the tests of the layer that speaks to it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from aiobotocore.config import AioConfig  # type: ignore[import-untyped]
from aiobotocore.session import get_session  # type: ignore[import-untyped]

from gateway.data.dynamodb import DynamoDBDataLayer
from tests.data.support import Folder, Rows
from tests.support.dynamodb import CREDENTIALS, DOCUMENTED, REGION, Server, dynamodb

SESSION = get_session()


class Documented:
    """A layer on a new table of the documented form; a ``Harness``."""

    def __init__(self, server: Server, client: Any) -> None:
        self.server, self.client = server, client
        self.name = f"test_{uuid4().hex}"
        self.folder = Folder()
        self.layer = self.another()

    def another(self, client: Any = None) -> DynamoDBDataLayer:
        """Another layer on the same table, as after a restart."""
        return DynamoDBDataLayer(self.name, client or self.client, storage_provider=self.folder)

    def registered(self) -> DynamoDBDataLayer:
        return self.another(unopened(self.server))

    async def without_storage(self) -> DynamoDBDataLayer:
        return DynamoDBDataLayer(self.name, self.client)

    async def items(self) -> dict[tuple[str, str], dict[str, Any]]:
        """All items of the table as DynamoDB has them, by their keys."""
        found: list[dict[str, Any]] = []
        after: dict[str, Any] = {}
        while True:
            page = await self.client.scan(TableName=self.name, **after)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return {(item["PK"]["S"], item["SK"]["S"]): item for item in found}
            after = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    async def put(self, item: dict[str, Any]) -> None:
        """Write an item behind the layer's back."""
        await self.client.put_item(TableName=self.name, Item=item)

    async def count(self, rows: Rows) -> int:
        items = [(sk, item) for (pk, sk), item in (await self.items()).items() if pk.startswith("THREAD#")]
        prefix = {"threads": "THREAD", "elements": "ELEMENT#"}.get(rows, "STEP#")
        return sum(sk.startswith(prefix) and (rows != "feedbacks" or "feedback" in item) for sk, item in items)

    async def date(self, thread_id: str, created: str) -> None:
        await self.client.update_item(
            TableName=self.name,
            Key={"PK": {"S": f"THREAD#{thread_id}"}, "SK": {"S": "THREAD"}},
            UpdateExpression="SET createdAt = :at, UserThreadSK = :sk",
            ExpressionAttributeValues={":at": {"S": created}, ":sk": {"S": f"TS#{created}"}},
        )


def unopened(server: Server, **more: Any) -> Any:
    """A client of the server, as aiobotocore's session gives it."""
    config = AioConfig(retries={"mode": "standard", "total_max_attempts": 4})
    arguments = {"endpoint_url": server.url, "region_name": REGION, "config": config, **CREDENTIALS, **more}
    return SESSION.create_client("dynamodb", **arguments)


@asynccontextmanager
async def documented(server: Server) -> AsyncIterator[Documented]:
    """A layer on a new table."""
    async with unopened(server) as client:
        harness = Documented(server, client)
        await client.create_table(TableName=harness.name, **DOCUMENTED)
        yield harness


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with dynamodb() as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    """The server, with no calls yet and no faults."""
    running.calls.clear()
    running.faults.clear()
    return running
