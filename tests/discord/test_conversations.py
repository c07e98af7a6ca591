"""Where a conversation is: threads opened from a mention, forum posts, channels without threads, direct messages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.discord import directory
from adapters.discord.adapter import DiscordAdapter
from gateway.emulators.discord import wire
from gateway.errors import Forbidden, Gone
from gateway.model import (
    ConversationEnded,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    Outgoing,
    ReactionChanged,
    Starter,
    from_json,
    to_json,
)
from tests.contract.harness import AdapterHarness, serving
from tests.discord.world import DiscordWorld


def said(world: DiscordWorld, channel: str) -> list[str]:
    """The bot's words in a channel."""
    bot = world.discord.bot.id
    return [each["content"] for each in world.discord.messages(channel) if each["author"]["id"] == bot]


async def heard(harness: AdapterHarness, text: str, conversation: str = "") -> MessageCreated:
    """The message that says this."""
    found: list[MessageCreated] = []

    def look() -> bool:
        said = [each for each in harness.events if isinstance(each, MessageCreated) and each.text == text]
        found[:] = [each for each in said if conversation in ("", each.ref.key)]
        return bool(found)

    await harness.until(look)
    return found[-1]


# Threads


async def test_a_mention_opens_a_thread_named_after_it_with_the_first_answer(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    id = await world.discord.post("general", "@gateway **what** is\nthe answer, @Grace?")
    event = await heard(harness, "**what** is\nthe answer, @Amazing Grace?")
    assert world.discord.threads("general") == []
    await harness.adapter.send(event.ref, Outgoing(text="42"), key="k")
    [thread] = world.discord.threads("general")
    assert (thread["id"], thread["name"]) == (id, "what is")
    assert said(world, id) == ["42"]
    assert said(world, "general") == []


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("@gateway", "Conversation with Ada"),
        ("@gateway " + "word " * 60, "word " * 18 + "word…"),
        ("@gateway " + "x" * 150, "x" * 99 + "…"),
        ("@gateway # A title\nand more", "A title"),
        ("@gateway **Deploy** the [app](https://e.x)", "Deploy the app"),
        ("@gateway snake_case, `a_b` and __init__", "snake_case, a_b and init"),
        ("@gateway ||it was `Ada`|| who did it?", "who did it?"),
        ("@gateway ||only\na secret||", "Conversation with Ada"),
        ("@gateway is `||` an or, `||`?", "is || an or, ||?"),
        ("@gateway ```python\nprint(1)\n```", "Conversation with Ada"),
        ("@gateway ```py\nx\n```\nwhy does it fail?", "why does it fail?"),
        ("@gateway ~~~\nnever closed", "Conversation with Ada"),
        ("@gateway ***\n> quoted", "quoted"),
    ],
)
async def test_the_threads_name(world: DiscordWorld, harness: AdapterHarness, written: str, name: str) -> None:
    await world.discord.post("general", written)
    await harness.until(lambda: bool(harness.envelopes))
    await harness.adapter.send(harness.envelopes[0].ref, Outgoing(text="yes"), key="k")
    [thread] = world.discord.threads("general")
    assert thread["name"] == name


async def test_a_name_discord_does_not_take_is_replaced(world: DiscordWorld, harness: AdapterHarness) -> None:
    _, ref = await harness.mention("a word the server forbids")
    world.discord.fail_next("create_thread", code=200001)
    await harness.adapter.send(ref, Outgoing(text="42"), key="k")
    assert [each["name"] for each in world.discord.threads("general")] == ["Conversation"]
    assert said(world, ref.channel) == ["42"]


async def test_a_thread_somebody_opened_first_is_used(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.mention("hello")
    await world.discord.create_thread("general", "mine", message_id=post.id, user="Grace")
    world.discord.emit("THREAD_DELETE", {"id": "1"})  # nothing of it reaches the adapter's memory of threads
    await harness.adapter.send(ref, Outgoing(text="here"), key="k")
    assert said(world, post.id) == ["here"]


async def test_after_a_restart_the_thread_is_opened_by_the_stored_ref(world: DiscordWorld, tmp_path: Path) -> None:
    async with serving(world, tmp_path, AdapterHarness) as harness:
        post, ref = await harness.mention("hello")
    stored = from_json(type(ref), to_json(ref))
    async with serving(world, tmp_path, AdapterHarness) as again:
        await again.adapter.send(stored, Outgoing(text="late"), key="k")
        await again.adapter.send(stored, Outgoing(text="later"), key="k2")
    assert said(world, post.id) == ["late", "later"]
    assert len(world.discord.calls_to("create_thread")) == 1


async def test_an_archived_thread_is_woken_by_a_message_and_for_an_edit(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    post, ref = await harness.mention("hello")
    sent = await harness.adapter.send(ref, Outgoing(text="one"), key="k")
    await world.discord.archive_thread(post.id)
    await harness.adapter.edit(sent, Outgoing(text="one, edited"))
    await world.discord.archive_thread(post.id)
    await harness.adapter.send(ref, Outgoing(text="two"), key="k2")
    assert said(world, post.id) == ["one, edited", "two"]
    await world.discord.archive_thread(post.id)
    reply = await world.reply(post, "still there?")
    event = await harness.take(reply)
    assert event.ref.key == ref.key


async def test_a_forum_post_is_a_conversation(world: DiscordWorld, harness: AdapterHarness) -> None:
    quiet = await world.discord.create_post("ideas", "An idea", "what do you think?")
    asked = await world.discord.create_post("ideas", "Another", "@gateway and you?")
    event = await heard(harness, "and you?")
    assert (event.ref.channel, event.ref.kind, event.addressed) == (asked, "thread", True)
    assert (await heard(harness, "what do you think?")).addressed is False
    await harness.adapter.send(event.ref, Outgoing(text="good"), key="k")
    assert said(world, asked) == ["good"]
    assert isinstance(harness.adapter, DiscordAdapter)
    await harness.adapter.react(event.ref, asked, "👍", added=True)
    assert [each["me"] for each in (world.discord.message(asked, asked) or {})["reactions"]] == [True]
    assert [each.text for each in await harness.adapter.history(event.ref, limit=9)] == ["and you?", "good"]
    assert quiet != asked


async def test_a_deleted_thread_ends_its_conversation(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.mention("hello")
    await harness.adapter.send(ref, Outgoing(text="one"), key="k")
    await world.discord.delete_thread(post.id)
    ended = await harness.heard(ConversationEnded)
    assert (ended.reason, ended.ref.key) == ("deleted", ref.key)


async def test_a_deleted_channel_ends_the_conversations_in_it(world: DiscordWorld, harness: AdapterHarness) -> None:
    refs = []
    for _ in range(2):
        _, ref = await harness.mention("hello")
        await harness.adapter.send(ref, Outgoing(text="one"), key="k")
        refs.append(ref.key)
    await world.discord.delete_thread("general")
    await harness.until(lambda: len(ends(harness)) == 3)
    assert sorted(ends(harness)) == sorted([*refs, f"discord:{world.discord.guild.id}:{world.discord.general.id}"])


def ends(harness: AdapterHarness) -> list[str]:
    return [each.ref.key for each in harness.events if isinstance(each, ConversationEnded)]


async def test_a_channel_never_heard_of_is_looked_up(world: DiscordWorld, harness: AdapterHarness) -> None:
    """Its creation was missed, as an archived thread's is. What is said meanwhile keeps its order."""
    post, ref = await harness.mention("hello")
    await harness.adapter.send(ref, Outgoing(text="one"), key="k")
    assert isinstance(harness.adapter, DiscordAdapter)
    harness.adapter._directory.forget_channel(post.id)
    with world.discord.hold("get_channel") as hold:
        for n in range(3):
            await world.reply(post, f"n{n}")
        await hold.reached()
    assert (await heard(harness, "n2")).ref.key == ref.key
    assert [each.text for each in harness.events if isinstance(each, MessageCreated)] == ["hello", "n0", "n1", "n2"]
    assert len(world.discord.calls_to("get_channel")) == 1


async def test_a_thread_looked_up_while_it_is_archived_is_taken_for_open(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    post, ref = await harness.mention("hello")
    await harness.adapter.send(ref, Outgoing(text="one"), key="k")
    message = world.discord.backend.created(world.discord.world.channels[post.id].messages[post_of(world, post.id)])
    await world.discord.archive_thread(post.id)
    world.discord.emit(
        "MESSAGE_CREATE", {**message, "id": "77", "author": {"id": world.discord.ada.id}, "content": "x"}
    )
    assert (await heard(harness, "x")).ref.key == ref.key
    assert len(world.discord.calls_to("get_channel")) == 1


def post_of(world: DiscordWorld, channel: str) -> str:
    """The newest message of a channel."""
    return list(world.discord.world.channels[channel].messages)[-1]


@pytest.mark.parametrize("fault", [{"code": 50001}, {"status": 503}])
async def test_a_channel_that_cannot_be_looked_up_loses_nothing(
    world: DiscordWorld, harness: AdapterHarness, fault: dict[str, Any]
) -> None:
    post, ref = await harness.mention("hello")
    await harness.adapter.send(ref, Outgoing(text="one"), key="k")
    assert isinstance(harness.adapter, DiscordAdapter)
    harness.adapter._directory.forget_channel(post.id)
    world.discord.fail_next("get_channel", **fault)
    for text in ("hidden", "hidden as well"):
        await world.reply(post, text)
        assert (await heard(harness, text)).ref.key == ref.key


# No threads


@pytest.fixture
async def flat(world: DiscordWorld) -> None:
    """The bot may open no threads in #general."""
    world.discord.permit("general", deny=["CREATE_PUBLIC_THREADS"])


@pytest.mark.usefixtures("flat")
async def test_without_the_permission_it_answers_in_place_and_names_it(
    world: DiscordWorld, harness: AdapterHarness, logged: Callable[[], str]
) -> None:
    for _ in range(2):
        post, ref = await harness.mention("hello")
        for n in range(2):
            await harness.adapter.send(ref, Outgoing(text=f"in place {n}"), key=f"k{n}")
    answers = [m for m in world.discord.messages("general") if m["author"]["id"] == world.discord.bot.id]
    assert [each["content"] for each in answers] == ["in place 0", "in place 1"] * 2
    assert {each["message_reference"]["message_id"] for each in answers[2:]} == {post.id}
    assert [each["pings"]["users"] for each in answers] == [[]] * 4
    assert len(world.discord.calls_to("create_thread")) == 1
    assert logged().count("Create Public Threads") == 1


async def test_in_a_thread_it_may_not_write_in_it_answers_beside_it_and_names_the_permission(
    world: DiscordWorld, harness: AdapterHarness, logged: Callable[[], str]
) -> None:
    world.discord.permit("general", deny=["SEND_MESSAGES_IN_THREADS"])
    assert isinstance(harness.adapter, DiscordAdapter)
    for _ in range(2):
        post, ref = await harness.mention("hello")
        await harness.adapter.set_title(ref, "opens it")
        for n in range(2):
            await harness.adapter.send(ref, Outgoing(text=f"beside {n}"), key=f"k{n}")
    answers = [m for m in world.discord.messages("general") if m["author"]["id"] == world.discord.bot.id]
    assert [each["content"] for each in answers] == ["beside 0", "beside 1"] * 2
    assert {each["message_reference"]["message_id"] for each in answers[2:]} == {post.id}
    assert len(world.discord.calls_to("create_thread")) == 1
    assert logged().count("Send Messages in Threads") == 1
    # With a reply to such an answer it goes on there.
    first = answers[0]["message_reference"]["message_id"]
    id = await world.discord.post("general", "and then", reply_to=answers[0]["id"])
    message = world.discord.backend.created(world.discord.general.messages[id])
    message["referenced_message"]["message_reference"] = {"message_id": first}
    world.discord.emit("MESSAGE_CREATE", message)
    event = await heard(harness, "and then", f"discord:{world.discord.guild.id}:{first}:{first}")
    await harness.adapter.send(event.ref, Outgoing(text="then"), key="k")
    assert said(world, "general")[-1] == "then"


@pytest.mark.usefixtures("flat")
async def test_a_reply_to_an_answer_in_place_goes_on_with_the_conversation(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    _, ref = await harness.mention("one")
    answer = await harness.adapter.send(ref, Outgoing(text="first"), key="k")
    for ping in (True, False):
        id = await world.discord.post("general", f"and {ping}", reply_to=answer.id, ping=ping)
        # What a reply replies to says in turn what it replied to (discord/discord-api-docs#5095).
        message = world.discord.backend.created(world.discord.general.messages[id])
        message["referenced_message"]["message_reference"] = {"message_id": ref.channel}
        world.discord.emit("MESSAGE_CREATE", message)
        event = await heard(harness, f"and {ping}", ref.key)
        assert event.addressed is ping
        answer = await harness.adapter.send(event.ref, Outgoing(text=f"re {ping}"), key=f"k{ping}")
    assert isinstance(harness.adapter, DiscordAdapter)
    await world.small_talk("somebody else's business")
    past = [each.text for each in await harness.adapter.history(ref, limit=10)]
    assert past == ["one", "first", "and True", "re True", "and False", "re False"]


@pytest.mark.usefixtures("flat")
async def test_in_place_everything_else_works_too(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.mention("hello")
    adapter = harness.adapter
    assert isinstance(adapter, DiscordAdapter)
    sent = await adapter.send(ref, Outgoing(text="one"), key="k")
    await adapter.status(ref, "is thinking…")
    assert world.discord.is_typing("general")
    await adapter.edit(sent, Outgoing(text="edited"))
    await adapter.react(ref, post.id, "👍", added=True)
    await adapter.set_title(ref, "no thread to name")
    assert said(world, "general") == ["edited"]
    assert world.reactions(post) == 1
    found = await adapter.find(ref, Outgoing(text="edited"), key="k", since=0, claimed=())
    assert found is not None and found.id == sent.id
    await world.discord.react("general", sent.id, "🎉")
    assert (await harness.heard(ReactionChanged)).ref.key == ref.key
    await adapter.delete(found)
    assert said(world, "general") == []


@pytest.mark.usefixtures("flat")
async def test_a_prompt_picked_in_place_is_of_its_conversation(world: DiscordWorld, harness: AdapterHarness) -> None:
    _, ref = await harness.mention("hello")
    assert isinstance(harness.adapter, DiscordAdapter)
    await harness.adapter.suggest(ref, [Starter(label="Go", message="tell me")])
    await world.discord.click("general", post_of(world, world.discord.general.id), label="Go")
    assert (await heard(harness, "tell me")).ref.key == ref.key


async def test_voice_channels_have_no_threads(world: DiscordWorld, harness: AdapterHarness) -> None:
    channel = world.discord.add_channel("lounge")
    shown = {**wire.channel(world.discord.world, channel), "type": 2}
    world.discord.emit("CHANNEL_UPDATE", shown)
    await world.discord.post(channel.id, "@gateway hi")
    event = await heard(harness, "hi")
    await harness.adapter.send(event.ref, Outgoing(text="in place"), key="k")
    assert said(world, channel.id) == ["in place"]
    assert world.discord.calls_to("create_thread") == []


async def test_a_mention_deleted_before_the_answer(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.mention("hello")
    await world.delete(post)
    with pytest.raises(Gone):
        await harness.adapter.send(ref, Outgoing(text="to nobody"), key="k")


async def test_a_thread_outlives_the_message_it_was_opened_from(world: DiscordWorld, tmp_path: Path) -> None:
    async with serving(world, tmp_path, AdapterHarness) as harness:
        post, ref = await harness.mention("hello")
        await harness.adapter.send(ref, Outgoing(text="one"), key="k1")
    await world.delete(post)
    # A process that begins with the stored ref, and a thread nobody told it of.
    async with serving(world, tmp_path, AdapterHarness) as harness:
        assert isinstance(harness.adapter, DiscordAdapter)
        harness.adapter._directory.forget_channel(post.id)
        await harness.adapter.send(ref, Outgoing(text="two"), key="k2")
    assert said(world, post.id) == ["one", "two"]


async def test_a_channel_the_bot_may_not_write_in(world: DiscordWorld, harness: AdapterHarness) -> None:
    world.discord.permit("general", deny=["CREATE_PUBLIC_THREADS", "SEND_MESSAGES"])
    _, ref = await harness.mention("hello")
    with pytest.raises(Forbidden, match="Send Messages"):
        await harness.adapter.send(ref, Outgoing(text="x"), key="k")


# What counts as a mention


async def test_what_mentions_the_bot(world: DiscordWorld, harness: AdapterHarness) -> None:
    """Its own role does; @everyone, another role and its name in code do not."""
    general, guild = world.discord.general.id, world.discord.guild
    own = next(role.id for role in guild.roles.values() if role.bot_id)
    for quiet in ("@everyone look", "@team look", "`@ gateway` look", "gateway look"):
        await world.discord.post("general", quiet)
    message = {
        "id": "1573471091890847744",
        "channel_id": general,
        "guild_id": guild.id,
        "type": 0,
        "content": f"<@&{own}> all of you",
        "author": {"id": world.discord.ada.id, "username": "ada"},
        "mentions": [],
        "mention_roles": [own],
    }
    world.discord.emit("MESSAGE_CREATE", message)
    event = await heard(harness, "all of you")
    assert event.addressed
    assert len(harness.envelopes) == 1


# Edits and deletions in a channel


async def test_edits_of_a_mention_belong_to_its_thread_and_others_are_channel_talk(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    post, ref = await harness.mention("hello")
    await harness.adapter.send(ref, Outgoing(text="yes?"), key="k")
    talk = await world.small_talk("lunch?")
    await world.edit(talk, "dinner?")
    await world.delete(talk)
    await world.discord.edit("general", post.id, "no mention any more")
    edited = await harness.heard(MessageEdited)
    assert (edited.text, edited.ref.key, edited.message_id) == ("no mention any more", ref.key, post.id)
    await world.delete(post)
    deleted = await harness.heard(MessageDeleted)
    assert (deleted.message_id, deleted.ref.key) == (post.id, ref.key)
    assert len(harness.envelopes) == 3


async def test_several_deleted_at_once(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.mention("hello")
    mine = await harness.adapter.send(ref, Outgoing(text="mine"), key="k")
    replies = [await world.reply(post, f"r{n}") for n in range(3)]
    await heard(harness, "r2")
    await world.discord.delete_messages(post.id, [mine.id, *(each.id for each in replies)])
    await harness.until(lambda: sum(isinstance(each, MessageDeleted) for each in harness.events) == 3)


async def test_previews_and_pins_are_no_edits(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, _ = await harness.mention("see https://example.com")
    message = world.discord.message("general", post.id) or {}
    update: dict[str, Any] = {**message, "guild_id": world.discord.guild.id, "embeds": [{"title": "Example"}]}
    world.discord.emit("MESSAGE_UPDATE", update)
    world.discord.emit("MESSAGE_UPDATE", {**update, "pinned": True, "edited_timestamp": None})
    await harness.dm("last")
    assert not any(isinstance(each, MessageEdited) for each in harness.events)


# Bounds


async def test_the_directory_does_not_grow_with_what_is_said() -> None:
    known = directory.Directory()
    for n in range(directory._THREADS_KEPT + 500):
        known.channel({"id": str(n), "type": 11, "parent_id": "1", "guild_id": "2", "name": "t"})
    assert len(known.children("1")) == directory._THREADS_KEPT
    known.channel({"id": "600", "type": 11, "thread_metadata": {"archived": True}})
    assert known.get("600") is None


async def test_a_new_session_of_one_shard_forgets_only_its_own_servers() -> None:
    known = directory.Directory()
    for guild in ("1", "2"):
        roles = [{"id": f"5{guild}", "name": "gateway", "tags": {"bot_id": "10"}}]
        known.ready({"user": {"id": "10"}, "guilds": [{"id": guild, "unavailable": True}]})
        known.guild({"id": guild, "channels": [{"id": f"3{guild}", "type": 0, "name": "general"}], "roles": roles})
    known.ready({"user": {"id": "10"}, "guilds": [{"id": "1", "unavailable": True}]})
    assert known.get("31") is None and known.get("32") is not None
    assert (known.own_role("1"), known.own_role("2")) == ("", "52")
