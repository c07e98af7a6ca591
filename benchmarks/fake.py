"""The base of the fake platforms: so fast that the bot is what is measured, and it counts every reply.

It is written by hand on httptools, because it shares its core with the load generator. It enforces none of the
platform's rules; the emulators do that.
"""

import asyncio
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection
from typing import ClassVar, NamedTuple, cast

import httptools

_MARK = re.compile(rb"e(\d{7})q")
"""Matches the number of an event in a text; an echo brings it back whatever the encoding of the reply's body."""


def mark(number: int) -> str:
    """Return the mark by which an event's text carries its number."""
    return f"e{number:07d}q"


def number_in(body: bytes) -> int | None:
    """Return the number of the event that a reply answers; None if it carries none."""
    found = _MARK.search(body)
    return int(found[1]) if found else None


class Answer(NamedTuple):
    """The answer to one call of the API."""

    body: bytes
    status: int = 200


class Fake(ABC):
    """A fake of a platform's HTTP API, on loopback."""

    headers: ClassVar[bytes] = b""
    """Headers sent with every answer; each line ends with CRLF."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        """Number of calls by method."""
        self.replies: Counter[int] = Counter()
        """Number of replies by the event's number."""
        self.port = 0
        self._arrived = asyncio.Event()
        self._awaited: dict[int, asyncio.Future[None]] = {}

    @property
    def url(self) -> str:
        """The address of the API, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> asyncio.Server:
        """Begin to serve; closing the returned server ends it."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        return server

    @abstractmethod
    def answer(self, verb: str, path: str, body: bytes) -> Answer:
        """Return the answer to one call."""

    def replied(self, number: int | None) -> None:
        """Note a reply to an event; None for a message that carries no event's number."""
        if number is None:
            return
        self.replies[number] += 1
        self._arrived.set()
        waiting = self._awaited.pop(number, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def reply(self, number: int) -> asyncio.Future[None]:
        """Return a future that is done when the reply to this event comes. To be called before the event is sent."""
        waiting = self._awaited[number] = asyncio.get_running_loop().create_future()
        return waiting

    async def wait_for(self, numbers: Collection[int], *, quiet: float) -> set[int]:
        """Wait until each of these events has its reply, or no reply has come for ``quiet`` seconds. Return the events
        without a reply."""
        missing = set(numbers) - self.replies.keys()
        while missing:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), quiet)
            except TimeoutError:
                return missing
            missing -= self.replies.keys()
        return missing

    def settle(self, numbers: Collection[int]) -> tuple[int, int]:
        """Return how many of these events had no reply, and how many replies were one too many. Forgets these
        events."""
        replies = [self.replies.pop(number, 0) for number in numbers]
        return replies.count(0), sum(count - 1 for count in replies if count > 1)


class _Connection(asyncio.Protocol):
    def __init__(self, fake: Fake) -> None:
        self._fake = fake
        self._parser = httptools.HttpRequestParser(self)
        self._path = ""
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transport is no subclass of it

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._path, self._body = "", b""

    def on_url(self, url: bytes) -> None:
        self._path += url.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        path = self._path.partition("?")[0]
        answer = self._fake.answer(self._parser.get_method().decode(), path, self._body)
        self._transport.write(
            b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n%b"
            % (answer.status, self._fake.headers, len(answer.body), answer.body)
        )
