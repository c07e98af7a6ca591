"""A connection of the writer or the reader: its transactions, and what becomes of it when the server goes away."""

import contextlib
import time
from collections.abc import Callable

import psycopg

from gateway.errors import SettingsError, StoreFailed
from gateway.store.postgresql.connection import PostgreSQLConnection
from gateway.store.postgresql.deadlines import Deadlines
from gateway.store.postgresql.leases import Leases

AGAIN_AFTER = 0.3
"""Seconds between two tries to connect: meanwhile all that is asked fails at once."""
NOW = "extract(epoch FROM clock_timestamp())::float8"
"""The time by the database's clock, in seconds since the epoch."""
READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""Begins a transaction that sees the database as it was at one moment."""
_WRITE = f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT {NOW}"


class PostgreSQLDatabase:
    """Implements ``gateway.store.core.database.Database`` on connections to one server, one at a time.

    Args:
        connect: Makes a connection.
        name: The name of the database in logs, without a password.
        leases: What this replica holds.
        deadlines: What gives up a connection that does not answer.
    """

    has_chores = False

    def __init__(
        self, connect: Callable[[], PostgreSQLConnection], *, name: str, leases: Leases, deadlines: Deadlines
    ) -> None:
        self._connect = connect
        self.name = name
        self.ownership = leases
        self._deadlines = deadlines
        self._tried = 0.0
        self.connection = self._connected()

    def _connected(self) -> PostgreSQLConnection:
        connection = self._connect()
        self._deadlines.watch(connection)
        return connection

    def do_chores(self) -> None:
        """Do nothing: the server tidies itself."""

    def check(self) -> None:
        """Do nothing: the server answers for what it commits."""

    def begin(self, *, writes: bool) -> None:
        """Begin a transaction, on a new connection if the last one was lost. One that writes finds out whether this
        process still is a replica, and keeps it one until it ends. Raises ``StoreFailed``."""
        if self.connection.closed:
            self._reconnect()
        if not writes:
            self.connection.run(READ)
            return
        membership = self.ownership.membership
        if membership is None:
            self.ownership.saw(self.connection.run(_WRITE).fetchone()[0], 0)
            return
        number, id = membership
        # Both were made by the gateway; several statements in one exchange can have no values.
        look = f", (SELECT until > {NOW} FROM replicas WHERE number = {number:d} AND id = '{id}' FOR KEY SHARE)"  # noqa: S608
        now, lives = self.connection.run(_WRITE + look).fetchone()
        self.ownership.saw(now, number if lives else 0)

    def _reconnect(self) -> None:
        if time.monotonic() - self._tried < AGAIN_AFTER:
            raise StoreFailed("there is no connection to the database")
        try:
            self.connection.close()
            self.connection = self._connected()
        except SettingsError as error:
            raise StoreFailed(str(error)) from None
        finally:
            self._tried = time.monotonic()

    def commit(self) -> None:
        """Commit the transaction."""
        self.connection.run("COMMIT")
        self.ownership.committed()

    def roll_back(self) -> None:
        """Undo the transaction, if one is open."""
        self.ownership.rolled_back()
        with contextlib.suppress(psycopg.Error):
            if not self.connection.closed and self.connection.in_transaction:
                self.connection.run("ROLLBACK")

    def translate(self, error: Exception) -> Exception:
        """Return ``StoreFailed`` for what is wrong with the server or the way to it, ``ValueError`` for a value that it
        cannot take, any other error as it is."""
        if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
            self.connection.close()  # another server is the primary now
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | psycopg.errors.ReadOnlySqlTransaction):
            return StoreFailed(line(error))
        return ValueError(line(error)) if isinstance(error, psycopg.DataError) else error

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def line(error: BaseException) -> str:
    """Return the first line of what the server said."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
