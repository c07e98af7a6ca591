"""Pages of a user's threads, newest first."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal_column, or_, select

from gateway import step_search
from gateway.cursors import Place
from gateway.data.sql import threads
from gateway.data.sql.transactions import Transaction
from gateway.types import ThreadDict, ThreadFilter

_FEW = 5_000
"""Steps that are compared with the text of a search where the index names them."""


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
    wanted = threads.query(t).where(*await _conditions(t, filters))
    found: list[ThreadDict] = []
    if after is None or after.at is not None:
        dated = wanted.where(table.c.createdAt.is_not(None) if after is None else _behind(t, after))
        found = await threads.heads(t, dated.order_by(table.c.createdAt.desc(), table.c.id.desc()).limit(count))
    if len(found) < count:
        undated = wanted.where(table.c.createdAt.is_(None))
        if after is not None and after.at is None:
            undated = undated.where(table.c.id < t.schema.value(table.c.id, after.id))
        found += await threads.heads(t, undated.order_by(table.c.id.desc()).limit(count - len(found)))
    return found


def _behind(t: Transaction, after: Place) -> ColumnElement[bool]:
    table = t.schema.threads
    created, id = t.schema.value(table.c.createdAt, after.at), t.schema.value(table.c.id, after.id)
    # The first condition says nothing new, but it is the one that an index can begin at.
    return and_(table.c.createdAt <= created, or_(table.c.createdAt < created, table.c.id < id))


async def _conditions(t: Transaction, filters: ThreadFilter) -> list[ColumnElement[bool]]:
    table, steps, feedbacks = t.schema.threads, t.schema.steps, t.schema.feedbacks
    found = [t.schema.equal(table.c.userId, filters.userId)]
    if filters.search:
        said = _said(t, filters.search)
        parts = await _parts_in_index(t, filters.search)
        if parts is None:
            found.append(exists().where(steps.c.threadId == table.c.id, said))
        else:
            # The plus keeps SQLite from going through all threads of the user.
            owner: ColumnElement[Any] = literal_column('+threads."userId"')
            found = [owner == t.schema.value(table.c.userId, filters.userId)]
            found.append(table.c.id.in_(select(steps.c.threadId).where(step_search.may_say(parts), said)))
    if filters.feedback is not None:
        rated = t.schema.equal(feedbacks.c.value, filters.feedback)
        found.append(exists().where(steps.c.threadId == table.c.id, feedbacks.c.forId == steps.c.id, rated))
    return found


def _said(t: Transaction, search: str) -> ColumnElement[bool]:
    """Return the condition that a step's output contains a text, without regard to case."""
    output = t.schema.steps.c.output
    words: str = t.schema.value(output, search)
    condition: ColumnElement[bool]
    if t.on_sqlite:
        condition = func.instr(func.casefold(output), words.casefold()) > 0
    else:
        # An index on trigrams of lower(output) is used for this, where there is one.
        literal = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        condition = func.lower(output).like(func.lower(f"%{literal}%"))
    return condition


async def _parts_in_index(t: Transaction, search: str) -> str | None:
    """Return what to ask the search index for a text; None where there is no index, and where it knows so many steps
    that reading the newest threads finds some sooner."""
    parts = step_search.parts(t.schema.value(t.schema.steps.c.output, search).casefold())
    if parts is None or not t.schema.has_search_index:
        return None
    known = (await t.connection.execute(step_search.count(parts, _FEW + 1))).scalar_one()
    return parts if known <= _FEW else None
