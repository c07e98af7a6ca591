"""Several replicas of one bot: each webhook comes to one of them, and its turn may run at another."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.locks import ClusterLocks
from adapters.teams.channels import TeamChannels
from gateway.model import FromBytes, Outgoing, OutgoingFile
from tests.contract.replicas import two_replicas
from tests.support.cluster import Replicas
from tests.support.notes import Notes
from tests.teams.harness import TeamsHarness
from tests.teams.test_interactions import invoked_at
from tests.teams.world import TeamsWorld

Two = tuple[TeamsHarness, TeamsHarness]


@pytest.fixture
async def two(world: TeamsWorld, tmp_path: Path) -> AsyncIterator[Two]:
    async with two_replicas(world, tmp_path, TeamsHarness) as two:
        yield two


async def test_a_file_that_two_replicas_are_asked_for_is_given_once(world: TeamsWorld, two: Two) -> None:
    one, other = two
    post, ref = await one.dm()
    file = OutgoingFile(name="a.txt", source=FromBytes(data=b"bytes"))
    card = (await one.adapter.send(ref, Outgoing(files=(file,)), key="k")).id
    with world.teams.hold("upload") as hold:
        first = asyncio.create_task(world.teams.consent("personal", card))
        await hold.reached()
        world.deliver_to(other.url)
        invoked = invoked_at(one)
        second = asyncio.create_task(world.teams.redeliver(invoked))
        hold.release()
        assert [(await each).status for each in (first, second)] == [200, 200]
    assert (await world.teams.redeliver(invoked)).status == 200
    assert len(world.teams.calls_to("upload")) == 1
    assert [said.files for said in one.said(post)] == [("a.txt",)]


async def test_a_replica_without_a_lease_does_not_say_that_it_gave_a_file(world: TeamsWorld, tmp_path: Path) -> None:
    replicas = Replicas()
    async with two_replicas(world, tmp_path, TeamsHarness, replicas) as (one, other):
        post, ref = await one.dm()
        file = OutgoingFile(name="a.txt", source=FromBytes(data=b"bytes"))
        card = (await one.adapter.send(ref, Outgoing(files=(file,)), key="k")).id
        replicas.members[0].fence()
        assert (await world.teams.consent("personal", card)).status == 502
        world.teams.interaction_errors.clear()
        world.deliver_to(other.url)
        assert (await world.teams.consent("personal", card)).status == 200
        assert [said.files for said in one.said(post)] == [("a.txt",)]


async def test_a_person_is_known_where_the_turn_runs(two: Two) -> None:
    """The delivery came to another replica."""
    one, other = two
    await one.dm()
    event = other.adapter.parse(one.envelopes[-1])
    assert event is not None
    assert (await other.adapter.profile(event.user)).email == (await one.adapter.profile(event.user)).email != None  # noqa: E711


async def test_channels_that_two_replicas_hear_of_at_once_are_all_kept() -> None:
    class Slow(Notes):
        async def keep(self, name: str, value: object) -> None:
            await asyncio.sleep(0)
            await super().keep(name, value)  # type: ignore[arg-type]

    notes, replicas = Slow(), Replicas()
    known = [TeamChannels(notes, ClusterLocks(replicas.join())) for _ in range(3)]
    await asyncio.gather(*(each.saw("t", "team", f"19:{n}") for n, each in enumerate(known)))
    assert await TeamChannels(notes, ClusterLocks(None)).of("t", "team") == ["19:0", "19:1", "19:2"]


@pytest.mark.parametrize("hours", [-1, 2])
async def test_what_is_genuine_is_so_by_the_clock_of_all(world: TeamsWorld, tmp_path: Path, hours: int) -> None:
    """That of the machine a replica runs on may be wrong; tokens last an hour."""
    replicas = Replicas()
    async with two_replicas(world, tmp_path, TeamsHarness, replicas) as (one, _):
        replicas.members[0].skew = hours * 3_600
        assert await world.taken(await world.dm("refused")) is False
        replicas.members[0].skew = 0.0
        await one.dm("taken")
