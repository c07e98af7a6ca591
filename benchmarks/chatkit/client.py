"""A ChatKit client for the load: sessions and streams over keep-alive connections."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp

KEY = "a key of the benchmark"
REQUESTS_A_MINUTE = 1_000_000
"""The limit of the benchmark's sessions, which none of them meets."""
_DELTA = b'"assistant_message.content_part.text_delta"'
_UP_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class Streamed:
    """What came of one request."""

    first_ms: float | None
    """Milliseconds from sending the request until its first piece of text; None where there was none."""
    ms: float
    """Milliseconds until the stream was closed."""
    text: str
    """All pieces of text."""


class Client:
    """Talks to one server."""

    def __init__(self, http: aiohttp.ClientSession, port: int) -> None:
        self._http = http
        self._base = f"http://127.0.0.1:{port}"

    async def up(self) -> None:
        """Return when the server answers."""
        while True:
            with suppress(aiohttp.ClientError):
                async with self._http.get(f"{self._base}/healthz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(_UP_EVERY)

    async def session(self, user: str) -> str:
        """Return the client secret of a new session. Raises ``aiohttp.ClientResponseError``."""
        wish = {
            "user": user,
            "workflow": {"id": "wf_benchmark"},
            "rate_limits": {"max_requests_per_1_minute": REQUESTS_A_MINUTE},
        }
        headers = {"Authorization": f"Bearer {KEY}"}
        async with self._http.post(
            f"{self._base}/v1/chatkit/sessions", json=wish, headers=headers, raise_for_status=True
        ) as answer:
            secret: str = (await answer.json())["client_secret"]
            return secret

    async def ask(self, secret: str, text: str) -> Streamed:
        """Begin a thread with a message and read its stream to the end. Raises ``aiohttp.ClientResponseError``."""
        begun = time.perf_counter()
        first: float | None = None
        pieces: list[str] = []
        async with self._open(secret, text) as lines:
            async for line in lines:
                if _DELTA in line:
                    first = first or time.perf_counter()
                    pieces.append(json.loads(line.removeprefix(b"data: "))["update"]["delta"])
                elif b'"content_part.done"' in line or b'"thread.item.done"' in line:
                    pieces = pieces or _texts(json.loads(line.removeprefix(b"data: ")))
        ended = time.perf_counter()
        return Streamed(None if first is None else (first - begun) * 1000, (ended - begun) * 1000, "".join(pieces))

    async def hold(self, secret: str, text: str, begun: asyncio.Event) -> None:
        """Keep a stream open until this is cancelled; ``begun`` is set when its first piece of text has come."""
        async with self._open(secret, text) as lines:
            async for line in lines:
                if _DELTA in line:
                    begun.set()

    @asynccontextmanager
    async def _open(self, secret: str, text: str) -> AsyncIterator[AsyncIterator[bytes]]:
        wish = {"type": "threads.create", "params": {"input": _input(text)}}
        headers = {"Authorization": f"Bearer {secret}"}
        async with self._http.post(
            f"{self._base}/v1/chatkit/conversation", json=wish, headers=headers, raise_for_status=True
        ) as answer:
            yield aiter(answer.content)


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Client]:
    """Return a client whose connections are closed after the block."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, read_bufsize=2**20) as http:
        yield Client(http, port)


def _input(text: str) -> dict[str, Any]:
    return {"content": [{"type": "input_text", "text": text}], "attachments": [], "inference_options": {}}


def _texts(event: dict[str, Any]) -> list[str]:
    item = event.get("item", {})
    if item.get("type") != "assistant_message":
        return []
    return [part["text"] for part in item["content"]]
