"""The table of steps."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from sqlalchemy import Text, delete, select, update
from sqlalchemy import cast as sql_cast

from gateway.data.sql import elements, feedbacks
from gateway.data.sql.transactions import Transaction
from gateway.data.values import now
from gateway.step import StepDict


async def change(t: Transaction, given: Mapping[str, Any]) -> bool:
    """Set what the dict names of a step that is known, and return whether it is."""
    steps = t.schema.steps
    changes = {name: value for name, value in given.items() if name != "id"}
    values = t.schema.write(steps, changes) or {"id": steps.c.id}
    return bool(await t.change(update(steps).where(t.schema.equal(steps.c.id, given["id"])).values(values)))


async def insert(t: Transaction, given: Mapping[str, Any]) -> None:
    """Insert a step of a thread that is there. Where somebody else just inserted it, set what the dict names."""
    defaults: dict[str, Any] = {
        "name": "", "type": "undefined", "streaming": False, "createdAt": now(), "metadata": {}
    }  # fmt: skip
    named = {name: value for name, value in given.items() if name != "id"}
    await t.upsert(t.schema.steps, {**defaults, **given}, otherwise=named)


async def get(t: Transaction, step_id: str) -> StepDict | None:
    """Return a step with its feedback, None if there is none."""
    steps = t.schema.steps
    this = t.schema.equal(steps.c.id, step_id)
    row = await t.row(steps, select(steps).where(this))
    if row is None:
        return None
    row["feedback"] = (await feedbacks.of_steps(t, this)).get(step_id)
    return cast(StepDict, row)


async def of_threads(t: Transaction, thread_ids: Iterable[str]) -> list[StepDict]:
    """Return the steps of threads with their feedback, oldest first."""
    steps = t.schema.steps
    mine = t.schema.among(steps.c.threadId, thread_ids)
    times = [steps.c[name].asc().nulls_last() for name in ("createdAt", "start") if name in steps.c]
    rated = await feedbacks.of_steps(t, mine)
    rows = await t.rows(steps, select(steps).where(mine).order_by(*times))
    for row in rows:
        row["feedback"] = rated.get(row["id"])
    return cast(list[StepDict], rows)


async def favorites(t: Transaction, user_id: str) -> list[StepDict]:
    """Return the steps in a user's threads that are marked as favorites, newest first."""
    steps, threads = t.schema.steps, t.schema.threads
    mine = select(threads.c.id).where(t.schema.equal(threads.c.userId, user_id))
    # The database leaves out most of the others, whatever type its column has; the dict has the last word.
    marked = sql_cast(steps.c.metadata, Text).contains('"favorite"')
    query = select(steps).where(steps.c.threadId.in_(mine), marked).order_by(steps.c.createdAt.desc())
    return [cast(StepDict, row) for row in await t.rows(steps, query) if row["metadata"].get("favorite")]


async def remove(t: Transaction, step_id: str) -> list[str]:
    """Delete a step with its feedback and elements, and return the keys of the elements' contents."""
    keys = await elements.remove(t, t.schema.equal(t.schema.elements.c.forId, step_id))
    await feedbacks.remove(t, t.schema.equal(t.schema.feedbacks.c.forId, step_id))
    await t.change(delete(t.schema.steps).where(t.schema.equal(t.schema.steps.c.id, step_id)))
    return keys
