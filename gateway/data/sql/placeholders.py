"""Steps that others refer to before they are stored themselves, in a schema whose foreign keys want them there.

Such a step has no thread yet, so nothing shows it. Storing it gives it one. An element that belongs to no step refers
to a placeholder of its own id, which stays one.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, select

from gateway.data.sql.transactions import Transaction, batches
from gateway.data.values import now


async def make(t: Transaction, step_id: str) -> None:
    """Insert a step that another row refers to, unless it is there, and keep it from being deleted until the
    transaction ends."""
    steps, at = t.schema.steps, now()
    new: dict[str, Any] = {"id": step_id, "type": "run", "metadata": {}, "createdAt": at, "start": at, "end": at}
    this = select(steps.c.id).where(t.schema.equal(steps.c.id, step_id)).with_for_update(read=True, key_share=True)
    await t.upsert(steps, new)
    while await t.row(steps, this) is None:  # somebody deleted it between the two statements
        await t.upsert(steps, new)


async def hold(t: Transaction, which: ColumnElement[bool]) -> list[str]:
    """Return the placeholders of which the condition holds. Until the transaction ends nobody can begin to refer to
    them, and whoever just began has ended."""
    steps = t.schema.steps
    query = select(steps.c.id).where(steps.c.threadId.is_(None), which).order_by(steps.c.id).with_for_update()
    return [row["id"] for row in await t.rows(steps, query)]


async def sweep(t: Transaction, held: Iterable[str]) -> None:
    """Delete those placeholders to which no step and no element refers any more.

    Args:
        t: The transaction.
        held: What ``hold`` returned. It is a statement of its own, so that this one sees what was stored meanwhile: a
            step that still refers to a placeholder would be deleted with it.
    """
    steps, elements = t.schema.steps, t.schema.elements
    children = steps.alias()
    unused = [
        steps.c.threadId.is_(None),
        ~exists().where(children.c.parentId == steps.c.id),
        ~exists().where(elements.c.forId == steps.c.id),
    ]
    for ids in batches(held):
        await t.change(delete(steps).where(t.schema.among(steps.c.id, ids), *unused))
