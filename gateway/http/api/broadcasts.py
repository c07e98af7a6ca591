"""Serves broadcasts: ``/v1/broadcasts`` and what is below it."""

from typing import Annotated, Any

from pydantic import AwareDatetime, Field, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.adapter import ApiAccess
from gateway.cursors import Place, cursor_of, place_of
from gateway.errors import RequestRefused
from gateway.http.api.bodies import LEAST_BODY, read
from gateway.http.api.said import Asked, SayingBody, key_of
from gateway.http.refusals import answering
from gateway.model import ConversationKind
from gateway.model.text import time_text
from gateway.proactive.broadcast import Audience, Broadcast
from gateway.proactive.broadcasts import Broadcasts, WantedBroadcast
from gateway.proactive.destinations import NAME_LIMIT

MOST_NAMED = 10_000
"""People, and conversations, that a broadcast may name."""
PAGE = 20
"""Broadcasts of a page by default."""
MOST = 100
"""Broadcasts of a page at most."""
_QUERY = "broadcasts"
_RANK = 18
"""Digits of a place in the order of broadcasts, which every database takes."""

Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]


class AudienceBody(Asked):
    """To whom a broadcast goes."""

    platform: Name | None = None
    workspace: Name | None = None
    kind: ConversationKind | None = None
    active_since: AwareDatetime | None = None
    users: Annotated[tuple[Name, ...], Field(max_length=MOST_NAMED)] = ()
    conversations: Annotated[tuple[Name, ...], Field(max_length=MOST_NAMED)] = ()

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

    to: AudienceBody
    dry_run: bool = False


class BroadcastsApi:
    """Answers the requests about broadcasts.

    Args:
        access: What checks the API keys.
        broadcasts: The broadcasts.
        max_body_bytes: How many bytes a body may have; a megabyte in any case.
    """

    def __init__(self, *, access: ApiAccess, broadcasts: Broadcasts, max_body_bytes: int) -> None:
        self._access = access
        self._broadcasts = broadcasts
        self._limit = max(max_body_bytes, LEAST_BODY)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/broadcasts", answering(self._begin), methods=["POST"]),
            Route("/v1/broadcasts", answering(self._page), methods=["GET"]),
            Route("/v1/broadcasts/{id}", answering(self._find), methods=["GET"]),
            Route("/v1/broadcasts/{id}/cancel", answering(self._cancel), methods=["POST"]),
        ]

    async def _begin(self, request: Request) -> Response:
        key = await self._access.authorize(request, "admin")
        body = await read(request, BroadcastBody, limit=self._limit)
        audience = body.to.audience()
        if body.dry_run:
            return JSONResponse({"total": await self._broadcasts.count(audience)})
        wanted = WantedBroadcast(body.text, body.author, audience)
        begun = await self._broadcasts.begin(wanted, requester=key.id, key=key_of(request, body))
        if not begun.repeated:
            await self._access.note(key, "broadcast.begun", broadcast=begun.broadcast.id, total=begun.broadcast.total)
        location = {"Location": f"/v1/broadcasts/{begun.broadcast.id}"}
        return JSONResponse(shown(begun.broadcast), 202, headers=location)

    async def _page(self, request: Request) -> Response:
        await self._access.authorize(request, "admin")
        limit = _limit(request)
        try:
            place = place_of(request.query_params.get("cursor"), _QUERY)
            before = None if place is None else int(place.id[:_RANK])
        except ValueError as error:
            raise RequestRefused(400, str(error), where="cursor") from None
        found = await self._broadcasts.page(before=before, limit=limit + 1)
        more = len(found) > limit
        cursor = cursor_of(Place(None, str(found[limit - 1][0])), _QUERY) if more else None
        data = [shown(broadcast) for _, broadcast in found[:limit]]
        return JSONResponse({"data": data, "hasMore": more, "nextCursor": cursor})

    async def _find(self, request: Request) -> Response:
        await self._access.authorize(request, "admin")
        return JSONResponse(shown(await self._broadcasts.find(request.path_params["id"])))

    async def _cancel(self, request: Request) -> Response:
        key = await self._access.authorize(request, "admin")
        broadcast = await self._broadcasts.cancel(request.path_params["id"])
        await self._access.note(key, "broadcast.cancelled", broadcast=broadcast.id)
        return JSONResponse(shown(broadcast))


def shown(broadcast: Broadcast) -> dict[str, Any]:
    """Return a broadcast as it is answered."""
    return {
        "id": broadcast.id,
        "state": broadcast.state,
        "total": broadcast.total,
        "sent": broadcast.sent,
        "failed": broadcast.failed,
        "pending": broadcast.pending,
        "text": broadcast.text,
        "author": broadcast.author,
        "createdAt": time_text(broadcast.at),
        "endedAt": None if broadcast.ended_at is None else time_text(broadcast.ended_at),
        "errors": list(broadcast.errors),
    }


def _limit(request: Request) -> int:
    given = request.query_params.get("limit", str(PAGE))
    if not (given.isascii() and given.isdigit() and len(given) < 5 and 1 <= int(given) <= MOST):
        raise RequestRefused(400, f"limit is a number from 1 to {MOST}", where="limit")
    return int(given)
