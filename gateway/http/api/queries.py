"""What the requests for lists have in common: their parameters, and how these become conditions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Query
from pydantic import BaseModel

from gateway.errors import RequestRefused
from gateway.http.api.parts import ApiParts
from gateway.http.api.shapes import Page
from gateway.model.text import time_text
from gateway.ports import Condition, Noun, RecordPage, RecordQuery

M = TypeVar("M", bound=BaseModel)

Limit = Annotated[int, Query(ge=1, le=100, description="How many rows at most.", examples=[20])]
Cursor = Annotated[
    str | None,
    Query(
        max_length=1_000,
        description="Where the page begins: the `nextCursor` of the page before, with the same filters.",
        examples=[""],
    ),
]
Order = Annotated[Literal["asc", "desc"], Query(description="`desc`: the newest first.", examples=["desc"])]
Total = Annotated[bool, Query(description="Whether to count all rows, which takes longer.", examples=[False])]
Since = Annotated[
    datetime | None,
    Query(
        description="The time (ISO 8601; UTC where it names no zone) at which it begins.",
        examples=["2026-01-01T00:00:00Z"],
    ),
]
Until = Annotated[
    datetime | None,
    Query(description="The time (ISO 8601) at which it ends, itself left out.", examples=["2036-01-01T00:00:00Z"]),
]
User = Annotated[
    str | None, Query(max_length=500, description="Only what is of this person.", examples=["slack:T1:U1"])
]
Platform = Annotated[
    str | None, Query(max_length=500, description="Only what is on this platform.", examples=["slack"])
]
InConversation = Annotated[
    str | None,
    Query(max_length=500, description="Only threads of the conversation at this address.", examples=["slack:T1:C1:1"]),
]
Name = Annotated[
    str | None,
    Query(max_length=500, description="Only threads whose names contain this, in any case.", examples=["a"]),
]
Tag = Annotated[str | None, Query(max_length=500, description="Only threads with this tag.", examples=["support"])]
InThread = Annotated[
    str | None, Query(max_length=500, description="Only what is in this thread.", examples=["0198c5f1-thread"])
]
OfStep = Annotated[
    str | None, Query(max_length=500, description="Only what is on this step.", examples=["0198c5f1-step"])
]
StepType = Annotated[
    str | None,
    Query(
        max_length=500,
        description="Only steps of this type: `user_message`, `assistant_message`, `tool`, `llm`, `run` or another.",
        examples=["assistant_message"],
    ),
]
Rating = Annotated[
    int | None, Query(ge=0, le=1, description="Only threads with such a thumb: 1 up, 0 down.", examples=[1])
]


def given(*conditions: Condition | None) -> list[Condition]:
    """Return those conditions that a request has."""
    return [condition for condition in conditions if condition is not None]


def equals(field: str, value: object) -> Condition | None:
    """Return the condition that a field has a value; None where none is asked for."""
    return None if value is None else Condition(field, "eq", value)


def between(field: str, since: datetime | None, until: datetime | None) -> list[Condition]:
    """Return the conditions that a time lies in a span, its end left out. Raises ``RequestRefused`` (400) for a time
    that is out of all bounds."""
    found = [] if since is None else [Condition(field, "gte", _text(since, "since"))]
    return found if until is None else [*found, Condition(field, "lt", _text(until, "until"))]


def _text(moment: datetime, where: str) -> str:
    try:
        return time_text(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    except (OverflowError, ValueError):
        raise RequestRefused(400, "this time is out of bounds", where=where) from None


async def page_of(
    parts: ApiParts,
    noun: Noun,
    model: type[M],
    conditions: list[Condition],
    *,
    limit: int,
    cursor: str | None,
    order: Literal["asc", "desc"] = "desc",
    total: bool = False,
) -> Page[M]:
    """Return a page of rows as models. Raises ``RequestRefused`` (400) for a cursor of another query."""
    query = RecordQuery(noun, tuple(conditions), order == "desc", limit, cursor)
    try:
        found: RecordPage = await parts.store.record_page(query)
    except ValueError as error:
        raise RequestRefused(400, str(error), where="cursor") from None
    rows = [model.model_validate(linked(parts, row) if noun == "elements" else row) for row in found.rows]
    count = await parts.store.count_records(noun, conditions) if total else None
    return Page[M](data=rows, hasMore=found.cursor is not None, nextCursor=found.cursor, total=count)


async def row_of(parts: ApiParts, noun: Noun, field: str, value: str) -> dict[str, Any]:
    """Return the only row with a value. Raises ``RequestRefused`` (404) where there is none."""
    found = await parts.store.record_page(RecordQuery(noun, (Condition(field, "eq", value),), limit=1))
    if not found.rows:
        raise RequestRefused(404, f"there is no such {noun.removesuffix('s')}: {value[:100]!r}")
    return dict(found.rows[0])


def linked(parts: ApiParts, element: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of an element with an address at which its content can be read, where there is one."""
    key = element.get("objectKey")
    return {**element, "url": element.get("url") or (parts.link(key) if key else None)}
