"""The table of elements. Their contents are in a storage: ``gateway.data.contents``."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from sqlalchemy import ColumnElement, delete, select

from gateway.data.sql.transactions import Transaction
from gateway.element import ElementDict


async def put(t: Transaction, values: Mapping[str, Any]) -> None:
    """Store an element of a thread that is there, or what the dict names of one that is known."""
    given = {name: value for name, value in values.items() if value is not None}
    changes = {name: value for name, value in given.items() if name != "id"}
    await t.upsert(t.schema.elements, {"name": "", **given}, otherwise=changes)


async def get(t: Transaction, thread_id: str, element_id: str) -> ElementDict | None:
    """Return an element of a thread, None if there is none."""
    table = t.schema.elements
    of_thread = t.schema.equal(table.c.threadId, thread_id)
    row = await t.row(table, select(table).where(of_thread, t.schema.equal(table.c.id, element_id)))
    return cast(ElementDict | None, row)


async def of_threads(t: Transaction, thread_ids: Iterable[str]) -> list[ElementDict]:
    """Return the elements of threads."""
    table = t.schema.elements
    rows = await t.rows(table, select(table).where(t.schema.among(table.c.threadId, thread_ids)))
    return cast(list[ElementDict], rows)


async def remove(t: Transaction, *which: ColumnElement[bool]) -> list[str]:
    """Delete elements, and return the keys of their contents."""
    table = t.schema.elements
    statement = delete(table).where(*which)
    if "objectKey" not in table.c:
        await t.change(statement)
        return []
    keys = await t.connection.execute(statement.returning(table.c.objectKey))
    return [str(key) for key in keys.scalars() if key]
