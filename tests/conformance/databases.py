"""Databases for the samples that register a data layer."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest
from aiobotocore.session import get_session  # type: ignore[import-untyped]

from tests.conformance.completions import TABLE
from tests.data.schemas import DOCUMENTED as TABLES
from tests.support.dynamodb import CREDENTIALS, DOCUMENTED, REGION, dynamodb


def make_tables(path: str) -> None:
    """Make the documented tables in a file of SQLite, as an operator does before the bot runs."""
    with closing(sqlite3.connect(path)) as database:
        for statement in TABLES:
            database.execute(statement.format(list="TEXT").replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
        database.commit()


@asynccontextmanager
async def dynamodb_table(patch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Run DynamoDB with the documented table, where the environment says it is."""
    with dynamodb() as server:
        patch.setenv("AWS_ENDPOINT_URL", server.url)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_REGION", REGION)
        for name, value in CREDENTIALS.items():
            patch.setenv(name.upper(), value)
        async with get_session().create_client("dynamodb") as client:
            await client.create_table(TableName=TABLE, **DOCUMENTED)
            yield
            await client.delete_table(TableName=TABLE)  # the server's memory is that of the process
