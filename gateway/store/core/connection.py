"""The part of a database driver that the store uses: connections, and what their statements return."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, Protocol, TypeAlias

DialectName: TypeAlias = Literal["sqlite", "postgresql"]
"""Whose words a database understands."""


class Cursor(Protocol):
    """The result of a statement."""

    @property
    def rowcount(self) -> int:
        """The number of rows the statement changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row; None after the last one."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        ...


class Connection(Protocol):
    """Runs statements, as the Python database interface (PEP 249) has it."""

    @property
    def dialect(self) -> DialectName:
        """Whose words the database understands."""
        ...

    def execute(self, statement: str, values: Sequence[Any] = ..., /) -> Cursor:
        """Run the statement once."""
        ...

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> Cursor:
        """Run the statement once for each row of values."""
        ...


class ReadingConnection(Connection, Protocol):
    """A connection with a transaction open, which also gives rows as they come."""

    def stream(self, statement: str, values: Sequence[Any] = ..., /) -> Iterator[Any]:
        """Run the statement, and yield its rows: never all of them are in memory at once."""
        ...
