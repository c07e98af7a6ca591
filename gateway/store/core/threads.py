"""Reads kept threads as the dicts that Chainlit documents, from the documented tables."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import orjson
from sqlalchemy import ColumnElement, Table, bindparam, select

from gateway.model import ElementDict, FeedbackDict, StepDict, ThreadDict
from gateway.store.core.codec import Row
from gateway.store.core.conditions import OBJECTS
from gateway.store.core.connection import Connection, Cursor
from gateway.store.core.queries import text_of
from gateway.store.core.tables import elements, feedbacks, steps, threads

THREAD = ("id", "createdAt", "name", "userId", "userIdentifier", "tags", "metadata")
"""The columns of a thread's dict."""
_STEP = tuple(name for name in StepDict.__annotations__ if name != "feedback")
_ELEMENT = tuple(name for name in ElementDict.__annotations__ if name != "path")
_FEEDBACK = tuple(FeedbackDict.__annotations__)

_FLAGS = frozenset({"streaming", "waitForAnswer", "isError", "defaultOpen", "autoCollapse", "autoPlay"})


def columns(table: Table, names: Sequence[str]) -> list[ColumnElement[Any]]:
    """Return columns of a table by their names."""
    return [table.c[name] for name in names]


_OF_THREAD = steps.c.threadId == bindparam("thread")
_READ_HEAD = text_of(select(*columns(threads, THREAD)).where(threads.c.id == bindparam("thread")))
_NEWEST = (steps.c.createdAt.desc().nulls_last(), steps.c.start.desc().nulls_last(), steps.c.id)
# SQLAlchemy would write an OFFSET, with a value, behind its own LIMIT.
_READ_STEPS = text_of(select(*columns(steps, _STEP)).where(_OF_THREAD).order_by(*_NEWEST), " LIMIT ?")
_READ_FEEDBACKS = text_of(
    select(*columns(feedbacks, _FEEDBACK))
    .where(feedbacks.c.forId.in_(select(steps.c.id).where(_OF_THREAD)))
    .order_by(feedbacks.c.createdAt.nulls_first(), feedbacks.c.id)
)
_READ_ELEMENTS = text_of(select(*columns(elements, _ELEMENT)).where(elements.c.threadId == bindparam("thread")))


def read_thread(connection: Connection, id: str, *, limit: int, characters: int) -> ThreadDict | None:
    """Return a thread with its newest steps, their feedback and their elements; None where it is not kept.

    Args:
        connection: The connection to read on.
        id: The thread's id.
        limit: How many steps at most. Where there are more, the elements of those left out are left out too.
        characters: How many characters of input and output the steps have together at most; one has any number.
    """
    row = connection.execute(_READ_HEAD, (id,)).fetchone()
    if row is None:
        return None
    thread = head(row)
    found, more = _newest(_rows(connection.execute(_READ_STEPS, (id, limit + 1))), limit, characters)
    rated = {row[0]: row for row in _rows(connection.execute(_READ_FEEDBACKS, (id,)))}
    for step in reversed(found):
        feedback = rated.get(step.get("id"))
        step["feedback"] = None if feedback is None else cast(FeedbackDict, plain_row(_FEEDBACK, feedback))
        thread["steps"].append(step)
    ids = {step.get("id") for step in found}
    thread["elements"] = [
        element
        for element in (
            cast(ElementDict, plain_row(_ELEMENT, row)) for row in _rows(connection.execute(_READ_ELEMENTS, (id,)))
        )
        if not more or element.get("forId") in ids
    ]
    return thread


def head(row: Row) -> ThreadDict:
    """Return the thread in the columns ``THREAD``, without its steps and elements."""
    return cast(ThreadDict, {**plain_row(THREAD, row), "steps": [], "elements": []})


def _newest(rows: Iterator[Row], limit: int, characters: int) -> tuple[list[StepDict], bool]:
    """Return the first steps of these rows within the bounds, and whether there are more."""
    found: list[StepDict] = []
    for row in rows:
        step = cast(StepDict, plain_row(_STEP, row))
        characters -= len(step.get("output") or "") + len(step.get("input") or "")
        if len(found) == limit or (characters < 0 and found):
            return found, True
        found.append(step)
    return found, False


def _rows(cursor: Cursor) -> Iterator[Row]:
    return iter(cursor.fetchone, None)


def plain_row(names: Sequence[str], row: Row) -> dict[str, Any]:
    """Return a row as a dict of plain values, by the documented names of its columns."""
    return {name: _plain(name, value) for name, value in zip(names, row, strict=True)}


def _plain(name: str, value: Any) -> Any:
    if name in OBJECTS:
        found = _loads(value, dict)
        return {} if found is None and name == "metadata" else found
    if name == "tags":
        return _loads(value, list)
    if name in _FLAGS:
        return None if value is None else bool(value)
    return value


def _loads(value: str | None, kind: type) -> Any:
    """Return what JSON text holds, None where that is something else: another program may have written it."""
    try:
        found = None if value is None else orjson.loads(value)
    except ValueError:
        return None
    return found if isinstance(found, kind) else None
