"""The port for history as programs read and change it over HTTP: pages of rows, searches, and changes outside of a
turn."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from gateway.cursors import Place
from gateway.model import Record

Noun: TypeAlias = Literal["users", "threads", "steps", "elements", "feedbacks", "scores"]
"""What rows are about; the name of their table."""
Operator: TypeAlias = Literal[
    "eq", "neq", "gt", "gte", "lt", "lte", "in", "nin", "like", "ilike", "nilike", "is", "is_not"
]
"""How a value is compared. ``like`` and ``ilike`` find a text in a text, the second without regard to case, and
``nilike`` is where it is not found; ``is`` and ``is_not`` compare with None."""
Row: TypeAlias = Mapping[str, Any]
"""A row by the documented names, its JSON as plain values."""


class Condition(NamedTuple):
    """What a row has to be like.

    ``field`` is a column, or one of these:

    * of threads, steps and scores: ``tag``, one of the tags;
    * of threads: ``person`` (somebody who said something in it), ``rating`` (a thumb under one of its messages),
      ``score`` (the value of a score of one of its steps), ``said_at`` (when something was said in it), ``step_type``,
      ``step_name`` and ``step_output`` (of one of its steps), ``duration`` (seconds of its longest step), ``tokens``
      (of all its generations);
    * of steps: ``seconds`` (how long it took), ``score`` (the value of one of its scores), ``error`` (as a program gave
      it), ``generation.NAME`` (what is kept of a call of a model).
    """

    field: str
    operator: Operator
    value: Any


class RecordQuery(NamedTuple):
    """Which rows of a noun are wanted, the newest first or the oldest.

    Unless ``by`` says otherwise, threads are ordered by when they were last used, all others by when they were made;
    elements have no time and are ordered by their ids.
    """

    noun: Noun
    conditions: Sequence[Condition] = ()
    newest_first: bool = True
    limit: int = 20
    cursor: str | None = None
    """Where the page begins: that of the page before, None for the first page."""
    by: str | None = None
    """The column of a time by which the rows are ordered."""
    behind: Place | None = None
    """The place behind which the page begins, for callers with cursors of their own."""


class RecordPage(NamedTuple):
    """A part of the rows that were found."""

    rows: Sequence[Row]
    cursor: str | None
    """Where the next page begins; None where this is the last one."""


class RowUpsert(NamedTuple):
    """A row that a program gives in parts: what is not named stays as it is."""

    noun: Noun
    id: str
    values: Row
    """What is set, by the documented names, JSON as plain values."""
    made: Row | None = MappingProxyType({})
    """What is set beside it where there is no such row yet; None to make none."""
    merged: Mapping[str, Row] = MappingProxyType({})
    """Changes of columns that hold an object: each key that is named is set in it, or taken away with None."""


class Found(NamedTuple):
    """A message or a step in which something was said."""

    thread: str
    title: str | None
    step: str
    type: str
    name: str
    at: str | None
    """ISO 8601 in UTC."""
    excerpt: str
    """What was said around the text, in one line."""


class FoundPage(NamedTuple):
    """A part of what a search found."""

    found: Sequence[Found]
    cursor: str | None


class Records(Protocol):
    """Reads and changes what history keeps."""

    async def record_page(self, query: RecordQuery) -> RecordPage:
        """Return a page of rows. Raises ``ValueError`` for a field or an operator that there is not, and for a cursor
        of another query."""
        ...

    async def count_records(self, noun: Noun, conditions: Sequence[Condition] = ()) -> int:
        """Return how many rows there are. Raises ``ValueError`` as ``record_page`` does."""
        ...

    async def search_steps(
        self, text: str, conditions: Sequence[Condition] = (), *, limit: int, cursor: str | None = None
    ) -> FoundPage:
        """Return where a text was said, in any case, the newest first.

        Args:
            text: The text, in which no character means anything but itself.
            conditions: What the steps are like.
            limit: How many at most.
            cursor: Where the page begins.

        Raises:
            ValueError: A field, an operator or the cursor is none of this search.
        """
        ...

    async def change_records(self, changes: Sequence[Record]) -> None:
        """Write changes in one transaction, as a turn does at its end."""
        ...

    async def upsert_rows(self, upserts: Sequence[RowUpsert]) -> None:
        """Change rows, and make those that there are not, in the given order and in one transaction."""
        ...
