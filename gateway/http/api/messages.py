"""The messages that programs ask for: ``/v1/conversations/{ref}/messages`` and ``/v1/messages/{id}``."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway.http.api.keys import Parts, ReadKey, WriteKey
from gateway.http.api.paths import Destination, MessageId
from gateway.http.api.said import KeyHeader, SayingBody, key_of
from gateway.http.api.shapes import SentMessage
from gateway.proactive.messages import RequestedMessage, Wanted

router = APIRouter(tags=["messages"])

MOST_WAIT = 30.0
"""Seconds that a request may wait for its message to be sent."""

Wait = Annotated[
    float,
    Query(ge=0, le=MOST_WAIT, description="Seconds to wait for the outcome.", examples=[10]),
]


@router.post(
    "/conversations/{ref}/messages",
    status_code=202,
    response_model_exclude_none=True,
    responses={200: {"model": SentMessage, "description": "With `wait`: what became of it."}},
)
async def send_message(
    parts: Parts,
    key: WriteKey,
    response: Response,
    ref: Destination,
    body: SayingBody,
    wait: Wait = 0.0,
    idempotency_key: KeyHeader = None,
) -> SentMessage:
    """Send a message into a conversation: its address (`slack:T1:C1:171.001`), the id of one of its threads, or a
    person (`user:slack:T1:U1`), who is written to directly. It is stored before this is answered, and goes out in the
    order of its conversation."""
    wanted = Wanted(ref, body.text, body.author)
    said = await parts.messages.send(wanted, requester=key.id, key=key_of(idempotency_key, body), wait=wait)
    if not said.repeated:
        await parts.access.note(key, "message.sent", message=said.id)
    if wait and said.status != "queued":
        response.status_code = 200
    response.headers["Location"] = f"/v1/messages/{said.id}"
    return shown(said)


@router.get("/messages/{id}", response_model_exclude_none=True)
async def read_message(parts: Parts, _: ReadKey, id: MessageId) -> SentMessage:
    """Return how far a message is."""
    return shown(await parts.messages.find(id))


def shown(said: RequestedMessage) -> SentMessage:
    """Return a message as it is answered."""
    return SentMessage(
        id=said.id,
        status=said.status,
        conversation=said.conversation,
        messageId=said.id if said.status == "sent" else None,
        error=said.error or None,
    )
