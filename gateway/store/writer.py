"""The one thread that talks to the database, and its group commit.

Operations queue up while the thread syncs the previous batch; then it takes everything that waits, runs it in one
transaction, commits, and tells the event loop once. So a lone operation waits for nobody, and under load a sync is
shared by many. What nobody waits for (the end of a turn) stays back for a moment to share the sync of what somebody
does wait for: with little load that saves every second sync. Within a batch, neighbours of the same kind run as one
set, which is what makes ``executemany`` possible; nobody can tell, because none of them was answered before the others
were asked for.
"""

import asyncio
import contextlib
import copy
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

import structlog

from gateway.errors import Fenced, StoreFailed
from gateway.store.file import Database

log = structlog.get_logger(__name__)

A = TypeVar("A")
R = TypeVar("R")

PATIENCE = 0.02
"""Seconds a patient operation stays back for company."""
QUIET = 0.05
"""Seconds without an operation after which there is time to tidy."""

RECOVERED = 5.0
"""Seconds without a failure after which a store works again: on a full disk some small writes still succeed."""

OWNER = "SELECT epoch, max(last_seq, coalesce((SELECT max(seq) FROM deliveries), 0)) FROM owner"


class Transaction:
    """What a set of operations runs in. ``epoch`` is the owner's, ``last_seq`` the newest delivery's."""

    __slots__ = ("epoch", "execute", "executemany", "last_seq", "now")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.execute = connection.execute
        self.executemany = connection.executemany
        self.now = time.time()
        self.epoch = 0
        self.last_seq = 0


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[A, R]):
    """A kind of operation: ``run`` takes the arguments of many and returns their results in the same order."""

    run: Callable[[Transaction, Sequence[A]], Sequence[R]]
    writes: bool = True
    owned: bool = True
    """Only the database's owner may."""
    patient: bool = False
    """Nobody waits for it: it goes with the next operation that is not patient, or after ``PATIENCE``."""
    last: bool = False
    """Runs after the others of its batch, so that all of its kind come together and it reads what they wrote."""


class Operation:
    """One caller's wish, and what became of it."""

    __slots__ = ("args", "error", "future", "kind", "result", "token")

    def __init__(self, kind: Kind[Any, Any], args: Any, token: int | None, future: asyncio.Future[Any]) -> None:
        self.kind = kind
        self.args = args
        self.token = token
        self.future = future
        self.result: Any = None
        self.error: Exception | None = None


class Writer:
    """Runs operations in batches, in a thread of its own; its methods belong to the event loop.

    ``connect`` opens the database, in that thread.
    """

    def __init__(self, connect: Callable[[], Database]) -> None:
        self._connect = connect
        self._queue: SimpleQueue[list[Operation] | None] = SimpleQueue()
        self._submitted: list[Operation] = []
        """Handed to the thread once per round of the event loop: waking it costs more than most operations."""
        self._handing_over: asyncio.Handle | None = None
        self._hurried = False
        """Whether that is due in this round, not only when the patience ends."""
        self._open = False
        self._failing: str | None = None
        """Why nothing can be written; of the thread, like the next."""
        self._failed_at = 0.0
        self._stopped: asyncio.Future[None] | None = None

    async def start(self) -> int | None:
        """Open the database; the epoch it is owned under, None beside an owner. Raises what ``connect`` raises."""
        self._loop = asyncio.get_running_loop()
        started: asyncio.Future[int | None] = self._loop.create_future()
        stopped = self._stopped = self._loop.create_future()
        # A daemon, because a process that forgets to close shall end all the same; to the file that is a crash.
        threading.Thread(target=self._work, args=(started, stopped), name="gateway-store", daemon=True).start()
        try:
            epoch = await started
        except asyncio.CancelledError:
            self._queue.put(None)  # nobody will stop it later
            raise
        self._open = True
        return epoch

    async def stop(self) -> None:
        """Write what was submitted, then close the database."""
        if self._open:
            self._open = False
            self._hand_over()
            self._queue.put(None)
        if self._stopped is not None:
            await asyncio.shield(self._stopped)

    def submit(self, kind: Kind[A, R], args: A, token: int | None = None) -> asyncio.Future[R]:
        """Queue an operation; the future resolves once it is durable. ``token`` is the lease's, where one is needed."""
        if not self._open:
            raise RuntimeError("the store is not open")
        future: asyncio.Future[R] = self._loop.create_future()
        if not kind.patient:
            self._hurry()
        elif self._handing_over is None:
            self._handing_over = self._loop.call_later(PATIENCE, self._hand_over)
        self._submitted.append(Operation(kind, args, token, future))
        return future

    def _hurry(self) -> None:
        if self._hurried:
            return
        self._hurried = True
        if self._handing_over is not None:
            self._handing_over.cancel()
        self._handing_over = self._loop.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        self._handing_over, self._hurried = None, False
        if self._submitted:
            submitted, self._submitted = self._submitted, []
            self._queue.put(submitted)

    # In the thread

    def _work(self, started: asyncio.Future[int | None], stopped: asyncio.Future[None]) -> None:
        try:
            database = self._connect()
        except Exception as error:
            # Not for this thread to judge: whoever opens the store gets it.
            self._tell(_settle, started, None, error)
            self._tell(_settle, stopped, None, None)
            return
        self._tell(_settle, started, database.epoch, None)
        try:
            going = True
            while going:
                batch, going = self._take(database)
                if batch:
                    _run(database, batch)
                    self._note(database, batch)
                    self._tell(_settle_all, batch)
                del batch  # nothing of a batch is kept while waiting for the next
        finally:
            database.close()
            self._tell(_settle, stopped, None, None)

    def _note(self, database: Database, batch: list[Operation]) -> None:
        """Say once that the store fails, and once that it works again: everybody who meets it then need not."""
        error = next((each.error for each in batch if isinstance(each.error, StoreFailed)), None)
        if error is not None:
            self._failed_at = time.monotonic()
            if str(error) != self._failing:
                self._failing = str(error)
                log.error("store.failing", database=str(database.path), error=self._failing)
        elif self._failing is not None and time.monotonic() - self._failed_at > RECOVERED:
            self._failing = None
            log.info("store.works_again", database=str(database.path))

    def _take(self, database: Database) -> tuple[list[Operation], bool]:
        """Everything that waits, at least one; False with the last."""
        batch: list[Operation] = []
        item = self._next(database)
        try:
            while item is not None:
                batch.extend(item)
                item = self._queue.get_nowait()
        except Empty:
            return batch, True
        return batch, False

    def _next(self, database: Database) -> list[Operation] | None:
        """What is handed over next. While nothing comes, the database is tidied."""
        if database.is_log_long:
            try:
                return self._queue.get(timeout=QUIET)
            except Empty:
                database.move_log()
        return self._queue.get()

    def _tell(self, callback: Callable[..., None], *args: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            log.warning("store.unheard", reason="the event loop is closed")


def _settle(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.done():
        return  # whoever waited was cancelled
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)


def _settle_all(batch: Sequence[Operation]) -> None:
    for operation in batch:
        _settle(operation.future, operation.result, operation.error)


def _run(database: Database, batch: list[Operation]) -> None:
    """Run the batch in one transaction. An operation that cannot run must not take its neighbours with it: then each
    gets a transaction of its own."""
    connection, epoch = database.connection, database.epoch
    transaction = Transaction(connection)
    writes = any(operation.kind.writes for operation in batch)
    try:
        if writes:
            database.check()
        connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
        if epoch is not None:
            transaction.epoch, transaction.last_seq = connection.execute(OWNER).fetchone()
        elif writes:
            transaction.last_seq = connection.execute(OWNER).fetchone()[1]
    except (sqlite3.Error, StoreFailed) as error:
        _give_up(connection, batch, error)
        return
    try:
        for kind, group in groupby(_in_order(batch), _kind_of):
            allowed = _unfenced(list(group), epoch, transaction.epoch)
            if allowed:
                results = kind.run(transaction, [operation.args for operation in allowed])
                for operation, result in zip(allowed, results, strict=True):
                    operation.result = result
    except Exception as error:
        # Not swallowed: it reaches the caller whose operation raises it when it runs alone.
        _give_up(connection, batch[:1] if len(batch) == 1 else (), error)
        if len(batch) > 1:
            for operation in batch:
                _run(database, [operation])
        return
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        # Never run again: what a failed sync left on the disk is unknown, and a second put would find its own key.
        _give_up(connection, batch, error)


def _in_order(batch: list[Operation]) -> list[Operation]:
    return sorted(batch, key=_is_last) if len(batch) > 1 else batch


def _is_last(operation: Operation) -> bool:
    return operation.kind.last


def _kind_of(operation: Operation) -> Kind[Any, Any]:
    return operation.kind


def _unfenced(operations: list[Operation], mine: int | None, current: int) -> list[Operation]:
    """Those that may run; the others are told that somebody else owns this data now."""
    allowed: list[Operation] = []
    for operation in operations:
        operation.error = None
        if operation.kind.owned and (mine is None or mine != current):
            operation.error = Fenced("this process does not own the database")
        elif operation.token is not None and operation.token != current:
            operation.error = Fenced(f"the lease's token is {operation.token}, the owner's is {current}")
        else:
            allowed.append(operation)
    return allowed


def _give_up(connection: sqlite3.Connection, batch: Sequence[Operation], error: Exception) -> None:
    with contextlib.suppress(sqlite3.Error):  # if even this fails, so does the next BEGIN, and ping says it
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    error = _named(error)
    for operation in batch:
        operation.error = copy.copy(error)  # each caller adds its own traceback


def _named(error: Exception) -> Exception:
    """``StoreFailed`` for what is wrong with the disk or the file; what is wrong with an operation stays as it is."""
    if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
        return StoreFailed(str(error))
    return error
