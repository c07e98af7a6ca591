"""Opens the database file for one owner at a time, with one clear line of advice when it cannot be opened."""

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import structlog

from gateway.disk import has_no_room, is_full, make_room
from gateway.errors import DatabaseInUse, SettingsError, StoreFailed
from gateway.store.core.ownership import Ownership, SingleOwner
from gateway.store.core.search import FUNCTIONS
from gateway.store.migrations import HEAD
from gateway.store.sqlite import schema

log = structlog.get_logger(__name__)

BUSY_TIMEOUT = 5.0
"""Seconds to wait for another process's write (the command line working on dead letters) before giving up."""
PREPARED = 256
"""Statements that a connection keeps prepared; there are fewer."""
PAGE = 4096
LONG_LOG = 4_000
"""Pages in the write-ahead log from which on it is moved to the database file when the store is idle. That takes ten
milliseconds or more, in which no delivery is stored."""
LONGEST_LOG = 25_000
"""Pages (100 MB) in the write-ahead log from which on the next commit moves it, however busy the store is."""


LOOK_EVERY = 1.0
"""Seconds between two checks of the first bytes of the database file and of its write-ahead log."""
MAGIC = b"SQLite format 3\0"
"""The first bytes of every SQLite database (Database File Format, 1.3.1)."""


class OwnerLock:
    """The operating system's locks by which one process owns the database; they end with the process, however it ends.

    One lock is on ``<database>.lock``, which names the process; another is on the database file itself, so that a
    second name of the same file (a hard link, a mount) is the same database. SQLite's own locks are of another kind and
    do not conflict with these. ``path`` must be free of symbolic links.
    """

    def __init__(self, path: Path) -> None:
        self._locked: list[int] = []
        try:
            named = self._lock(path.with_name(path.name + ".lock"))
            # Only the gateway's user may read what people wrote. SQLite gives its other files the same mode.
            self.database = self._lock(path)
            os.ftruncate(named, 0)
            os.pwrite(named, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            self.release()
            raise

    def _lock(self, path: Path) -> int:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._locked.append(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = (
                os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            )  # read from the database file these are no digits
            process = f"process {owner}" if owner.isdigit() else "another process"
            raise DatabaseInUse(
                f"{process} is using it: stop that one, or let DATABASE_URL name another file"
            ) from None
        return descriptor

    def release(self) -> None:
        """Let another process own the database. The files are not removed, because then two processes could lock two
        files of one name."""
        for descriptor in reversed(self._locked):
            os.close(descriptor)
        self._locked.clear()


@contextlib.contextmanager
def clear_errors(path: Path) -> Generator[None]:
    """Turn an error while opening the database into a ``SettingsError`` of one line that names the database and the
    fix."""
    try:
        yield
    except SettingsError as error:
        raise type(error)(f"database {path}: {error}") from None
    except OSError as error:
        fix = "make its folder writable, or let DATABASE_URL name another file"
        if is_full(error):
            fix = f"{make_room(path)}, or let DATABASE_URL name a file on another one"
        raise SettingsError(f"database {path}: {error.strerror}: {fix}") from error
    except sqlite3.DatabaseError as error:
        fix = "move the file away or restore it, or let DATABASE_URL name another one"
        if is_full_disk(error, path):
            fix = f"{make_room(path)}, or let DATABASE_URL name a file on another one"
        raise SettingsError(f"database {path}: {error}: {fix}") from error


def is_full_disk(error: sqlite3.DatabaseError, path: Path) -> bool:
    """Return whether the disk is full, which SQLite often reports as an I/O error."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and has_no_room(path))


class SQLiteConnection(sqlite3.Connection):
    """A connection to a SQLite file, with the functions that queries call."""

    dialect: Literal["sqlite"] = "sqlite"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, function in FUNCTIONS.items():
            self.create_function(name, 1, function, deterministic=True)

    def stream(self, statement: str, values: Sequence[Any] = (), /) -> Iterator[Any]:
        """Run the statement, and yield its rows one by one."""
        return iter(self.execute(statement, values).fetchone, None)


class SQLiteDatabase:
    """Implements ``core.Database`` for a connection to a SQLite file. ``lock`` is what the owner holds, None for
    others."""

    def __init__(
        self, connection: SQLiteConnection, path: Path, ownership: Ownership, *, lock: OwnerLock | None = None
    ) -> None:
        self.connection = connection
        self.ownership = ownership
        self.name = str(path)
        self._path = path
        self._log = path.with_name(path.name + "-wal")
        self._lock = lock
        self._inode = os.fstat(lock.database).st_ino if lock is not None else 0
        self._looked = 0.0

    def check(self) -> None:
        """Raise ``StoreFailed`` when the file is not the one that was opened, or no database any more.

        SQLite does not notice that: it would go on committing to a file that is lost with this process.
        """
        if self._lock is None:
            return
        try:
            inode = os.stat(self._path).st_ino
        except OSError as error:
            raise StoreFailed(f"the database file cannot be found: {error.strerror}") from None
        if inode != self._inode:
            raise StoreFailed("another file is in the place of the database")
        now = time.monotonic()
        if now - self._looked > LOOK_EVERY:
            if not self._log.exists():
                raise StoreFailed("the database's write-ahead log was deleted")
            if os.pread(self._lock.database, len(MAGIC), 0) != MAGIC:
                raise StoreFailed("the file is no database any more")
            self._looked = now

    def begin(self, *, writes: bool) -> None:
        """Begin a transaction. One that writes waits at most ``BUSY_TIMEOUT`` seconds for another process's
        transaction."""
        self.connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    def commit(self) -> None:
        """Commit and sync the transaction."""
        self.connection.execute("COMMIT")

    def roll_back(self) -> None:
        """Undo the transaction, if one is open."""
        with contextlib.suppress(sqlite3.Error):
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    def translate(self, error: Exception) -> Exception:
        """Return ``StoreFailed`` for what is wrong with the disk or the file, any other error as it is."""
        if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
            return StoreFailed(str(error))
        return error

    @property
    def has_chores(self) -> bool:
        """Whether the write-ahead log is longer than ``LONG_LOG`` pages."""
        try:
            return self._log.stat().st_size > LONG_LOG * PAGE
        except FileNotFoundError:
            return False

    def do_chores(self) -> None:
        """Move the write-ahead log to the database file as far as no reader still needs it. The next write cuts the
        log's file to ``LONG_LOG`` pages."""
        with contextlib.suppress(sqlite3.Error):  # a commit meets the same trouble and reports it
            self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Close the connection, then let another process own the database."""
        self.connection.close()
        if self._lock is not None:
            self._lock.release()


def open_owned(path: Path) -> SQLiteDatabase:
    """Create or migrate the database and become its owner. Raises ``SettingsError``."""
    with clear_errors(path):
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = OwnerLock(path)
        try:
            connection = connect(path)
            try:
                return SQLiteDatabase(connection, path, _take_over(connection, path), lock=lock)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            lock.release()
            raise


def open_shared(path: Path) -> SQLiteDatabase:
    """Open a second connection to an existing database, beside its owner. Raises ``SettingsError``."""
    with clear_errors(path):
        if not path.exists():
            raise SettingsError("there is none: set DATABASE_URL to the one the gateway runs on")
        connection = connect(path)
        try:
            schema.check_current(connection)
        except BaseException:
            connection.close()
            raise
        return SQLiteDatabase(connection, path, SingleOwner(None))


def open_reader(path: Path) -> SQLiteDatabase:
    """Open a second connection to a database that this process has open already; it refuses to write. Raises
    ``StoreFailed``."""
    try:
        connection = connect(path)
        connection.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        raise StoreFailed(str(error)) from None
    return SQLiteDatabase(connection, path, SingleOwner(None))


def connect(path: Path) -> SQLiteConnection:
    """Open a connection, for the thread that calls this."""
    # Transactions are begun and ended by the writer alone (isolation_level=None), in the thread that opens it.
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT, isolation_level=None, cached_statements=PREPARED, factory=SQLiteConnection
    )
    connection.execute("PRAGMA synchronous = FULL")
    # What is deleted is overwritten, not only marked as free: people may have it erased.
    connection.execute("PRAGMA secure_delete = ON")
    # For the journal of a statement on many rows, which becomes a file from 16 pages on otherwise.
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA wal_autocheckpoint = {LONGEST_LOG}")
    connection.execute(f"PRAGMA journal_size_limit = {LONG_LOG * PAGE}")
    return connection


def _take_over(connection: SQLiteConnection, path: Path) -> Ownership:
    """Bring the schema up to date and become the owner."""
    use_log(connection)
    former = schema.migrate(connection, path)
    if 0 < former < HEAD:
        log.info("store.migrated", database=str(path), version=HEAD, copy=str(schema.copy_of(path, former)))
    return SingleOwner.take(connection)


def use_log(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on. Raises ``SettingsError`` where there cannot be one."""
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise SettingsError("its file system cannot share memory between processes: keep it on a local disk")
