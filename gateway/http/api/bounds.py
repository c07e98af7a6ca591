"""Bounds the bodies of requests before anything reads them."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import RequestRefused
from gateway.http.refusals import as_json

LIMIT = 1_048_576
"""Bytes of the largest body."""
_WRITES = frozenset({"POST", "PUT", "PATCH"})


class BoundedBodies:
    """Answers 413 for a body that is larger than ``LIMIT``, and 415 for one that is no JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http" or scope["method"] not in _WRITES:
            await self._app(scope, receive, send)
            return
        try:
            body = await _read(scope, receive)
        except RequestRefused as error:
            await as_json(error)(scope, receive, send)
            return
        given = False

        async def read() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, read, send)


async def _read(scope: Scope, receive: Receive) -> bytes:
    headers = dict(scope["headers"])
    mime = headers.get(b"content-type", b"application/json").partition(b";")[0].strip().lower()
    if mime != b"application/json" and not mime.endswith(b"+json"):
        raise RequestRefused(415, "the body has to be JSON: send it with Content-Type: application/json")
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LIMIT:
            raise RequestRefused(413, f"the body has more than {LIMIT} bytes")
        if not message.get("more_body"):
            return bytes(body)
