"""The one thread that writes to the database, and its group commit.

Operations queue up while the thread syncs the previous batch. Then it takes all that wait, runs them in one
transaction, commits, and notifies the event loop once. So a single operation waits for nobody, and under load many
operations share one sync. An operation that nobody waits for (the end of a turn) is held back for a moment to share the
sync of one that somebody waits for: with little load that saves every second sync. Within a batch, adjacent operations
of the same kind run as one set, which makes ``executemany`` possible. No caller can see the difference, because none of
them was answered before the others were submitted.
"""

import asyncio
import copy
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import structlog

from gateway.errors import StoreFailed
from gateway.ports import Lease
from gateway.store.core.database import Database
from gateway.store.core.kind import Kind, Operation
from gateway.store.core.ownership import Ownership
from gateway.store.core.transaction import Transaction
from gateway.telemetry.observer import Commit, Observer, Observers

log = structlog.get_logger(__name__)

A = TypeVar("A")
R = TypeVar("R")

PATIENCE = 0.02
"""Seconds that an operation nobody waits for (``Kind.patient``) is held back to share a commit."""
QUIET = 0.05
"""Seconds without an operation after which the database is tidied (``Database.do_chores``)."""

RECOVERED = 5.0
"""Seconds without a failure after which the store counts as working again: on a full disk some small writes still
succeed."""


class Writer:
    """Runs operations in batches, in a thread of its own; its methods are called on the event loop.

    ``connect`` opens the database, in that thread; ``observers`` are told of each batch.
    """

    def __init__(self, connect: Callable[[], Database], observers: Observer | None = None) -> None:
        self._connect = connect
        self._observers = observers or Observers()
        self._queue: SimpleQueue[list[Operation] | None] = SimpleQueue()
        self._submitted: list[Operation] = []
        """Operations for the thread, handed over once per iteration of the event loop: waking the thread costs more
        than most operations."""
        self._handing_over: asyncio.Handle | None = None
        self._hurried = False
        """Whether they are handed over in this iteration of the event loop, and not only after ``PATIENCE`` seconds."""
        self._open = False
        self._failing: str | None = None
        """Why nothing can be written, None while writing works. Only the thread uses this and the next attribute."""
        self._failed_at = 0.0
        self._stopped: asyncio.Future[None] | None = None

    async def start(self) -> Ownership:
        """Open the database and return the right to write that was taken with it. Raises what ``connect`` raises."""
        self._loop = asyncio.get_running_loop()
        started: asyncio.Future[Ownership] = self._loop.create_future()
        stopped = self._stopped = self._loop.create_future()
        # A daemon, so that a process that forgets to close can end; for the file that is a crash.
        threading.Thread(target=self._work, args=(started, stopped), name="gateway-store", daemon=True).start()
        try:
            ownership = await started
        except asyncio.CancelledError:
            self._queue.put(None)  # nobody calls ``stop`` after a cancelled start
            raise
        self._open = True
        return ownership

    async def stop(self) -> None:
        """Write the operations that were submitted, then close the database."""
        if self._open:
            self._open = False
            self._hand_over()
            self._queue.put(None)
        if self._stopped is not None:
            await asyncio.shield(self._stopped)

    def submit(self, kind: Kind[A, R], args: A, lease: Lease | None = None) -> asyncio.Future[R]:
        """Queue an operation; the future resolves once it is durable. ``lease`` is the right to run it, for the kinds
        that need one."""
        if not self._open:
            raise RuntimeError("the store is not open")
        future: asyncio.Future[R] = self._loop.create_future()
        if not kind.patient:
            self._hurry()
        elif self._handing_over is None:
            self._handing_over = self._loop.call_later(PATIENCE, self._hand_over)
        self._submitted.append(Operation(kind, args, lease, future))
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

    def _settle_all(self, batch: Sequence[Operation], commit: Commit) -> None:
        for operation in batch:
            _settle(operation.future, operation.result, operation.error)
        self._observers.committed(commit)

    # The methods below run in the thread.

    def _work(self, started: asyncio.Future[Ownership], stopped: asyncio.Future[None]) -> None:
        try:
            database = self._connect()
        except Exception as error:
            # Passed on to whoever awaits ``start``.
            self._tell(_settle, started, None, error)
            self._tell(_settle, stopped, None, None)
            return
        self._tell(_settle, started, database.ownership, None)
        try:
            going = True
            while going:
                batch, going = self._take(database)
                if batch:
                    began = time.perf_counter()
                    _run_all(database, batch)
                    seconds = time.perf_counter() - began
                    failed = self._note(database, batch)
                    self._tell(self._settle_all, batch, Commit(len(batch), seconds, failed))
                del batch  # frees the batch before the wait for the next one
        finally:
            database.close()
            self._tell(_settle, stopped, None, None)

    def _note(self, database: Database, batch: list[Operation]) -> bool:
        """Log once that the store fails, and once that it works again, so that callers who meet the failure need not
        log it. Returns whether it failed now."""
        error = next((each.error for each in batch if isinstance(each.error, StoreFailed)), None)
        if error is not None:
            self._failed_at = time.monotonic()
            if str(error) != self._failing:
                self._failing = str(error)
                log.error("store.failing", database=database.name, error=self._failing)
        elif self._failing is not None and time.monotonic() - self._failed_at > RECOVERED:
            self._failing = None
            log.info("store.works_again", database=database.name)
        return error is not None

    def _take(self, database: Database) -> tuple[list[Operation], bool]:
        """Return all operations that wait, at least one, and whether more can follow: False after ``stop``."""
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
        """Return the next operations handed over; None after ``stop``. The database is tidied while none come."""
        if database.has_chores:
            try:
                return self._queue.get(timeout=QUIET)
            except Empty:
                database.do_chores()
        return self._queue.get()

    def _tell(self, callback: Callable[..., None], *args: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            log.warning("store.unheard", reason="the event loop is closed")


def _settle(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.done():
        return  # the caller was cancelled
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)


def _run_all(database: Database, batch: list[Operation]) -> None:
    """Run the batch, and after it the operations of it that run alone."""
    alone = [operation for operation in batch if operation.kind.alone]
    together = [operation for operation in batch if not operation.kind.alone] if alone else batch
    if together:
        _run(database, together)
    for operation in alone:
        _run_alone(database, operation)


def _run_alone(database: Database, operation: Operation) -> None:
    """Run an operation outside of any transaction, once it is known that this process may."""
    tx = Transaction(database.connection)
    try:
        database.check()
        database.begin(writes=False)
        database.ownership.enter(tx, writes=False)
        operation.error = database.ownership.refusal(tx, operation)
        database.roll_back()
        if operation.error is None:
            operation.result = operation.kind.run(tx, [operation.args])[0]
    except Exception as error:
        _give_up(database, [operation], error)


def _run(database: Database, batch: list[Operation]) -> None:
    """Run the batch in one transaction. When an operation of it fails, each operation gets a transaction of its own, so
    that only the faulty one fails."""
    tx = Transaction(database.connection)
    writes = any(operation.kind.writes for operation in batch)
    try:
        if writes:
            database.check()
        database.begin(writes=writes)
        database.ownership.enter(tx, writes=writes)
    except Exception as error:
        _give_up(database, batch, error)
        return
    try:
        for kind, group in groupby(_in_order(batch), _kind_of):
            allowed = _allowed(database.ownership, tx, group)
            if allowed:
                results = kind.run(tx, [operation.args for operation in allowed])
                for operation, result in zip(allowed, results, strict=True):
                    operation.result = result
    except Exception as error:
        # The error is not lost: it reaches the caller whose operation raises it when it runs alone.
        _give_up(database, batch[:1] if len(batch) == 1 else (), error)
        if len(batch) > 1:
            for operation in batch:
                _run(database, [operation])
        return
    try:
        database.commit()
    except Exception as error:
        # Never run again: what a failed sync left on the disk is unknown, and a second put would find its own key.
        _give_up(database, batch, error)


def _in_order(batch: list[Operation]) -> list[Operation]:
    return sorted(batch, key=_is_last) if len(batch) > 1 else batch


def _is_last(operation: Operation) -> bool:
    return operation.kind.last


def _kind_of(operation: Operation) -> Kind[Any, Any]:
    return operation.kind


def _allowed(ownership: Ownership, tx: Transaction, operations: Iterable[Operation]) -> list[Operation]:
    """Return the operations that may run; the others get the error that another process owns the data now."""
    allowed: list[Operation] = []
    for operation in operations:
        operation.error = ownership.refusal(tx, operation)
        if operation.error is None:
            allowed.append(operation)
    return allowed


def _give_up(database: Database, batch: Sequence[Operation], error: Exception) -> None:
    """Undo the transaction and tell each operation why."""
    database.roll_back()
    error = database.translate(error)
    for operation in batch:
        operation.error = copy.copy(error)  # each caller adds its own traceback
