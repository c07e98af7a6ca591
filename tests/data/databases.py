"""Databases of their own for the tests of the layers that speak SQL."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from tests.data.schemas import DOCUMENTED, INDEXES
from tests.data.support import Folder, Rows
from tests.support.postgres import database


class Documented:
    """A layer on the documented tables; a ``Harness``.

    Args:
        url: The database's URL.
    """

    tables: Mapping[Rows | str, str] = {rows: rows for rows in ("threads", "steps", "elements", "feedbacks")}
    thread = 'INSERT INTO threads ("id", "createdAt", "userId") VALUES (:id, :at, :user)'
    step = (
        'INSERT INTO steps ("id", "name", "type", "threadId", "streaming", "output", "createdAt")'
        " VALUES (:id, 'bot', 'run', :thread, FALSE, 'said', :at)"
    )
    feedback = 'INSERT INTO feedbacks ("id", "forId", "threadId", "value") VALUES (:id, :step, :thread, :value)'

    def __init__(self, url: str, **more: Any) -> None:
        self.url = url
        self.folder = Folder()
        self.layer = SQLAlchemyDataLayer(url, storage_provider=self.folder, **more)
        self.bare = SQLAlchemyDataLayer(url)

    @property
    def engine(self) -> AsyncEngine:
        return self.layer.engine

    @property
    def on_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    async def without_storage(self) -> SQLAlchemyDataLayer:
        return self.bare

    async def count(self, rows: Rows) -> int:
        return len(await self.run(f"SELECT * FROM {self.tables[rows]}"))

    async def date(self, thread_id: str, created: str | None) -> None:
        await self.run('UPDATE threads SET "createdAt" = :at WHERE "id" = :id', {"at": created, "id": thread_id})

    def moment(self, second: int) -> Any:
        """A time of a row, as the database's driver takes it."""
        return f"2026-01-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000000Z"

    async def run(self, sql: str, *parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Run a statement behind the layer's back, and return its rows."""
        many = list(parameters) if len(parameters) > 1 else (parameters[0] if parameters else {})
        async with self.engine.begin() as connection:
            result = await connection.execute(text(sql), many)
            return result.fetchall() if result.returns_rows else []

    async def close(self) -> None:
        await self.layer.close()
        await self.bare.close()


@asynccontextmanager
async def documented(
    folder: Path | None = None, statements: Sequence[str] = DOCUMENTED, **more: Any
) -> AsyncIterator[Documented]:
    """A layer on a new database with these tables: on SQLite in the folder, without one on PostgreSQL."""
    async with AsyncExitStack() as stack:
        made = f"sqlite+aiosqlite:///{folder}/{uuid4().hex}.db"
        url = made if folder is not None else await stack.enter_async_context(database())
        harness = Documented(url, **more)
        stack.push_async_callback(harness.close)
        for statement in (*statements, *INDEXES):
            await harness.run(statement.format(list="TEXT" if harness.on_sqlite else "TEXT[]"))
        yield harness
