"""A data layer on each database: SQLite always, PostgreSQL where there is one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from tests.data.schemas import DOCUMENTED, INDEXES
from tests.data.support import Folder, Open
from tests.support.postgres import database


@pytest.fixture(params=["sqlite", "postgresql"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """A function that makes a database with some statements, and returns a layer on it."""
    on_sqlite = request.param == "sqlite"
    async with AsyncExitStack() as stack:

        async def open(
            statements: tuple[str, ...] = DOCUMENTED, storage_provider: Folder | None = None
        ) -> SQLAlchemyDataLayer:
            made = f"sqlite+aiosqlite:///{tmp_path}/{uuid4().hex}.db"
            url = made if on_sqlite else await stack.enter_async_context(database())
            layer = SQLAlchemyDataLayer(url, storage_provider=storage_provider)
            stack.push_async_callback(layer.close)
            async with layer.engine.begin() as connection:
                for statement in (*statements, *INDEXES):
                    await connection.execute(text(statement.format(list="TEXT" if on_sqlite else "TEXT[]")))
            return layer

        yield open


@pytest.fixture
def folder() -> Folder:
    """A storage for contents."""
    return Folder()


@pytest.fixture
async def layer(opened: Open, folder: Folder) -> SQLAlchemyDataLayer:
    """A layer on the documented schema, with a storage."""
    return await opened(storage_provider=folder)
