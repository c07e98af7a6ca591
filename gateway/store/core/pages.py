"""Builds the queries for pages of rows, from conditions that programs give."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, func, or_, select

from gateway.cursors import Place, cursor_of, place_of
from gateway.ports.records import Condition, Found, FoundPage, Noun, RecordPage, RecordQuery
from gateway.store.core.conditions import HIDDEN, TABLES, condition_on
from gateway.store.core.queries import Execute, run
from gateway.store.core.search import excerpt, says
from gateway.store.core.tables import feedbacks, scores, steps, threads, users
from gateway.store.core.threads import plain_row

_ORDERS: Mapping[Noun, Column[Any] | None] = {
    "users": users.c.createdAt,
    "threads": threads.c.updatedAt,
    "steps": steps.c.createdAt,
    "elements": None,
    "feedbacks": feedbacks.c.createdAt,
    "scores": scores.c.createdAt,
}


def page(execute: Execute, query: RecordQuery) -> RecordPage:
    """Return a page of rows. Raises ``ValueError`` for a field or an operator that there is not, and for a cursor of
    another query."""
    table = TABLES[query.noun]
    at = _ORDERS[query.noun] if query.by is None else table.c[query.by]
    names = [column.name for column in table.columns if column.name not in HIDDEN]
    wanted = _where(select(*(table.c[name] for name in names)), query.noun, query.conditions)
    asked = (query.noun, tuple(query.conditions), query.newest_first)
    place = query.behind or place_of(query.cursor, *asked)
    key: ColumnElement[Any] = func.coalesce(at, "") if at is not None else table.c.id
    if place is not None:
        wanted = wanted.where(_behind(key, table.c.id, place, newest_first=query.newest_first))
    # The column itself, and not the expression, is what an index orders; a row without a time comes last, as in it.
    first: ColumnElement[Any] = table.c.id if at is None else at
    order = (first.desc(), table.c.id.desc()) if query.newest_first else (first.asc(), table.c.id.asc())
    rows = [plain_row(names, row) for row in run(execute, wanted.order_by(*order).limit(query.limit + 1))]
    found, more = rows[: query.limit], len(rows) > query.limit
    if not more:
        return RecordPage(found, None)
    last = found[-1]
    at_last = last["id"] if at is None else last[at.name] or ""
    return RecordPage(found, cursor_of(Place(at_last, last["id"]), *asked))


def count(execute: Execute, noun: Noun, conditions: Sequence[Condition]) -> int:
    """Return how many rows meet the conditions. Raises ``ValueError`` as ``page`` does."""
    wanted = _where(select(func.count()).select_from(TABLES[noun]), noun, conditions)
    [(number,)] = run(execute, wanted)
    return int(number)


def search(
    execute: Execute, text: str, conditions: Sequence[Condition], *, limit: int, cursor: str | None
) -> FoundPage:
    """Return where a text was said, the newest first. Raises ``ValueError`` as ``page`` does."""
    asked = (text, tuple(conditions))
    place = place_of(cursor, *asked)
    given = [steps.c[name] for name in ("id", "type", "name", "createdAt", "output")]
    wanted: Select[Any] = (
        select(steps.c.threadId, threads.c.name, *given)
        .join(threads, threads.c.id == steps.c.threadId)
        .where(says(execute, text))
    )
    wanted = _where(wanted, "steps", conditions)
    if place is not None:
        wanted = wanted.where(_behind(func.coalesce(steps.c.createdAt, ""), steps.c.id, place, newest_first=True))
    rows = list(run(execute, wanted.order_by(steps.c.createdAt.desc(), steps.c.id.desc()).limit(limit + 1)))
    found = [
        Found(thread, title, step, type, name, at, excerpt(output, text))
        for thread, title, step, type, name, at, output in rows[:limit]
    ]
    more = len(rows) > limit
    return FoundPage(found, cursor_of(Place(found[-1].at or "", found[-1].step), *asked) if more else None)


def _behind(key: ColumnElement[Any], id: Column[Any], place: Place, *, newest_first: bool) -> ColumnElement[bool]:
    at = place.at or ""
    if newest_first:
        return or_(key < at, (key == at) & (id < place.id))
    return or_(key > at, (key == at) & (id > place.id))


def _where(wanted: Select[Any], noun: Noun, conditions: Sequence[Condition]) -> Select[Any]:
    return wanted.where(*(condition_on(noun, each) for each in conditions))
