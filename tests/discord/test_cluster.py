"""Several replicas of one bot: one of them holds the gateway connection, the others stand by and take over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from adapters.discord import keeper, pace, shard
from gateway.adapter import AdapterContext
from gateway.model import COMMANDS, Command, CommandInvoked, MessageCreated, MessageDeleted, Outgoing
from tests.contract.harness import AdapterHarness
from tests.contract.trouble import healthy
from tests.discord.world import DiscordWorld, adapter_for
from tests.support.cluster import Replica, Replicas
from tests.support.notes import Notes


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord's pauses between sessions are seconds; nothing here is about their length."""
    monkeypatch.setattr(pace, "IDENTIFY_EVERY", 0.01)
    monkeypatch.setattr(keeper, "ASK_EVERY", 0.05)
    monkeypatch.setattr(shard, "RETRY", (0.0, 0.01, 0.05))


class Member(AdapterHarness):
    """One replica: its adapter, and what it accepted."""

    def __init__(self, world: DiscordWorld, notes: Notes, cluster: Replica, **settings: Any) -> None:
        context = AdapterContext(loopback=True, store=notes, cluster=cluster)
        super().__init__(world, context)
        self.cluster = cluster
        self.discord = self.adapter = adapter_for(world.discord, context, **settings)
        self.life = AsyncExitStack()

    async def start(self) -> "Member":
        await self.life.enter_async_context(self.discord.connect(self.accept))
        return self

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, MessageCreated)]


class Bot:
    """A bot of several replicas."""

    def __init__(self, world: DiscordWorld) -> None:
        self.world = world
        self.notes = Notes()
        self.replicas = Replicas()
        self.members: list[Member] = []

    async def join(self, **settings: Any) -> Member:
        member = Member(self.world, self.notes, self.replicas.join(), **settings)
        self.members.append(member)
        return await member.start()

    def holder(self, number: int = 0) -> Member:
        """Return the replica that has a shard."""
        cluster = self.replicas.leads[f"discord.shard.{number}"]
        return next(member for member in self.members if member.cluster is cluster)

    @property
    def texts(self) -> list[str]:
        """What all replicas accepted, the same by two of them once."""
        keys = {each.key: member for member in self.members for each in member.envelopes}
        return sorted(text for member in set(keys.values()) for text in member.texts)


@pytest.fixture
async def bot(world: DiscordWorld) -> AsyncIterator[Bot]:
    bot = Bot(world)
    yield bot
    for member in bot.members:
        await member.life.aclose()


async def test_of_three_that_start_at_once_one_connects_and_all_are_healthy(world: DiscordWorld, bot: Bot) -> None:
    members = await asyncio.gather(*(bot.join() for _ in range(3)))
    await world.connected()
    assert [member.discord.health() for member in members] == [None, None, None]
    await world.dm("hello")
    holder = bot.holder()
    await holder.until(lambda: holder.texts == ["hello"])
    await world.wait_for(lambda: len(world.discord.commands()) == len(COMMANDS))
    assert (world.discord.gateway.identifies, world.discord.gateway.resumes) == (1, 0)
    assert [member.texts for member in members if member is not holder] == [[], []]
    assert len(world.discord.calls_to("put_commands")) == 1


async def test_one_that_ends_hands_its_session_over(world: DiscordWorld, bot: Bot) -> None:
    first, second = await bot.join(), await bot.join()
    await world.dm("one")
    await first.until(lambda: first.texts == ["one"])
    await first.discord.hand_over()
    await world.dm("two")
    await second.until(lambda: "two" in second.texts)
    assert second.texts == ["two"]
    assert bot.holder() is second
    assert (world.discord.gateway.identifies, world.discord.gateway.resumes) == (1, 1)
    await world.settled()
    assert len(world.discord.calls_to("put_commands")) == 1
    assert (first.discord.health(), second.discord.health()) == (None, None)


async def test_the_next_one_does_not_wait_to_be_asked(
    world: DiscordWorld, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "ASK_EVERY", 60.0)
    first, second = await bot.join(), await bot.join()
    await first.discord.hand_over()
    await world.wait_for(lambda: world.discord.gateway.resumes == 1)
    assert bot.holder() is second


async def test_a_session_that_was_handed_on_may_come_back(world: DiscordWorld, bot: Bot) -> None:
    """What changed in the server meanwhile is not what it once knew of it."""
    first, second = await bot.join(), await bot.join()
    post = await world.mention("one")
    await first.until(lambda: first.texts == ["one"])
    first.cluster.fence()
    await world.wait_for(lambda: world.discord.gateway.resumes == 1)
    channel = world.discord.add_channel("news")
    await world.settled()
    first.cluster.rejoin()
    await second.discord.hand_over()
    await world.wait_for(lambda: world.discord.gateway.resumes == 2)
    await world.discord.post(channel.id, "@gateway two")
    await world.reply(post, "three")
    await first.until(lambda: len(first.texts) == 3)
    assert first.texts == ["one", "two", "three"]
    assert world.discord.gateway.identifies == 1


async def test_a_fenced_one_leaves_at_once_and_stores_nothing_more(world: DiscordWorld, bot: Bot) -> None:
    first, second = await bot.join(), await bot.join()
    first.failure = OSError("the database is gone")
    await world.dm("one")
    await first.until(lambda: first.attempts > 0)
    first.cluster.fence()
    await second.until(lambda: second.texts == ["one"])
    first.failure = None
    attempts = first.attempts
    await world.dm("two")
    await second.until(lambda: second.texts == ["one", "two"])
    first.cluster.rejoin()
    await asyncio.sleep(0.3)  # longer than the pause after which it would have tried again
    assert (first.attempts, first.texts) == (attempts, [])
    assert first.discord.health() is None
    assert world.discord.gateway.identifies == 1


async def test_a_click_that_a_fenced_one_read_is_answered_by_the_next_one(world: DiscordWorld, bot: Bot) -> None:
    first, second = await bot.join(), await bot.join()
    await world.wait_for(lambda: bool(world.discord.commands()))
    first.failure = OSError("the database is gone")
    given = asyncio.create_task(world.discord.command("new", "general"))
    await first.until(lambda: first.attempts > 0)
    first.cluster.fence()
    await second.heard(CommandInvoked)
    await given
    assert not world.discord.interaction_errors
    assert len(world.discord.calls_to("interaction_callback")) == 1


@pytest.mark.parametrize("deaf", [False, True])
async def test_commands_are_those_of_all_replicas(world: DiscordWorld, bot: Bot, deaf: bool) -> None:
    first, second = await bot.join(), await bot.join()
    await world.wait_for(lambda: bool(world.discord.commands()))
    first.cluster.deaf = deaf  # what is told may be lost
    await second.discord.set_commands([Command(name="Search", description="Finds", argument="")])
    await world.discord.command("search", "general", options={"text": "cats"})
    event = await first.heard(CommandInvoked)
    assert (event.command, event.text) == ("Search", "cats")
    names = {each["name"] for each in world.discord.commands()}
    await first.discord.set_commands([Command(name="Find", description="Finds", argument="")])
    assert {each["name"] for each in world.discord.commands()} == names - {"search"} | {"find"}


async def test_sessions_begin_one_after_the_other_wherever_the_shards_are(
    world: DiscordWorld, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "IDENTIFY_EVERY", 0.5)
    gateway, loop = world.discord.gateway, asyncio.get_running_loop()
    bot.replicas.leads["discord.shard.1"] = taken = bot.replicas.join()
    joined = asyncio.gather(bot.join(shards=2), bot.join(shards=2))
    await world.wait_for(lambda: gateway.identifies == 1)
    began = loop.time()
    taken.leave()
    first, second = await joined
    monkeypatch.setitem(bot.replicas.leads, "discord.shard.1", second.cluster)
    await world.wait_for(lambda: gateway.identifies == 2)
    assert loop.time() - began >= 0.4
    await healthy(first.discord)


async def test_shards_are_spread_over_the_replicas(
    world: DiscordWorld, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "_APART", 0.1)
    members = await asyncio.gather(*(bot.join(shards=3) for _ in range(3)))
    await world.wait_for(lambda: world.discord.gateway.identifies == 3)
    assert {bot.holder(number) for number in range(3)} == set(members)
    first, *others = members
    await first.discord.hand_over()
    bot.replicas.members.remove(first.cluster)
    await world.wait_for(lambda: world.discord.gateway.resumes == 1)
    await others[0].discord.hand_over()
    bot.replicas.members.remove(others[0].cluster)
    last = others[1].cluster
    await world.wait_for(lambda: list(bot.replicas.leads.values()).count(last) == 3)
    await healthy(others[1].discord)
    assert world.discord.gateway.identifies == 3


# What a replica does that holds no connection


async def test_it_finds_the_thread_that_another_one_opened(world: DiscordWorld, bot: Bot) -> None:
    first, second = await bot.join(), await bot.join()
    post, ref = await first.mention("hello")
    await second.discord.status(ref, "thinks")
    assert world.discord.is_typing(world.discord.general.id)
    sent = await first.discord.send(ref, Outgoing(text="in the thread"), key="k")
    third = await bot.join()
    await third.discord.status(ref, "thinks")
    assert world.discord.is_typing(post.id)
    for member in (second, third):
        await member.discord.react(ref, sent.id, "👍", added=True)
        await member.discord.react(ref, sent.id, "👍", added=False)
    again = await second.discord.send(ref, Outgoing(text="as well"), key="k2")
    assert [each.text for each in second.said(post)] == ["in the thread", "as well"]
    assert await third.discord.find(ref, Outgoing(text="as well"), key="k2", since=0.0, claimed={sent.id}) == again
    assert len(world.discord.calls_to("get_channel")) == 3


async def test_what_it_deletes_is_no_deletion_by_somebody(world: DiscordWorld, bot: Bot) -> None:
    first, second = await bot.join(), await bot.join()
    _, ref = await first.dm()
    sent = await second.discord.send(ref, Outgoing(text="x"), key="k")
    third = await bot.join()
    await first.discord.hand_over()
    await world.wait_for(lambda: world.discord.gateway.resumes == 1)
    holder = bot.holder()
    await (second if holder is third else third).discord.delete(sent)
    await world.dm("after")
    await holder.until(lambda: "after" in holder.texts)
    assert not any(isinstance(event, MessageDeleted) for event in holder.events)


async def test_it_reads_the_names_that_are_mentioned(world: DiscordWorld, bot: Bot) -> None:
    first, second = await bot.join(), await bot.join()
    post, ref = await first.mention("hello")
    await world.reply(post, f"look into <#{world.discord.general.id}>")
    for member in (first, second):
        assert (await member.discord.history(ref, limit=5))[-1].text == "look into #general"
    await world.reply(post, "or into <#123456789012345678>")
    await second.discord.history(ref, limit=5)
    assert len(world.discord.calls_to("get_roles")) == 1


async def test_it_answers_a_command_that_another_one_acknowledges(world: DiscordWorld, bot: Bot) -> None:
    first, second = await bot.join(), await bot.join()
    await second.discord.set_commands([Command(name="ask", description="Asks", argument="")])
    held = world.discord.hold("interaction_callback")
    given = asyncio.create_task(world.discord.command("ask", "general"))
    ref = (await first.heard(CommandInvoked)).ref
    answer = asyncio.create_task(second.discord.send(ref, Outgoing(text="42"), key="k"))
    await held.reached()
    await world.wait_for(lambda: bool(world.discord.calls_to("get_original")))
    held.release()
    sent = await answer
    await given
    [message] = [each for each in world.discord.messages("general") if each["author"]["id"] == world.discord.bot.id]
    assert (message["id"], message["content"]) == (sent.id, "42")
    edited = await first.discord.edit(sent, Outgoing(text="43"))
    assert edited.id == sent.id


async def test_a_command_is_answered_in_place_by_a_replica_whose_clock_is_wrong(world: DiscordWorld, bot: Bot) -> None:
    """An interaction's token lives fifteen minutes."""
    first, second = await bot.join(), await bot.join()
    await world.wait_for(lambda: bool(world.discord.commands()))
    first.cluster.skew = -3_600  # its clock is an hour ahead, so that it would say that the token is good for longer
    given = asyncio.create_task(world.discord.command("new", "general"))
    ref = (await first.heard(CommandInvoked)).ref
    await given
    second.cluster.skew = -3_600 + 14 * 60
    assert (await second.discord.send(ref, Outgoing(text="in place"), key="k")).data.get("route")
    second.cluster.skew = -3_600 + 16 * 60
    assert not (await second.discord.send(ref, Outgoing(text="too late"), key="k2")).data.get("route")
