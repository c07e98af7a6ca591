"""Steps that others refer to before they are stored themselves, in a schema whose foreign keys want them there.

Such a step has no thread yet, so nothing shows it. Storing it gives it one. An element that belongs to no step refers
to a placeholder of its own id, which stays one.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, exists

from gateway.data.sql.transactions import Transaction, batches
from gateway.data.values import now


async def make(t: Transaction, step_id: str) -> None:
    """Insert a step that another row refers to, unless it is there."""
    at = now()
    new: dict[str, Any] = {"id": step_id, "type": "run", "metadata": {}, "createdAt": at, "start": at, "end": at}
    await t.upsert(t.schema.steps, new)


async def sweep(t: Transaction, step_ids: Iterable[str | None]) -> None:
    """Delete those of the steps that are placeholders to which no other step and no element refers any more."""
    steps, elements = t.schema.steps, t.schema.elements
    children = steps.alias()
    unused = [
        steps.c.threadId.is_(None),
        ~exists().where(children.c.parentId == steps.c.id),
        ~exists().where(elements.c.forId == steps.c.id),
    ]
    for ids in batches({each for each in step_ids if each is not None}):
        await t.change(delete(steps).where(t.schema.among(steps.c.id, ids), *unused))
