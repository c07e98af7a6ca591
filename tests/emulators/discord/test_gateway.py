"""Connecting, events, intents, heartbeats."""

from typing import Any

import aiohttp
import pytest

from gateway.emulators.discord.emulator import DiscordEmulator
from tests.emulators.discord.bot import ALL, CONTENT, Bot, Rest, Socket, socket


async def test_discord_py_connects_and_hears(bot: Bot, emulator: DiscordEmulator) -> None:
    assert bot.user is not None
    assert (bot.user.id, bot.user.name) == (int(emulator.bot.id), "gateway")
    (guild,) = bot.guilds
    assert guild.name == "Gateway HQ"
    assert {channel.name for channel in guild.channels} == {"general", "random", "ideas", "secret"}
    message_id = await emulator.post("general", "@gateway hello", user="grace")
    await bot.until(lambda: bot.texts)
    (message,) = bot.named("message")
    assert message.id == int(message_id)
    assert message.author.display_name == "Amazing Grace"
    assert bot.user in message.mentions
    assert message.clean_content == "@gateway hello"


async def test_ready_and_the_guild(http: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
    async with socket(http, emulator) as client:
        assert client.hello == {"op": 10, "d": {"heartbeat_interval": 41250, "_trace": []}, "s": None, "t": None}
        ready = await client.identify(shard=[0, 1])
        assert ready["guilds"] == [{"id": emulator.guild.id, "unavailable": True}]
        assert ready["resume_gateway_url"] == emulator.environment()["DISCORD_GATEWAY_URL"]
        assert ready["application"] == {"id": emulator.bot.id, "flags": 1 << 19}
        assert ready["shard"] == [0, 1]
        assert client.seq == 1
        guild = await client.event("GUILD_CREATE")
        assert [m["user"]["id"] for m in guild["members"]] == [emulator.bot.id]
        assert {r["name"] for r in guild["roles"]} == {"@everyone", "gateway", "team"}
        assert guild["member_count"] == 4
        assert client.seq == 2


@pytest.mark.parametrize("query", ["v=10&encoding=json", "v=10&encoding=json&compress=zlib-stream"])
async def test_frames_come_plain_or_compressed_as_asked(
    http: aiohttp.ClientSession, emulator: DiscordEmulator, query: str
) -> None:
    async with socket(http, emulator, query=query) as client:
        await client.identify()
        await emulator.post("general", "é" * 500)
        assert (await client.event("MESSAGE_CREATE"))["content"] == "é" * 500


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (2, {"token": "wrong", "intents": 1}, 4004),
        (2, {"intents": 1 << 22}, 4013),
        (2, {"intents": "all"}, 4013),
        (2, {"intents": 1 << 1}, 4014),
        (2, {"intents": 1, "shard": [1, 1]}, 4010),
        (2, [], 4002),
        (6, {"token": "wrong", "session_id": "x", "seq": 1}, 4004),
        (3, {"status": "online"}, 4003),
        (99, {}, 4001),
        (1, "x" * 5000, 4002),
    ],
)
async def test_what_a_client_may_not_say(
    http: aiohttp.ClientSession, emulator: DiscordEmulator, op: int, data: Any, code: int
) -> None:
    async with socket(http, emulator) as client:
        given = {"token": client.token, **data} if isinstance(data, dict) else data
        await client.send(op, given)
        assert await client.closed() == code


async def test_what_is_no_payload(http: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
    for text in ("{", "[]", '{"op": "2"}'):
        async with socket(http, emulator) as client:
            await client.socket.send_str(text)
            assert await client.closed() == 4002
    async with socket(http, emulator, query="v=6&encoding=json") as client:
        assert await client.closed() == 4012
    async with socket(http, emulator) as client:
        await client.identify()
        await client.send(2, {"token": client.token, "intents": 1})
        assert await client.closed() == 4005


async def test_message_content_needs_the_portals_switch(http: aiohttp.ClientSession) -> None:
    emulator = DiscordEmulator(privileged_intents=(), limits="off")
    await emulator.start()
    try:
        async with socket(http, emulator) as client:
            await client.send(2, {"token": client.token, "intents": CONTENT})
            assert await client.closed() == 4014
        rest = Rest(http, emulator)
        message_id = await emulator.post("general", "hidden")
        assert (await rest.get(f"/channels/{emulator.general.id}/messages/{message_id}"))[1]["content"] == ""
    finally:
        await emulator.stop()


async def test_content_is_empty_without_the_intent(
    http: aiohttp.ClientSession, emulator: DiscordEmulator, rest: Rest
) -> None:
    async with socket(http, emulator) as client:
        await client.identify(ALL)
        file = ("a.txt", b"abc", "text/plain")
        await emulator.post("general", "to all", files=[file])
        heard = await client.event("MESSAGE_CREATE")
        assert (heard["content"], heard["attachments"], heard["author"]["username"]) == ("", [], "ada")
        await emulator.post("general", "@gateway you")
        assert (await client.event("MESSAGE_CREATE"))["content"] == f"<@{emulator.bot.id}> you"
        await emulator.post("@ada", "between us")
        assert (await client.event("MESSAGE_CREATE"))["content"] == "between us"
        await rest.say(emulator.general.id, {"content": "mine"})
        assert (await client.event("MESSAGE_CREATE"))["content"] == "mine"


async def test_only_what_was_asked_for_is_sent(
    http: aiohttp.ClientSession, emulator: DiscordEmulator, rest: Rest
) -> None:
    async with socket(http, emulator) as client:
        await client.identify(1 << 9)
        await emulator.typing("general")
        await emulator.post("@ada", "a direct message")
        message_id = await emulator.post("general", "heard")
        await emulator.react("general", message_id, "👍")
        await emulator.delete_message("general", message_id)
        payloads = [await client.receive() for _ in range(2)]
        assert [p["t"] for p in payloads] == ["MESSAGE_CREATE", "MESSAGE_DELETE"]
        assert [p["s"] for p in payloads] == [2, 3]


async def test_what_the_bot_cannot_see_it_does_not_hear(http: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
    async with socket(http, emulator) as client:
        await client.identify()
        await client.event("GUILD_CREATE")
        await emulator.post("secret", "psst", user="grace")
        await emulator.post("general", "aloud")
        assert (await client.receive())["d"]["content"] == "aloud"


async def test_the_bots_own_messages_are_echoed(bot: Bot, emulator: DiscordEmulator) -> None:
    await bot.text_channel(emulator).send("hi")
    await bot.until(lambda: bot.named("message"))
    (message,) = bot.named("message")
    assert message.author == bot.user


async def test_every_kind_of_event(bot: Bot, emulator: DiscordEmulator) -> None:
    message_id = await emulator.post("general", "one")
    other = await emulator.post("general", "two")
    await emulator.edit("general", message_id, "edited")
    await emulator.react("general", message_id, "👍", user="grace")
    await emulator.react("general", message_id, "👍", user="grace", added=False)
    await emulator.typing("general")
    thread = await emulator.create_thread("general", "talk", message_id=message_id)
    await emulator.rename(thread, "chat")
    await emulator.delete_thread(thread)
    await emulator.delete_messages("general", [message_id, other])
    await emulator.delete_message("@ada", await emulator.post("@ada", "gone soon"))
    emulator.permit("random", deny=["SEND_MESSAGES"])
    emulator.add_channel("new")
    await emulator.delete_thread("new")
    await emulator.remove_bot()
    await bot.until(lambda: bot.named("guild_remove"))
    names = [name for name, _ in bot.heard]
    for expected in (
        "raw_message_edit",
        "raw_reaction_add",
        "raw_reaction_remove",
        "raw_typing",
        "thread_create",
        "raw_thread_update",
        "raw_thread_delete",
        "raw_bulk_message_delete",
        "raw_message_delete",
        "guild_channel_update",
        "guild_channel_create",
        "guild_channel_delete",
    ):
        assert expected in names, expected
    await emulator.add_bot()
    await bot.until(lambda: bot.named("guild_join"))


async def test_an_event_nobody_knows_and_the_same_one_twice(bot: Bot, emulator: DiscordEmulator) -> None:
    emulator.emit("SOMETHING_NEW", {"guild_id": emulator.guild.id})
    message_id = await emulator.post("general", "once")
    emulator.redeliver("general", message_id)
    await bot.until(lambda: len(bot.texts) == 2)
    assert [m.id for m in bot.named("message")] == [int(message_id)] * 2


async def test_heartbeats_are_acknowledged_and_asked(http: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
    async with socket(http, emulator) as client:
        await client.send(1, None)
        assert (await client.receive())["op"] == 11
        await client.identify(0)
        emulator.gateway.request_heartbeat()
        assert (await client.receive())["op"] == 1
        emulator.gateway.acks = False
        await client.send(1, client.seq)
        await client.send(8, {"guild_id": emulator.guild.id, "user_ids": [emulator.ada.id], "nonce": "n"})
        answer = await client.receive()
        assert (answer["t"], answer["d"]["nonce"]) == ("GUILD_MEMBERS_CHUNK", "n")
        assert [m["user"]["username"] for m in answer["d"]["members"]] == ["ada"]


async def test_who_stops_heartbeating_is_disconnected_and_may_resume(http: aiohttp.ClientSession) -> None:
    emulator = DiscordEmulator(limits="off", heartbeat_interval=0.05)
    await emulator.start()
    try:
        async with socket(http, emulator) as client:
            await client.identify()
            assert await client.closed() == 4000
            emulator.gateway.heartbeat_interval = 41.25
            await emulator.post("general", "meanwhile")
            async with socket(http, emulator) as again:
                await resume(again, client)
                assert (await again.event("MESSAGE_CREATE"))["content"] == "meanwhile"
    finally:
        await emulator.stop()


async def test_events_of_a_guild_go_to_its_shard(http: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
    number = (int(emulator.guild.id) >> 22) % 2
    async with socket(http, emulator) as mine, socket(http, emulator) as other:
        await mine.identify(shard=[number, 2])
        await other.identify(shard=[1 - number, 2])
        await mine.event("GUILD_CREATE")
        await emulator.post("general", "in the guild")
        await emulator.post("@ada", "directly")
        shards = [mine, mine if number == 0 else other]
        assert [(await each.event("MESSAGE_CREATE"))["content"] for each in shards] == ["in the guild", "directly"]


async def test_too_many_commands(http: aiohttp.ClientSession) -> None:
    emulator = DiscordEmulator(limits="real")
    await emulator.start()
    try:
        async with socket(http, emulator) as client:
            await client.identify()
            for _ in range(120):
                await client.send(3, {"status": "online"})
            assert await client.closed() == 4008
        async with socket(http, emulator) as again:
            await again.send(2, {"token": again.token, "intents": 1})
            assert (await again.receive())["op"] == 9
    finally:
        await emulator.stop()


async def resume(client: Socket, lost: Socket) -> None:
    await client.send(6, {"token": client.token, "session_id": lost.session_id, "seq": lost.seq})


async def test_nothing_is_sent_to_nobody(emulator: DiscordEmulator) -> None:
    await emulator.post("general", "unheard")
    assert not emulator.gateway.connected
    with pytest.raises(TimeoutError):
        await emulator.connected(timeout=0.01)
