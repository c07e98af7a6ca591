"""Builds the queries for pages of rows, from conditions that programs give."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, func, or_, select, true

from gateway.cursors import Place, cursor_of, place_of
from gateway.ports.records import Condition, Found, FoundPage, Noun, RecordPage, RecordQuery
from gateway.store.core.codec import Row
from gateway.store.core.conditions import HIDDEN, TABLES, conditions_on
from gateway.store.core.connection import Connection
from gateway.store.core.queries import run
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


def page(connection: Connection, query: RecordQuery) -> RecordPage:
    """Return a page of rows. Raises ``ValueError`` for a field or an operator that there is not, and for a cursor of
    another query."""
    table = TABLES[query.noun]
    at = _ORDERS[query.noun] if query.by is None else table.c[query.by]
    names = [column.name for column in table.columns if column.name not in HIDDEN]
    wanted = _where(select(*(table.c[name] for name in names)), query.noun, query.conditions)
    asked = (query.noun, tuple(query.conditions), query.newest_first)
    place = query.behind or place_of(query.cursor, *asked)
    read = rows_behind(connection, wanted, at, table.c.id, place, query.limit + 1, newest_first=query.newest_first)
    rows = [plain_row(names, row) for row in read]
    found, more = rows[: query.limit], len(rows) > query.limit
    if not more:
        return RecordPage(found, None)
    last = found[-1]
    at_last = last["id"] if at is None else last[at.name] or ""
    return RecordPage(found, cursor_of(Place(at_last, last["id"]), *asked))


def count(connection: Connection, noun: Noun, conditions: Sequence[Condition]) -> int:
    """Return how many rows meet the conditions. Raises ``ValueError`` as ``page`` does."""
    wanted = _where(select(func.count()).select_from(TABLES[noun]), noun, conditions)
    [(number,)] = run(connection, wanted)
    return int(number)


def search(
    connection: Connection, text: str, conditions: Sequence[Condition], *, limit: int, cursor: str | None
) -> FoundPage:
    """Return where a text was said, the newest first. Raises ``ValueError`` as ``page`` does."""
    asked = (text, tuple(conditions))
    place = place_of(cursor, *asked)
    given = [steps.c[name] for name in ("id", "type", "name", "createdAt", "output")]
    wanted: Select[Any] = (
        select(steps.c.threadId, threads.c.name, *given)
        .join(threads, threads.c.id == steps.c.threadId)
        .where(says(connection, text))
    )
    wanted = _where(wanted, "steps", conditions)
    rows = list(rows_behind(connection, wanted, steps.c.createdAt, steps.c.id, place, limit + 1))
    found = [
        Found(thread, title, step, type, name, at, excerpt(output, text))
        for thread, title, step, type, name, at, output in rows[:limit]
    ]
    more = len(rows) > limit
    return FoundPage(found, cursor_of(Place(found[-1].at or "", found[-1].step), *asked) if more else None)


def rows_behind(
    connection: Connection,
    wanted: Select[Any],
    at: Column[Any] | None,
    id: Column[Any],
    place: Place | None,
    limit: int,
    *,
    newest_first: bool = True,
) -> Iterator[Row]:
    """Yield at most ``limit`` rows behind a place, one by one, in the order of a time and then of the id.

    Args:
        connection: The connection to read on.
        wanted: The query, without an order.
        at: The column of the time; None for rows that have none.
        id: The column of the id.
        place: The place; None for the first rows.
        limit: How many rows at most.
        newest_first: Whether the newest come first; those without a time come last then, else first.
    """
    found = 0
    for condition, order in _behind(at, id, place, newest_first=newest_first):
        if found < limit:
            ordered = wanted.order_by(*(column.desc() if newest_first else column.asc() for column in order))
            for row in run(connection, ordered.where(condition).limit(limit - found)):
                found += 1
                yield row


def _behind(
    at: Column[Any] | None, id: Column[Any], place: Place | None, *, newest_first: bool
) -> list[tuple[ColumnElement[bool], Sequence[Column[Any]]]]:
    """Return conditions on the rows behind a place, and in which order those of each are. All rows of one come before
    those of the next, and an index of the time begins at each, so that a page far behind costs what the first one
    does. Rows without a time are apart: the databases differ in where such ones come."""
    later = true() if place is None else id < place.id if newest_first else id > place.id
    if at is None:
        return [(later, (id,))]
    timed, timeless = at > "", or_(at.is_(None), at == "")
    rest = (timeless if place is None or place.at else timeless & later, (id,))
    every = (timed, (at, id))
    if place is None:
        return [every, rest] if newest_first else [rest, every]
    if not place.at:
        return [rest] if newest_first else [rest, every]
    if newest_first:
        return [(timed & (at <= place.at) & or_(at < place.at, later), (at, id)), rest]
    return [((at >= place.at) & or_(at > place.at, later), (at, id))]


def _where(wanted: Select[Any], noun: Noun, conditions: Sequence[Condition]) -> Select[Any]:
    return wanted.where(*conditions_on(noun, conditions))
