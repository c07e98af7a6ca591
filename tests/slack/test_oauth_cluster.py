"""Several replicas share the installations of one app: what one of them changes counts for all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.adapter import AdapterContext
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import Forbidden
from gateway.model import ConversationRef, Outgoing
from gateway.runtime.cipher import KeyedCipher
from gateway.store import open_store
from tests.contract.harness import serving
from tests.contract.world import World
from tests.slack.oauth import KEY, OAuthWorld, install, workspace
from tests.slack.test_adapter import SlackHarness
from tests.support.cluster import Replica, Replicas
from tests.support.emulators import started

Two = tuple[SlackHarness, SlackHarness]


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with started(SlackEmulator(limits="off", retry_delays=(0.05, 0.1, 0.2))) as emulator:
        workspace(emulator, "T0ONE")
        emulator.oauth.rotation = True
        yield emulator


@pytest.fixture
async def two(slack: SlackEmulator, tmp_path: Path) -> AsyncIterator[Two]:
    """Serve two adapters that share a store and know of each other; webhooks go to the first one."""
    replicas, store, world = Replicas(), open_store(f"sqlite:///{tmp_path}/gateway.db"), OAuthWorld(slack)

    def joined(cluster: Replica) -> Callable[[World, AdapterContext], SlackHarness]:
        def made(world: World, context: AdapterContext) -> SlackHarness:
            context = replace(context, documents=store, cluster=cluster, public_url="https://bot.example")
            return SlackHarness(world, replace(context, cipher=KeyedCipher([KEY])))

        return made

    await store.open()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        one, other = [
            await stack.enter_async_context(serving(world, tmp_path, joined(replicas.join()))) for _ in range(2)
        ]
        world.deliver_to(one.url)
        await install(one.adapter, slack, "T0ONE")
        yield one, other


async def send(harness: SlackHarness) -> None:
    to = ConversationRef(platform="slack", workspace="T0ONE", channel="C0GENERAL")
    await harness.adapter.send(to, Outgoing(text="hello"), key="k")


async def test_a_token_is_replaced_by_one_replica_for_all(slack: SlackEmulator, two: Two) -> None:
    for each in two:
        await send(each)
    slack.oauth.expire("T0ONE")
    await asyncio.gather(*(send(each) for each in two for _ in range(3)))
    exchanges = [call for call in slack.calls_to("oauth.v2.access") if call.args.get("grant_type")]
    assert len(exchanges) == 1


async def test_a_removal_that_one_replica_hears_counts_at_the_other(slack: SlackEmulator, two: Two) -> None:
    _, other = two
    await send(other)
    slack.oauth.uninstall("T0ONE")
    await slack.settled()
    posts = len(slack.calls_to("chat.postMessage"))
    with pytest.raises(Forbidden, match="not installed in T0ONE"):
        await send(other)
    assert len(slack.calls_to("chat.postMessage")) == posts
    await install(two[0].adapter, slack, "T0ONE")
    await asyncio.sleep(0)
    await send(other)


async def test_what_another_replica_did_is_found_though_its_word_was_lost(
    slack: SlackEmulator, two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = two
    await send(other)
    monkeypatch.setattr(other.adapter._distribution.installations, "_forget", lambda id: None)  # type: ignore[union-attr]
    slack.oauth.uninstall("T0ONE", tell="nobody")
    await install(one.adapter, slack, "T0ONE")
    await send(other)
