"""Transactions on a database with the documented tables: rows as plain values, and what databases do differently."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Delete, Executable, Table, Update, event, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gateway.data.sql.codecs import read_json
from gateway.data.sql.layouts import Layout
from gateway.data.sql.tables import Schema
from gateway.data.values import now
from gateway.database_urls import read_url

_BUSY_MILLISECONDS = 10_000
"""How long a statement on SQLite waits for another connection that is writing."""

_BATCH = 10_000
"""Values that are parameters of one statement, of which PostgreSQL's protocol counts no more than 32,767."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """An open transaction on a database with Chainlit's tables."""

    connection: AsyncConnection
    schema: Schema

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is SQLite."""
        return self.connection.dialect.name == "sqlite"

    async def rows(self, table: Table, query: Executable) -> list[dict[str, Any]]:
        """Return the rows of the table that a query finds, by column."""
        result = await self.connection.execute(query)
        return self.schema.plain(table, result.keys(), result.all())

    async def row(self, table: Table, query: Executable) -> dict[str, Any] | None:
        """Return the only row that a query finds, None where it finds none."""
        found = await self.rows(table, query)
        return found[0] if found else None

    async def change(self, statement: Update | Delete) -> int:
        """Run a statement, and return how many rows it changed."""
        return (await self.connection.execute(statement)).rowcount

    async def update(
        self,
        table: Table,
        which: ColumnElement[bool],
        values: Mapping[str, Any],
        computed: Mapping[str, ColumnElement[Any]] | None = None,
    ) -> int:
        """Change the rows of which the condition holds, and return how many those are.

        Args:
            table: The table.
            which: The condition.
            values: What is set; what the table has no column for is left out.
            computed: Columns that are set to what the database computes.
        """
        changes = self.schema.write(table, values) | dict(computed or {})
        if changes:
            changes |= self.schema.write(table, {"updatedAt": now()})
        return await self.change(update(table).where(which).values(changes or {"id": table.c.id}))

    async def insert(self, table: Table, values: Mapping[str, Any]) -> None:
        """Insert a row; what the table has no column for is left out."""
        await self.connection.execute(insert(table).values(self.schema.write(table, {"updatedAt": now(), **values})))

    async def upsert(
        self,
        table: Table,
        values: Mapping[str, Any],
        *,
        key: str = "id",
        otherwise: Mapping[str, Any] | None = None,
        computed: Mapping[str, ColumnElement[Any]] | None = None,
    ) -> None:
        """Insert a row. Where there is one of the same key, change it as ``otherwise`` and ``computed`` say, or leave
        it as it is."""
        at = {"updatedAt": now()}
        new = self.schema.write(table, {**at, **values})
        changed = self.schema.write(table, otherwise or {}) | dict(computed or {})
        statement = sqlite.insert(table) if self.on_sqlite else postgresql.insert(table)
        if changed:
            changed |= self.schema.write(table, at)
            await self.connection.execute(
                statement.values(new).on_conflict_do_update(index_elements=[key], set_=changed)
            )
        else:
            await self.connection.execute(statement.values(new).on_conflict_do_nothing(index_elements=[key]))


class Database:
    """A database with the tables of a schema, which are looked up when it is first used.

    Args:
        url: The database's URL, as an operator writes it.
        arguments: Arguments for the driver's connect; they win over what the URL says.
        layout: The schema.
    """

    def __init__(self, url: str, arguments: Mapping[str, Any], layout: Layout) -> None:
        target = read_url(url)
        self.engine: AsyncEngine = create_async_engine(
            target.url,
            connect_args={**target.arguments, **arguments},
            hide_parameters=True,
            json_deserializer=read_json,
            # A connection that the server ended while it lay in the pool is replaced; each transaction asks once more.
            pool_pre_ping=target.url.get_backend_name() == "postgresql",
        )
        self._layout = layout
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
                self._schema = await connection.run_sync(Schema.of, self._layout)
            return self._schema


def batches(values: Iterable[str]) -> Iterator[list[str]]:
    """Yield the values in lists that are not too long for the parameters of a statement."""
    found = list(values)
    for start in range(0, len(found), _BATCH):
        yield found[start : start + _BATCH]


def _prepare_sqlite(connection: Any, record: Any) -> None:
    """Give SQLite what it lacks: foreign keys, patience, and letters of every alphabet without regard to case."""
    connection.create_function("casefold", 1, _casefold)
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    cursor.close()


def _casefold(value: Any) -> str | None:
    return None if value is None else str(value).casefold()
