"""``POST /slack/events``: reads a bounded body, lets Bolt verify it, persists before Bolt acknowledges.

Bolt's chain is cut to what a gateway needs: ssl_check, the signature, then our middleware, which ends the chain. It
stands where Bolt calls ``before_authorize``, so Bolt's own authorize (an auth.test per request) is never reached.
"""

import hashlib
import hmac
import logging
import re
import time
from collections.abc import Awaitable, Callable

import orjson
import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.response import BoltResponse
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapters.slack.fields import text
from adapters.slack.inbound import Inbound, describe
from adapters.slack.limits import SIGNATURE_AGE
from gateway.adapter import Accept
from gateway.errors import Draining

PATH = "/slack/events"

_SURROGATE = re.compile(rb"(?:\\|%5[Cc])u[dD]")
_STAMP = re.compile(r"[0-9]{1,12}")
_FORWARDED = (b"content-type", b"x-slack-request-timestamp", b"x-slack-signature")

log = structlog.get_logger(__name__)

# Bolt logs whole bodies below WARNING, unverified ones too, and formats debug lines unless its level is set.
_bolt_log = logging.getLogger("adapters.slack.bolt")


async def _never(**_: object) -> AuthorizeResult:
    """Bolt insists on a way to authorize; our middleware answers before it is asked."""
    raise NotImplementedError


class Persist(AsyncMiddleware):
    """Answers once the delivery is durable."""

    def __init__(self, inbound: Inbound, accept: Accept) -> None:
        self._inbound = inbound
        self._accept = accept

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Accept the body. What ``accept`` raises becomes 500 in Bolt, so that Slack delivers again."""
        body = req.body
        if body.get("type") == "url_verification":
            return BoltResponse(status=200, body={"challenge": text(body, "challenge")})
        try:
            reply = await self._inbound.handle(body, self._accept)
        except Draining:
            return BoltResponse(status=503, body="")
        except Exception:
            # The last resort: whatever failed, the delivery is not durable and Slack must send it again.
            log.exception("slack_not_accepted", kind=describe(body))
            return BoltResponse(status=500, body="")
        if reply.payload is None:
            return BoltResponse(status=200, body="")
        return BoltResponse(
            status=200, body=orjson.dumps(reply.payload).decode(), headers={"content-type": ["application/json"]}
        )


class Webhook:
    """The route."""

    def __init__(self, inbound: Inbound, *, signing_secret: str, max_body_bytes: int) -> None:
        self._inbound = inbound
        self._secret = signing_secret
        self._limit = max_body_bytes

    def route(self, accept: Accept) -> BaseRoute:
        """``POST /slack/events`` over ``accept``."""
        _bolt_log.setLevel(logging.ERROR)
        bolt = AsyncApp(
            name="gateway",
            logger=_bolt_log,
            signing_secret=self._secret,
            authorize=_never,
            before_authorize=Persist(self._inbound, accept),
            ignoring_self_events_enabled=False,
            url_verification_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )

        async def endpoint(request: Request) -> Response:
            return await self._serve(bolt, request)

        return Route(PATH, endpoint, methods=["POST"], name="slack_events")

    async def _serve(self, bolt: AsyncApp, request: Request) -> Response:
        # Once into a dict: each look-up in Starlette's headers goes through all of them.
        given = {name: value.decode("latin-1") for name, value in request.scope["headers"]}
        headers = {name.decode(): given[name] for name in _FORWARDED if name in given}
        raw = await self._read(request, declared=given.get(b"content-length", ""))
        if raw is None:
            return Response(status_code=413)
        timestamp, signature = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
        try:
            bolt_request = AsyncBoltRequest(body=raw.decode(), headers=headers)
            if _SURROGATE.search(raw):
                # Half a surrogate pair is no text: nothing could store it. Emoji are whole pairs, and pass.
                orjson.dumps(bolt_request.body)
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            # Bolt reads the body before it looks at the signature; a stranger's rubbish is still just unsigned.
            return Response(status_code=400 if self._signed(raw, timestamp, signature) else 401)
        if not _STAMP.fullmatch(timestamp or "0") or not signature.isascii():
            # What the SDK's check would fail on instead of refusing.
            return Response(status_code=401)
        answer = await bolt.async_dispatch(bolt_request)
        kinds = answer.headers.get("content-type")
        return Response(answer.body, status_code=answer.status, media_type=kinds[0] if kinds else None)

    async def _read(self, request: Request, *, declared: str) -> bytes | None:
        """The body; None if it is larger than allowed, whatever its header claims."""
        if declared.isdecimal() and int(declared) > self._limit:
            return None
        chunks: list[bytes] = []
        size = 0
        try:
            async for chunk in request.stream():
                size += len(chunk)
                if size > self._limit:
                    return None
                chunks.append(chunk)
        except ClientDisconnect:
            return b""
        return b"".join(chunks)

    def _signed(self, raw: bytes, timestamp: str, signature: str) -> bool:
        """Whether bytes that Bolt could not read are signed all the same."""
        if not _STAMP.fullmatch(timestamp) or abs(time.time() - int(timestamp)) > SIGNATURE_AGE:
            return False
        made = hmac.new(self._secret.encode(), b"v0:" + timestamp.encode() + b":" + raw, hashlib.sha256).hexdigest()
        return hmac.compare_digest(f"v0={made}".encode(), signature.encode())
