"""What is deleted, and being removed: the conversation it was, and the message that was being answered, are over."""

import asyncio
import time
from pathlib import Path

import pytest

import gateway as cl
from adapters.discord import envelope as envelopes
from adapters.discord.envelope import Ignored
from adapters.discord.parse import parse
from adapters.discord.recent import RecentMessages
from gateway.errors import Gone, Rejected
from gateway.model import ConversationEnded, Envelope, Event, MessageDeleted, Outgoing
from tests.contract.harness import AdapterHarness
from tests.contract.reading import reads
from tests.discord.test_conversations import ends, heard, said
from tests.discord.test_parse import GENERAL, GUILD, THREAD, directory
from tests.discord.world import DiscordWorld
from tests.support.bot import register, running_bot


def snowflake(age: float) -> str:
    """The id of a message so many seconds old."""
    return str(int((time.time() - 1_420_070_400 - age) * 1000) << 22)


def deleted(id: str, channel: str = GENERAL, root: str = "") -> Event:
    memory = RecentMessages()
    if root:
        memory.asked(id, channel, root)
    found = envelopes.deleted({"id": id, "channel_id": channel, "guild_id": GUILD}, directory(), memory)
    assert isinstance(found, Envelope)
    event = parse(found)
    assert event is not None
    return event


def of(root: str) -> str:
    return f"discord:{GUILD}:{root}:{root}"


# What a deletion is about


@pytest.mark.parametrize("known", [True, False])
def test_a_mention_is_what_its_conversation_began_with(known: bool) -> None:
    """Also one that an earlier process was asked by: this one cannot tell."""
    id = snowflake(5)
    event = deleted(id, root=id if known else "")
    assert isinstance(event, MessageDeleted)
    assert (event.message_id, event.ref.thread, event.ref.key) == (id, id, of(id))


def test_the_talk_of_others_is_deleted_unseen() -> None:
    found = envelopes.deleted(
        {"id": snowflake(-1), "channel_id": GENERAL, "guild_id": GUILD}, directory(), RecentMessages()
    )
    assert isinstance(found, Ignored) and found.why == "not_addressed"


def test_a_message_in_a_thread_is_of_the_thread() -> None:
    event = deleted(id := snowflake(5), THREAD)
    assert isinstance(event, MessageDeleted)
    assert (event.message_id, event.ref.key) == (id, of(THREAD))


def test_one_that_goes_on_with_a_conversation_in_place_is_of_it() -> None:
    event = deleted(snowflake(5), root="70")
    assert isinstance(event, MessageDeleted) and event.ref.key == of("70")
    assert event.ref.route["parent"] == GENERAL


# Over the wire


async def ended(harness: AdapterHarness) -> ConversationEnded:
    return await harness.heard(ConversationEnded)


@pytest.mark.parametrize("how", ["alone", "with others"])
@pytest.mark.parametrize("answered", [False, True])
async def test_a_deleted_mention_is_told(
    world: DiscordWorld, harness: AdapterHarness, how: str, answered: bool
) -> None:
    post, ref = await harness.mention("hello")
    if answered:
        await harness.adapter.send(ref, Outgoing(text="one"), key="k")
    if how == "alone":
        await world.delete(post)
    else:
        others = [(await world.small_talk(f"n{n}")).id for n in range(2)]
        await world.discord.delete_messages("general", [*others, post.id])
    event = await harness.heard(MessageDeleted)
    assert (event.message_id, event.ref.key) == (post.id, ref.key)


async def test_a_message_deleted_in_a_thread_or_direct_message_is_told(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    post, ref = await harness.mention("hello")
    await harness.adapter.send(ref, Outgoing(text="one"), key="k")
    reply = await world.reply(post, "more")
    await heard(harness, "more")
    await world.delete(reply)
    event = await harness.heard(MessageDeleted)
    assert (event.message_id, event.ref.key) == (reply.id, ref.key)
    post, ref = await harness.dm("hello")
    await world.delete(post)
    event = await harness.heard(MessageDeleted)
    assert (event.message_id, event.ref.key) == (post.id, ref.key)


async def test_in_place_a_deletion_is_told_in_the_conversation_it_belongs_to(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    world.discord.permit("general", deny=["CREATE_PUBLIC_THREADS"])
    post, ref = await harness.mention("one")
    answer = await harness.adapter.send(ref, Outgoing(text="first"), key="k")
    id = await world.discord.post("general", "and two", reply_to=answer.id)
    message = world.discord.backend.created(world.discord.general.messages[id])
    message["referenced_message"]["message_reference"] = {"message_id": ref.channel}
    world.discord.emit("MESSAGE_CREATE", message)
    await heard(harness, "and two", ref.key)
    await world.discord.delete_message("general", id)
    event = await harness.heard(MessageDeleted)
    assert (event.message_id, event.ref.key) == (id, ref.key)
    await world.delete(post)
    event = await harness.heard(MessageDeleted)
    assert (event.message_id, event.ref.key) == (post.id, ref.key)


async def test_a_deleted_channel_ends_what_is_answered_in_it_without_a_thread(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    _, ref = await harness.mention("not answered yet")
    await world.discord.delete_thread("general")
    await harness.until(lambda: ref.key in ends(harness))
    with pytest.raises(Gone):
        await harness.adapter.send(ref, Outgoing(text="to nobody"), key="k")


async def test_being_removed_from_a_thread_ends_its_conversation(world: DiscordWorld, harness: AdapterHarness) -> None:
    _, ref = await harness.mention("hello")
    await harness.adapter.send(ref, Outgoing(text="one"), key="k")
    thread = world.discord.thread(ref.channel)
    assert thread is not None
    data = {"id": ref.channel, "guild_id": world.discord.guild.id, "member_count": 1}
    world.discord.emit("THREAD_MEMBERS_UPDATE", {**data, "removed_member_ids": [world.discord.ada.id]})
    world.discord.emit("THREAD_MEMBERS_UPDATE", {**data, "added_members": [{"user_id": world.discord.bot.id}]})
    world.discord.emit("THREAD_MEMBERS_UPDATE", {**data, "removed_member_ids": [world.discord.bot.id]})
    event = await ended(harness)
    assert (event.reason, event.ref.key) == ("removed", ref.key)
    assert len(ends(harness)) == 1


# Of the whole bot


@pytest.mark.parametrize("what", ["mention", "several", "channel", "thread", "server", "membership"])
async def test_what_ends_while_the_handler_works_costs_one_run_and_nobody_reads_an_error(
    world: DiscordWorld, tmp_path: Path, what: str
) -> None:
    runs: list[str] = []
    stopped, may = asyncio.Event(), asyncio.Event()
    discord = world.discord

    def slow() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            runs.append(message.content)
            if what in ("thread", "membership"):
                await cl.Message("working").send()
            try:
                await may.wait()
            finally:
                stopped.set()
            await cl.Message("to nobody").send()

    async with running_bot(world, register(slow), tmp_path) as running:
        post = await world.mention("slow")
        await world.wait_for(lambda: bool(runs))
        if what in ("thread", "membership"):
            await reads(world, post, "working")
        match what:
            case "mention":
                await world.delete(post)
            case "several":
                await discord.delete_messages("general", [(await world.small_talk("x")).id, post.id])
            case "channel":
                await discord.delete_thread("general")
            case "thread":
                await discord.delete_thread(post.id)
            case "server":
                await discord.remove_bot()
            case _:
                gone = {"id": post.id, "guild_id": discord.guild.id, "removed_member_ids": [discord.bot.id]}
                discord.emit("THREAD_MEMBERS_UPDATE", gone)
        async with asyncio.timeout(10):
            await stopped.wait()
        assert await running.gateway.store.dead_letters() == []
    assert runs == ["slow"]
    assert all("⚠️" not in each["content"] for channel in discord.world.channels for each in discord.messages(channel))


# What Discord answers then


@pytest.mark.parametrize("locked", [False, True])
async def test_a_closed_thread_is_gone_for_who_may_not_open_it(
    world: DiscordWorld, harness: AdapterHarness, locked: bool
) -> None:
    _, ref = await harness.mention("hello")
    sent = await harness.adapter.send(ref, Outgoing(text="one"), key="k")
    await world.discord.archive_thread(ref.channel, locked=locked)
    if not locked:
        await harness.adapter.edit(sent, Outgoing(text="woken"))
        assert said(world, ref.channel) == ["woken"]
        return
    with pytest.raises(Gone):
        await harness.adapter.edit(sent, Outgoing(text="two"))
    with pytest.raises(Gone):
        await harness.adapter.send(ref, Outgoing(text="two"), key="k2")


async def test_where_no_reply_may_be_made_the_answer_is_none(world: DiscordWorld, harness: AdapterHarness) -> None:
    world.discord.permit("general", deny=["CREATE_PUBLIC_THREADS", "READ_MESSAGE_HISTORY"])
    _, ref = await harness.mention("hello")
    await harness.adapter.send(ref, Outgoing(text="in place"), key="k")
    assert said(world, "general") == ["in place"]


@pytest.mark.parametrize("fault", [{"code": 160006}, {"code": 50024}, {"code": 50001}, {"status": 501}])
async def test_where_no_thread_can_be_made_the_answer_stands_in_the_channel(
    world: DiscordWorld, harness: AdapterHarness, fault: dict[str, int]
) -> None:
    _, ref = await harness.mention("hello")
    world.discord.fail_next("create_thread", status=fault.get("status"), code=fault.get("code"))
    await harness.adapter.send(ref, Outgoing(text="in place"), key="k")
    assert said(world, "general") == ["in place"]


async def test_what_discord_does_not_implement_is_for_good(world: DiscordWorld, harness: AdapterHarness) -> None:
    _, ref = await harness.dm()
    world.discord.fail_next("create_message", status=501)
    with pytest.raises(Rejected):
        await harness.adapter.send(ref, Outgoing(text="x"), key="k")
    assert len(world.discord.calls_to("create_message")) == 1
