"""The interface of an open database: one connection, its transactions, and the translation of its errors."""

from typing import Protocol

from gateway.store.core.connection import Connection
from gateway.store.core.ownership import Ownership


class Database(Protocol):
    """An open database, used by one thread."""

    @property
    def name(self) -> str:
        """The name of the database in logs."""
        ...

    @property
    def connection(self) -> Connection:
        """The connection whose transactions this object begins and ends."""
        ...

    @property
    def ownership(self) -> Ownership:
        """The right to write that was taken when the database was opened."""
        ...

    @property
    def has_chores(self) -> bool:
        """Whether ``do_chores`` should run at the next quiet moment."""
        ...

    def do_chores(self) -> None:
        """Tidy the database while nobody waits for it. Raises nothing: a commit meets the same trouble."""
        ...

    def check(self) -> None:
        """Raise ``StoreFailed`` when a commit would be lost though the database does not notice."""
        ...

    def begin(self, *, writes: bool) -> None:
        """Begin a transaction."""
        ...

    def commit(self) -> None:
        """Make the transaction durable."""
        ...

    def roll_back(self) -> None:
        """Undo the transaction, if one is open. Raises nothing: if this fails, so does the next ``begin``."""
        ...

    def translate(self, error: Exception) -> Exception:
        """Return ``StoreFailed`` for what is wrong with the database, any other error as it is."""
        ...

    def close(self) -> None:
        """Close the connection and let other owners in."""
        ...
