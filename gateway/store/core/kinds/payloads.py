"""The operations on small values stored by key: one table for each group of ``gateway.ports.payloads``."""

from collections.abc import Callable, Sequence
from typing import Any

from gateway.store.core.kind import Kind
from gateway.store.core.statements import ByRows
from gateway.store.core.transaction import Transaction

PUT_TOKEN = ByRows(
    "INSERT INTO tokens (key, body, put_at) VALUES",
    "(?, ?, ?)",
    "ON CONFLICT (key) DO UPDATE SET body = excluded.body, put_at = excluded.put_at",
)
FIND_TOKEN = "SELECT body FROM tokens WHERE key = ?"  # noqa: S105
PUT_VALUE = ByRows(
    "INSERT INTO key_values (owner, name, body, put_at) VALUES",
    "(?, ?, ?, ?)",
    "ON CONFLICT (owner, name) DO UPDATE SET body = excluded.body, put_at = excluded.put_at",
    key=(0, 1),
)
ADD_VALUE = """INSERT INTO key_values (owner, name, body, put_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (owner, name) DO NOTHING"""
FIND_VALUE = "SELECT body FROM key_values WHERE owner = ? AND name = ?"
PUT_MESSAGE = ByRows(
    "INSERT INTO message_records (key, body, put_at) VALUES",
    "(?, ?, ?)",
    "ON CONFLICT (key) DO UPDATE SET body = excluded.body, put_at = excluded.put_at",
)
FIND_MESSAGE = "SELECT body FROM message_records WHERE key = ?"


def _put(statement: ByRows) -> Callable[[Transaction, Sequence[tuple[Any, ...]]], Sequence[None]]:
    def run(tx: Transaction, items: Sequence[tuple[Any, ...]]) -> Sequence[None]:
        statement.run(tx, [(*item, tx.now) for item in items])
        return [None] * len(items)

    return run


def _add_value(tx: Transaction, items: Sequence[tuple[str, str, bytes]]) -> list[bytes]:
    stored: list[bytes] = []
    for owner, name, body in items:
        tx.execute(ADD_VALUE, (owner, name, body, tx.now))
        stored.append(tx.execute(FIND_VALUE, (owner, name)).fetchone()[0])
    return stored


def _get(statement: str) -> Callable[[Transaction, Sequence[tuple[str, ...]]], list[bytes | None]]:
    def run(tx: Transaction, keys: Sequence[tuple[str, ...]]) -> list[bytes | None]:
        rows = [tx.execute(statement, key).fetchone() for key in keys]
        return [None if row is None else row[0] for row in rows]

    return run


PUTTING_TOKEN = Kind(_put(PUT_TOKEN))
GET_TOKEN = Kind(_get(FIND_TOKEN), writes=False, owned=False)
PUTTING_VALUE = Kind(_put(PUT_VALUE))
ADDING_VALUE = Kind(_add_value)
GET_VALUE = Kind(_get(FIND_VALUE), writes=False, owned=False)
PUTTING_MESSAGE = Kind(_put(PUT_MESSAGE))
GET_MESSAGE = Kind(_get(FIND_MESSAGE), writes=False, owned=False)
