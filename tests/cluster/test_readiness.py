"""What ``/readyz`` says of a replica, and what webhooks are answered, with the database and without it."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.cluster.bots import TELLING
from tests.cluster.cluster import Cluster, cluster
from tests.cluster.reading import answered, pinned, straight_to
from tests.cluster.replica import Replica
from tests.cluster.server import require_postgres
from tests.contract.crashes import on_record
from tests.contract.reading import counted, reads, texts

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

LOST = 5.0
"""Seconds after which a replica without its database says so (issue 17: what a balancer may rely on)."""
LOST_SILENTLY = 12.0
"""The same where the database does not answer any more."""
BACK = 15.0
"""Seconds after which it is ready when the database is back."""


async def until(replica: Replica, status: int, *, within: float) -> dict[str, object]:
    """Wait until ``/readyz`` answers with this status, for so many seconds at most; return its body."""
    began = time.monotonic()
    while True:
        found, body = await replica.readiness()
        if found == status:
            return body
        assert time.monotonic() - began < within, f"{replica.name} still says {found} after {within:g} s: {body}"
        await asyncio.sleep(0.1)  # nothing announces it: a balancer asks too


async def without_problems(replica: Replica, *, within: float) -> None:
    """Wait until ``/readyz`` is 200 and names no problem, for so many seconds at most."""
    async with asyncio.timeout(within):
        while (await until(replica, 200, within=within))["problems"] != {}:
            await asyncio.sleep(0.1)  # as above


async def test_three_replicas_started_at_once_on_an_empty_database_are_ready(tmp_path: Path) -> None:
    require_postgres()
    async with cluster(tmp_path, TELLING, settings={"DISCORD_SHARDS": "2"}) as made:
        gateway = made.discord.discord.gateway
        await made.discord.wait_for(lambda: gateway.identifies >= 2, 15)
        for replica in made.replicas:
            await without_problems(replica, within=10)
        assert sorted(each.shard for each in gateway.attachments) == [0, 1]
        told = made.discord.discord.calls_to("put_commands")
        assert len(told) == 1
        for world in made.worlds:
            post = await world.mention("where a")
            await reads(world, post, "a on r", timeout=15)
        assert (gateway.identifies, gateway.resumes) == (2, 0)


async def test_a_database_that_is_gone_is_noticed_and_so_is_its_return(three: Cluster) -> None:
    await three.server.kill()
    await asyncio.gather(*(until(replica, 503, within=LOST) for replica in three.replicas))
    await three.server.start()
    await asyncio.gather(*(without_problems(replica, within=BACK) for replica in three.replicas))


@pytest.mark.long
async def test_a_replica_cut_off_is_not_ready_and_the_others_are(three: Cluster) -> None:
    one, *others = three.replicas
    one.proxy.cut()
    body = await until(one, 503, within=LOST)
    assert "store" in str(body["problems"])
    for other in others:
        assert (await other.readiness())[0] == 200
    one.proxy.restore()
    await one.ensure_running()
    await until(one, 200, within=BACK)


@pytest.mark.long
async def test_a_replica_cut_off_silently_is_not_ready(three: Cluster) -> None:
    one = three.replicas[0]
    one.proxy.silence()
    await until(one, 503, within=LOST_SILENTLY)
    one.proxy.restore()
    await one.ensure_running()
    await until(one, 200, within=BACK)


@pytest.mark.long
@pytest.mark.parametrize("silently", [False, True])
async def test_without_the_database_no_webhook_is_taken(three: Cluster, silently: bool) -> None:
    world = three.teams
    post = await world.mention("where before")
    await reads(world, post, "before on r", timeout=15)
    await on_record(world)
    for replica in three.replicas:
        replica.proxy.silence() if silently else replica.proxy.cut()
    statuses: list[int] = []
    for n, replica in enumerate(three.replicas):
        with straight_to(three, replica):
            statuses.append(await answered(three, await world.reply(post, f"where {n}"), within=10))
    assert all(status >= 500 for status in statuses), statuses
    for replica in three.replicas:  # else the balancer sends what is written next before the database is reached again
        await three.balancer.until_unready(replica.name, timeout=LOST_SILENTLY + 3 if silently else LOST + 3)
    await three.restore()
    again = await world.reply(post, "where after")
    await reads(world, again, "after on r", timeout=20)
    assert len(await counted(world, post, 2)) == 2, "what was refused was not taken"


async def test_what_was_refused_without_the_database_is_answered_once_when_it_comes_again(three: Cluster) -> None:
    world = three.slack
    post = await world.mention("where first")
    await reads(world, post, "first on r", timeout=15)
    with pinned(three, "r1"):
        three.replicas[0].proxy.cut()
        again = await world.reply(post, "where second")
        await three.balancer.until_unready("r1", timeout=LOST + 3)
    await world.taken(again)
    await reads(world, post, "second on r", timeout=20)
    three.replicas[0].proxy.restore()
    await world.settled()
    await reads(world, await world.reply(post, "where third"), "third on r", timeout=20)
    assert [text.split(" ")[0] for text in await counted(world, post, 3)] == ["first", "second", "third"]
    assert [text.partition("number ")[2][0] for text in texts(world, post)] == ["1", "2", "3"]
