"""Decides which process may write: the writer asks before it runs an operation.

One process may own a whole database (``SingleOwner``); where several share one, each has leases on conversations, which
are another class with the same three methods.
"""

from typing import Protocol

from gateway.errors import Fenced
from gateway.ports import Lease
from gateway.store.core.connection import Connection
from gateway.store.core.kind import Operation
from gateway.store.core.transaction import Transaction

READ_OWNER = "SELECT epoch, max(last_seq, coalesce((SELECT max(seq) FROM deliveries), 0)) FROM owner"
COUNT_OWNER = "UPDATE owner SET epoch = epoch + 1"
READ_EPOCH = "SELECT epoch FROM owner"


class Ownership(Protocol):
    """The right to write, which every operation is checked against."""

    def claim(self, conversation: str) -> Lease | None:
        """Return the lease on a conversation if this process holds it, without asking the database."""
        ...

    def enter(self, tx: Transaction, *, writes: bool) -> None:
        """Read who owns the data now, at the beginning of a transaction, and fill in the transaction's counters."""
        ...

    def refusal(self, tx: Transaction, operation: Operation) -> Fenced | None:
        """Return why this process must not run the operation now, None when it may."""
        ...


class SingleOwner:
    """Implements ``Ownership`` for one process that owns the whole database.

    ``epoch`` counts the owners; it is the token of every lease. A process beside the owner (the command line) has none
    and may run only what needs no owner.
    """

    def __init__(self, epoch: int | None) -> None:
        self._epoch = epoch

    @classmethod
    def take(cls, connection: Connection) -> "SingleOwner":
        """Become the owner, in a transaction of its own: whoever was it before can write nothing any more."""
        connection.execute(COUNT_OWNER)
        return cls(connection.execute(READ_EPOCH).fetchone()[0])

    def claim(self, conversation: str) -> Lease | None:
        """Return a lease: whoever owns the database owns its conversations. Each write checks that it still does."""
        return None if self._epoch is None else Lease(conversation=conversation, token=self._epoch)

    def enter(self, tx: Transaction, *, writes: bool) -> None:
        """Read the epoch of the database's owner and the number of its newest delivery."""
        if self._epoch is not None:
            tx.epoch, tx.last_seq = tx.execute(READ_OWNER).fetchone()
        elif writes:
            tx.last_seq = tx.execute(READ_OWNER).fetchone()[1]

    def refusal(self, tx: Transaction, operation: Operation) -> Fenced | None:
        """Compare this process's epoch, and the lease's, with the owner's."""
        if operation.kind.owned and (self._epoch is None or self._epoch != tx.epoch):
            return Fenced("this process does not own the database")
        if operation.lease is not None and operation.lease.token != tx.epoch:
            return Fenced(f"the lease's token is {operation.lease.token}, the owner's is {tx.epoch}")
        return None
