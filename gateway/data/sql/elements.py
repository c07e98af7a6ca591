"""The table of elements. Their contents are in a storage: ``gateway.data.contents``."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from sqlalchemy import ColumnElement, delete, literal, select

from gateway.data.sql import placeholders
from gateway.data.sql.transactions import Transaction
from gateway.data.values import now
from gateway.element import ElementDict

_IN_METADATA = ("type", "autoPlay", "playerConfig")
"""What a schema keeps in the metadata of an element that has no columns for it."""


async def put(t: Transaction, values: Mapping[str, Any]) -> None:
    """Store an element of a thread that is there, or what the dict names of one that is known."""
    given = {name: value for name, value in values.items() if value is not None}
    if t.schema.layout.strict:
        await _put_strictly(t, {name: value for name, value in given.items() if name in ElementDict.__annotations__})
    else:
        await t.upsert(t.schema.elements, {"name": "", **given}, otherwise=_without_id(given))


async def _put_strictly(t: Transaction, given: dict[str, Any]) -> None:
    column = t.schema.elements.c.metadata
    if not given.get("forId"):
        given.pop("forId", None)
    step_id = given.get("forId", given["id"])  # a placeholder of the element's own, where it belongs to no step
    await placeholders.make(t, step_id)
    if "objectKey" in given:
        given["url"] = None  # what has a key is read from the storage: an address of it would not last
    held = t.schema.value(column, {name: given.pop(name) for name in _IN_METADATA if name in given})
    await t.upsert(
        t.schema.elements,
        {"name": "", "createdAt": now(), "metadata": held, **given, "forId": step_id},
        otherwise=_without_id(given),
        computed={"metadata": column.op("||")(literal(held, column.type))},
    )
    await placeholders.sweep(t, [given["id"]])


def _without_id(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "id"}


async def get(t: Transaction, *which: ColumnElement[bool]) -> ElementDict | None:
    """Return the element of which the conditions hold, None if there is none."""
    row = await t.row(t.schema.elements, select(*t.schema.shown(t.schema.elements)).where(*which))
    return None if row is None else _element(t, row)


async def of_threads(t: Transaction, thread_ids: Iterable[str]) -> list[ElementDict]:
    """Return the elements of threads."""
    table = t.schema.elements
    rows = await t.rows(table, select(*t.schema.shown(table)).where(t.schema.among(table.c.threadId, thread_ids)))
    return [_element(t, row) for row in rows]


async def remove(t: Transaction, *which: ColumnElement[bool]) -> list[str]:
    """Delete elements, and return the keys of their contents."""
    table = t.schema.elements
    statement = delete(table).where(*which)
    if "objectKey" not in table.c:
        await t.change(statement)
        return []
    rows = await t.rows(table, statement.returning(table.c.objectKey, table.c.forId))
    if t.schema.layout.strict:
        await placeholders.sweep(t, (row["forId"] for row in rows))
    return [str(row["objectKey"]) for row in rows if row["objectKey"]]


def _element(t: Transaction, row: dict[str, Any]) -> ElementDict:
    if t.schema.layout.strict:
        held = row.pop("metadata")
        row |= {"type": "file"} | {name: held[name] for name in _IN_METADATA if name in held}
        del row["createdAt"]
        if row["forId"] == row["id"]:
            row["forId"] = None
        if row["url"]:
            row["objectKey"] = None  # Chainlit names a key here too, under which it stores nothing
    return cast(ElementDict, row)
