"""One statement for many rows.

Every step of ``sqlite3`` lets go of the interpreter's lock and takes it back: with a row in each step, the writer's
thread and the event loop wake each other for every row. So a set of rows goes into one step. The texts come in few
sizes, so that the connection's cache keeps them prepared.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeAlias

from gateway.store.core.codec import Row
from gateway.store.core.transaction import Transaction

SIZES = (32, 16, 8, 4)
"""How many rows one text may be for. What is left of a set goes row by row: for so few, SQLite spends more on the list
and on being able to undo half of a statement than the steps cost."""

Texts: TypeAlias = dict[int, str]


class ByRows:
    """An ``INSERT`` of rows, taken in their order: ``start`` up to ``VALUES``, what one row looks like, the rest."""

    def __init__(self, start: str, row: str, end: str) -> None:
        self.texts: Texts = {size: f"{start} {', '.join([row] * size)} {end}" for size in (*SIZES, 1)}

    def run(self, tx: Transaction, rows: Sequence[Row]) -> int:
        """The number of rows that were inserted or updated."""
        changed, start = 0, 0
        for size in _sizes(len(rows)):
            values = [value for row in rows[start : start + size] for value in row]
            changed += tx.execute(self.texts[size], values).rowcount
            start += size
        if start < len(rows):
            changed += tx.executemany(self.texts[1], rows[start:]).rowcount
        return changed


class ByKeys:
    """A statement on the rows whose key is among some: ``start`` up to ``IN``, ``end`` behind the list."""

    def __init__(self, start: str, end: str = "") -> None:
        self.texts: Texts = {size: f"{start} ({', '.join('?' * size)}) {end}" for size in (*SIZES, 1)}

    def run(self, tx: Transaction, keys: Sequence[str], *before: Any) -> int:
        """The number of rows that were changed. ``before`` goes in ahead of the keys."""
        changed, start = 0, 0
        for size in _sizes(len(keys)):
            changed += tx.execute(self.texts[size], (*before, *keys[start : start + size])).rowcount
            start += size
        if start < len(keys):
            changed += tx.executemany(self.texts[1], [(*before, key) for key in keys[start:]]).rowcount
        return changed

    def find(self, tx: Transaction, keys: Sequence[str]) -> list[Row]:
        """The rows of those keys that there are, in no order; of a key that is given twice perhaps twice."""
        rows: list[Row] = []
        start = 0
        for size in _sizes(len(keys)):
            rows += tx.execute(self.texts[size], keys[start : start + size]).fetchall()
            start += size
        for key in keys[start:]:
            rows += tx.execute(self.texts[1], (key,)).fetchall()
        return rows


@cache
def _sizes(count: int) -> tuple[int, ...]:
    """Of the statements for so many rows, as large as they come."""
    sizes: list[int] = []
    for size in SIZES:
        sizes += [size] * (count // size)
        count %= size
    return tuple(sizes)
