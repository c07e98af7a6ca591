"""The table of feedback: one row for each step that was rated."""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, select, update

from gateway.data.sql.transactions import Transaction
from gateway.data.values import now
from gateway.types import Feedback, FeedbackDict

NAME = "user_feedback"
"""The kind of a feedback, where the schema has such a column."""

_LABELS = {name: f"feedback_{name}" for name in ("id", "value", "comment", "createdAt")}
"""What the columns of feedback are called in a row of a step."""


async def put(t: Transaction, feedback: Feedback) -> str:
    """Store the feedback of a step in place of what it had, and return its id. Raises ``ValueError`` for a step that is
    not known."""
    table, steps = t.schema.feedbacks, t.schema.steps
    of_step = t.schema.equal(steps.c.id, feedback.forId)
    # Whoever holds the step's row writes its only feedback: two at once cannot both insert one.
    await t.change(update(steps).where(of_step).values(id=steps.c.id))
    step = await t.row(steps, select(steps.c.threadId).where(of_step))
    if step is None:
        raise ValueError(f"there is no step with the id {feedback.forId!r} to give feedback on")
    said = {"value": feedback.value, "comment": feedback.comment}
    known = [row["id"] for row in await t.rows(table, _rows(t, t.schema.equal(table.c.forId, feedback.forId)))]
    if known:
        await t.update(table, t.schema.equal(table.c.id, known[-1]), said)
        for other in known[:-1]:
            await remove(t, t.schema.equal(table.c.id, other))
        return str(known[-1])
    id = feedback.id or str(uuid.uuid4())
    new = {"id": id, "forId": feedback.forId, "threadId": step["threadId"], "name": NAME, "createdAt": now(), **said}
    await t.insert(table, new)
    return id


def beside_step(t: Transaction) -> list[ColumnElement[Any]]:
    """Return the columns of feedback for a query for steps that joins it; ``taken_from`` takes them out of its rows."""
    table = t.schema.feedbacks
    return [table.c[name].label(label) for name, label in _LABELS.items() if name in table.c]


def taken_from(t: Transaction, rows: Iterable[dict[str, Any]]) -> dict[str, FeedbackDict]:
    """Take the columns of feedback out of the rows of steps, and return the feedback by the step's id. An old database
    may hold several for a step, and then has a row for each: the newest counts, and the next ``put`` leaves only that
    one."""
    table = t.schema.feedbacks
    found: dict[str, tuple[tuple[bool, Any, Any], FeedbackDict]] = {}
    for row in rows:
        id, value, comment, created = [row.pop(label, None) for label in _LABELS.values()]
        if id is None:
            continue
        step, age = row["id"], (created is not None, created, id)
        if step not in found or found[step][0] < age:
            said: FeedbackDict = {
                "forId": step,
                "id": t.schema.plain_value(table.c.id, id),
                "value": t.schema.plain_value(table.c.value, value),
                "comment": comment,
            }
            found[step] = age, said
    return {step: said for step, (_, said) in found.items()}


def _rows(t: Transaction, *which: ColumnElement[bool]) -> Select[Any]:
    """Return the query for the rows of which the conditions hold, the newest last."""
    table = t.schema.feedbacks
    times = [table.c.createdAt.asc().nulls_first()] if "createdAt" in table.c else []
    return select(table).where(*which).order_by(*times, table.c.id)


async def remove(t: Transaction, which: ColumnElement[bool]) -> int:
    """Delete feedback, and return how many rows that were."""
    return await t.change(delete(t.schema.feedbacks).where(which))


async def remove_of_thread(t: Transaction, thread_id: str) -> None:
    """Delete the feedback of a thread, also where its step is gone."""
    table, steps = t.schema.feedbacks, t.schema.steps
    mine = select(steps.c.id).where(t.schema.equal(steps.c.threadId, thread_id))
    await remove(t, table.c.forId.in_(mine))
    if "threadId" in table.c:
        await remove(t, t.schema.equal(table.c.threadId, thread_id))
