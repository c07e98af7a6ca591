"""``/v1/threads``: the kept conversations."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Self

from fastapi import APIRouter
from pydantic import Field, field_validator, model_validator
from starlette.responses import StreamingResponse

from gateway.errors import RequestRefused
from gateway.http.api.bodies import Asked
from gateway.http.api.keys import History, ReadKey, WriteKey
from gateway.http.api.parts import ApiParts
from gateway.http.api.paths import ThreadId
from gateway.http.api.queries import (
    Cursor,
    InConversation,
    Limit,
    Name,
    Order,
    Platform,
    Rating,
    Since,
    StepType,
    Tag,
    Total,
    Until,
    User,
    between,
    equals,
    given,
    linked,
    page_of,
    row_of,
)
from gateway.http.api.shapes import Deleted, Element, Page, Step, Thread, WholeThread
from gateway.model.plain import as_json
from gateway.ports import Condition, RecordQuery, RowUpsert

router = APIRouter(tags=["threads"])

_STEPS = 1_000
"""Steps of a thread that is read as a whole."""
_CHARACTERS = 5_000_000
"""Characters of these steps together."""
_EXPORTED_STEPS = 100_000
_EXPORTED_CHARACTERS = 100_000_000
_AT_ONCE = 100
MOST_TAGS = 100
"""Tags a thread may be given."""
MOST_METADATA = 65_536
"""Bytes, as JSON, of the largest change of a thread's metadata."""

NewTag = Annotated[str, Field(min_length=1, max_length=200)]


@router.get("/threads")
async def list_threads(
    parts: History,
    _: ReadKey,
    user: User = None,
    platform: Platform = None,
    conversation: InConversation = None,
    name: Name = None,
    tag: Tag = None,
    feedback: Rating = None,
    since: Since = None,
    until: Until = None,
    order: Order = "desc",
    limit: Limit = 20,
    cursor: Cursor = None,
    total: Total = False,
) -> Page[Thread]:
    """Return conversations by when they were last used: those of a person, of a platform, with a tag or a thumb, or in
    which something was said between two times."""
    conditions = [
        *_wanted(user, platform, conversation, name, tag, feedback),
        *between("said_at", since, until),
    ]
    return await page_of(parts, "threads", Thread, conditions, limit=limit, cursor=cursor, order=order, total=total)


@router.get("/threads/{id}")
async def read_thread(parts: History, _: ReadKey, id: ThreadId) -> WholeThread:
    """Return a conversation with its newest 1,000 steps, oldest first, their feedback and their elements."""
    thread = await parts.store.thread(id, limit=_STEPS, characters=_CHARACTERS)
    if thread is None:
        raise RequestRefused(404, f"there is no thread {id[:100]!r}")
    return WholeThread.model_validate(_linked(parts, dict(thread)))


class Change(Asked):
    """What is to be changed of a thread. What is not named stays."""

    name: Annotated[str, Field(min_length=1, max_length=500, examples=["A trip to Rome"])] = ""
    """Its new name."""
    tags: Annotated[tuple[NewTag, ...], Field(max_length=MOST_TAGS, examples=[["support", "urgent"]])] = ()
    """Its tags, instead of those that it has."""
    metadata: dict[str, Any] = Field(default_factory=dict[str, Any], examples=[{"ticket": 4711, "closed": None}])
    """Keys that are set in its metadata; null takes one away. 65,536 bytes at most."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("there is nothing to change in it: name, tags or metadata")
        return self

    @field_validator("metadata")
    @classmethod
    def _is_small(cls, metadata: dict[str, Any]) -> dict[str, Any]:
        if len(as_json(metadata)) > MOST_METADATA:
            raise ValueError(f"it has more than {MOST_METADATA} bytes")
        return metadata


@router.patch("/threads/{id}")
async def change_thread(parts: History, key: WriteKey, id: ThreadId, change: Change) -> Thread:
    """Change the name, the tags or the metadata of a conversation."""
    await row_of(parts, "threads", "id", id)
    values = change.model_dump(include={"name", "tags"} & change.model_fields_set)
    merged = {"metadata": change.metadata} if change.metadata else {}
    await parts.store.upsert_rows([RowUpsert("threads", id, values, made=None, merged=merged)])
    await parts.access.note(key, "thread.changed", thread=id)
    return Thread.model_validate(await row_of(parts, "threads", "id", id))


@router.delete("/threads/{id}")
async def delete_thread(parts: History, key: WriteKey, id: ThreadId) -> Deleted:
    """Delete a conversation with all that was said in it and its files. If it is still open, it begins anew with the
    next message."""
    erased = await parts.deletion.delete_thread(id)
    if erased is None:
        raise RequestRefused(404, f"there is no thread {id[:100]!r}")
    await parts.access.note(key, "thread.deleted", thread=id, **erased._asdict())
    return Deleted(id=id, **erased._asdict())


@router.get("/threads/{id}/steps")
async def list_steps(
    parts: History,
    _: ReadKey,
    id: ThreadId,
    type: StepType = None,
    since: Since = None,
    until: Until = None,
    order: Order = "asc",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[Step]:
    """Return the messages and steps of a conversation, the oldest first."""
    await row_of(parts, "threads", "id", id)
    conditions = [
        Condition("threadId", "eq", id),
        *given(equals("type", type)),
        *between("createdAt", since, until),
    ]
    return await page_of(parts, "steps", Step, conditions, limit=limit, cursor=cursor, order=order)


@router.get("/threads/{id}/elements")
async def list_elements(
    parts: History, _: ReadKey, id: ThreadId, limit: Limit = 20, cursor: Cursor = None
) -> Page[Element]:
    """Return the files and other elements of a conversation."""
    await row_of(parts, "threads", "id", id)
    mine = [Condition("threadId", "eq", id)]
    return await page_of(parts, "elements", Element, mine, limit=limit, cursor=cursor, order="asc")


@router.get("/export", response_class=StreamingResponse, responses={200: {"content": {"application/jsonl": {}}}})
async def export(
    parts: History,
    key: ReadKey,
    user: User = None,
    platform: Platform = None,
    tag: Tag = None,
    feedback: Rating = None,
    since: Since = None,
    until: Until = None,
) -> StreamingResponse:
    """Stream conversations with their steps, feedback and elements as JSON Lines, a thread in each line."""
    conditions = [*_wanted(user, platform, None, None, tag, feedback), *between("said_at", since, until)]
    await parts.access.note(key, "threads.exported", conditions=len(conditions))
    return StreamingResponse(_lines(parts, conditions), media_type="application/jsonl")


async def _lines(parts: ApiParts, conditions: list[Condition]) -> AsyncIterator[bytes]:
    cursor: str | None = None
    while True:
        page = await parts.store.record_page(RecordQuery("threads", tuple(conditions), limit=_AT_ONCE, cursor=cursor))
        for row in page.rows:
            thread = await parts.store.thread(row["id"], limit=_EXPORTED_STEPS, characters=_EXPORTED_CHARACTERS)
            if thread is not None:  # else it was deleted meanwhile
                whole = _linked(parts, {**thread, "platform": row["platform"], "conversation": row["conversation"]})
                yield json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        cursor = page.cursor
        if cursor is None:
            return


def _wanted(
    user: str | None,
    platform: str | None,
    conversation: str | None,
    name: str | None,
    tag: str | None,
    feedback: int | None,
) -> list[Condition]:
    found = None if name is None else Condition("name", "ilike", name)
    return given(
        equals("person", user),
        equals("platform", platform),
        equals("conversation", conversation),
        found,
        equals("tag", tag),
        equals("rating", feedback),
    )


def _linked(parts: ApiParts, thread: dict[str, Any]) -> dict[str, Any]:
    """Return a thread whose elements have addresses that can be read."""
    return {**thread, "elements": [linked(parts, each) for each in thread["elements"] or ()]}
