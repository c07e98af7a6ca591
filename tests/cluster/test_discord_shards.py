"""Each of Discord's shards has one socket in the cluster, which moves when its replica goes."""

from collections.abc import Sequence
from itertools import combinations

import pytest

from gateway.emulators.discord.sessions import Attachment
from tests.cluster.cluster import Cluster
from tests.cluster.reading import where
from tests.cluster.replica import Replica
from tests.contract.reading import reads

LONGER = ("kill", "freeze", "cut", "silence")
"""The ends of a replica that are noticed only when its lease has ended."""
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

OVERLAP = 0.3
"""Seconds for which a shard may have two sockets at most (issue 17)."""
WITHIN = 3.0
"""Seconds after which a click has reached the waiting turn, wherever it arrives."""
TAKEOVER = 15.0
"""Seconds after which a dead replica's shard is connected again."""


def longest_overlap(attachments: Sequence[Attachment]) -> float:
    return max((one.overlap(two) for one, two in combinations(attachments, 2)), default=0.0)


async def holder(cluster: Cluster) -> Replica:
    """Return the replica that has the shard: the one with an open connection to the gateway."""
    gateway = cluster.discord.discord.gateway
    await cluster.discord.connected()
    ports = [session.connection.peer for session in gateway.sessions.values() if session.connection is not None]
    [port] = [port for port in ports if port is not None]
    return next(replica for replica in cluster.replicas if replica.running and replica.uses_port(port))


@pytest.mark.parametrize("how", ["terminate", *(pytest.param(how, marks=pytest.mark.long) for how in LONGER)])
async def test_a_shard_moves_with_its_session_and_loses_no_message(three: Cluster, how: str) -> None:
    world, discord = three.discord, three.discord.discord
    await reads(world, await world.mention("where before"), "before on r", timeout=10)
    one = await holder(three)
    begun = len(discord.gateway.attachments)
    identifies, commands = discord.gateway.identifies, len(discord.calls_to("put_commands"))
    match how:
        case "kill":
            await one.kill()
        case "terminate":
            await one.terminate()
        case "cut":
            one.proxy.cut()
        case "silence":
            one.proxy.silence()
        case _:
            one.freeze()
    post = await world.mention("where after")
    await reads(world, post, "after on r", timeout=TAKEOVER)
    assert (await holder(three)) is not one
    if one.frozen:
        one.thaw()
        await reads(world, await world.mention("where thawed"), "thawed on r", timeout=10)
    assert discord.gateway.identifies == identifies, "the session was resumed"
    assert longest_overlap(list(discord.gateway.attachments)[begun - 1 :]) <= OVERLAP
    await three.restore()
    assert len(discord.calls_to("put_commands")) == commands, "the commands are told once"
    assert discord.gateway.identifies == identifies


@pytest.mark.long
async def test_clicks_reach_their_turns_wherever_the_shard_is(three: Cluster) -> None:
    """The turns and the shard of a dead replica go on at the other two, not all at the same."""
    world = three.discord
    posts = [await world.mention(f"click a{n}") for n in range(6)]
    one = await holder(three)
    for n, post in enumerate(posts):
        await reads(world, post, f"pick a{n} on {one.name}")
    await one.kill()
    await holder(three)
    for n, post in enumerate(posts):
        question = await reads(world, post, f"pick a{n} on r")
        await world.click(question, "Yes")
        picked = await reads(world, post, "picked yes on r", timeout=WITHIN)
        assert where(picked.text) != one.name
