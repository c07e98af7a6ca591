"""Several replicas of one bot: Slack tells each thing to one of them, and it counts for all."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack.twins import AWAITS_TWIN, Twins
from gateway.emulators.slack.emulator import DeliveryFailed
from gateway.model import Command, Outgoing
from tests.contract.replicas import two_replicas
from tests.slack.test_adapter import SlackHarness
from tests.slack.test_parse import ME, RICH, callback, enveloped, message
from tests.slack.world import SlackWorld, slack_world
from tests.support.cluster import Replicas

Two = tuple[SlackHarness, SlackHarness]


@pytest.fixture
async def world() -> AsyncIterator[SlackWorld]:
    async with slack_world() as world:
        yield world


@pytest.fixture
async def two(world: SlackWorld, tmp_path: Path) -> AsyncIterator[Two]:
    async with two_replicas(world, tmp_path, SlackHarness) as two:
        yield two


async def test_an_uninstalled_app_is_so_everywhere(world: SlackWorld, two: Two) -> None:
    await world.slack.emit({"type": "app_uninstalled"})
    await world.slack.settled()
    for each in two:
        assert "uninstalled" in (each.adapter.health() or "")


async def test_the_apps_command_lists_what_was_set_at_another_replica(world: SlackWorld, two: Two) -> None:
    _, other = two
    await other.adapter.set_commands([Command(name="search", description="Finds things", argument="")])
    told = (await world.slack.command("/gateway", "")).body["text"]
    assert "`/gateway search`" in told


async def test_a_second_event_of_a_mention_is_expected_though_it_comes_to_another_replica() -> None:
    replicas = Replicas()
    here, there = Twins(replicas.join()), Twins(replicas.join())
    for each in (here, there):
        each.listen()

    def awaited() -> bool:
        envelope = enveloped(callback(message(type="app_mention", channel_type=None, blocks=RICH)))
        here.mark(envelope, ME)
        return AWAITS_TWIN in envelope.body["event"]

    assert [awaited() for _ in range(9)] == [True] * 8 + [False]
    for _ in range(20):
        there.mark(enveloped(callback(message())), ME)
    await asyncio.sleep(0)
    assert [awaited() for _ in range(9)] == [True] * 9
    assert len(replicas.told) == 1


async def test_the_age_of_a_signature_counts_by_the_clock_of_all(world: SlackWorld, tmp_path: Path) -> None:
    """That of the machine a replica runs on may be wrong."""
    replicas = Replicas()
    async with two_replicas(world, tmp_path, SlackHarness, replicas) as (one, other):
        replicas.members[0].skew = 3_600
        post = await world.dm("refused")
        with pytest.raises(DeliveryFailed, match="401"):
            await world.delivered(post)
        assert one.attempts == 0
        world.deliver_to(other.url)
        await other.dm("taken")


async def test_what_was_sent_is_found_by_a_replica_whose_clock_is_ahead(world: SlackWorld, tmp_path: Path) -> None:
    replicas = Replicas()
    async with two_replicas(world, tmp_path, SlackHarness, replicas) as (one, _):
        post, ref = await one.dm()
        sent = await one.adapter.send(ref, Outgoing(text="once"), key="k")
        since = time.time() + 3_600
        assert await one.adapter.find(ref, Outgoing(text="once"), key="k", since=since, claimed=()) is None
        replicas.members[0].skew = -3_700
        found = await one.adapter.find(ref, Outgoing(text="once"), key="k", since=since, claimed=())
        assert found is not None and found.id == sent.id == one.said(post)[-1].id
