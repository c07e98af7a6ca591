"""Sends events over the gateway connection, and waits for the replies or asks a counting bot for its tally."""

import asyncio
import itertools
import time
from collections.abc import Mapping, Sequence

import orjson

from benchmarks.discord import tally
from benchmarks.discord.fake import FakeDiscord
from benchmarks.discord.gateway import FakeGateway
from benchmarks.discord.messages import direct, mention
from benchmarks.discord.tally import Seen
from benchmarks.load import Acks
from benchmarks.platform import Subject

_QUESTIONS = 9_000_000
"""The number of the first question; no event has so high a number."""
_PATIENCE = 3 * tally.QUIET
"""Seconds to wait for the answer to a question."""


class Dispatches:
    """Implements ``Driver`` for Discord."""

    def __init__(self, fake: FakeDiscord, gateway: FakeGateway, *, threads: int) -> None:
        self.fake = fake
        self.environment: Mapping[str, str] = {**fake.environment, "DISCORD_GATEWAY_URL": gateway.url}
        self._gateway = gateway
        self._threads = threads
        self._questions = itertools.count(_QUESTIONS)
        self._sent = 0
        """Number of messages sent to the bot that runs now."""
        self._seen = Seen(0, 0)

    async def up(self, port: int) -> None:
        """Return when the bot has answered a direct message sent right after READY: then it has logged in, is
        connected, and its handler runs."""
        self._sent, self._seen = 0, Seen(0, 0)
        self._gateway.expect()
        while not await self._ask(0):
            pass

    async def load(self, subject: Subject, numbers: Sequence[int], *, port: int, concurrency: int) -> Acks:
        self._sent += len(numbers)
        if not subject.silent:
            return await self._echoed(numbers, concurrency)
        session = await self._gateway.session()
        await session.pump("MESSAGE_CREATE", (orjson.dumps(mention(number, self._threads)) for number in numbers))
        await self._ask(self._sent)
        return Acks()

    async def _echoed(self, numbers: Sequence[int], concurrency: int) -> Acks:
        """Keep ``concurrency`` messages waiting for their replies; a latency is the time from the dispatch to the
        reply."""
        session, acks, waiting = await self._gateway.session(), Acks(), iter(numbers)

        async def sender() -> None:
            for number in waiting:
                replied, begun = self.fake.reply(number), time.perf_counter()
                session.dispatch("MESSAGE_CREATE", orjson.dumps(mention(number, self._threads)))
                try:
                    await asyncio.wait_for(replied, tally.QUIET)
                except TimeoutError:
                    continue  # counted as lost by ``seen``
                acks.note(200, time.perf_counter() - begun)

        await asyncio.gather(*(sender() for _ in range(concurrency)))
        return acks

    async def load_at(self, numbers: Sequence[int], *, port: int, rate: float) -> Acks:
        session, acks, begun = await self._gateway.session(), Acks(), time.perf_counter()
        self._sent += len(numbers)

        async def replied(reply: asyncio.Future[None], due: float) -> None:
            await reply
            acks.note(200, time.perf_counter() - due)

        waiting: list[asyncio.Task[None]] = []
        for index, number in enumerate(numbers):
            due = begun + index / rate
            while (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            waiting.append(asyncio.create_task(replied(self.fake.reply(number), due)))
            session.dispatch("MESSAGE_CREATE", orjson.dumps(mention(number, self._threads)))
        await asyncio.wait(waiting, timeout=tally.QUIET)
        return acks

    async def audit(self, subject: Subject) -> None:
        if subject.silent:
            await self._ask(self._sent)

    def seen(self, subject: Subject, numbers: Sequence[int]) -> tuple[int, int]:
        if subject.silent:
            return len(numbers) - self._seen.messages, self._seen.doubled
        return self.fake.settle(numbers)

    async def _ask(self, wanted: int) -> bool:
        """Ask how many messages the bot has seen, once it has seen ``wanted`` of them. Return whether it answered."""
        number = next(self._questions)
        answered = self.fake.reply(number)
        session = await self._gateway.session()
        session.dispatch("MESSAGE_CREATE", orjson.dumps(direct(number, tally.question(wanted))))
        try:
            await asyncio.wait_for(answered, _PATIENCE)
        except TimeoutError:
            return False  # the process has ended, or hangs
        self._seen = self.fake.seen.get(number, self._seen)
        return True
