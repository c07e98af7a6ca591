"""A data layer on the schema of Chainlit's official one, on PostgreSQL. An existing database, which Prisma's migrations
made, is read and written as it is."""

from collections.abc import Mapping
from typing import Any

from gateway.data.sql.layer import SQLDataLayer
from gateway.data.sql.layouts import OFFICIAL
from gateway.data.sql.transactions import Database
from gateway.data.storage_clients.base import BaseStorageClient
from gateway.data.values import clean, now


class ChainlitDataLayer(SQLDataLayer):
    """Keeps threads in a PostgreSQL database with the tables ``"User"``, ``"Thread"``, ``"Step"``, ``"Element"`` and
    ``"Feedback"`` of Chainlit's official data layer, which its Prisma migrations have created.

    Every error of the database is raised; its text leaves the statement's parameters out. Times are ISO 8601 in UTC, to
    the millisecond. NUL characters and halves of surrogate pairs, which PostgreSQL refuses, become U+FFFD. Threads that
    are marked as deleted (``deletedAt``) are not shown.

    Args:
        database_url: The database's URL, ``postgresql://user:password@host/name``. Its parameters are libpq's, as far
            as asyncpg knows them, and Prisma's ``schema``. With ``sslmode=verify-full`` the connection is encrypted and
            the server's certificate verified; the default ``prefer`` encrypts where the server can, verifying nothing.
        storage_client: Where the contents of elements go; without one only elements without content are kept.
        show_logger: Whether each call is logged.

    Raises:
        ValueError: The URL cannot be read, or is not one of PostgreSQL.
    """

    def __init__(
        self, database_url: str, storage_client: BaseStorageClient | None = None, show_logger: bool = False
    ) -> None:
        super().__init__(Database(database_url, {}, OFFICIAL), storage_client, show_logger)
        if self.engine.dialect.name != "postgresql":
            raise ValueError(
                "Chainlit's official schema is one of PostgreSQL: write postgresql://user:password@host/name,"
                " or take gateway.data.sql_alchemy.SQLAlchemyDataLayer for SQLite"
            )

    @property
    def storage_client(self) -> BaseStorageClient | None:
        """The storage of the contents of elements."""
        return self.storage_provider

    async def execute_query(self, query: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run a statement in a transaction of its own, and return its rows: JSON as dicts and lists, times as
        ``datetime``.

        Args:
            query: The SQL, with ``$1``, ``$2``, … for the parameters.
            params: The parameters in their order, by names that do not matter; they are bound, never pasted in.
        """
        async with self.engine.begin() as connection:
            result = await connection.exec_driver_sql(query, tuple(clean(list((params or {}).values()))))
            return [dict(row) for row in result.mappings()] if result.returns_rows else []

    async def get_current_timestamp(self) -> str:
        """Return the time now: ISO 8601 in UTC."""
        return now()
