"""Writes rows that programs give in parts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Insert, Update, insert, select, update
from sqlalchemy.dialects import sqlite

from gateway.model.plain import as_json
from gateway.ports.records import RowUpsert
from gateway.store.core.conditions import TABLES
from gateway.store.core.queries import run
from gateway.store.core.rows import text
from gateway.store.core.threads import plain_row
from gateway.store.core.transaction import Transaction

MERGED = "given"
"""The column whose object is not replaced: each key that is named is set in it."""
_DIALECT = sqlite.dialect(paramstyle="qmark")


def upsert(tx: Transaction, row: RowUpsert) -> None:
    """Change a row, or make it."""
    table, values = TABLES[row.noun], dict(row.values)
    merged = table.c[MERGED] if MERGED in values else table.c.id
    found = next(run(tx.execute, select(merged).where(table.c.id == row.id)), None)
    if found is None:
        _execute(tx, insert(table), {"id": row.id, **row.made, **values})
    elif values:
        if MERGED in values:
            values[MERGED] = {**(plain_row([MERGED], found)[MERGED] or {}), **values[MERGED]}
        _execute(tx, update(table).where(table.c.id == row.id), values)


def _execute(tx: Transaction, statement: Insert | Update, values: Mapping[str, Any]) -> None:
    compiled = statement.values({name: _stored(value) for name, value in values.items()}).compile(dialect=_DIALECT)
    tx.execute(str(compiled), [compiled.params[name] for name in compiled.positiontup or ()])


def _stored(value: Any) -> Any:
    """Return a plain value as SQLite keeps it."""
    if isinstance(value, Mapping):
        return as_json(value).decode()
    if isinstance(value, list | tuple):
        return json.dumps([text(each) for each in cast(Sequence[object], value)], ensure_ascii=False)
    return text(value) if isinstance(value, str) else value
