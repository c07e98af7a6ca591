"""Reads a database on PostgreSQL beside the replicas that may be running on it."""

from collections.abc import Generator
from contextlib import closing, contextmanager

import psycopg

from gateway.errors import SettingsError
from gateway.store.postgresql import schema
from gateway.store.postgresql.connection import PostgreSQLConnection
from gateway.store.postgresql.database import NOW, READ, line
from gateway.store.postgresql.server import connected

_SECONDS = 60.0
"""How long one statement may take."""
REPLICAS = f"SELECT count(*) FROM replicas WHERE until > {NOW}"  # noqa: S608


@contextmanager
def reading(url: str) -> Generator[PostgreSQLConnection]:
    """Open a connection with a transaction that only reads, for the time of a block.

    Args:
        url: The database's URL.

    Raises:
        SettingsError: The database cannot be reached or read, or it needs another version of the gateway.
    """
    name = schema.shown(url)
    with closing(connected(url, "gateway command", seconds=_SECONDS)) as connection:
        try:
            schema.check_current(connection, name)
            # Whoever reads may take long with what was read so far.
            connection.run(f"SET idle_in_transaction_session_timeout = 0; {READ}")
            yield connection
        except psycopg.Error as error:
            raise SettingsError(f"database {name}: {line(error)}: try again when it is mended") from None


def replicas(url: str) -> int:
    """Return how many replicas live on a database. Raises ``SettingsError`` as ``reading`` does.

    Args:
        url: The database's URL.
    """
    with reading(url) as connection:
        count: int = connection.execute(REPLICAS).fetchone()[0]
        return count
