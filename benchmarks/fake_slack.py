"""The least Slack a bot can talk to: fast enough not to be what is measured, and it counts every reply.

Hand-written on httptools because it shares its core with the load generator; it enforces none of Slack's rules (the
emulator of the Slack adapter does that).
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Collection
from typing import cast

import httptools
import orjson

from benchmarks.events import BOT, BOT_USER, CHANNEL, PERSON, TEAM, number_in

_POSTS = {"chat.postMessage", "chat.startStream"}


class FakeSlack:
    """The Web API on loopback."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        """Calls by method."""
        self.replies: Counter[int] = Counter()
        """Replies by the event's number."""
        self.port = 0
        self._arrived = asyncio.Event()
        self._stamps = itertools.count(int(time.time()) * 1_000_000)

    @property
    def url(self) -> str:
        """What ``SLACK_API_URL`` is set to."""
        return f"http://127.0.0.1:{self.port}/api/"

    async def start(self) -> asyncio.Server:
        """Serve; the returned server ends it."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def wait_for(self, numbers: Collection[int], *, quiet: float) -> set[int]:
        """Return when each of these events has its reply, or ``quiet`` seconds after the last one that came: those
        still missing."""
        missing = set(numbers) - self.replies.keys()
        while missing:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), quiet)
            except TimeoutError:
                return missing
            missing -= self.replies.keys()
        return missing

    def answer(self, method: str, body: bytes) -> bytes:
        """The JSON body for one call."""
        self.calls[method] += 1
        if method in _POSTS:
            if (number := number_in(body)) is not None:
                self.replies[number] += 1
                self._arrived.set()
            stamp = next(self._stamps)
            ts = f"{stamp // 1_000_000}.{stamp % 1_000_000:06d}"
            message = {"type": "message", "user": BOT_USER, "bot_id": BOT, "ts": ts, "text": ""}
            return orjson.dumps({"ok": True, "channel": CHANNEL, "ts": ts, "message": message})
        return _STANDING.get(method, b'{"ok":true}')


_STANDING = {
    "auth.test": orjson.dumps(
        {
            "ok": True,
            "url": "https://benchmark.slack.com/",
            "team": "Benchmark",
            "user": "bot",
            "team_id": TEAM,
            "user_id": BOT_USER,
            "bot_id": BOT,
            "is_enterprise_install": False,
        }
    ),
    "users.info": orjson.dumps(
        {
            "ok": True,
            "user": {
                "id": PERSON,
                "team_id": TEAM,
                "name": "person",
                "real_name": "A Person",
                "is_bot": False,
                "profile": {"real_name": "A Person", "display_name": "person", "email": "person@example.com"},
            },
        }
    ),
}


class _Connection(asyncio.Protocol):
    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack
        self._parser = httptools.HttpRequestParser(self)
        self._method = ""
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by duck typing

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._method, self._body = url.partition(b"?")[0].rpartition(b"/")[2].decode(), b""

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        answer = self._slack.answer(self._method, self._body)
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b"
            % (len(answer), answer)
        )
