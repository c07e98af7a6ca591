"""Serves the messages that programs ask for: ``/v1/conversations/{ref}/messages`` and ``/v1/messages/{id}``."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.adapter import ApiAccess
from gateway.errors import RequestRefused
from gateway.http.api.bodies import LEAST_BODY, read
from gateway.http.api.said import SayingBody, key_of
from gateway.http.refusals import answering
from gateway.proactive.messages import ProactiveMessages, RequestedMessage, Wanted

MOST_WAIT = 30.0
"""Seconds that a request may wait for its message to be sent."""


class MessagesApi:
    """Answers the requests about messages.

    Args:
        access: What checks the API keys.
        messages: What sends messages.
        max_body_bytes: How many bytes a body may have; a megabyte in any case.
    """

    def __init__(self, *, access: ApiAccess, messages: ProactiveMessages, max_body_bytes: int) -> None:
        self._access = access
        self._messages = messages
        self._limit = max(max_body_bytes, LEAST_BODY)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/conversations/{ref:path}/messages", answering(self._send), methods=["POST"]),
            Route("/v1/messages/{id}", answering(self._find), methods=["GET"]),
        ]

    async def _send(self, request: Request) -> Response:
        key = await self._access.authorize(request, "write")
        wait = _wait(request)
        body = await read(request, SayingBody, limit=self._limit)
        wanted = Wanted(request.path_params["ref"], body.text, body.author)
        said = await self._messages.send(wanted, requester=key.id, key=key_of(request, body), wait=wait)
        if not said.repeated:
            await self._access.note(key, "message.sent", message=said.id)
        status = 200 if wait and said.status != "queued" else 202
        return JSONResponse(shown(said), status, headers={"Location": f"/v1/messages/{said.id}"})

    async def _find(self, request: Request) -> Response:
        await self._access.authorize(request, "read")
        return JSONResponse(shown(await self._messages.find(request.path_params["id"])))


def shown(said: RequestedMessage) -> dict[str, Any]:
    """Return a message as it is answered."""
    body: dict[str, Any] = {"id": said.id, "status": said.status, "conversation": said.conversation}
    if said.status == "sent":
        body["messageId"] = said.id
    if said.error:
        body["error"] = said.error
    return body


def _wait(request: Request) -> float:
    given = request.query_params.get("wait", "0")
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= MOST_WAIT:
        raise RequestRefused(400, f"wait is a number of seconds from 0 to {MOST_WAIT:g}", where="wait")
    return seconds
