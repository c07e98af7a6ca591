"""Statements that each handle many rows.

Every step of ``sqlite3`` releases the interpreter's lock and takes it back: with one row in each step, the writer's
thread and the event loop wake each other for every row. So a set of rows is handled in one step. The texts of the
statements come in few sizes, so that the connection's cache keeps them prepared.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeAlias

from gateway.store.core.codec import Row
from gateway.store.core.transaction import Transaction
from gateway.store.core.words import Statement

SIZES = (32, 16, 8, 4)
"""Numbers of rows that one statement can handle. What remains of a set is handled row by row: for so few rows, building
the list and being able to undo half of a statement cost SQLite more than the steps."""

Texts: TypeAlias = dict[int, str]


class ByRows:
    """An ``INSERT`` of rows, in their order: ``start`` is its text up to ``VALUES``, ``row`` the placeholders of one
    row, ``end`` the text after the rows, ``key`` the places of the values by which a row is replaced. ``postgresql``
    are the three texts where PostgreSQL has other words."""

    def __init__(
        self,
        start: str,
        row: str,
        end: str,
        *,
        key: tuple[int, ...] = (0,),
        postgresql: tuple[str, str, str] | None = None,
    ) -> None:
        own = postgresql or (start, row, end)
        self.texts: Texts = {
            size: Statement(_inserting(start, row, end, size), postgresql=_inserting(*own, size))
            for size in (*SIZES, 1)
        }
        self._key = key

    def run(self, tx: Transaction, rows: Sequence[Row]) -> int:
        """Insert the rows and return how many were inserted or updated."""
        if tx.dialect == "postgresql" and len(rows) > 1:
            return sum(self._run(tx, some) for some in self._apart(rows))
        return self._run(tx, rows)

    def _apart(self, rows: Sequence[Row]) -> list[list[Row]]:
        """Return the rows in sets without two of one key: a statement of PostgreSQL changes a row only once. Within a
        set they are in the order of their keys, so that two replicas that write the same rows do not wait for each
        other."""
        sets: list[dict[Row, Row]] = []
        for row in rows:
            key = tuple(row[place] for place in self._key)
            for some in sets:
                if key not in some:
                    some[key] = row
                    break
            else:
                sets.append({key: row})
        return [[row for _, row in sorted(some.items(), key=_first)] for some in sets]

    def _run(self, tx: Transaction, rows: Sequence[Row]) -> int:
        changed, start = 0, 0
        for size in _sizes(len(rows)):
            values = [value for row in rows[start : start + size] for value in row]
            changed += tx.execute(self.texts[size], values).rowcount
            start += size
        if start < len(rows):
            changed += tx.executemany(self.texts[1], rows[start:]).rowcount
        return changed


class ByKeys:
    """A statement on the rows with certain keys: ``start`` is its text up to ``IN``, ``end`` the text after the list of
    keys."""

    def __init__(self, start: str, end: str = "") -> None:
        self.texts: Texts = {size: f"{start} ({', '.join('?' * size)}) {end}" for size in (*SIZES, 1)}

    def run(self, tx: Transaction, keys: Sequence[str], *before: Any) -> int:
        """Run the statement and return how many rows it changed. ``before`` are the values of placeholders ahead of the
        keys."""
        changed, start = 0, 0
        for size in _sizes(len(keys)):
            changed += tx.execute(self.texts[size], (*before, *keys[start : start + size])).rowcount
            start += size
        if start < len(keys):
            changed += tx.executemany(self.texts[1], [(*before, key) for key in keys[start:]]).rowcount
        return changed

    def find(self, tx: Transaction, keys: Sequence[str]) -> list[Row]:
        """Return the rows that have one of the keys, in no order. A key that is given twice may return its row
        twice."""
        rows: list[Row] = []
        start = 0
        for size in _sizes(len(keys)):
            rows += tx.execute(self.texts[size], keys[start : start + size]).fetchall()
            start += size
        for key in keys[start:]:
            rows += tx.execute(self.texts[1], (key,)).fetchall()
        return rows


def _inserting(start: str, row: str, end: str, size: int) -> str:
    return f"{start} {', '.join([row] * size)} {end}"


def _first(item: tuple[Row, Row]) -> Row:
    return item[0]


@cache
def _sizes(count: int) -> tuple[int, ...]:
    """Return the sizes of the statements that together handle ``count`` rows, the largest first; what remains is fewer
    than the smallest."""
    sizes: list[int] = []
    for size in SIZES:
        sizes += [size] * (count // size)
        count %= size
    return tuple(sizes)
