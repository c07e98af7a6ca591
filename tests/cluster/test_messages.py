"""Messages are heard once and in order, whichever replicas they arrive at."""

import asyncio

import pytest

from tests.cluster.cluster import Cluster
from tests.contract.reading import counted, reads, texts
from tests.contract.world import Post, World

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]


async def both(world: World, name: str) -> Post:
    """Mention the bot, and reply as soon as that is taken: at another replica, while the first turn ends at one."""
    post = await world.mention(f"where {name}")
    await world.taken(post)
    await world.taken(await world.reply(post, f"where {name}-again"))
    return post


@pytest.mark.parametrize("platform", ["slack", "teams"])
async def test_a_reply_behind_the_mention_is_heard_wherever_it_arrives(three: Cluster, platform: str) -> None:
    world = next(world for world in three.worlds if world.name == platform)
    posts = await asyncio.gather(*(both(world, f"{platform}{n}") for n in range(40)))
    for n, post in enumerate(posts):
        assert len(await counted(world, post, 2)) == 2
        await reads(world, post, f"{platform}{n}-again on r")
    numbers = [[text.partition("number ")[2][0] for text in texts(world, post)] for post in posts]
    assert numbers == [["1", "2"]] * 40


async def test_an_event_that_arrives_at_two_replicas_is_answered_once(three: Cluster) -> None:
    world = three.slack
    posts = [await world.mention(f"where a{n}") for n in range(10)]
    await asyncio.gather(*(world.redeliver(post) for post in posts for _ in range(3)))
    for n, post in enumerate(posts):
        await reads(world, post, f"a{n} on r")
    await asyncio.gather(*(world.redeliver(post) for post in posts))
    last = await world.reply(posts[0], "where b")
    await reads(world, last, "b on r")
    assert [len(texts(world, post)) for post in posts] == [2, *[1] * 9]
