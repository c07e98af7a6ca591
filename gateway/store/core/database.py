"""What the core asks of a database: one connection, its transactions, and names for what goes wrong with it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from gateway.store.core.ownership import Ownership


class Cursor(Protocol):
    """The result of a statement."""

    @property
    def rowcount(self) -> int:
        """The number of rows the statement changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, None behind the last."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        ...


class Connection(Protocol):
    """What statements run on, as the Python database interface (PEP 249) has it."""

    def execute(self, statement: str, values: Sequence[Any] = ..., /) -> Cursor:
        """Run the statement once."""
        ...

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> Cursor:
        """Run the statement once for each row of values."""
        ...


class Database(Protocol):
    """An open database, used by one thread."""

    @property
    def name(self) -> str:
        """What logs call the database."""
        ...

    @property
    def connection(self) -> Connection:
        """The connection whose transactions this object begins and ends."""
        ...

    @property
    def ownership(self) -> "Ownership":
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
