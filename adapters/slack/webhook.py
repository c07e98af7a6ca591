"""Serves ``POST /slack/events``: reads a bounded body, verifies it with Bolt, and persists before it acknowledges.

Of Bolt only the verification is used: its request, its context with a client of its own and its dispatch cost 50
microseconds an event (measured; a whole event may cost 225) for things a gateway does not need.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import parse_qs

import orjson
import structlog
from slack_bolt.middleware.request_verification import RequestVerification
from slack_sdk.signature import Clock
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapters.bodies import read_body
from adapters.fields import text
from adapters.jsons import NotJson, loads
from adapters.slack.inbound import Inbound, describe
from adapters.slack.limits import SIGNATURE_AGE
from gateway.adapter import Accept
from gateway.errors import Draining

PATH = "/slack/events"
"""The path of the webhook."""

_DONE = Response()
_BLANKS = b" \t\r\n"
_CHECK = b"ssl_check=1"
"""A GET or a form without a signature by which Slack checks the certificate of a command's URL; it is answered 200."""

log = structlog.get_logger(__name__)


class _Clock(Clock):
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._now()


class Webhook:
    """Verifies and answers the requests of the webhook."""

    def __init__(
        self, inbound: Inbound, *, signing_secret: str, max_body_bytes: int, now: Callable[[], float] = time.time
    ) -> None:
        """``now`` returns the time by which the age of a signature is counted (epoch seconds)."""
        self._inbound = inbound
        self._secret = signing_secret.encode()
        self._verifier = RequestVerification(signing_secret).verifier
        self._verifier.clock = _Clock(now)
        self._now = now
        self._limit = max_body_bytes

    def route(self, accept: Accept) -> Route:
        """Return the route ``POST /slack/events``, which hands deliveries to ``accept``."""
        return Route(PATH, _Endpoint(self, accept), methods=["GET", "POST"], name="slack_events")

    async def serve(self, scope: Scope, receive: Receive, accept: Accept) -> Response:
        """Return the answer to one request."""
        if scope["method"] != "POST":
            checks = _CHECK in bytes(scope["query_string"]).split(b"&")
            return Response() if checks else Response(status_code=405, headers={"Allow": "POST"})
        # One pass over the headers: Starlette's ``headers`` would go through all of them for each one asked for.
        headers: dict[bytes, bytes] = dict(scope["headers"])
        raw = await read_body(receive, headers.get(b"content-length", b""), limit=self._limit)
        if raw is None:
            return Response(status_code=413)
        if not self._signed(raw, headers):
            return Response(status_code=200 if _CHECK in raw.split(b"&") else 401)
        try:
            body = _body(raw, headers.get(b"content-type", b""))
        except NotJson as error:
            return Response(str(error), status_code=400, media_type="text/plain")
        return await self._answer(body, accept)

    async def _answer(self, body: Mapping[str, Any], accept: Accept) -> Response:
        if body.get("type") == "url_verification":
            return _json({"challenge": text(body, "challenge")})
        try:
            reply = await self._inbound.handle(body, accept)
        except Draining:
            return Response(status_code=503)
        except Exception:
            # The last resort: whatever failed, the delivery is not durable and Slack must send it again.
            log.exception("slack.not_accepted", kind=describe(body))
            return Response(status_code=500)
        return _DONE if reply.payload is None else _json(reply.payload)

    def _signed(self, raw: bytes, headers: Mapping[bytes, bytes]) -> bool:
        """Return whether Slack signed these bytes within the last five minutes."""
        timestamp, signature = headers.get(b"x-slack-request-timestamp", b""), headers.get(b"x-slack-signature", b"")
        if not (timestamp.isdigit() and len(timestamp) < 16 and signature.isascii()):
            return False
        try:
            return self._verifier.is_valid(raw.decode(), timestamp.decode(), signature.decode())
        except UnicodeDecodeError:
            # The verifier takes only text. A body that is no text but is signed comes from Slack and is malformed.
            made = hmac.new(self._secret, b"v0:%b:%b" % (timestamp, raw), hashlib.sha256).hexdigest()
            fresh = abs(self._now() - int(timestamp)) <= SIGNATURE_AGE
            return fresh and hmac.compare_digest(f"v0={made}".encode(), signature)


class _Endpoint:
    """Serves the route as an ASGI application, because Starlette wraps a function in one more layer that handles its
    exceptions."""

    def __init__(self, webhook: Webhook, accept: Accept) -> None:
        self._webhook = webhook
        self._accept = accept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._webhook.serve(scope, receive, self._accept)
        await response(scope, receive, send)


def _body(raw: bytes, content_type: bytes) -> Mapping[str, Any]:
    """Return the delivery: JSON, a form whose ``payload`` is JSON (interactions), or a plain form (commands).

    Raises ``NotJson``.
    """
    if raw.lstrip(_BLANKS)[:1] == b"{":
        return _object(raw)
    if content_type.startswith(b"application/x-www-form-urlencoded"):
        return _form(raw)
    raise NotJson("neither a JSON object nor a form")


def _form(raw: bytes) -> Mapping[str, Any]:
    try:
        form = parse_qs(raw.decode(), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise NotJson("not a form of at most 100 fields in UTF-8") from None
    return _object(form["payload"][0]) if "payload" in form else {k: v[0] for k, v in form.items()}


def _object(raw: bytes | str) -> Mapping[str, Any]:
    found = loads(raw)
    if not isinstance(found, dict):
        raise NotJson("not a JSON object")
    return cast("dict[str, Any]", found)


def _json(payload: Mapping[str, Any]) -> Response:
    return Response(orjson.dumps(payload), media_type="application/json")
