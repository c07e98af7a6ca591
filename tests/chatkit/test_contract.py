"""ChatKit keeps the contract of every platform, over HTTP on loopback."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.chatkit.adapter import ChatKitAdapter
from gateway.adapter import AdapterContext
from gateway.errors import Gone, Rejected
from gateway.http.access import KeyedAccess
from gateway.ingress.activity import ConversationActivity
from gateway.model import ConversationRef, Outgoing, Receipt, TaskUpdate, UserRef
from gateway.proactive.requests import IdempotencyKeys
from gateway.store import SQLiteStore
from tests.chatkit.client import KEY
from tests.chatkit.world import ChatKitWorld
from tests.contract.adapter import AdapterContract
from tests.contract.bot import BotContract
from tests.contract.harness import AdapterHarness, serving
from tests.contract.world import World


class ShownAdapter(ChatKitAdapter):
    """The adapter, whose calls return once the pages that are open show what they did: the contract looks then."""

    world: ChatKitWorld

    async def _shown(self, to: ConversationRef) -> None:
        thread = to.thread or ""
        await self.world.shows(thread, self._logs.position(thread))

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        receipt = await super().send(to, message, key=key)
        await self._shown(to)
        return receipt

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        edited = await super().edit(receipt, message)
        await self._shown(receipt.to)
        return edited

    async def delete(self, receipt: Receipt) -> None:
        await super().delete(receipt)
        await self._shown(receipt.to)

    async def status(self, to: ConversationRef, text: str | None) -> None:
        await super().status(to, text)
        await self._shown(to)

    async def start_stream(
        self, to: ConversationRef, text: str, *, key: str, recipient: UserRef | None, author: str | None = None
    ) -> Receipt | None:
        receipt = await super().start_stream(to, text, key=key, recipient=recipient, author=author)
        await self._shown(to)
        return receipt

    async def append_stream(
        self, receipt: Receipt, *, delta: str, text: str, tasks: Sequence[TaskUpdate] = ()
    ) -> Receipt:
        grown = await super().append_stream(receipt, delta=delta, text=text, tasks=tasks)
        await self._shown(receipt.to)
        return grown

    async def stop_stream(self, receipt: Receipt, message: Outgoing, *, delta: str, key: str) -> Receipt:
        ended = await super().stop_stream(receipt, message, delta=delta, key=key)
        await self._shown(receipt.to)
        return ended

    async def set_title(self, to: ConversationRef, title: str) -> None:
        await super().set_title(to, title)
        await self._shown(to)

    async def notify(self, to: ConversationRef, user: UserRef, text: str, *, aloud: bool = True) -> None:
        await super().notify(to, user, text, aloud=aloud)
        await self._shown(to)


class TestChatKitAdapter(AdapterContract):
    @pytest.fixture
    async def world(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
        monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
        world = ChatKitWorld(adapter=ShownAdapter)
        try:
            yield world
        finally:
            await world.close()

    @asynccontextmanager
    async def serve(self, world: World, data: Path) -> AsyncIterator[AdapterHarness]:
        """Serve the adapter with a store, which is where its threads are."""
        store = SQLiteStore(data / "gateway.db")
        await store.open()

        def harness_of(world: World, context: AdapterContext) -> AdapterHarness:
            whole = replace(
                context,
                documents=store,
                access=KeyedAccess(store, store, [KEY]),
                idempotency=IdempotencyKeys(store),
                activity=ConversationActivity(),
            )
            harness = AdapterHarness(world, whole)
            assert isinstance(harness.adapter, ShownAdapter)
            assert isinstance(world, ChatKitWorld)
            harness.adapter.world = world
            return harness

        try:
            async with serving(world, data, harness_of) as harness:
                yield harness
        finally:
            await store.close()

    @pytest.mark.skip("ChatKit has no remote platform that could be away")
    async def test_no_platform_at_start_is_said_and_got_over(self, world: World) -> None: ...

    @pytest.mark.skip("ChatKit finds files by their ids in its own store: no address is ever fetched")
    async def test_credentials_go_to_no_other_host(self, harness: AdapterHarness) -> None: ...  # type: ignore[override]

    @pytest.mark.skip("nobody but its own user is in a thread of ChatKit")
    async def test_a_notice_is_seen_by_one_alone(self, harness: AdapterHarness) -> None: ...

    async def test_direct_messages_are_opened_with_a_person(self, harness: AdapterHarness) -> None:
        """Somebody is written to in their newest thread, which is begun where there is none."""
        adapter = harness.adapter
        assert isinstance(adapter, ChatKitAdapter)
        grace = harness.world.user("Grace")
        begun = await adapter.open_dm(grace)
        assert begun == await adapter.open_dm(grace)
        await harness.mention()
        post, newest = await harness.mention()
        ref = await adapter.open_dm(harness.world.user("Ada"))
        assert (ref, ref.kind) == (newest, "dm")
        receipt = await adapter.send(ref, Outgoing(text="psst"), key="k")
        assert [(each.id, each.text) for each in harness.said(post)] == [(receipt.id, "psst")]

    async def test_nothing_is_said_in_a_thread_that_there_is_not(self, harness: AdapterHarness) -> None:
        _, ref = await harness.mention()
        with pytest.raises(Gone):
            await harness.adapter.send(replace(ref, thread="cthr_none"), Outgoing(text="x"), key="k")

    async def test_nobody_is_no_person_to_write_to(self, harness: AdapterHarness) -> None:
        """Users are named by whoever makes sessions for them, so that every name can be one; only workspaces cannot."""
        adapter = harness.adapter
        assert isinstance(adapter, ChatKitAdapter)
        with pytest.raises(Rejected):
            await adapter.open_dm(replace(harness.world.user("Ada"), workspace="elsewhere"))


class TestChatKitBot(BotContract):
    @pytest.mark.skip("ChatKit has no direct messages beside threads: test_proactive.py writes into the newest thread")
    async def test_a_program_writes_to_a_person(self, world: World, tmp_path: Path) -> None: ...
