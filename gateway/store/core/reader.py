"""Reads from the store in a thread and on a connection of its own, so that reads and writes do not wait for each
other."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gateway.store.core.database import Database
from gateway.store.core.kind import Kind
from gateway.store.core.transaction import Transaction

A = TypeVar("A")
R = TypeVar("R")


class StoreReader:
    """Runs kinds of operation that only read, one at a time, each in a transaction of its own.

    A read sees every operation whose future has resolved, and perhaps some that are just being committed. ``connect``
    opens the database at the first read, in the reader's thread; the connection must not be able to write.
    """

    def __init__(self, connect: Callable[[], Database]) -> None:
        self._connect = connect
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="gateway-store-reader")
        self._database: Database | None = None
        """The open database, which only the reader's thread uses."""

    async def read(self, kind: Kind[A, R], args: A) -> R:
        """Run the operation. Raises ``StoreFailed`` when the database cannot be read."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, kind, args)

    async def stop(self) -> None:
        """Finish the reads that were submitted, then close the connection."""
        closed = asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)
        await asyncio.shield(closed)

    def _run(self, kind: Kind[A, R], args: A) -> R:
        if self._database is None:
            self._database = self._connect()
        database = self._database
        try:
            database.begin(writes=False)
            return kind.run(Transaction(database.connection), [args])[0]
        except Exception as error:
            raise database.translate(error) from None
        finally:
            database.roll_back()

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None
