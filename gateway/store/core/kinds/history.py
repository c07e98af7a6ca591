"""The operations that change history: records of turns as rows of Chainlit's documented tables.

The statements are compiled once, from the definition of the tables.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.model import (
    ElementRecord,
    FeedbackRecord,
    Record,
    Removed,
    StepEdited,
    StepRecord,
    ThreadNamed,
    ThreadRecord,
    UserRecord,
)
from gateway.model.text import title_of
from gateway.store.core import functions, rows
from gateway.store.core.queries import DIALECTS, text_of
from gateway.store.core.statements import ByRows
from gateway.store.core.tables import elements, feedbacks, scores, steps, threads, users
from gateway.store.core.transaction import Transaction


def _put(
    table: Table,
    columns: Sequence[str],
    *,
    key: str = "id",
    stays: Sequence[str] = (),
    merged: Callable[[Any], dict[str, ColumnElement[Any]]] = lambda _: {},
    **values: Any,
) -> ByRows:
    """Return the statement that inserts rows of these columns, given in the order of the table's.

    Where there is a row of the same key, its values are replaced but for those of ``stays``; ``merged`` makes of the
    inserted row what a column gets instead. ``values`` are expressions for columns that are not given as they are.
    """
    given = {name: values.get(name, bindparam(name)) for name in columns}

    def parts(insert: sqlite.Insert | postgresql.Insert, dialect: str) -> tuple[str, str, str]:
        changes: dict[str, ColumnElement[Any]] = {
            name: insert.excluded[name] for name in columns if name not in (key, *stays)
        }
        changes |= merged(insert.excluded)
        put = insert.values(given).on_conflict_do_update(index_elements=[key], set_=changes)
        start, _, rest = str(put.compile(dialect=DIALECTS[dialect])).partition(" VALUES ")
        row, conflict, end = rest.partition(" ON CONFLICT ")
        return f"{start} VALUES", row, conflict + end

    own = parts(postgresql.insert(table), "postgresql")
    return ByRows(*parts(sqlite.insert(table), "sqlite"), postgresql=own)


_PUT_USERS = _put(users, rows.USER, key="identifier", stays=("id", "createdAt"))
_PUT_THREADS = _put(
    threads,
    rows.THREAD,
    stays=("createdAt", "userId", "userIdentifier"),
    # A program that uses the tables too may have stored the person under an id of its own.
    userId=select(users.c.id).where(users.c.identifier == bindparam("userId")).scalar_subquery(),
    merged=lambda new: {
        "name": func.coalesce(threads.c.name, new.name),
        # What a program has put there stays.
        "metadata": functions.merged(threads.c.metadata, new.metadata),
    },
)
_PUT_STEPS = _put(
    steps,
    rows.STEP,
    stays=("createdAt", "userIdentifier"),
    merged=lambda new: {"generation": func.coalesce(new.generation, steps.c.generation)},
)
_PUT_ELEMENTS = _put(elements, rows.ELEMENT)
_PUT_FEEDBACKS = _put(
    feedbacks,
    rows.FEEDBACK,
    stays=("createdAt",),
    # The message may be of an earlier thread than the one its rating came in.
    threadId=func.coalesce(
        select(steps.c.threadId).where(steps.c.id == bindparam("forId")).scalar_subquery(), bindparam("threadId")
    ),
    # A comment is about its thumb: another thumb takes it away.
    merged=lambda new: {
        "comment": case(
            (new.comment.is_not(None), new.comment), (feedbacks.c.value == new.value, feedbacks.c.comment), else_=None
        )
    },
)
_NAME_THREAD = text_of(update(threads).where(threads.c.id == bindparam("key")).values(name=bindparam("text")))
_READ_TITLE = text_of(
    select(threads.c.id, threads.c.name, steps.c.output)
    .join(steps, steps.c.threadId == threads.c.id)
    .where(steps.c.id == bindparam("key"))
)
_EDIT_STEP = text_of(update(steps).where(steps.c.id == bindparam("key")).values(output=bindparam("text")))
_REMOVE = {
    "step": (
        text_of(delete(steps).where(steps.c.id == bindparam("key"))),
        text_of(delete(elements).where(elements.c.forId == bindparam("key"))),
        text_of(delete(feedbacks).where(feedbacks.c.forId == bindparam("key"))),
        text_of(delete(scores).where(scores.c.stepId == bindparam("key"))),
    ),
    "element": (text_of(delete(elements).where(elements.c.id == bindparam("key"))),),
    "feedback": (text_of(delete(feedbacks).where(feedbacks.c.id == bindparam("key"))),),
    "score": (text_of(delete(scores).where(scores.c.id == bindparam("key"))),),
}

_PUTS: dict[type, tuple[ByRows, Callable[[Any], rows.Row]]] = {
    UserRecord: (_PUT_USERS, rows.user),
    ThreadRecord: (_PUT_THREADS, rows.thread),
    StepRecord: (_PUT_STEPS, rows.step),
    ElementRecord: (_PUT_ELEMENTS, rows.element),
    FeedbackRecord: (_PUT_FEEDBACKS, rows.feedback),
}
"""How the records are inserted, those first that others name."""
_CHANGES: dict[type, str] = {ThreadNamed: _NAME_THREAD, StepEdited: _EDIT_STEP}
"""The statements that change the text (first) of what has an id (second)."""


def keep(tx: Transaction, records: Sequence[Record]) -> None:
    """Write records of turns: what is put first, then what is changed, then what is removed."""
    by_type: dict[type, list[Any]] = {}
    for record in records:
        by_type.setdefault(type(record), []).append(record)
    for kind, (statement, row) in _PUTS.items():
        if found := by_type.get(kind):
            statement.run(tx, [row(record) for record in found])
    for id, new in by_type.get(StepEdited, ()):
        _retitle(tx, id, new)
    for kind, text in _CHANGES.items():
        if found := by_type.get(kind):
            tx.executemany(text, [(rows.optional_text(new), id) for id, new in found])
    for removed in by_type.get(Removed, ()):
        if removed.noun == "step":
            _retitle(tx, removed.id, "")
        for text in _REMOVE[removed.noun]:
            tx.execute(text, (removed.id,))


def _retitle(tx: Transaction, step: str, text: str) -> None:
    """Change the title of a thread that is named after a message, whose text a person changed or, without words,
    deleted."""
    row = tx.execute(_READ_TITLE, (step,)).fetchone()
    if row is not None and row[1] is not None and row[1] == title_of(row[2] or ""):
        tx.execute(_NAME_THREAD, (title_of(text), row[0]))
