"""What the command line does to a database file: migrate it, look at its version, copy it, put another in its place."""

import contextlib
import sqlite3
from collections.abc import Callable, Generator
from pathlib import Path

from gateway.errors import SettingsError
from gateway.store.migrations import refuse_newer
from gateway.store.sqlite import schema
from gateway.store.sqlite.file import PAGE, OwnerLock, clear_errors, connect, use_log

COPIED_PAGES = 2_500
"""Pages (10 MB) that are copied at a time."""


def upgrade(path: Path) -> int:
    """Create the tables or migrate them while no gateway uses the file, and return the version they had, 0 for none.

    Args:
        path: The file; it is made, and its folder, where there is none.

    Raises:
        SettingsError: A gateway is using the file (its process is named), or the file cannot be used.
    """
    with alone(path) as path, clear_errors(path), contextlib.closing(connect(path)) as connection:
        use_log(connection)
        return schema.migrate(connection, path)


@contextlib.contextmanager
def alone(path: Path) -> Generator[Path]:
    """Keep gateways from using the file during the block, which gets the path without symbolic links. Where there is no
    such file there is an empty one; at the end it is removed if it is empty still.

    Args:
        path: The file; its folder is made where there is none.

    Raises:
        SettingsError: A gateway is using the file (its process is named), or the file cannot be made.
    """
    with clear_errors(path):
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = OwnerLock(path)
    try:
        yield path
    finally:
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size == 0:
                path.unlink()
        lock.release()


def settle(path: Path) -> None:
    """Move all that is committed into the database file and remove the files beside it, so that another file can take
    its place. A file that is damaged stays as it is.

    Args:
        path: The file, which nobody uses.
    """
    with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)


def current(path: Path) -> int:
    """Return the version of the tables, 0 where there are none, beside a gateway that may be running.

    Args:
        path: The file.

    Raises:
        SettingsError: There is no such file, or it is no database of the gateway's.
    """
    with clear_errors(path):
        if not path.exists():
            raise SettingsError("there is none: set DATABASE_URL to the one the gateway runs on")
        with contextlib.closing(connect(path)) as connection:
            return schema.version(connection)


def snapshot(path: Path, to: Path, at: Callable[[int, int], None]) -> int:
    """Copy what the database holds at one moment, beside a gateway that may be writing, and return the version of its
    tables.

    Args:
        path: The file.
        to: An empty file, which becomes a database of its own.
        at: Is called now and then with the bytes that are copied and those there are.

    Raises:
        SettingsError: There is no such file, it is no database of the gateway's, or is one of a newer gateway.
        sqlite3.Error: The copy cannot be written.
    """
    with contextlib.ExitStack() as stack:
        with clear_errors(path):
            if not path.exists():
                raise SettingsError("there is none: set DATABASE_URL to the one the gateway runs on")
            source = stack.enter_context(contextlib.closing(connect(path)))
            # All pages are read in this transaction: a backup without one starts again whenever somebody commits.
            source.execute("BEGIN")
            found = schema.version(source)
            refuse_newer(found)
            if found == 0:
                raise SettingsError("it is empty: start the gateway once")
        copy = stack.enter_context(contextlib.closing(sqlite3.connect(to)))
        source.backup(
            copy, pages=COPIED_PAGES, progress=lambda _, left, all: at((all - left) * PAGE, all * PAGE), sleep=0.01
        )
    return found
