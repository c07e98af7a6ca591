"""``/v1/feedback``: what people, and programs for them, think of answers."""

import time
import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.http.api.keys import History, ReadKey, WriteKey
from gateway.http.api.queries import Cursor, Limit, Moment, Order, Text, between, equals, given, page_of, row_of
from gateway.http.api.shapes import Deleted, Feedback, Page
from gateway.model import FeedbackRecord, Removed

router = APIRouter(tags=["feedback"])


@router.get("/feedback")
async def list_feedback(
    parts: History,
    _: ReadKey,
    value: Annotated[int | None, Query(ge=0, le=1, description="1 thumbs up, 0 thumbs down.")] = None,
    user: Text = None,
    thread: Text = None,
    step: Text = None,
    since: Moment = None,
    until: Moment = None,
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
async def read_feedback(parts: History, _: ReadKey, id: str) -> Feedback:
    """Return one feedback."""
    return Feedback.model_validate(await row_of(parts, "feedbacks", "id", id))


class NewFeedback(BaseModel):
    """What a person thinks of a step."""

    model_config = ConfigDict(extra="forbid")
    value: Literal[0, 1]
    comment: Annotated[str, Field(max_length=10_000)] | None = None
    user: Annotated[str, Field(max_length=500)] = ""
    """The identifier of the person (``slack:T1:U1``); empty for nobody in particular."""


@router.put("/steps/{id}/feedback")
async def give_feedback(parts: History, key: WriteKey, id: str, feedback: NewFeedback) -> Feedback:
    """Give feedback on a step; what the same person thought of it before is replaced."""
    step = await row_of(parts, "steps", "id", id)
    made = str(uuid.uuid5(uuid.NAMESPACE_OID, f"feedback {id} {feedback.user}"))
    record = FeedbackRecord(made, id, step["threadId"], feedback.user, feedback.value, feedback.comment, time.time())
    await parts.store.change_records([record])
    await parts.access.note(key, "feedback.given", feedback=made, step=id)
    return Feedback.model_validate(await row_of(parts, "feedbacks", "id", made))


@router.delete("/feedback/{id}")
async def delete_feedback(parts: History, key: WriteKey, id: str) -> Deleted:
    """Take feedback back."""
    await row_of(parts, "feedbacks", "id", id)
    await parts.store.change_records([Removed("feedback", id)])
    await parts.access.note(key, "feedback.deleted", feedback=id)
    return Deleted(id=id, feedbacks=1)
