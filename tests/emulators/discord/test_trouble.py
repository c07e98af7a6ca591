"""Rate limits, ordered failures, held calls."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import discord
import pytest

from gateway.emulators.discord.emulator import DiscordEmulator
from gateway.emulators.discord.limits import GLOBAL_PER_SECOND
from tests.emulators.discord.bot import Bot, Rest


@pytest.fixture
async def strict() -> AsyncIterator[DiscordEmulator]:
    """An emulator with Discord's limits."""
    running = DiscordEmulator()
    await running.start()
    yield running
    await running.stop()


async def test_posting_too_fast(http: aiohttp.ClientSession, strict: DiscordEmulator) -> None:
    rest = Rest(http, strict)
    here, there = f"/channels/{strict.general.id}/messages", f"/channels/{strict.random.id}/messages"
    left: list[str] = []
    for _ in range(5):
        assert (await rest.post(here, {"content": "x"}))[0] == 200
        left.append(rest.answered["X-RateLimit-Remaining"])
    assert left == ["4", "3", "2", "1", "0"]
    bucket = rest.answered["X-RateLimit-Bucket"]
    status, body = await rest.post(here, {"content": "x"})
    headers = rest.answered
    assert (status, body["message"], body["global"]) == (429, "You are being rate limited.", False)
    assert 0 < body["retry_after"] <= 5
    assert headers["Content-Type"] == "application/json"
    assert headers["Via"]
    assert (headers["X-RateLimit-Scope"], headers["X-RateLimit-Remaining"]) == ("user", "0")
    assert int(headers["Retry-After"]) >= body["retry_after"]
    assert float(headers["X-RateLimit-Reset-After"]) == pytest.approx(body["retry_after"], abs=0.01)
    assert (await rest.post(there, {"content": "x"}))[0] == 200, "another channel counts for itself"
    assert rest.answered["X-RateLimit-Bucket"] == bucket
    assert len(strict.messages("general")) == 5


async def test_every_answer_has_its_headers(rest: Rest, emulator: DiscordEmulator) -> None:
    for path in ("/users/@me", "/users/1", "/nowhere", "/gateway"):
        await rest.get(path)
        assert rest.answered["Content-Type"] == "application/json"
        assert rest.answered["Via"]
    status, body = await rest("GET", "/gateway", headers={})
    assert (status, body) == (200, {"url": emulator.environment()["DISCORD_GATEWAY_URL"]})
    status, body = await rest.get("/gateway/bot")
    assert (body["shards"], body["session_start_limit"]["total"]) == (1, 1000)


async def test_reactions_share_a_short_window(http: aiohttp.ClientSession, strict: DiscordEmulator) -> None:
    rest = Rest(http, strict)
    message_id = await strict.post("general", "x")
    one = f"/channels/{strict.general.id}/messages/{message_id}/reactions/%F0%9F%91%8D/@me"
    assert (await rest("PUT", one))[0] == 204
    status, body = await rest("DELETE", one)
    assert (status, body["retry_after"] <= 0.25) == (429, True)


async def test_a_third_name_has_to_wait(http: aiohttp.ClientSession, strict: DiscordEmulator) -> None:
    rest = Rest(http, strict)
    status, thread = await rest.post(f"/channels/{strict.general.id}/threads", {"name": "a", "type": 11})
    for name in ("b", "c"):
        assert (await rest.patch(f"/channels/{thread['id']}", {"name": name}))[0] == 200
    status, body = await rest.patch(f"/channels/{thread['id']}", {"name": "d"})
    assert (status, body["retry_after"] > 500) == (429, True)
    assert rest.answered["X-RateLimit-Remaining"] == "2", "the headers do not tell of this limit"
    shown = strict.thread(thread["id"])
    assert shown is not None
    assert shown["name"] == "c"


async def test_all_together_are_limited_too(http: aiohttp.ClientSession, strict: DiscordEmulator) -> None:
    rest = Rest(http, strict)
    calls = [rest.get(path) for path in ("/users/@me", "/gateway/bot") for _ in range(GLOBAL_PER_SECOND)]
    answers = [body for status, body in await asyncio.gather(*calls) if status == 429]
    assert any(body["global"] for body in answers)
    assert (await rest.get("/gateway"))[0] == 200


async def test_discord_py_waits_out_a_storm(bot: Bot, emulator: DiscordEmulator) -> None:
    emulator.fail_next("create_message", status=429, retry_after=0.01, times=3)
    await bot.text_channel(emulator).send("after all")
    assert [c.status for c in emulator.calls_to("create_message")] == [429, 429, 429, 200]
    emulator.fail_next("create_message", retry_after=0.01, scope="global")
    await bot.text_channel(emulator).send("again")
    assert emulator.calls_to("create_message")[4].response == {
        "message": "You are being rate limited.",
        "retry_after": 0.01,
        "global": True,
    }


async def test_ordered_failures(rest: Rest, emulator: DiscordEmulator) -> None:
    path = f"/channels/{emulator.general.id}/messages"

    async def post(text: str = "x") -> tuple[int, int]:
        status, body = await rest.post(path, {"content": text})
        return status, body.get("code", -1)

    emulator.fail_next("create_message", code=50013)
    emulator.fail_next("create_message", status=503, times=2)
    emulator.fail_next("create_message", code=10003, when=lambda args: args["content"] == "b")
    assert await post() == (403, 50013)
    assert [await post(), await post()] == [(503, 0)] * 2
    assert await post("a") == (200, -1)
    assert await post("b") == (404, 10003)
    emulator.fail_next("*", status=500)
    assert (await rest.get("/users/@me"))[0] == 500
    emulator.fail_next("create_message", status="disconnect", after_effect=True)
    with pytest.raises(aiohttp.ClientError):
        await post("lost")
    emulator.fail_next("create_message", status="half")
    with pytest.raises(aiohttp.ClientError):
        await post("half")
    assert [m["content"] for m in emulator.messages("general")] == ["a", "lost", "half"]
    assert emulator.calls[-2].response is None
    assert emulator.calls[-2].args["content"] == "lost"
    with pytest.raises(KeyError):
        emulator.fail_next("create_message", code=1)


async def test_held_calls(bot: Bot, emulator: DiscordEmulator) -> None:
    channel = bot.text_channel(emulator)
    async with emulator.hold("create_message") as hold:
        task = asyncio.create_task(channel.send("x"))
        await hold.reached()
        assert emulator.messages("general") == []
        hold.release()
        assert (await task).content == "x"
    for after, count in ((False, 1), (True, 2)):
        with emulator.hold("create_message", after_effect=after) as hold:
            task = asyncio.create_task(channel.send("y"))
            await hold.reached()
            hold.drop()
            with pytest.raises(aiohttp.ClientError):
                await task
        assert len(emulator.messages("general")) == count


async def test_a_wrong_token(emulator: DiscordEmulator) -> None:
    client = discord.Client(intents=discord.Intents.none())
    before = discord.http.Route.BASE
    discord.http.Route.BASE = emulator.environment()["DISCORD_API_URL"]
    try:
        with pytest.raises(discord.LoginFailure):
            await client.login("wrong")
    finally:
        await client.close()
        discord.http.Route.BASE = before


async def test_names_of_calls_are_known(emulator: DiscordEmulator) -> None:
    wanted = {"create_message", "edit_message", "create_thread", "interaction_callback", "followup", "get_current_user"}
    assert wanted <= emulator.routes.names


async def test_waiting_for_a_message(rest: Rest, emulator: DiscordEmulator) -> None:
    waiting = asyncio.create_task(emulator.wait_for_message("general", lambda m: m["content"] == "now"))
    await rest.say(emulator.general.id, {"content": "before"})
    said = await rest.say(emulator.general.id, {"content": "now"})
    assert (await waiting)["id"] == said["id"]
    with pytest.raises(TimeoutError):
        await emulator.wait_for(lambda: emulator.calls_to("edit_message"), timeout=0.01)


async def test_the_port_taken(emulator: DiscordEmulator) -> None:
    port = int(emulator.world.base.rpartition(":")[2])
    other = DiscordEmulator()
    with pytest.raises(OSError, match="address already in use"):
        await other.start(port=port)
