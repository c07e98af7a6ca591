"""What the bots of this folder say of where they run, and sending webhooks to one replica."""

import asyncio
import re
from collections.abc import Generator
from contextlib import contextmanager

from tests.cluster.cluster import Cluster
from tests.cluster.replica import Replica
from tests.contract.reading import reads
from tests.contract.world import Place, Post, World

_WHERE = re.compile(r"\bon (r\d+)\b")


def where(text: str) -> str:
    """Return the name of the replica that said this."""
    found = _WHERE.search(text)
    assert found is not None, text
    return found[1]


async def running_at(cluster: Cluster, world: World, at: Post | Place, wanted: str, *, timeout: float = 10) -> Replica:
    """Wait until the bot has said something that contains this and return the replica that said it."""
    return cluster.named(where((await reads(world, at, wanted, timeout=timeout)).text))


async def begun_elsewhere(world: World, post: Post, name: str, begun: str, *, within: float) -> str:
    """Wait until a turn that began at one replica has begun again at another, and return that one's name."""

    def look() -> str | None:
        said = [message.text for message in world.said(post.place) if begun in message.text]
        return where(said[-1]) if said and where(said[-1]) != name else None

    found = await world.wait_for(look, within)
    assert found is not None
    return found


@contextmanager
def pinned(cluster: Cluster, *names: str) -> Generator[None]:
    """Let the balancer send webhooks to these replicas only."""
    cluster.balancer.only = lambda name: name in names
    try:
        yield
    finally:
        cluster.balancer.only = None


@contextmanager
def straight_to(cluster: Cluster, replica: Replica) -> Generator[None]:
    """Let Slack and Teams send what people do to this replica, past the balancer. What Slack sends again goes there too
    until the block ends."""
    for world in (cluster.slack, cluster.teams):
        world.deliver_to(replica.url)
    try:
        yield
    finally:
        for world in (cluster.slack, cluster.teams):
            world.deliver_to(cluster.balancer.url)


async def answered(cluster: Cluster, post: Post, *, within: float) -> int:
    """Wait until a message that was written on Teams was answered, and return the status; 0 where it was not."""
    deliveries = cluster.teams.teams.deliveries.of(post.id)
    async with asyncio.timeout(within):
        await deliveries[0].done.wait()
    return deliveries[0].status
