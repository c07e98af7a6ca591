"""``/v1/broadcasts``: one message to many."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, Field, model_validator

from gateway.cursors import Place, cursor_of, place_of
from gateway.errors import RequestRefused
from gateway.http.api.bodies import Asked
from gateway.http.api.keys import AdminKey, Parts
from gateway.http.api.parts import ApiParts
from gateway.http.api.paths import BroadcastId
from gateway.http.api.queries import Cursor, Limit
from gateway.http.api.said import KeyHeader, SayingBody, key_of
from gateway.http.api.shapes import Audience as Counted
from gateway.http.api.shapes import BroadcastFailure, Page, ShownBroadcast
from gateway.model import ConversationKind
from gateway.model.text import time_text
from gateway.proactive.broadcast import Audience, Broadcast
from gateway.proactive.broadcasts import WantedBroadcast
from gateway.proactive.destinations import NAME_LIMIT

router = APIRouter(tags=["broadcasts"])

MOST_NAMED = 10_000
"""People, and conversations, that a broadcast may name."""
_QUERY = "broadcasts"
_RANK = 18
"""Digits of a place in the order of broadcasts, which every database takes."""

Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]


class AudienceBody(Asked):
    """To whom a broadcast goes."""

    platform: Annotated[Name | None, Field(examples=["slack"])] = None
    """Only conversations on this platform."""
    workspace: Annotated[Name | None, Field(examples=["T1"])] = None
    """Only conversations in this workspace, as their addresses name it."""
    kind: Annotated[ConversationKind | None, Field(examples=["dm"])] = None
    """Only conversations of this kind."""
    active_since: Annotated[AwareDatetime | None, Field(examples=["2026-01-01T00:00:00Z"])] = None
    """Only conversations used since then; what is known of that may be an hour old."""
    users: Annotated[tuple[Name, ...], Field(max_length=MOST_NAMED, examples=[["slack:T1:U1"]])] = ()
    """These people instead, each in direct messages."""
    conversations: Annotated[tuple[Name, ...], Field(max_length=MOST_NAMED, examples=[["slack:T1:C1:171.001"]])] = ()
    """These conversations instead, by their addresses or the ids of threads; with `users` both."""

    @model_validator(mode="after")
    def _names_or_conditions(self) -> "AudienceBody":
        conditions = (self.platform, self.workspace, self.kind, self.active_since)
        if (self.users or self.conversations) and any(each is not None for each in conditions):
            raise ValueError("people and conversations are named, or found by conditions, not both")
        return self

    def audience(self) -> Audience:
        """Return the audience."""
        since = None if self.active_since is None else self.active_since.timestamp()
        return Audience(self.platform, self.workspace, self.kind, since, self.users, self.conversations)


class BroadcastBody(SayingBody):
    """A broadcast that is asked for."""

    to: Annotated[AudienceBody, Field(examples=[{}])]
    dry_run: Annotated[bool, Field(examples=[True])] = False
    """Whether to send nothing, and answer only how many it would reach."""


@router.post(
    "/broadcasts",
    status_code=202,
    response_model=ShownBroadcast | Counted,
    responses={200: {"model": Counted, "description": "With `dryRun`: how many it would reach."}},
)
async def begin_broadcast(
    parts: Parts, key: AdminKey, response: Response, body: BroadcastBody, idempotency_key: KeyHeader = None
) -> ShownBroadcast | Counted:
    """Send a message to many conversations and people, as fast as each platform allows. With `dryRun` nothing is sent,
    and only the number of those it would reach is answered."""
    audience = body.to.audience()
    if body.dry_run:
        response.status_code = 200
        return Counted(total=await parts.broadcasts.count(audience))
    wanted = WantedBroadcast(body.text, body.author, audience)
    begun = await parts.broadcasts.begin(wanted, requester=key.id, key=key_of(idempotency_key, body))
    if not begun.repeated:
        await parts.access.note(key, "broadcast.begun", broadcast=begun.broadcast.id, total=begun.broadcast.total)
    response.headers["Location"] = f"/v1/broadcasts/{begun.broadcast.id}"
    return await shown(parts, begun.broadcast)


@router.get("/broadcasts")
async def list_broadcasts(parts: Parts, _: AdminKey, limit: Limit = 20, cursor: Cursor = None) -> Page[ShownBroadcast]:
    """Return broadcasts, the newest first."""
    try:
        place = place_of(cursor, _QUERY)
        before = None if place is None else int(place.id[:_RANK])
    except ValueError as error:
        raise RequestRefused(400, str(error), where="cursor") from None
    found = await parts.broadcasts.page(before=before, limit=limit + 1)
    more = len(found) > limit
    behind = cursor_of(Place(None, str(found[limit - 1][0])), _QUERY) if more else None
    return Page[ShownBroadcast](
        data=[await shown(parts, broadcast) for _, broadcast in found[:limit]], hasMore=more, nextCursor=behind
    )


@router.get("/broadcasts/{id}")
async def read_broadcast(parts: Parts, _: AdminKey, id: BroadcastId) -> ShownBroadcast:
    """Return how far a broadcast is."""
    return await shown(parts, await parts.broadcasts.find(id))


@router.post("/broadcasts/{id}/cancel")
async def cancel_broadcast(parts: Parts, key: AdminKey, id: BroadcastId) -> ShownBroadcast:
    """Send nothing more of a broadcast."""
    broadcast = await parts.broadcasts.cancel(id)
    await parts.access.note(key, "broadcast.cancelled", broadcast=broadcast.id)
    return await shown(parts, broadcast)


async def shown(parts: ApiParts, broadcast: Broadcast) -> ShownBroadcast:
    """Return a broadcast as it is answered."""
    return ShownBroadcast(
        id=broadcast.id,
        state=broadcast.state,
        total=broadcast.total,
        sent=broadcast.sent,
        failed=broadcast.failed,
        pending=broadcast.pending,
        text=broadcast.text,
        author=broadcast.author,
        createdAt=time_text(broadcast.at),
        endedAt=None if broadcast.ended_at is None else time_text(broadcast.ended_at),
        errors=[BroadcastFailure.model_validate(each) for each in await parts.broadcasts.failures(broadcast.id)],
    )
