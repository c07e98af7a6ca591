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
    table, steps = t.schema.elements, t.schema.steps
    step_id = given.pop("forId", None) or await _step_of(t, given["id"])
    alone = step_id == given["id"]
    held = [] if alone else await placeholders.hold(t, t.schema.equal(steps.c.id, given["id"]))
    await placeholders.make(t, step_id)
    if "objectKey" in given:
        given["url"] = None  # what has a key is read from the storage: an address of it would not last
    metadata = {name: given.pop(name) for name in _IN_METADATA if name in given}
    in_column = t.schema.value(table.c.metadata, metadata)
    await t.upsert(
        table,
        {"name": "", "createdAt": now(), "metadata": metadata, **given, "forId": step_id},
        otherwise={**_without_id(given), "forId": step_id},
        computed={"metadata": table.c.metadata.op("||")(literal(in_column, table.c.metadata.type))},
    )
    await placeholders.sweep(t, held)


async def _step_of(t: Transaction, element_id: str) -> str:
    """Return the id of the step that an element refers to; that of its own placeholder, where it is not known yet."""
    table = t.schema.elements
    row = await t.row(table, select(table.c.forId).where(t.schema.equal(table.c.id, element_id)))
    return element_id if row is None else str(row["forId"])


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
    if "objectKey" not in table.c:
        await t.change(delete(table).where(*which))
        return []
    held: list[str] = []
    if t.schema.layout.strict:
        held = await placeholders.hold(t, t.schema.steps.c.id.in_(select(table.c.forId).where(*which)))
    rows = await t.rows(table, delete(table).where(*which).returning(table.c.objectKey))
    await placeholders.sweep(t, held)
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
