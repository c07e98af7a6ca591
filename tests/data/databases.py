"""Databases of their own for the tests of the layers that speak SQL."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.data.chainlit_data_layer import ChainlitDataLayer
from gateway.data.sql.layer import SQLDataLayer
from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from tests.data.schemas import DOCUMENTED, INDEXES, OFFICIAL, OFFICIAL_INDEXES
from tests.data.support import ROWS, Folder, Rows
from tests.support.postgres import database

L = TypeVar("L", bound=SQLDataLayer)


class SqlHarness(Generic[L]):
    """A layer on a SQL database; a ``Harness``."""

    tables: ClassVar[Mapping[Rows, str]]
    """What the database calls the tables, in quotes where it has to."""
    thread: ClassVar[str]
    step: ClassVar[str]
    feedback: ClassVar[str]
    """Statements that insert a row."""

    def __init__(self, make: Callable[[Folder | None], L]) -> None:
        self.folder = Folder()
        self.layer = make(self.folder)
        self._make = make
        self._without_storage = make(None)

    @property
    def engine(self) -> AsyncEngine:
        return self.layer.engine

    @property
    def on_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def registered(self) -> L:
        return self._make(self.folder)

    async def without_storage(self) -> L:
        return self._without_storage

    async def count(self, rows: Rows) -> int:
        return len(await self.run(f"SELECT * FROM {self.tables[rows]}"))

    async def date(self, thread_id: str, created: str | None) -> None:
        parameters = {"at": None if created is None else self.moment(created), "id": thread_id}
        await self.run(f'UPDATE {self.tables["threads"]} SET "createdAt" = :at WHERE "id" = :id', parameters)

    def moment(self, text: str) -> Any:
        """A time as the database's driver takes it for a row."""
        return text

    async def run(self, sql: str, *parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Run a statement behind the layer's back, and return its rows."""
        many = list(parameters) if len(parameters) > 1 else (parameters[0] if parameters else {})
        async with self.engine.begin() as connection:
            result = await connection.execute(text(sql), many)
            return result.fetchall() if result.returns_rows else []

    async def close(self) -> None:
        await self.layer.close()
        await self._without_storage.close()


AnyHarness = SqlHarness[Any]


class Documented(SqlHarness[SQLAlchemyDataLayer]):
    """A layer on the documented tables."""

    tables: ClassVar[Mapping[Rows, str]] = {rows: rows for rows in ROWS}
    thread = 'INSERT INTO threads ("id", "createdAt", "userId") VALUES (:id, :at, :user)'
    step = (
        'INSERT INTO steps ("id", "name", "type", "threadId", "streaming", "output", "createdAt")'
        " VALUES (:id, 'bot', 'run', :thread, FALSE, 'said', :at)"
    )
    feedback = 'INSERT INTO feedbacks ("id", "forId", "threadId", "value") VALUES (:id, :step, :thread, :value)'


class Official(SqlHarness[ChainlitDataLayer]):
    """A layer on the tables of Chainlit's official one."""

    tables: ClassVar[Mapping[Rows, str]] = {
        "threads": '"Thread"', "steps": '"Step"', "elements": '"Element"', "feedbacks": '"Feedback"'
    }  # fmt: skip
    thread = 'INSERT INTO "Thread" ("id", "createdAt", "metadata", "userId") VALUES (:id, :at, \'{}\', :user)'
    step = (
        'INSERT INTO "Step" ("id", "name", "type", "threadId", "metadata", "output", "createdAt", "startTime",'
        " \"endTime\") VALUES (:id, 'bot', 'run', :thread, '{}', 'said', :at, :at, :at)"
    )
    feedback = 'INSERT INTO "Feedback" ("id", "stepId", "name", "value") VALUES (:id, :step, \'user_feedback\', :value)'

    def moment(self, text: str) -> Any:
        return datetime.fromisoformat(text).replace(tzinfo=None)


@asynccontextmanager
async def documented(folder: Path | None = None, statements: Sequence[str] = DOCUMENTED) -> AsyncIterator[Documented]:
    """A layer on a new database with these tables: on SQLite in the folder, without one on PostgreSQL."""
    async with AsyncExitStack() as stack:
        made = f"sqlite+aiosqlite:///{folder}/{uuid4().hex}.db"
        url = made if folder is not None else await stack.enter_async_context(database())
        harness = Documented(lambda storage: SQLAlchemyDataLayer(url, storage_provider=storage))
        stack.push_async_callback(harness.close)
        for statement in (*statements, *INDEXES):
            await harness.run(statement.format(list="TEXT" if harness.on_sqlite else "TEXT[]"))
        yield harness


@asynccontextmanager
async def official(statements: Sequence[str] = OFFICIAL) -> AsyncIterator[Official]:
    """A layer on a new PostgreSQL database with the tables of Chainlit's official one."""
    async with database() as url, AsyncExitStack() as stack:
        plain = url.replace("+asyncpg", "")
        harness = Official(lambda storage: ChainlitDataLayer(plain, storage))
        stack.push_async_callback(harness.close)
        for statement in (*statements, *OFFICIAL_INDEXES):
            await harness.run(statement)
        yield harness
