"""Looks at the database that a URL names, for ``gateway doctor``: beside gateways that run on it, writing nothing."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.disk import has_no_room, make_room, may_write, network_file_system
from gateway.errors import SettingsError
from gateway.store.core.codec import loads
from gateway.store.migrations import refuse_newer
from gateway.store.sqlite import schema
from gateway.store.sqlite.file import clear_errors
from gateway.store.urls import NO_DRIVER, is_postgresql, sqlite_file

STATEMENT_SECONDS = 2.0
"""How long one statement may take."""
_VALUE = "SELECT body FROM key_values WHERE owner = ? AND name = ?"


@dataclass(frozen=True, slots=True)
class Condition:
    """What was found of a database."""

    server: str
    """The database and its version: ``SQLite 3.45.1``."""
    version: int
    """The version of the tables, 0 where there are none yet."""
    warnings: tuple[str, ...] = ()
    """What may go wrong though the gateway starts, each with the fix."""
    ahead: float | None = None
    """Seconds that this machine's clock is ahead of the database's; None where the database has no clock of its own."""
    replicas: int | None = None
    """The number of gateways that run on it; None where the database does not say."""
    value: Mapping[str, Any] | None = None
    """The value that was asked for; None where it is not there."""


def examine(url: str, *, value: tuple[str, str]) -> Condition:
    """Look at a database. The call waits, so make it in a thread.

    Args:
        url: ``sqlite:///FOLDER/FILE``, or ``postgresql://USER@HOST/NAME`` with libpq's parameters.
        value: The owner and the name of a value to read.

    Raises:
        SettingsError: The gateway would not start on this database; the text is one line with the fix.
    """
    if not is_postgresql(url):
        return _sqlite(sqlite_file(url), value)
    try:
        return _postgresql(url, value)
    except ImportError:
        raise SettingsError(NO_DRIVER) from None


def _sqlite(path: Path, value: tuple[str, str]) -> Condition:
    server, kind = f"SQLite {sqlite3.sqlite_version}", network_file_system(path)
    warnings: tuple[str, ...] = ()
    if kind is not None:
        warnings = (
            f"{path} is on a network file system ({kind}), where SQLite's locks may not hold: use a local disk",
        )
    if has_no_room(path):
        raise SettingsError(f"database {path}: the disk is full: {make_room(path)}")
    if not may_write(path.parent) or (path.exists() and not os.access(path, os.W_OK)):
        raise SettingsError(f"database {path}: it cannot be written: make the file and its folder writable")
    if not path.exists():
        return Condition(server, 0, warnings)
    with clear_errors(path), contextlib.closing(_reader(path)) as connection:
        found = schema.version(connection)
        refuse_newer(found)
        row = connection.execute(_VALUE, value).fetchone() if found else None
        return Condition(server, found, warnings, value=loads(row[0]) if row else None)


def _reader(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=STATEMENT_SECONDS)


def _postgresql(url: str, value: tuple[str, str]) -> Condition:
    import psycopg

    from gateway.store.postgresql import schema as tables
    from gateway.store.postgresql.beside import REPLICAS
    from gateway.store.postgresql.database import NOW, line
    from gateway.store.postgresql.server import connected, examine, unsafe_settings

    name = tables.shown(url)
    with contextlib.ExitStack() as stack:
        connection, another = (
            stack.enter_context(contextlib.closing(connected(url, "gateway doctor", seconds=STATEMENT_SECONDS)))
            for _ in range(2)
        )
        try:
            examine(connection, another)
            asked = time.time()
            server_time: float = connection.execute(f"SELECT {NOW}").fetchone()[0]
            ahead = (asked + time.time()) / 2 - server_time
            found = tables.version(connection, name)
            row = connection.execute(_VALUE, value).fetchone() if found else None
            replicas: int = connection.execute(REPLICAS).fetchone()[0] if found else 0
            number = connection.native.info.server_version
            return Condition(
                f"PostgreSQL {number // 10_000}.{number % 10_000}",
                found,
                tuple(f"{setting} is off: {risk}" for setting, risk in unsafe_settings(connection)),
                ahead,
                replicas,
                loads(row[0]) if row else None,
            )
        except psycopg.Error as error:
            raise SettingsError(f"database {name}: {line(error)}: see the server's log") from None
