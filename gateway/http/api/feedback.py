"""``/v1/feedback``: what people, and programs for them, think of answers."""

import time
import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from gateway.http.api.bodies import Asked
from gateway.http.api.keys import History, ReadKey, WriteKey
from gateway.http.api.paths import FeedbackId, StepId
from gateway.http.api.queries import (
    Cursor,
    InThread,
    Limit,
    OfStep,
    Order,
    Since,
    Until,
    User,
    between,
    equals,
    given,
    page_of,
    row_of,
)
from gateway.http.api.shapes import Deleted, Feedback, Page
from gateway.model import FeedbackRecord, Removed

router = APIRouter(tags=["feedback"])


@router.get("/feedback")
async def list_feedback(
    parts: History,
    _: ReadKey,
    value: Annotated[int | None, Query(ge=0, le=1, description="1 thumbs up, 0 thumbs down.", examples=[1])] = None,
    user: User = None,
    thread: InThread = None,
    step: OfStep = None,
    since: Since = None,
    until: Until = None,
    order: Order = "desc",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[Feedback]:
    """Return feedback, the newest first."""
    conditions = [
        *given(
            equals("value", value), equals("userIdentifier", user), equals("threadId", thread), equals("forId", step)
        ),
        *between("createdAt", since, until),
    ]
    return await page_of(parts, "feedbacks", Feedback, conditions, limit=limit, cursor=cursor, order=order)


@router.get("/feedback/{id}")
async def read_feedback(parts: History, _: ReadKey, id: FeedbackId) -> Feedback:
    """Return one feedback."""
    return Feedback.model_validate(await row_of(parts, "feedbacks", "id", id))


class NewFeedback(Asked):
    """What a person thinks of a step."""

    value: Annotated[Literal[0, 1], Field(examples=[1])]
    """1 for thumbs up, 0 for thumbs down."""
    comment: Annotated[str | None, Field(max_length=10_000, examples=["Just what I needed."])] = None
    """Why."""
    user: Annotated[str, Field(max_length=500, examples=["slack:T1:U1"])] = ""
    """The identifier of the person (``slack:T1:U1``); empty for nobody in particular."""


@router.put("/steps/{id}/feedback")
async def give_feedback(parts: History, key: WriteKey, id: StepId, feedback: NewFeedback) -> Feedback:
    """Give feedback on a step; what the same person thought of it before is replaced."""
    step = await row_of(parts, "steps", "id", id)
    made = str(uuid.uuid5(uuid.NAMESPACE_OID, f"feedback {id} {feedback.user}"))
    record = FeedbackRecord(made, id, step["threadId"], feedback.user, feedback.value, feedback.comment, time.time())
    await parts.store.change_records([record])
    await parts.access.note(key, "feedback.given", feedback=made, step=id)
    return Feedback.model_validate(await row_of(parts, "feedbacks", "id", made))


@router.delete("/feedback/{id}")
async def delete_feedback(parts: History, key: WriteKey, id: FeedbackId) -> Deleted:
    """Take feedback back."""
    await row_of(parts, "feedbacks", "id", id)
    await parts.store.change_records([Removed("feedback", id)])
    await parts.access.note(key, "feedback.deleted", feedback=id)
    return Deleted(id=id, feedbacks=1)
