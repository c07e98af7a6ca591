"""The transaction a batch of operations runs in."""

import time

from gateway.store.core.connection import Connection, DialectName


class Transaction:
    """What an operation runs with: statements and in whose words they are, the time and the owner's counters.

    ``now`` is in seconds since the epoch. ``epoch`` is the owner's number, 0 in a process beside the owner.
    ``last_seq`` is the number of the newest delivery; an operation that stores deliveries counts it up.
    """

    __slots__ = ("dialect", "epoch", "execute", "executemany", "last_seq", "now")

    def __init__(self, connection: Connection) -> None:
        self.dialect: DialectName = connection.dialect
        self.execute = connection.execute
        self.executemany = connection.executemany
        self.now = time.time()
        self.epoch = 0
        self.last_seq = 0
