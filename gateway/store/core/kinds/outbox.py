"""The operations on the outbox: what turns leave for a data layer elsewhere, until it is delivered."""

from collections.abc import Sequence
from typing import TypeAlias

from gateway.model import Record
from gateway.ports import OutboxItem, OutboxSize
from gateway.store.core.connection import Cursor
from gateway.store.core.kind import Kind
from gateway.store.core.records import dump_records, load_records
from gateway.store.core.transaction import Transaction

PUT = "INSERT INTO outbox (thread, body, put_at) VALUES (?, ?, ?)"
DUE = """SELECT seq, thread, body, put_at, attempts, not_before, error FROM outbox AS this
    WHERE not_before <= ?
    AND NOT EXISTS (SELECT 1 FROM outbox AS other WHERE other.thread = this.thread AND other.seq < this.seq)
    ORDER BY seq LIMIT ?"""
NEXT = """SELECT seq, thread, body, put_at, attempts, not_before, error FROM outbox WHERE thread = ?
    ORDER BY seq LIMIT ?"""
# By the time too: a number is given again once nothing newer waits.
FORGET = "DELETE FROM outbox WHERE seq = ? AND put_at = ?"
POSTPONE = "UPDATE outbox SET attempts = attempts + 1, error = ?, not_before = ? WHERE seq = ? AND put_at = ?"
DROP = f"{FORGET} AND attempts > 0"
FIND_FAILED = """SELECT seq, thread, '[]', put_at, attempts, not_before, error FROM outbox WHERE attempts > 0
    ORDER BY seq LIMIT ?"""
COUNT = "SELECT count(*) FROM outbox"
OLDEST = "SELECT put_at FROM outbox ORDER BY seq LIMIT 1"

BYTES = 4_000_000
"""Bytes of the bodies that are read at a time; one may have any number."""

Row: TypeAlias = tuple[int, str, bytes, float, int, float, str | None]


def put(tx: Transaction, items: Sequence[tuple[str, Sequence[Record]]]) -> None:
    """Put in what turns left: for each the conversation, and the records."""
    tx.executemany(PUT, [(conversation, dump_records(records), tx.now) for conversation, records in items])


def _load(row: Row) -> OutboxItem:
    seq, conversation, body, put_at, attempts, not_before, error = row
    return OutboxItem(seq, conversation, load_records(body), put_at, attempts, not_before, error)


def _some(cursor: Cursor) -> list[OutboxItem]:
    """Return the items of rows, up to the one with which their bodies have ``BYTES``."""
    items: list[OutboxItem] = []
    size = 0
    while size < BYTES and (row := cursor.fetchone()) is not None:
        items.append(_load(row))
        size += len(row[2])
    return items


def _due(tx: Transaction, items: Sequence[tuple[float, int]]) -> list[Sequence[OutboxItem]]:
    return [_some(tx.execute(DUE, item)) for item in items]


def _delivered(tx: Transaction, items: Sequence[tuple[Sequence[OutboxItem], int]]) -> list[Sequence[OutboxItem]]:
    tx.executemany(FORGET, [(item.seq, item.put_at) for delivered, _ in items for item in delivered])
    return [_some(tx.execute(NEXT, (delivered[0].conversation, limit))) for delivered, limit in items]


def _postpone(tx: Transaction, items: Sequence[tuple[OutboxItem, str, float]]) -> list[None]:
    tx.executemany(POSTPONE, [(error, not_before, item.seq, item.put_at) for item, error, not_before in items])
    return [None] * len(items)


def _failed(tx: Transaction, limits: Sequence[int]) -> list[Sequence[OutboxItem]]:
    return [[_load(row) for row in tx.execute(FIND_FAILED, (limit,)).fetchall()] for limit in limits]


def _drop(tx: Transaction, items: Sequence[Sequence[OutboxItem]]) -> list[int]:
    return [sum(tx.execute(DROP, (item.seq, item.put_at)).rowcount for item in dropped) for dropped in items]


def _size(tx: Transaction, items: Sequence[None]) -> list[OutboxSize]:
    oldest = tx.execute(OLDEST).fetchone()
    size = OutboxSize(tx.execute(COUNT).fetchone()[0], None if oldest is None else oldest[0])
    return [size] * len(items)


READ_DUE = Kind(_due, writes=False, owned=False)
DELIVERED = Kind(_delivered, patient=True)
POSTPONING = Kind(_postpone, patient=True)
DROPPING = Kind(_drop, owned=False)
READ_FAILED = Kind(_failed, writes=False, owned=False)
READ_SIZE = Kind(_size, writes=False, owned=False)
