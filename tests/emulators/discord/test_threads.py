"""Threads and forum posts: opened, named, archived, locked, deleted."""

import discord
import pytest

from gateway.emulators.discord.emulator import DiscordEmulator, PersonError
from tests.emulators.discord.bot import Bot, Rest, errors


async def test_a_thread_from_a_message(bot: Bot, emulator: DiscordEmulator) -> None:
    message_id = await emulator.post("general", "@gateway hi")
    message = await bot.text_channel(emulator).fetch_message(int(message_id))
    thread = await message.create_thread(name="Hi", auto_archive_duration=60)
    assert thread.id == message.id
    await thread.send("answer")
    await emulator.post(message_id, "thanks", user="grace")
    await bot.until(lambda: "thanks" in bot.texts)
    answered = bot.named("message")[-1]
    assert isinstance(answered.channel, discord.Thread)
    assert answered.channel.parent_id == int(emulator.general.id)
    shown = emulator.thread(message_id)
    assert shown is not None
    assert (shown["name"], shown["message_count"], shown["member_count"]) == ("Hi", 2, 2)
    assert shown["thread_metadata"]["auto_archive_duration"] == 60
    starter, answer, _ = emulator.messages(message_id)
    assert (starter["type"], starter["referenced_message"]["content"]) == (21, f"<@{emulator.bot.id}> hi")
    assert answer["content"] == "answer"
    source = emulator.message("general", message_id)
    assert source is not None
    assert (source["flags"] & 32, source["thread"]["name"]) == (32, "Hi")
    with pytest.raises(discord.HTTPException) as refused:
        await message.create_thread(name="again")
    assert (refused.value.status, refused.value.code) == (400, 160004)


async def test_events_of_a_thread_opened_by_the_bot(bot: Bot, rest: Rest, emulator: DiscordEmulator) -> None:
    message_id = await emulator.post("general", "x")
    status, thread = await rest.post(f"/channels/{emulator.general.id}/messages/{message_id}/threads", {"name": "T"})
    assert (status, thread["member"]["user_id"]) == (201, emulator.bot.id)
    await bot.until(lambda: len(bot.named("message")) == 2)
    assert [t.id for t in bot.named("thread_create")] == [int(message_id)]
    assert bot.named("raw_message_edit")[0].message_id == int(message_id)
    assert bot.get_channel(int(message_id)) is not None


async def test_a_thread_without_a_message(rest: Rest, emulator: DiscordEmulator) -> None:
    here = f"/channels/{emulator.general.id}/threads"
    status, thread = await rest.post(here, {"name": "Open", "type": 11})
    assert (status, thread["type"], thread["parent_id"]) == (201, 11, emulator.general.id)
    note = emulator.messages("general")[-1]
    assert (note["type"], note["content"], note["message_reference"]["channel_id"]) == (18, "Open", thread["id"])
    status, secret = await rest.post(here, {"name": "Closed"})
    assert (status, secret["type"]) == (201, 12)
    status, active = await rest.get(f"/guilds/{emulator.guild.id}/threads/active")
    assert [t["name"] for t in active["threads"]] == ["Open", "Closed"]


@pytest.mark.parametrize(
    ("form", "path", "code"),
    [
        ({}, "name", "BASE_TYPE_REQUIRED"),
        ({"name": ""}, "name", "BASE_TYPE_REQUIRED"),
        ({"name": "x" * 101}, "name", "BASE_TYPE_BAD_LENGTH"),
        ({"name": "x", "auto_archive_duration": 5}, "auto_archive_duration", "BASE_TYPE_CHOICES"),
    ],
)
async def test_names_and_durations(
    rest: Rest, emulator: DiscordEmulator, form: dict[str, object], path: str, code: str
) -> None:
    message_id = await emulator.post("general", "x")
    status, body = await rest.post(f"/channels/{emulator.general.id}/messages/{message_id}/threads", form)
    assert (status, errors(body, path)) == (400, [code])
    assert emulator.threads("general") == []


async def test_where_no_thread_can_be(rest: Rest, emulator: DiscordEmulator) -> None:
    dm = await emulator.post("@ada", "x")
    status, body = await rest.post(f"/channels/{emulator.dm.id}/messages/{dm}/threads", {"name": "T"})
    assert (status, body["code"]) == (403, 50024)
    message_id = await emulator.post("general", "x")
    thread = await emulator.create_thread("general", "T", message_id=message_id)
    inside = await emulator.post(thread, "y")
    status, body = await rest.post(f"/channels/{thread}/messages/{inside}/threads", {"name": "T"})
    assert (status, body["code"]) == (403, 50024)
    (starter, *_) = emulator.messages(thread)
    status, body = await rest("DELETE", f"/channels/{thread}/messages/{starter['id']}")
    assert (status, body["code"]) == (403, 50021)


async def test_an_archived_thread_opens_by_itself(bot: Bot, rest: Rest, emulator: DiscordEmulator) -> None:
    thread = await emulator.create_thread("general", "T")
    message = await rest.say(thread, {"content": "x"})
    await emulator.archive_thread(thread)
    one = f"/channels/{thread}/messages/{message['id']}"
    for method, path in (("PATCH", one), ("PUT", f"{one}/reactions/%F0%9F%91%8D/@me")):
        status, body = await rest(method, path, json={"content": "y"})
        assert (status, body) == (400, {"message": "Thread is archived", "code": 50083})
    listed = await rest.get(f"/channels/{emulator.general.id}/threads/archived/public")
    assert [t["id"] for t in listed[1]["threads"]] == [thread]
    await rest.say(thread, {"content": "again"})
    shown = emulator.thread(thread)
    assert shown is not None
    assert shown["thread_metadata"]["archived"] is False
    await emulator.archive_thread(thread, locked=True)
    status, body = await rest.post(f"/channels/{thread}/messages", {"content": "z"})
    assert (status, body["code"]) == (403, 160005)
    with pytest.raises(PersonError):
        await emulator.post(thread, "me neither", user="grace")
    await bot.until(lambda: len(bot.named("raw_thread_update")) >= 3)


async def test_renaming(bot: Bot, rest: Rest, emulator: DiscordEmulator) -> None:
    theirs = await emulator.create_thread("general", "Ada's")
    status, body = await rest.patch(f"/channels/{theirs}", {"name": "mine"})
    assert (status, body["code"]) == (403, 50013)
    thread = await bot.text_channel(emulator).create_thread(name="mine", type=discord.ChannelType.public_thread)
    await thread.edit(name="better")
    assert [(m["type"], m["content"]) for m in emulator.messages(str(thread.id))] == [(4, "better")]
    status, body = await rest.patch(f"/channels/{thread.id}", {"name": "x" * 101})
    assert (status, errors(body, "name")) == (400, ["BASE_TYPE_BAD_LENGTH"])
    status, body = await rest.patch(f"/channels/{thread.id}", {"locked": True})
    assert (status, body["code"]) == (403, 50013)
    status, closed = await rest.patch(f"/channels/{thread.id}", {"archived": True})
    assert (status, closed["thread_metadata"]["archived"]) == (200, True)
    status, body = await rest.patch(f"/channels/{thread.id}", {"name": "late"})
    assert (status, body["code"]) == (400, 50083)
    status, opened = await rest.patch(f"/channels/{thread.id}", {"archived": False, "name": "late"})
    assert (status, opened["name"]) == (200, "late")
    status, body = await rest.patch(f"/channels/{emulator.general.id}", {"name": "lobby"})
    assert (status, body["code"]) == (403, 50013)
    emulator.permit("general", allow=["MANAGE_THREADS", "MANAGE_CHANNELS"])
    assert (await rest.patch(f"/channels/{theirs}", {"name": "ours", "locked": True}))[0] == 200
    assert (await rest.patch(f"/channels/{emulator.general.id}", {"name": "lobby"}))[1]["name"] == "lobby"


async def test_members(bot: Bot, rest: Rest, emulator: DiscordEmulator) -> None:
    thread = await emulator.create_thread("general", "T")
    status, body = await rest.get(f"/channels/{thread}/thread-members/{emulator.bot.id}")
    assert (status, body["code"]) == (404, 10007)
    assert await rest("PUT", f"/channels/{thread}/thread-members/@me") == (204, None)
    assert (await rest.get(f"/channels/{thread}/thread-members/{emulator.bot.id}"))[0] == 200
    assert await rest("PUT", f"/channels/{thread}/thread-members/{emulator.grace.id}") == (204, None)
    members = (await rest.get(f"/channels/{thread}/thread-members"))[1]
    assert {m["user_id"] for m in members} == {emulator.ada.id, emulator.bot.id, emulator.grace.id}
    assert await rest("DELETE", f"/channels/{thread}/thread-members/@me") == (204, None)
    status, body = await rest("DELETE", f"/channels/{thread}/thread-members/{emulator.grace.id}")
    assert (status, body["code"]) == (403, 50013)
    await bot.until(lambda: bot.named("thread_remove"))


async def test_deleting_a_thread(bot: Bot, rest: Rest, emulator: DiscordEmulator) -> None:
    thread = await emulator.create_thread("general", "T")
    status, body = await rest("DELETE", f"/channels/{thread}")
    assert (status, body["code"]) == (403, 50013)
    await emulator.delete_thread(thread)
    await bot.until(lambda: bot.named("raw_thread_delete"))
    assert bot.named("raw_thread_delete")[0].thread_id == int(thread)
    status, body = await rest.post(f"/channels/{thread}/messages", {"content": "x"})
    assert (status, body) == (404, {"message": "Unknown Channel", "code": 10003})
    emulator.permit("general", allow=["MANAGE_THREADS"])
    other = await emulator.create_thread("general", "T")
    assert (await rest("DELETE", f"/channels/{other}"))[0] == 200
    assert emulator.thread(other) is None


async def test_forum_posts(bot: Bot, rest: Rest, emulator: DiscordEmulator) -> None:
    post = await emulator.create_post("ideas", "A boat", "@gateway what do you think?")
    await bot.until(lambda: bot.texts)
    (heard,) = bot.named("message")
    assert (heard.id, heard.channel.id) == (int(post), int(post))
    assert isinstance(heard.channel, discord.Thread)
    assert isinstance(heard.channel.parent, discord.ForumChannel)
    await heard.channel.send("Fine.")
    assert [m["content"] for m in emulator.messages(post)][1:] == ["Fine."]
    forum = bot.get_channel(int(emulator.ideas.id))
    assert isinstance(forum, discord.ForumChannel)
    made = await forum.create_thread(name="My idea", content="An engine")
    assert (made.thread.name, made.message.content, made.message.id) == ("My idea", "An engine", made.thread.id)
    status, body = await rest.post(f"/channels/{emulator.ideas.id}/messages", {"content": "x"})
    assert (status, body["code"]) == (400, 40058)
    status, body = await rest.post(f"/channels/{emulator.ideas.id}/threads", {"name": "x"})
    assert (status, errors(body, "message")) == (400, ["BASE_TYPE_REQUIRED"])
    form = {"name": "x", "message": {"content": "x" * 2001}}
    status, body = await rest.post(f"/channels/{emulator.ideas.id}/threads", form)
    assert (status, errors(body, "message", "content")) == (400, ["BASE_TYPE_MAX_LENGTH"])
    with pytest.raises(PersonError):
        await emulator.post("ideas", "not a post")
