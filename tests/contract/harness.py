"""An adapter behind a real server, facing its emulated platform; ``accept`` records, and answers as told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from starlette.applications import Starlette

from gateway.adapter import AdapterContext
from gateway.model import (
    Accepted,
    Answer,
    Capabilities,
    ConversationRef,
    Envelope,
    Event,
    MessageCreated,
    RemoteFile,
    from_json,
    to_json,
)
from gateway.serving.server import bind
from gateway.testing.serving import serving as served
from tests.contract.world import Post, Said, World
from tests.support.files import files_in

E = TypeVar("E")
H = TypeVar("H", bound="AdapterHarness")


class AdapterHarness:
    """An adapter behind a real server, with what a test asks of both: what it accepted, and what a person does."""

    def __init__(self, world: World, context: AdapterContext) -> None:
        self.world = world
        self.adapter = world.adapter(context)
        self.url = ""
        """Where its webhooks are."""
        self.envelopes: list[Envelope] = []
        """What was accepted, each key once."""
        self.attempts = 0
        """How often ``accept`` was called."""
        self.answer: Callable[[Event], Answer | None] = lambda event: None
        self.failure: Exception | None = None
        """Raised by ``accept`` while it is set: nothing is durable."""
        self._seen = 0
        self._changed = asyncio.Condition()

    async def accept(self, envelope: Envelope) -> Accepted:
        self.attempts += 1
        async with self._changed:
            self._changed.notify_all()
        if self.failure is not None:
            raise self.failure
        known = envelope.key in {each.key for each in self.envelopes}
        if not known:
            self.envelopes.append(envelope)
            async with self._changed:
                self._changed.notify_all()
        event = self.adapter.parse(envelope)
        return Accepted(status="duplicate" if known else "new", answer=None if event is None else self.answer(event))

    @property
    def events(self) -> list[Event]:
        parsed = [self.adapter.parse(envelope) for envelope in self.envelopes]
        return [event for event in parsed if event is not None]

    async def until(self, predicate: Callable[[], bool]) -> None:
        """Wait until a condition is true; it is tried after every call of ``accept``."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(predicate)

    async def heard(self, kind: type[E]) -> E:
        """Wait for the next event of this kind and return it; those before it are passed over."""
        await self.until(lambda: any(isinstance(event, kind) for event in self.events[self._seen :]))
        for at, event in enumerate(self.events):
            if at >= self._seen and isinstance(event, kind):
                self._seen = at + 1
                return event
        raise AssertionError("what was there is gone")

    async def take(self, post: Post) -> MessageCreated:
        """Wait for the event of what a person wrote, and return it."""
        await self.world.delivered(post)
        event = await self.heard(MessageCreated)
        assert event.message_id == post.id, f"{event.message_id} came, not {post.id}"
        return event

    async def mention(self, text: str = "hello") -> tuple[Post, ConversationRef]:
        """Let Ada mention the bot in the channel; return her post and the conversation that begins."""
        post = await self.world.mention(text)
        return post, (await self.take(post)).ref

    async def dm(self, text: str = "hello") -> tuple[Post, ConversationRef]:
        """Let Ada write to the bot directly; return her post and the conversation."""
        post = await self.world.dm(text)
        return post, (await self.take(post)).ref

    def said(self, post: Post) -> list[Said]:
        return self.world.said(post.place)

    async def collect(self, file: RemoteFile, *, limit: int = 1_000_000) -> bytes:
        return b"".join([chunk async for chunk in self.adapter.download(file, limit=limit)])

    def check_envelopes(self) -> None:
        """Check that what was stored reads the same after a restart: parsing is pure, and all of it is JSON."""
        for envelope in self.envelopes:
            stored = from_json(Envelope, to_json(envelope))
            event = self.adapter.parse(stored)
            assert event == self.adapter.parse(envelope)
            assert (stored.key, stored.ref.key, stored.ref.route) == (
                envelope.key,
                envelope.ref.key,
                envelope.ref.route,
            )
            if event is not None:
                assert from_json(type(event), to_json(event)) == event
                assert event.ref == envelope.ref


def capabilities(world: World) -> Capabilities:
    """Return what the platform's adapter claims to be able to do."""
    return world.capabilities


def need(able: bool, what: str) -> None:
    """Skip the test on a platform whose adapter does not claim this capability."""
    if not able:
        pytest.skip(f"this platform has no {what}")


@asynccontextmanager
async def serving(
    world: World, data: Path, harness_of: Callable[[World, AdapterContext], H], *, max_body_bytes: int = 1_048_576
) -> AsyncIterator[H]:
    """Connect an adapter and serve its webhooks until the block ends; what people do reaches it."""
    async with AsyncExitStack() as stack:
        listening = stack.enter_context(bind("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        kept = files_in(data / "blobs", public_url=url)
        harness = harness_of(world, AdapterContext(max_body_bytes=max_body_bytes, loopback=True, files=kept.vault))
        harness.url = url
        app = Starlette(routes=[*harness.adapter.routes(harness.accept), *kept.server.routes()])
        await stack.enter_async_context(served(app, listening))
        world.deliver_to(url)
        await stack.enter_async_context(harness.adapter.connect(harness.accept))
        await world.connected()
        yield harness


class HouseContract:
    """What every part of the adapter contract starts from."""

    def serve(self, world: World, data: Path) -> AbstractAsyncContextManager[AdapterHarness]:
        """Serve the adapter; a platform whose adapter needs more of the gateway gives it here."""
        return serving(world, data, AdapterHarness)

    @pytest.fixture
    async def harness(self, world: World, tmp_path: Path) -> AsyncIterator[AdapterHarness]:
        async with self.serve(world, tmp_path) as harness:
            yield harness
            assert list(world.complaints) == []
            harness.check_envelopes()
