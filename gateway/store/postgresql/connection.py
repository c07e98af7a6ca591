"""Connections to PostgreSQL, which run the store's statements in the database's own words."""

import json
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import psycopg
from psycopg import RawCursor, RawServerCursor
from psycopg.adapt import Dumper
from psycopg.types.array import ArrayBinaryLoader
from psycopg.types.json import JsonbBinaryLoader

from gateway.database_urls import libpq_url
from gateway.store.core.words import ListText
from gateway.store.postgresql.words import translated

CONNECT = 3
"""Seconds that making a connection may take."""
SILENCE = 4
"""Seconds after which what was sent has to have arrived at the server's machine."""
FORGOTTEN = 4
"""Seconds after which the server ends the connection of a replica that has a transaction open and says nothing, because
it is frozen: shorter than a lease, so that nothing it holds outlives that."""


class _JsonText(JsonbBinaryLoader):
    """Reads JSON as its text, as SQLite keeps it."""

    def load(self, data: Any) -> str:
        return bytes(data[1:]).decode()  # after the number of the format


class _ListText(ArrayBinaryLoader):
    """Reads a list of texts as the text of a JSON array, as SQLite keeps it."""

    base_oid = psycopg.adapters.types["text"].oid

    def load(self, data: Any) -> Any:
        return json.dumps(super().load(data), ensure_ascii=False)


class _ListDumper(Dumper):
    """Writes the text of a JSON array as a list of texts."""

    oid = psycopg.adapters.types["text"].array_oid

    def dump(self, obj: str) -> bytes:
        quoted = (each.replace("\\", "\\\\").replace('"', '\\"') for each in json.loads(obj))
        return ("{" + ",".join(f'"{each}"' for each in quoted) + "}").encode()


class PostgreSQLConnection:
    """A connection for one thread. It is given up when the server does not answer in time (``Deadlines``).

    Args:
        url: The database's URL.
        name: What the server calls the connection (``application_name``), at most 63 characters.
        seconds: How long one statement may take.
    """

    dialect: Literal["postgresql"] = "postgresql"

    def __init__(self, url: str, name: str, *, seconds: float) -> None:
        self.silence = seconds + 1
        """Seconds after which a statement without an answer is given up."""
        self.busy_since: float | None = None
        """When the statement was sent that is not answered yet (monotonic seconds); None while there is none."""
        self._streams = 0
        self._connection = psycopg.connect(
            libpq_url(url),
            autocommit=True,
            application_name=name,
            connect_timeout=CONNECT,
            keepalives_idle=2,
            keepalives_interval=1,
            keepalives_count=3,
            tcp_user_timeout=SILENCE * 1000,
            cursor_factory=RawCursor,
        )
        adapters = self._connection.adapters
        adapters.register_loader("jsonb", _JsonText)
        adapters.register_dumper(ListText, _ListDumper)
        adapters.register_loader(psycopg.adapters.types["text"].array_oid, _ListText)
        self._socket = socket.socket(fileno=socket.dup(self._connection.fileno()))
        milliseconds = int(seconds * 1000)
        self.run(
            f"SET idle_in_transaction_session_timeout = '{FORGOTTEN}s'; SET statement_timeout = {milliseconds};"
            f" SET lock_timeout = {milliseconds}; SET timezone = 'UTC'"
        )

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Any:
        """Run the statement once."""
        self.busy_since = time.monotonic()
        try:
            return self._connection.execute(translated(statement), values, binary=True)
        finally:
            self.busy_since = None

    def stream(self, statement: str, values: Sequence[Any] = (), /) -> Iterator[Any]:
        """Run the statement in the transaction that is open, and yield its rows, some at a time from the server."""
        self._streams += 1
        with RawServerCursor(self._connection, f"stream_{self._streams}") as cursor:
            cursor.execute(translated(statement), values, binary=True)
            yield from cursor

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> Any:
        """Run the statement once for each row of values, in one exchange with the server."""
        self.busy_since = time.monotonic()
        try:
            cursor = self._connection.cursor(binary=True)
            cursor.executemany(translated(statement), rows)
            return cursor
        finally:
            self.busy_since = None

    def run(self, statements: str) -> Any:
        """Run statements without values, separated by semicolons, in one exchange; return what the last one gave."""
        self.busy_since = time.monotonic()
        try:
            cursor = self._connection.execute(statements.encode())
            while cursor.nextset():
                pass
            return cursor
        finally:
            self.busy_since = None

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, failed or not."""
        return self._connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE

    @property
    def native(self) -> psycopg.Connection[Any]:
        """The driver's own connection."""
        return self._connection

    @property
    def closed(self) -> bool:
        """Whether the connection was closed or lost."""
        return self._connection.closed

    def abort(self) -> None:
        """Wake the thread that waits for the server, with an error. Called from another thread."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it was lost already

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()
        self._connection.close()
