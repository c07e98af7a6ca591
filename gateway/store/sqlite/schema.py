"""The tables of a SQLite file: which version they have, and how they are brought up to date.

Alembic is imported when there is something to migrate: the start on an up-to-date database does without.
"""

import contextlib
import glob
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.errors import SettingsError
from gateway.store.migrations import HEAD, belongs_to_another, number, refuse_newer

if TYPE_CHECKING:
    from sqlalchemy import Connection


def version(connection: sqlite3.Connection) -> int:
    """Return the schema's version, 0 for an empty database. Raises ``SettingsError`` for a database of another
    program."""
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not names:
        return 0
    if "alembic_version" in names:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    elif "schema_version" in names:  # a gateway before Alembic made it
        row = connection.execute("SELECT version FROM schema_version").fetchone()
    else:
        row = None
    if row is None or "deliveries" not in names:
        raise belongs_to_another()
    return number(str(row[0]))


def check_current(connection: sqlite3.Connection) -> None:
    """Raise ``SettingsError`` unless the schema is exactly the one this code knows."""
    found = version(connection)
    refuse_newer(found)
    if found < HEAD:
        raise SettingsError(f"its schema is version {found}, not {HEAD}: start the gateway once to migrate it")


def migrate(connection: sqlite3.Connection, path: Path) -> int:
    """Bring the database at ``path`` up to date and return the version it had. An existing one is copied to
    ``<path>.v<that version>`` first; the migration is one transaction."""
    found = version(connection)
    refuse_newer(found)
    if found == HEAD:
        return found
    if found > 0:
        _copy(connection, copy_of(path, found))
    _bring_up_to_date(path, found)
    return found


def copy_of(path: Path, version: int) -> Path:
    """Return where the copy of a database is that is made before it is migrated from a version."""
    return path.with_name(f"{path.name}.v{version}")


def copies_of(path: Path) -> list[Path]:
    """Return the copies of a database that migrations have left beside it. What people wrote is in them, whatever is
    deleted from the database since.

    Args:
        path: The database.
    """
    return sorted(
        each for each in path.parent.glob(f"{glob.escape(path.name)}.v*") if each.name.rpartition(".v")[2].isdecimal()
    )


def _bring_up_to_date(path: Path, found: int) -> None:
    from sqlalchemy import URL, NullPool, create_engine, event
    from sqlalchemy.exc import DBAPIError

    from gateway.store.migrations.changes import bring_up_to_date

    # The driver begins no transaction of its own (isolation_level=None), so that tables are changed in this one.
    engine = create_engine(
        URL.create("sqlite", database=str(path)), poolclass=NullPool, connect_args={"isolation_level": None}
    )
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            bring_up_to_date(connection, found)
    except DBAPIError as error:
        raise error.orig or error from None
    finally:
        engine.dispose()


def _begin(connection: "Connection") -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _copy(connection: sqlite3.Connection, to: Path) -> None:
    """Copy the database. Where that fails no part of a copy is left: it would only fill the disk."""
    to.unlink(missing_ok=True)  # a partial copy is there if the machine died while one was made
    to.touch(mode=0o600)
    try:
        with contextlib.closing(sqlite3.connect(to)) as copy:
            connection.backup(copy)
    except BaseException:
        to.unlink(missing_ok=True)
        raise
