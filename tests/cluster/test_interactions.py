"""Answers, clicks, forms, stops and thumbs reach the turn that waits for them, whichever replica they arrive at."""

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.reading import pinned, running_at, where
from tests.contract.reading import reads, texts
from tests.contract.world import Post, World

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

WITHIN = 3.0
"""Seconds after which an answer has reached the waiting turn, wherever it arrives (issue 17)."""


def named(cluster: Cluster, platform: str) -> World:
    return next(world for world in cluster.worlds if world.name == platform)


async def streaming(world: World, name: str) -> Post:
    """Have the bot begin a long answer, and wait until its first word is read."""
    post = await world.dm(f"stream {name}")
    await world.wait_for(lambda: any(f"{name}0" in said.text for said in world.said(post.place)))
    return post


def elsewhere(cluster: Cluster, name: str) -> str:
    """Return the name of a replica that is not this one."""
    return cluster.others(name)[0].name


WEBHOOKS = pytest.mark.parametrize("platform", ["slack", "teams"])
"""Platforms whose events arrive at any replica; Discord's arrive at the one with the shard."""


@WEBHOOKS
async def test_a_click(three: Cluster, platform: str) -> None:
    world = named(three, platform)
    post = await world.mention("click a")
    question = await reads(world, post, "pick a on r")
    owner = where(question.text)
    with pinned(three, elsewhere(three, owner)):
        await world.click(question, "Yes")
        assert (await running_at(three, world, post, "picked yes on r", timeout=WITHIN)).name == owner


@WEBHOOKS
async def test_a_written_answer(three: Cluster, platform: str) -> None:
    world = named(three, platform)
    post = await world.mention("answer a")
    owner = await running_at(three, world, post, "why a on r")
    with pinned(three, elsewhere(three, owner.name)):
        await world.reply(post, "so")
        assert await running_at(three, world, post, "because so on r", timeout=WITHIN) is owner


@WEBHOOKS
async def test_a_form(three: Cluster, platform: str) -> None:
    world = named(three, platform)
    post = await world.mention("form a")
    question = await reads(world, post, "order a on r")
    owner = where(question.text)
    first, second = (other.name for other in three.others(owner))
    with pinned(three, first):
        await world.click(question, question.buttons[0])
        form = await world.wait_for(world.form, WITHIN)
        assert form is not None
        count = next(label for label in form.labels if label.lower() == "count")
    with pinned(three, second):
        await world.submit({count: 5})
        assert (await running_at(three, world, post, "ordered 5 on r", timeout=WITHIN)).name == owner


@WEBHOOKS
@pytest.mark.parametrize("by_button", [False, True])
async def test_a_stop(three: Cluster, platform: str, by_button: bool) -> None:
    world = named(three, platform)
    post = await streaming(world, "a")
    # The owner does not say its name in a stream: whichever it is, the stop arrives at each of the others in turn.
    for replica in three.replicas:
        with pinned(three, replica.name):
            if by_button:
                await world.stop(post.place)
            else:
                await world.dm("/stop")
            found = await reads(world, post, "stopped on r", timeout=WITHIN)
        if where(found.text) != replica.name:
            return
        post = await streaming(world, "b")


async def test_a_thumb(three: Cluster) -> None:
    world = three.slack
    post = await world.mention("rated a")
    answer = await reads(world, post, "rate a")
    files = [replica.folder / "rated" for replica in three.replicas]
    before = sum(len(file.read_text().split()) for file in files if file.exists())
    for replica in three.replicas:
        with pinned(three, replica.name):
            await world.thumbs(answer, up=True)
            await world.thumbs(answer, up=False)

    def heard() -> int:
        return sum(len(file.read_text().split()) for file in files if file.exists()) - before

    await world.wait_for(lambda: heard() >= 2, WITHIN)


@pytest.mark.parametrize("platform", ["slack", "discord", "teams"])
async def test_whoever_owns_a_conversation_keeps_it_and_its_live_objects(three: Cluster, platform: str) -> None:
    world = named(three, platform)
    post = await world.mention("where m1")
    owner = await running_at(three, world, post, "m1 on r")
    for n, replica in enumerate(three.replicas * 2, start=2):
        with pinned(three, replica.name):
            assert await running_at(three, world, await world.reply(post, f"where m{n}"), f"m{n} on r") is owner
    said = texts(world, post)
    assert [text.rpartition(" ")[2] for text in said] == ["new", *["live"] * 6]
    assert [text.partition("number ")[2].partition(",")[0] for text in said] == [str(n) for n in range(1, 8)]
