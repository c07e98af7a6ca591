"""Writes rows that programs give in parts."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Insert, Update, insert, select, update

from gateway.model.plain import as_json
from gateway.ports.records import Row, RowUpsert
from gateway.store.core.conditions import TABLES
from gateway.store.core.queries import compiled, run
from gateway.store.core.rows import list_text, text
from gateway.store.core.threads import plain_row
from gateway.store.core.transaction import Transaction


def upsert(tx: Transaction, row: RowUpsert) -> None:
    """Change a row, or make it."""
    table, names = TABLES[row.noun], ["id", *row.merged]
    found = next(run(tx, select(*(table.c[name] for name in names)).where(table.c.id == row.id)), None)
    old = {} if found is None else plain_row(names, found)
    values = {**row.values, **{name: _merged(old.get(name), change) for name, change in row.merged.items()}}
    if found is None and row.made is not None:
        _execute(tx, insert(table), {"id": row.id, **row.made, **values})
    elif found is not None and values:
        _execute(tx, update(table).where(table.c.id == row.id), values)


def _merged(old: Row | None, change: Row) -> Row:
    return {name: value for name, value in {**(old or {}), **change}.items() if value is not None}


def _execute(tx: Transaction, statement: Insert | Update, values: Mapping[str, Any]) -> None:
    text, given = compiled(tx, statement.values({name: _stored(value) for name, value in values.items()}))
    tx.execute(text, given)


def _stored(value: Any) -> Any:
    """Return a plain value as a column takes it."""
    if isinstance(value, Mapping):
        return as_json(value).decode()
    if isinstance(value, list | tuple):
        return list_text(cast(Sequence[object], value))
    return text(value) if isinstance(value, str) else value
