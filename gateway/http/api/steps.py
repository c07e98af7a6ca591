"""``/v1/steps``, ``/v1/elements`` and ``/v1/search``: single messages, steps and elements, and what was said."""

from typing import Annotated

from fastapi import APIRouter, Query

from gateway.errors import RequestRefused
from gateway.http.api.keys import History, ReadKey, WriteKey
from gateway.http.api.paths import ElementId, StepId
from gateway.http.api.queries import (
    Cursor,
    InThread,
    Limit,
    Since,
    Until,
    User,
    between,
    equals,
    given,
    linked,
    row_of,
)
from gateway.http.api.shapes import Deleted, Element, Page, Passage, Step
from gateway.model import Removed

router = APIRouter(tags=["steps"])


@router.get("/steps/{id}")
async def read_step(parts: History, _: ReadKey, id: StepId) -> Step:
    """Return a message or a step."""
    return Step.model_validate(await row_of(parts, "steps", "id", id))


@router.delete("/steps/{id}")
async def delete_step(parts: History, key: WriteKey, id: StepId) -> Deleted:
    """Delete a message or a step from history, with its elements and feedback. What stands on the platform stays."""
    row = await row_of(parts, "steps", "id", id)
    await parts.store.change_records([Removed("step", id)])
    await parts.access.note(key, "step.deleted", step=id, thread=row["threadId"])
    return Deleted(id=id, steps=1)


@router.get("/elements/{id}")
async def read_element(parts: History, _: ReadKey, id: ElementId) -> Element:
    """Return an element; its ``url`` leads to the content for an hour."""
    return Element.model_validate(linked(parts, await row_of(parts, "elements", "id", id)))


@router.delete("/elements/{id}")
async def delete_element(parts: History, key: WriteKey, id: ElementId) -> Deleted:
    """Delete an element from history. Its content goes with the next look for what nobody needs."""
    row = await row_of(parts, "elements", "id", id)
    await parts.store.change_records([Removed("element", id)])
    await parts.access.note(key, "element.deleted", element=id, thread=row["threadId"])
    return Deleted(id=id, elements=1)


@router.get("/search")
async def search(
    parts: History,
    _: ReadKey,
    q: Annotated[str, Query(min_length=1, max_length=500, description="A part of it, in any case.", examples=["trip"])],
    user: User = None,
    thread: InThread = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[Passage]:
    """Return where a text was said, the newest first."""
    conditions = [
        *given(equals("userIdentifier", user), equals("threadId", thread)),
        *between("createdAt", since, until),
    ]
    try:
        page = await parts.store.search_steps(q, conditions, limit=limit, cursor=cursor)
    except ValueError as error:
        raise RequestRefused(400, str(error), where="cursor") from None
    found = [
        Passage(
            threadId=each.thread,
            threadName=each.title,
            stepId=each.step,
            type=each.type,
            name=each.name,
            createdAt=each.at,
            excerpt=each.excerpt,
        )
        for each in page.found
    ]
    return Page[Passage](data=found, hasMore=page.cursor is not None, nextCursor=page.cursor)
