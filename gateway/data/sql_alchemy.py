"""A data layer on any database that SQLAlchemy speaks to, in Chainlit's documented schema: SQLite and PostgreSQL are
tested. An existing Chainlit database is read and written as it is."""

import ssl
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from gateway.data.sql import pages, threads
from gateway.data.sql.layer import SQLDataLayer
from gateway.data.sql.layouts import DOCUMENTED
from gateway.data.sql.transactions import Database
from gateway.data.storage_clients.base import BaseStorageClient
from gateway.data.values import clean, now
from gateway.types import ThreadDict


class SQLAlchemyDataLayer(SQLDataLayer):
    """Keeps threads in a database with Chainlit's documented tables, which somebody has created.

    Every error of the database is raised; its text leaves the statement's parameters out. Times are ISO 8601 in UTC.
    NUL characters and halves of surrogate pairs, which databases refuse, become U+FFFD.

    Args:
        conninfo: The database's URL: ``sqlite:///file.db`` or ``postgresql://user:password@host/name``; it may name an
            asynchronous driver (``postgresql+asyncpg://…``).
        connect_args: Arguments for the driver's connect.
        ssl_require: Whether the connection must be encrypted; the server's certificate is verified.
        storage_provider: Where the contents of elements go; without one only elements without content are kept.
        user_thread_limit: How many threads ``get_all_user_threads`` returns at most.
        show_logger: Whether each call is logged.
    """

    def __init__(
        self,
        conninfo: str,
        connect_args: dict[str, Any] | None = None,
        ssl_require: bool = False,
        storage_provider: BaseStorageClient | None = None,
        user_thread_limit: int = 1000,
        show_logger: bool = False,
    ) -> None:
        arguments = dict(connect_args or {})
        if ssl_require:
            arguments["ssl"] = ssl.create_default_context()
        super().__init__(Database(conninfo, arguments, DOCUMENTED), storage_provider, show_logger)
        self.user_thread_limit = user_thread_limit

    async def execute_sql(self, query: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]] | int:
        """Run a statement in a transaction of its own, and return its rows, or how many rows it changed.

        The rows are as the driver gives them, ids as text: SQLite's JSON is text.

        Args:
            query: The SQL, with ``:name`` for each parameter.
            parameters: The parameters by name; they are bound, never pasted in.
        """
        async with self.engine.begin() as connection:
            result = await connection.execute(text(query), clean(dict(parameters)))
            if not result.returns_rows:
                return result.rowcount
            names = list(result.keys())
            rows = [[str(each) if isinstance(each, uuid.UUID) else each for each in row] for row in result]
        return [dict(zip(names, row, strict=True)) for row in rows]

    async def get_current_timestamp(self) -> str:
        """Return the time now, as the tables hold it."""
        return now()

    async def get_all_user_threads(
        self, user_id: str | None = None, thread_id: str | None = None
    ) -> list[ThreadDict] | None:
        """Return the newest threads of a user, ``user_thread_limit`` at most, or one thread; None if there is no such.

        Args:
            user_id: The user's id.
            thread_id: The thread's id.
        """
        if thread_id is not None:
            thread = await self.get_thread(thread_id)
            return None if thread is None else [thread]
        async with self._transaction("get_all_user_threads", user_id) as t:
            found = await threads.read(t, pages.newest(t, user_id).limit(self.user_thread_limit))
        return await self._signed(found)
