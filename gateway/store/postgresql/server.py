"""Looks at a PostgreSQL server at the start: whether what the gateway promises can be kept on it."""

from collections.abc import Sequence

import psycopg
import structlog

from gateway.errors import SettingsError
from gateway.store.postgresql.connection import PostgreSQLConnection
from gateway.store.postgresql.database import line

log = structlog.get_logger(__name__)

OLDEST = 14
"""The oldest version of PostgreSQL that the gateway runs on."""
_WARNINGS = {
    "synchronous_commit": "messages acknowledged in its last moments are lost if the server crashes: set it to on",
    "fsync": "the database is damaged if the server's machine crashes: set it to on",
    "full_page_writes": "the database may be damaged if the server's machine crashes: set it to on",
}
"""What is risked where a setting of the server is off."""


def connected(url: str, name: str, *, seconds: float) -> PostgreSQLConnection:
    """Connect. Raises ``SettingsError``, which names the database without its password and the fix.

    Args:
        url: The database's URL.
        name: What the server calls the connection.
        seconds: How long one statement may take.
    """
    try:
        return PostgreSQLConnection(url, name, seconds=seconds)
    except psycopg.Error as error:
        fix = "check the URL, that the server runs, and that its user may connect"
        raise SettingsError(f"DATABASE_URL: {line(error)}: {fix}") from None


def examine(connection: PostgreSQLConnection, another: PostgreSQLConnection) -> None:
    """Refuse a server on which messages could be lost or answered twice, and warn of settings by which they are lost
    when the server crashes. Raises ``SettingsError``.

    Args:
        connection: A connection on which nothing was done.
        another: A second one to the same address.
    """
    version = connection.native.info.server_version // 10_000
    if version < OLDEST:
        raise SettingsError(f"DATABASE_URL: the server is PostgreSQL {version}: {OLDEST} or newer is needed")
    if connection.execute("SELECT pg_is_in_recovery()").fetchone()[0]:
        raise SettingsError("DATABASE_URL: the server is a replica that only reads: name the primary")
    if _setting(connection, "transaction_read_only") == "on":
        raise SettingsError(
            "DATABASE_URL: transactions only read here (default_transaction_read_only): let the user write"
        )
    if _is_pooled(connection, another):
        raise SettingsError(
            "DATABASE_URL: a pooler (PgBouncer in transaction mode) gives each transaction another connection, so that "
            "no replica hears of what others store: name PostgreSQL itself, or a pool in session mode"
        )
    for name, risk in unsafe_settings(connection):
        log.warning("database.unsafe", setting=name, risk=risk)


def unsafe_settings(connection: PostgreSQLConnection) -> Sequence[tuple[str, str]]:
    """Return the settings of the server by which messages are lost when it crashes, each with what is risked and the
    fix."""
    return [(name, risk) for name, risk in _WARNINGS.items() if _setting(connection, name) == "off"]


def _setting(connection: PostgreSQLConnection, name: str) -> str:
    value: str = connection.execute("SELECT current_setting(?)", (name,)).fetchone()[0]
    return value


def _is_pooled(connection: PostgreSQLConnection, another: PostgreSQLConnection) -> bool:
    """Return whether two connections are one for the server, or one changes between transactions."""
    seen: list[int] = [
        each.execute("SELECT pg_backend_pid()").fetchone()[0] for each in (connection, another, connection)
    ]
    return seen[0] == seen[1] or seen[0] != seen[2]
