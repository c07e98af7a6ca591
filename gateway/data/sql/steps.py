"""The table of steps."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, Text, case, delete, select
from sqlalchemy import cast as sql_cast

from gateway.data.sql import elements, feedbacks, placeholders
from gateway.data.sql.deleted import not_deleted
from gateway.data.sql.transactions import Transaction
from gateway.data.values import now
from gateway.step import StepDict


async def change(t: Transaction, given: Mapping[str, Any]) -> bool:
    """Set what the dict names of a step that is known, and return whether it is."""
    steps = t.schema.steps
    which = t.schema.equal(steps.c.id, given["id"])
    if t.schema.layout.strict and "threadId" not in given:
        which &= steps.c.threadId.is_not(None)  # a placeholder is known when it gets a thread
    return bool(await t.update(steps, which, _named(given), _times_of_placeholder(t, given)))


async def insert(t: Transaction, given: Mapping[str, Any]) -> None:
    """Insert a step of a thread that is there. Where somebody else just inserted it, set what the dict names."""
    new: dict[str, Any] = {
        "name": "", "type": "undefined", "streaming": False, "createdAt": now(), "metadata": {}, **given
    }  # fmt: skip
    if t.schema.layout.strict:
        new = {"start": new["createdAt"], **new}
        new = {"end": new["start"], **new}
    computed = _times_of_placeholder(t, given)
    await t.upsert(t.schema.steps, new, otherwise=_named(given), computed=computed)


def _named(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "id"}


def _times_of_placeholder(t: Transaction, given: Mapping[str, Any]) -> dict[str, ColumnElement[Any]]:
    """Return the start and the end of a step that has been a placeholder and is stored now, without naming them."""
    steps = t.schema.steps
    if not t.schema.layout.strict or "createdAt" not in given:
        return {}
    return {
        name: case((steps.c.threadId.is_(None), t.schema.value(steps.c[name], given["createdAt"])), else_=steps.c[name])
        for name in ("start", "end")
        if name not in given
    }


async def get(t: Transaction, *which: ColumnElement[bool]) -> StepDict | None:
    """Return the step of which the conditions hold, with its feedback, None if there is none."""
    found = await _with_feedback(t, *which)
    return found[0] if found else None


async def of_threads(t: Transaction, thread_ids: Iterable[str]) -> list[StepDict]:
    """Return the steps of threads with their feedback, oldest first."""
    steps = t.schema.steps
    return await _with_feedback(t, t.schema.among(steps.c.threadId, thread_ids))


async def _with_feedback(t: Transaction, *which: ColumnElement[bool]) -> list[StepDict]:
    steps, rated = t.schema.steps, t.schema.feedbacks
    # In the official schema `createdAt` is that of the row, which may have been written later.
    first = ("start", "createdAt") if t.schema.layout.strict else ("createdAt", "start")
    times = [steps.c[name].asc().nulls_last() for name in first if name in steps.c]
    query = _query(t).add_columns(*feedbacks.beside_step(t)).outerjoin(rated, rated.c.forId == steps.c.id)
    rows = await t.rows(steps, query.where(*which).order_by(*times))
    said = feedbacks.taken_from(t, rows)
    found = {row["id"]: _step(row) for row in rows}
    for id, step in found.items():
        step["feedback"] = said.get(id)
    return list(found.values())


async def favorites(t: Transaction, user_id: str) -> list[StepDict]:
    """Return the steps in a user's threads that are marked as favorites, newest first."""
    steps, threads = t.schema.steps, t.schema.threads
    mine = select(threads.c.id).where(t.schema.equal(threads.c.userId, user_id), *not_deleted(t))
    # The database leaves out most of the others, whatever type its column has; the dict has the last word.
    marked = sql_cast(steps.c.metadata, Text).contains('"favorite"')
    query = _query(t).where(steps.c.threadId.in_(mine), marked).order_by(steps.c.createdAt.desc())
    return [_step(row) for row in await t.rows(steps, query) if row["metadata"].get("favorite")]


async def remove(t: Transaction, which: ColumnElement[bool]) -> list[str]:
    """Delete steps with their feedback and elements, and return the keys of the elements' contents. In a strict schema
    the steps below them go too, as its foreign keys have it."""
    steps = t.schema.steps
    gone = select(steps.c.id).where(which)
    held: list[str] = []
    if t.schema.layout.strict:
        parents = select(steps.c.parentId).where(which).correlate(None)
        held = await placeholders.hold(t, steps.c.id.in_(parents))
        gone = _with_those_below(t, which)
    keys = await elements.remove(t, t.schema.elements.c.forId.in_(gone))
    await feedbacks.remove(t, t.schema.feedbacks.c.forId.in_(gone))
    await t.change(delete(steps).where(steps.c.id.in_(gone)))
    await placeholders.sweep(t, held)
    return keys


def _with_those_below(t: Transaction, which: ColumnElement[bool]) -> Select[Any]:
    steps = t.schema.steps
    gone = select(steps.c.id).where(which).cte("gone", recursive=True)
    below = steps.alias()
    return select(gone.union(select(below.c.id).where(below.c.parentId == gone.c.id)).c.id)


def _query(t: Transaction) -> Select[Any]:
    return select(*t.schema.shown(t.schema.steps))


def _step(row: dict[str, Any]) -> StepDict:
    row["name"] = row.get("name") or ""
    if isinstance(told := row.get("showInput"), str):
        row["showInput"] = told.lower()  # Chainlit's official layer writes True and False as Python does
    return cast(StepDict, row)
