"""Transactions on a database with the documented tables: rows as plain values, and what databases do differently."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Delete, Executable, Insert, Table, Update, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gateway.data.sql.tables import Schema

_BUSY_MILLISECONDS = 10_000
"""How long a statement on SQLite waits for another connection that is writing."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """An open transaction."""

    connection: AsyncConnection
    schema: Schema

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is SQLite."""
        return self.connection.dialect.name == "sqlite"

    async def rows(self, table: Table, query: Executable) -> list[dict[str, Any]]:
        """Return the rows of the table that a query finds, by column."""
        result = await self.connection.execute(query)
        names = list(result.keys())
        return [self.schema.read(table, dict(zip(names, row, strict=True))) for row in result]

    async def row(self, table: Table, query: Executable) -> dict[str, Any] | None:
        """Return the only row that a query finds, None where it finds none."""
        found = await self.rows(table, query)
        return found[0] if found else None

    async def change(self, statement: Insert | Update | Delete) -> int:
        """Run a statement, and return how many rows it changed."""
        return (await self.connection.execute(statement)).rowcount

    async def upsert(
        self, table: Table, values: Mapping[str, Any], *, key: str = "id", otherwise: Mapping[str, Any] | None = None
    ) -> None:
        """Insert a row. Where there is one of the same key, change it as ``otherwise`` says, or leave it as it is."""
        new = self.schema.write(table, values)
        changed = self.schema.write(table, otherwise or {})
        statement = sqlite.insert(table) if self.on_sqlite else postgresql.insert(table)
        if changed:
            await self.connection.execute(
                statement.values(new).on_conflict_do_update(index_elements=[key], set_=changed)
            )
        else:
            await self.connection.execute(statement.values(new).on_conflict_do_nothing(index_elements=[key]))


class Database:
    """A database with the documented tables, which are looked up when it is first used.

    Args:
        url: SQLAlchemy's URL of the database.
        arguments: Arguments for the driver's connect.
    """

    def __init__(self, url: str, arguments: dict[str, Any]) -> None:
        self.engine: AsyncEngine = create_async_engine(url, connect_args=arguments, hide_parameters=True)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
        self._schema: Schema | None = None
        self._reading = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        """Open a transaction, which is committed at the end, or rolled back where an error is raised."""
        async with self.engine.begin() as connection:
            yield Transaction(connection, await self._schema_of(connection))

    async def _schema_of(self, connection: AsyncConnection) -> Schema:
        async with self._reading:
            if self._schema is None:
                self._schema = await connection.run_sync(Schema.of)
            return self._schema


def _prepare_sqlite(connection: Any, record: Any) -> None:
    """Give SQLite what it lacks: foreign keys, patience, and letters of every alphabet without regard to case."""
    connection.create_function("casefold", 1, _casefold)
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    cursor.close()


def _casefold(value: Any) -> str | None:
    return None if value is None else str(value).casefold()
