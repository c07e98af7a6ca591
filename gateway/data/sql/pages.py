"""Pages of a user's threads, newest first."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_

from gateway.data.cursors import Place
from gateway.data.sql import threads
from gateway.data.sql.transactions import Transaction
from gateway.types import ThreadDict, ThreadFilter


def newest(t: Transaction, user_id: str | None) -> Select[Any]:
    """Return the query for all threads of a user, newest first, those without a date last."""
    table = t.schema.threads
    mine = threads.query(t).where(t.schema.equal(table.c.userId, user_id))
    return mine.order_by(table.c.createdAt.desc().nulls_last(), table.c.id.desc())


async def page(t: Transaction, filters: ThreadFilter, after: Place | None, count: int) -> list[ThreadDict]:
    """Return at most ``count`` threads behind a place, without their steps and elements.

    Threads with a date are read in the order of the index on ``userId`` and ``createdAt``, and no more of them than are
    needed; those without one are a query of their own, because the databases sort them in different places.
    """
    table = t.schema.threads
    wanted = threads.query(t).where(*_conditions(t, filters))
    found: list[ThreadDict] = []
    if after is None or after.created is not None:
        dated = wanted.where(table.c.createdAt.is_not(None) if after is None else _behind(t, after))
        found = await threads.heads(t, dated.order_by(table.c.createdAt.desc(), table.c.id.desc()).limit(count))
    if len(found) < count:
        undated = wanted.where(table.c.createdAt.is_(None))
        if after is not None and after.created is None:
            undated = undated.where(table.c.id < t.schema.value(table.c.id, after.id))
        found += await threads.heads(t, undated.order_by(table.c.id.desc()).limit(count - len(found)))
    return found


def _behind(t: Transaction, after: Place) -> ColumnElement[bool]:
    table = t.schema.threads
    created, id = t.schema.value(table.c.createdAt, after.created), t.schema.value(table.c.id, after.id)
    # The first condition says nothing new, but it is the one that an index can begin at.
    return and_(table.c.createdAt <= created, or_(table.c.createdAt < created, table.c.id < id))


def _conditions(t: Transaction, filters: ThreadFilter) -> list[ColumnElement[bool]]:
    table, steps, feedbacks = t.schema.threads, t.schema.steps, t.schema.feedbacks
    found = [t.schema.equal(table.c.userId, filters.userId)]
    if filters.search:
        words = t.schema.value(steps.c.output, filters.search)
        if t.on_sqlite:
            said = func.instr(func.casefold(steps.c.output), words.casefold()) > 0
        else:
            said = func.strpos(func.lower(steps.c.output), words.lower()) > 0
        found.append(exists().where(steps.c.threadId == table.c.id, said))
    if filters.feedback is not None:
        rated = t.schema.equal(feedbacks.c.value, filters.feedback)
        found.append(exists().where(steps.c.threadId == table.c.id, feedbacks.c.forId == steps.c.id, rated))
    return found
