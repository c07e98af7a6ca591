"""Sends events by HTTP and waits for the replies."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from benchmarks.fake import Fake
from benchmarks.load import Acks, closed_loop, open_loop
from benchmarks.platform import Subject

QUIET = 10.0
"""Seconds without any reply after which the events without one count as lost."""

Requests = Callable[[Sequence[int], int], Sequence[bytes]]
"""A function from numbers of events and the bot's port to complete HTTP requests."""


class Webhooks:
    """Implements ``Driver`` for a platform that posts its events."""

    def __init__(self, fake: Fake, environment: Mapping[str, str], requests: Requests) -> None:
        self.fake = fake
        self.environment = environment
        self._requests = requests

    async def up(self, port: int) -> None:
        """Return when ``/healthz`` answers 200 for the first time."""
        while not await _healthy(port):
            await asyncio.sleep(0.003)

    async def load(self, subject: Subject, numbers: Sequence[int], *, port: int, concurrency: int) -> Acks:
        acks = await closed_loop(self._requests(numbers, port), port=port, concurrency=concurrency)
        await self.fake.wait_for(numbers, quiet=QUIET)
        return acks

    async def load_at(self, numbers: Sequence[int], *, port: int, rate: float) -> Acks:
        acks = await open_loop(self._requests(numbers, port), port=port, rate=rate)
        await self.fake.wait_for(numbers, quiet=QUIET)
        return acks

    async def audit(self, subject: Subject) -> None:
        """Do nothing, because every event has its own reply."""

    def seen(self, subject: Subject, numbers: Sequence[int]) -> tuple[int, int]:
        return self.fake.settle(numbers)


async def _healthy(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        status = await reader.readline()
        writer.close()
    except OSError:
        return False
    return b" 200 " in status
