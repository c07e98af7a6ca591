"""The table of threads, and what is read and deleted with a thread."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, delete, select

from gateway.data.sql import elements, feedbacks, steps, users
from gateway.data.sql.deleted import not_deleted
from gateway.data.sql.transactions import Transaction, batches
from gateway.data.values import now
from gateway.element import ElementDict
from gateway.types import ThreadDict


async def make(t: Transaction, thread_id: str) -> None:
    """Insert the thread unless it is there. As the transaction's first statement that also makes SQLite wait for other
    writers here, where waiting is possible."""
    await t.upsert(t.schema.threads, {"id": thread_id, "createdAt": now(), "metadata": {}})


async def change(t: Transaction, thread_id: str, values: Mapping[str, Any], metadata: Mapping[str, Any] | None) -> None:
    """Change a thread, or make it: set the values that are not None, and merge the metadata, where None deletes a key.
    Raises ``ValueError`` if ``userId`` is nobody's."""
    await make(t, thread_id)
    threads = t.schema.threads
    which = t.schema.equal(threads.c.id, thread_id)
    changes = {name: value for name, value in values.items() if value is not None}
    if "userId" in changes:
        changes["userIdentifier"] = await users.identifier_of(t, changes["userId"])
    if metadata:
        row = await t.row(threads, select(threads.c.metadata).where(which).with_for_update())
        held: dict[str, Any] = (row or {}).get("metadata") or {}
        changes["metadata"] = {key: value for key, value in {**held, **metadata}.items() if value is not None}
    if changes:
        await t.update(threads, which, changes)


async def owner(t: Transaction, thread_id: str) -> tuple[str | None, str | None]:
    """Return the id and the identifier of the user a thread belongs to; None for what is not known."""
    threads = t.schema.threads
    this = t.schema.equal(threads.c.id, thread_id)
    row = await t.row(threads, select(threads.c.userId, _user_identifier(t)).where(this, *not_deleted(t))) or {}
    return row.get("userId"), row.get("userIdentifier")


async def remove(t: Transaction, thread_id: str) -> list[str]:
    """Delete a thread with all that belongs to it, and return the keys of its elements' contents."""
    its_steps = t.schema.equal(t.schema.steps.c.threadId, thread_id)
    keys = await elements.remove(t, t.schema.equal(t.schema.elements.c.threadId, thread_id))
    if t.schema.layout.strict:
        keys += await steps.remove(t, its_steps)
    else:
        await feedbacks.remove_of_thread(t, thread_id)
        await t.change(delete(t.schema.steps).where(its_steps))
    await t.change(delete(t.schema.threads).where(t.schema.equal(t.schema.threads.c.id, thread_id)))
    return keys


def query(t: Transaction) -> Select[Any]:
    """Return the query for all threads, without those that are only marked as deleted."""
    columns = [each for each in t.schema.shown(t.schema.threads) if each.key != "userIdentifier"]
    return select(*columns, _user_identifier(t)).where(*not_deleted(t))


def one(t: Transaction, thread_id: str) -> Select[Any]:
    """Return the query for one thread."""
    return query(t).where(t.schema.equal(t.schema.threads.c.id, thread_id))


def _user_identifier(t: Transaction) -> ColumnElement[Any]:
    """Return the column of the user's identifier, or where it comes from in a schema without one."""
    threads, users = t.schema.threads, t.schema.users
    if "userIdentifier" in threads.c:
        return threads.c.userIdentifier
    found = select(users.c.identifier).where(users.c.id == threads.c.userId)
    return found.scalar_subquery().label("userIdentifier")


async def heads(t: Transaction, query: Select[Any]) -> list[ThreadDict]:
    """Return the threads that a query finds, without their steps and elements."""
    return [_thread(row) for row in await t.rows(t.schema.threads, query)]


async def read(t: Transaction, query: Select[Any]) -> list[ThreadDict]:
    """Return the threads that a query finds, with their steps and elements."""
    found = await heads(t, query)
    await fill(t, found)
    return found


async def fill(t: Transaction, found: Sequence[ThreadDict]) -> None:
    """Add steps with feedback, and elements, to threads: three statements, unless there are very many threads."""
    by_id = {thread["id"]: thread for thread in found}
    for ids in batches(by_id):
        for step in await steps.of_threads(t, ids):
            by_id[step.get("threadId", "")]["steps"].append(step)
        for element in await elements.of_threads(t, ids):
            cast(list[ElementDict], by_id[element.get("threadId") or ""]["elements"]).append(element)


def _thread(row: Mapping[str, Any]) -> ThreadDict:
    return {
        "id": row["id"],
        "createdAt": row.get("createdAt") or "",
        "name": row.get("name"),
        "userId": row.get("userId"),
        "userIdentifier": row.get("userIdentifier"),
        "tags": row.get("tags"),
        "metadata": row.get("metadata") or {},
        "steps": [],
        "elements": [],
    }
