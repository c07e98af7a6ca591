"""Builds the queries for pages of rows, from conditions that programs give."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, case, exists, func, or_, select

from gateway.cursors import Place, cursor_of, place_of
from gateway.model.text import storable
from gateway.ports.records import Condition, Found, FoundPage, Noun, RecordPage, RecordQuery
from gateway.store.core.queries import Execute, run
from gateway.store.core.search import excerpt, says
from gateway.store.core.tables import elements, feedbacks, scores, steps, threads, users
from gateway.store.core.threads import plain_row

TABLES: Mapping[Noun, Table] = {
    "users": users,
    "threads": threads,
    "steps": steps,
    "elements": elements,
    "feedbacks": feedbacks,
    "scores": scores,
}
_HIDDEN = frozenset({"ref"})
"""Columns that no program sees."""
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
    table, at = TABLES[query.noun], _ORDERS[query.noun]
    names = [column.name for column in table.columns if column.name not in _HIDDEN]
    wanted = _where(select(*(table.c[name] for name in names)), query.noun, query.conditions)
    asked = (query.noun, tuple(query.conditions), query.newest_first)
    place = place_of(query.cursor, *asked)
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
    return wanted.where(*(_condition(noun, each) for each in conditions))


def _condition(noun: Noun, condition: Condition) -> ColumnElement[bool]:
    special = _OF_THREADS.get(condition.field) if noun == "threads" else None
    if special is not None:
        return special(condition)
    table = TABLES[noun]
    if condition.field not in table.c or condition.field in _HIDDEN:
        raise ValueError(f"{noun} have no field {condition.field!r}")
    return compared(table.c[condition.field], condition)


def compared(column: ColumnElement[Any], condition: Condition) -> ColumnElement[bool]:
    """Return the condition on a column. Raises ``ValueError`` for an operator that there is not."""
    value = storable(condition.value) if isinstance(condition.value, str) else condition.value
    match condition.operator:
        case "eq" | "is":
            return column.is_(None) if value is None else column == value
        case "neq" | "is_not":
            return column.is_not(None) if value is None else or_(column != value, column.is_(None))
        case "gt":
            return column > value
        case "gte":
            return column >= value
        case "lt":
            return column < value
        case "lte":
            return column <= value
        case "in":
            return column.in_(value)
        case "nin":
            return or_(column.not_in(value), column.is_(None))
        case "like":
            return func.instr(column, value) > 0
        case "ilike":
            return func.instr(func.casefold(column), str(value).casefold()) > 0
        case _:
            raise ValueError(f"there is no operator {condition.operator!r}")


def _person(condition: Condition) -> ColumnElement[bool]:
    theirs = select(steps.c.threadId).where(compared(steps.c.userIdentifier, condition))
    return or_(compared(threads.c.userIdentifier, condition), threads.c.id.in_(theirs))


def _tag(condition: Condition) -> ColumnElement[bool]:
    # Another program may have written something else than JSON.
    tags = case((func.json_valid(threads.c.tags), threads.c.tags), else_="[]")
    each = func.json_each(tags).table_valued("value")
    return exists(select(each.c.value).where(compared(each.c.value, condition)))


def _rating(condition: Condition) -> ColumnElement[bool]:
    return threads.c.id.in_(select(feedbacks.c.threadId).where(compared(feedbacks.c.value, condition)))


def _said_at(condition: Condition) -> ColumnElement[bool]:
    return exists().where(steps.c.threadId == threads.c.id, compared(steps.c.createdAt, condition))


_OF_THREADS: Mapping[str, Callable[[Condition], ColumnElement[bool]]] = {
    "person": _person,
    "tag": _tag,
    "rating": _rating,
    "said_at": _said_at,
}
"""Conditions on threads that are about more than a column."""
