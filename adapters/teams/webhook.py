"""Serves ``POST /teams/events``: reads a bounded body, verifies the sender, and persists before it acknowledges.

The service URL is part of what is verified, so the JSON is read first; nothing else happens to it until the token is
verified. That costs microseconds once a token is known, and a whole activity may cost 350.
"""

from collections.abc import Mapping, Sequence

import structlog
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapters.bodies import read_body
from adapters.fields import Json, text
from adapters.jsons import MAX_DEPTH, dump, object_in
from adapters.teams.envelope import tenants_of
from adapters.teams.hosts import on_this_machine, secure
from adapters.teams.inbound import Inbound, Reply, describe
from adapters.teams.names import CHANNEL, PATHS
from adapters.teams.verify import Verifier
from gateway.adapter import Accept
from gateway.errors import Draining, Unavailable

_DONE = Response()
_NO_OBJECT = f"The request body is not a JSON object, or nested deeper than {MAX_DEPTH} levels"
_MALFORMED: Json = {"error": {"code": "BadSyntax", "message": _NO_OBJECT}}
"""The answer to a body that is no JSON object, in Bot Framework's own form (REST API reference, *Error object*)."""

log = structlog.get_logger(__name__)


class Webhook:
    """Verifies and answers the requests of the webhook. Without a ``verifier`` requests are anonymous, and only a
    connector on this machine is accepted. ``tenant`` is the only one whose activities are accepted."""

    def __init__(
        self, inbound: Inbound, verifier: Verifier | None, *, tenant: str | None, local: bool, max_body_bytes: int
    ) -> None:
        self._inbound = inbound
        self._verifier = verifier
        self._tenant = tenant.lower() if tenant else None
        self._local = local
        self._limit = max_body_bytes

    def routes(self, accept: Accept) -> Sequence[Route]:
        """Return the webhook's routes, which hand deliveries to ``accept``."""
        endpoint = _Endpoint(self, accept)
        return [Route(path, endpoint, methods=["POST"], name=path.strip("/").replace("/", "_")) for path in PATHS]

    async def serve(self, scope: Scope, receive: Receive, accept: Accept) -> Response:
        """Return the answer to one request."""
        # One pass over the headers: Starlette's ``headers`` would go through all of them for each one asked for.
        headers: dict[bytes, bytes] = dict(scope["headers"])
        raw = await read_body(receive, headers.get(b"content-length", b""), limit=self._limit)
        if raw is None:
            return Response(status_code=413)
        activity = object_in(raw)
        try:
            if not await self._believed(headers, activity):
                return Response(status_code=401)
        except Unavailable as error:
            log.error("teams.cannot_verify", error=str(error))
            return Response(status_code=503)
        if activity is None:
            return _response(Reply(400, _MALFORMED))
        return await self._answer(activity, accept)

    async def _believed(self, headers: Mapping[bytes, bytes], activity: Json | None) -> bool:
        service = None if activity is None else text(activity, "serviceUrl")
        if service is not None and not secure(service, local=self._local):
            return False
        if self._verifier is None:
            # A web page can make a browser post text here, but not JSON without being allowed to, unless it had its own
            # name lead to this machine: then the browser tells from where it comes.
            origin = headers.get(b"origin", b"http://127.0.0.1").decode("latin-1")
            local = service is not None and on_this_machine(service) and on_this_machine(origin)
            return local and headers.get(b"content-type", b"").startswith(b"application/json")
        if activity is not None and not self._is_served(activity):
            return False
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        return await self._verifier.believes(authorization, service_url=service, channel=CHANNEL)

    def _is_served(self, activity: Json) -> bool:
        """Return whether an activity comes from Teams, and from a tenant that is served. An activity that does not say
        so is refused: leaving a field out must not skip a check."""
        if text(activity, "channelId") != CHANNEL:
            # On other channels (Web Chat, Direct Line) people choose their own ids.
            return False
        return self._tenant is None or {each.lower() for each in tenants_of(activity)} == {self._tenant}

    async def _answer(self, activity: Json, accept: Accept) -> Response:
        try:
            reply = await self._inbound.handle(activity, accept)
        except Draining:
            return Response(status_code=503)
        except Exception:
            # The last resort: whatever failed, the delivery is not durable and must not be acknowledged.
            log.exception("teams.not_accepted", kind=describe(activity))
            return Response(status_code=500)
        return _response(reply)


class _Endpoint:
    """Serves the routes as an ASGI application, because Starlette wraps a function in one more layer that handles its
    exceptions."""

    def __init__(self, webhook: Webhook, accept: Accept) -> None:
        self._webhook = webhook
        self._accept = accept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._webhook.serve(scope, receive, self._accept)
        await response(scope, receive, send)


def _response(reply: Reply) -> Response:
    if reply.payload is None:
        return _DONE if reply.status == 200 else Response(status_code=reply.status)
    return Response(dump(reply.payload), status_code=reply.status, media_type="application/json")
