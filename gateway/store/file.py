"""Opening the database file: one owner at a time, and one clear line for whatever stands in the way."""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Generator
from pathlib import Path

from gateway.errors import SettingsError
from gateway.store import schema

BUSY_TIMEOUT = 5.0
"""Seconds to wait for another process's write (the command line working on dead letters) before giving up."""
PAGE = 4096
LONG_LOG = 4_000
"""Pages in the write-ahead log that are worth moving to the database file while nothing else is to be done. That takes
ten milliseconds or more, in which no delivery is stored."""
LONGEST_LOG = 25_000
"""Pages (100 MB) after which they are moved by the commit that comes next, however busy the store is."""


class OwnerLock:
    """The operating system's lock on ``<database>.lock``: it ends with the process, however that ends."""

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(self._descriptor, 20).decode(errors="replace").strip()
            os.close(self._descriptor)
            process = f"process {owner}" if owner else "another process"
            raise SettingsError(
                f"{process} is using it: stop that one, or let DATABASE_URL name another file"
            ) from None
        except OSError:
            os.close(self._descriptor)
            raise
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others in. The file stays: removing it would let two processes lock two files of one name."""
        os.close(self._descriptor)


@contextlib.contextmanager
def clear_errors(path: Path) -> Generator[None]:
    """Whatever goes wrong while opening, as one line that names the database and the fix."""
    try:
        yield
    except SettingsError as error:
        raise SettingsError(f"database {path}: {error}") from None
    except OSError as error:
        raise SettingsError(
            f"database {path}: {error.strerror}: make its folder writable, or let DATABASE_URL name another file"
        ) from error
    except sqlite3.DatabaseError as error:
        raise SettingsError(
            f"database {path}: {error}: move the file away or restore it, or let DATABASE_URL name another one"
        ) from error


class Database:
    """An open database. ``epoch`` is what it is owned under, None beside an owner."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, *, lock: OwnerLock | None = None, epoch: int | None = None
    ) -> None:
        self.connection = connection
        self.epoch = epoch
        self._log = path.with_name(path.name + "-wal")
        self._lock = lock

    @property
    def is_log_long(self) -> bool:
        """Whether the write-ahead log should be moved to the database file at the next quiet moment."""
        try:
            return self._log.stat().st_size > LONG_LOG * PAGE
        except FileNotFoundError:
            return False

    def move_log(self) -> None:
        """Do so, as far as no reader needs it still. The next write cuts its file to the length of ``LONG_LOG``."""
        with contextlib.suppress(sqlite3.Error):  # a commit meets the same trouble, and has somebody to tell
            self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Close it, then let others in."""
        self.connection.close()
        if self._lock is not None:
            self._lock.release()


def open_owned(path: Path) -> Database:
    """Create or migrate the database and become its owner. Raises ``SettingsError``."""
    with clear_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = OwnerLock(path)
        try:
            # What users wrote is nobody else's to read. SQLite gives its other files the same mode.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            connection = _connect(path)
            try:
                return Database(connection, path, lock=lock, epoch=_take_over(connection, path))
            except BaseException:
                connection.close()
                raise
        except BaseException:
            lock.release()
            raise


def open_shared(path: Path) -> Database:
    """A second connection to an existing database, beside its owner. Raises ``SettingsError``."""
    with clear_errors(path):
        if not path.exists():
            raise SettingsError("there is none: set DATABASE_URL to the one the gateway runs on")
        connection = _connect(path)
        try:
            schema.check_current(connection)
        except BaseException:
            connection.close()
            raise
        return Database(connection, path)


def _connect(path: Path) -> sqlite3.Connection:
    # Transactions are begun and ended by the writer alone (isolation_level=None), in the thread that opens it.
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    # What a statement on many rows keeps to be undone by: else that is a file as soon as it is 16 pages.
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA wal_autocheckpoint = {LONGEST_LOG}")
    connection.execute(f"PRAGMA journal_size_limit = {LONG_LOG * PAGE}")
    return connection


def _take_over(connection: sqlite3.Connection, path: Path) -> int:
    """Ready the schema and count this owner; its epoch."""
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise SettingsError("its file system cannot share memory between processes: keep it on a local disk")
    schema.migrate(connection, path)
    connection.execute("UPDATE owner SET epoch = epoch + 1")
    epoch: int = connection.execute("SELECT epoch FROM owner").fetchone()[0]
    return epoch
