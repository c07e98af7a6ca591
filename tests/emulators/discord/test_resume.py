"""Connections that end, and what comes after: resume, reconnect, invalid sessions, silence."""

import asyncio

import aiohttp
import pytest

from gateway.emulators.discord.emulator import DiscordEmulator
from tests.emulators.discord.bot import Bot, Socket, connected, socket


async def resume(client: Socket, lost: Socket, *, seq: int | None = None) -> None:
    at = lost.seq if seq is None else seq
    await client.send(6, {"token": client.token, "session_id": lost.session_id, "seq": at})


async def test_what_was_missed_is_sent_again_in_order(http: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
    async with socket(http, emulator) as client:
        await client.identify()
        await client.event("GUILD_CREATE")
        await emulator.post("general", "heard")
        await client.event("MESSAGE_CREATE")
        emulator.gateway.drop()
        assert await client.closed() in (None, 1006)
    for text in ("one", "two"):
        await emulator.post("general", text)
    async with socket(http, emulator) as again:
        await resume(again, client)
        payloads = [await again.receive() for _ in range(3)]
        assert [p["t"] for p in payloads] == ["MESSAGE_CREATE", "MESSAGE_CREATE", "RESUMED"]
        assert [p["d"].get("content") for p in payloads] == ["one", "two", None]
        assert [p["s"] for p in payloads] == [4, 5, 6]
        await emulator.post("general", "new")
        assert (await again.event("MESSAGE_CREATE"))["content"] == "new"


async def test_the_websockets_of_a_shard_and_for_how_long_they_overlap_are_remembered(
    http: aiohttp.ClientSession, emulator: DiscordEmulator
) -> None:
    async with socket(http, emulator) as one, socket(http, emulator) as two:
        for client in (one, two):
            await client.identify()
            await client.event("GUILD_CREATE")
        first, second = emulator.gateway.attachments
        await asyncio.sleep(0.05)
        assert first.overlap(second) >= 0.05
        assert second.until is None
    await emulator.wait_for(lambda: second.until)
    assert (first.resumed, second.resumed) == (False, False)
    ended = first.overlap(second)
    await asyncio.sleep(0.01)
    assert first.overlap(second) == ended


async def test_each_resume_is_told_of_itself_only(http: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
    async with socket(http, emulator) as client:
        await client.identify()
        await client.event("GUILD_CREATE")
        emulator.gateway.drop()
    for n in range(3):
        await emulator.post("general", str(n))
        async with socket(http, emulator) as again:
            await resume(again, client)
            told = [(await again.receive())["t"] for _ in range(n + 2)]
            assert told == [*["MESSAGE_CREATE"] * (n + 1), "RESUMED"]
            emulator.gateway.drop()


async def test_a_sequence_from_the_future(http: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
    async with socket(http, emulator) as client:
        await client.identify()
        emulator.gateway.drop()
        async with socket(http, emulator) as again:
            await resume(again, client, seq=99)
            assert await again.closed() == 4007


async def test_what_cannot_be_resumed(http: aiohttp.ClientSession) -> None:
    emulator = DiscordEmulator(limits="off", resume_buffer=2)
    await emulator.start()
    try:
        async with socket(http, emulator) as client:
            await client.identify()
            for text in ("one", "two", "three"):
                await emulator.post("general", text)
            emulator.gateway.drop()
            async with socket(http, emulator) as again:
                await resume(again, client, seq=2)
                assert await again.receive() == {"op": 9, "d": False, "s": None, "t": None}
                await again.identify()
        async with socket(http, emulator) as client:
            await client.identify()
            await client.socket.close(code=1000)  # says it is done for good
            async with socket(http, emulator) as again:
                await emulator.wait_for(lambda: not emulator.gateway.connected)
                await resume(again, client)
                assert (await again.receive())["op"] == 9
        async with socket(http, emulator) as client:
            await client.identify()
            emulator.gateway.resumable = False
            async with socket(http, emulator) as again:
                await resume(again, client)
                assert (await again.receive())["op"] == 9
    finally:
        await emulator.stop()


async def test_a_lost_session_times_out(http: aiohttp.ClientSession) -> None:
    emulator = DiscordEmulator(limits="off", session_timeout=0.0)
    await emulator.start()
    try:
        async with socket(http, emulator) as client:
            await client.identify()
            emulator.gateway.drop()
            await emulator.wait_for(lambda: not emulator.gateway.connected)
            async with socket(http, emulator) as again:
                await resume(again, client)
                assert (await again.receive())["op"] == 9
    finally:
        await emulator.stop()


@pytest.mark.parametrize("how", ["reconnect", "drop", "close", "resumable"])
async def test_discord_py_resumes_and_loses_nothing(bot: Bot, emulator: DiscordEmulator, how: str) -> None:
    await emulator.post("general", "before")
    await bot.until(lambda: bot.texts == ["before"])
    match how:
        case "reconnect":
            emulator.gateway.reconnect()
        case "drop":
            emulator.gateway.drop()
        case "close":
            emulator.gateway.close_with(4000)
        case _:
            emulator.gateway.invalidate(resumable=True)
    await emulator.post("general", "meanwhile")
    await emulator.wait_for(lambda: emulator.gateway.resumes == 1)
    await emulator.post("general", "after")
    await bot.until(lambda: len(bot.texts) == 3)
    assert bot.texts == ["before", "meanwhile", "after"]
    assert emulator.gateway.identifies == 1


async def test_discord_py_leaves_a_connection_that_fell_silent(emulator: DiscordEmulator) -> None:
    async with connected(emulator, patience=0.3) as bot:
        emulator.gateway.freeze()
        await emulator.post("general", "unheard at first")
        await bot.until(lambda: bot.texts == ["unheard at first"])
        assert (emulator.gateway.resumes, emulator.gateway.identifies) == (1, 1)


async def test_a_frozen_connection_can_go_on(http: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
    async with socket(http, emulator) as client:
        await client.identify(1 << 9)
        emulator.gateway.freeze()
        await emulator.post("general", "late")
        assert not emulator.gateway.idle
        emulator.gateway.thaw()
        assert (await client.event("MESSAGE_CREATE"))["content"] != "x"
        await emulator.wait_for(lambda: emulator.gateway.idle)


async def test_a_session_timed_out_has_to_begin_anew(http: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
    async with socket(http, emulator) as client:
        await client.identify()
        emulator.gateway.close_with(4009, "Session timed out")
        assert await client.closed() == 4009
        async with socket(http, emulator) as again:
            await resume(again, client)
            assert (await again.receive())["op"] == 9


async def test_an_outage_and_a_session_invalidated(http: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
    async with socket(http, emulator) as client:
        await client.identify()
        emulator.backend.outage(emulator.guild, over=False)
        assert await client.event("GUILD_DELETE") == {"id": emulator.guild.id, "unavailable": True}
        emulator.backend.outage(emulator.guild, over=True)
        assert (await client.event("GUILD_CREATE"))["id"] == emulator.guild.id
        emulator.gateway.invalidate()
        assert (await client.receive())["op"] == 9
        await emulator.post("general", "to nobody")
        async with socket(http, emulator) as again:
            await resume(again, client)
            assert (await again.receive())["op"] == 9


async def test_the_world_outlives_a_restart(bot: Bot, emulator: DiscordEmulator) -> None:
    port = int(emulator.environment()["DISCORD_API_URL"].split(":")[2].split("/")[0])
    await emulator.stop()
    await emulator.post("general", "nobody home")
    await emulator.start(port=port)
    await bot.until(lambda: bot.texts == ["nobody home"])
