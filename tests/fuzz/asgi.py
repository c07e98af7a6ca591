"""Sends a request to an application as a hostile client does: any bytes, any length, gone before the answer ends."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 20.0
"""Seconds after which an application that has not even begun to answer hangs."""


@dataclass(slots=True)
class Answer:
    """What an application made of a request."""

    status: int = 0
    """The HTTP status; 0 where it did not answer."""
    taken: int = 0
    """Bytes of the request's body that it took before it answered."""
    size: int = 0
    """Bytes of the answer's body up to the moment the client left."""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])


async def send(
    app: Any,
    method: str,
    path: str,
    *,
    query: bytes = b"",
    headers: Sequence[tuple[bytes, bytes]] = (),
    body: bytes | Iterable[bytes] = b"",
    most: int = 4 * 1024 * 1024,
) -> Answer:
    """Return the answer to a request. An exception of the application is a 500, as the server makes of it; a stream of
    events is left once it has begun.

    Args:
        app: The ASGI application.
        method: The method.
        path: The path, decoded as a server hands it on.
        query: The query string.
        headers: The headers, names in lower case.
        body: The body; parts are sent one by one, without a declared length.
        most: Bytes of the answer after which the client leaves.
    """
    answer, left = Answer(), asyncio.Event()
    parts: Iterator[bytes] = iter([body] if isinstance(body, bytes) else body)
    declared = [(b"content-length", str(len(body)).encode())] if isinstance(body, bytes) else []
    ended = False

    async def receive() -> dict[str, Any]:
        nonlocal ended
        if ended:
            await left.wait()
            return {"type": "http.disconnect"}
        part = next(parts, None)
        ended = part is None
        if answer.status == 0:
            answer.taken += len(part or b"")
        return {"type": "http.request", "body": part or b"", "more_body": not ended}

    async def say(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = list(message.get("headers", []))
            if any(b"event-stream" in value for _, value in answer.headers):
                left.set()
        elif message["type"] == "http.response.body":
            answer.size += len(message.get("body", b""))
            if answer.size > most:
                left.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "root_path": "",
        "query_string": query,
        "headers": [*declared, *headers],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8_000),
        "state": {},
    }
    running = asyncio.ensure_future(app(scope, receive, say))
    leaving = asyncio.ensure_future(left.wait())
    try:
        await asyncio.wait({running, leaving}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            left.set()
            await asyncio.wait({running}, timeout=1.0)
        if running.done() and running.exception() is not None and answer.status == 0:
            answer.status = 500
    finally:
        for task in (running, leaving):
            task.cancel()
        await asyncio.gather(running, leaving, return_exceptions=True)
    return answer
