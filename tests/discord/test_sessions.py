"""A session outlives the process that began it: what was said meanwhile, or read and not stored, still comes once."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import gateway as cl
from adapters.discord import pace, shard
from adapters.discord.adapter import DiscordAdapter
from adapters.discord.manifest import INTENTS, bits
from gateway.adapter import AdapterContext
from gateway.model import ActionInvoked, Button, MessageCreated, Outgoing, ReactionChanged
from tests.contract.crashes import ACTIONS, LivingBot
from tests.contract.harness import AdapterHarness, serving
from tests.contract.reading import reads, texts
from tests.contract.trouble import healthy, never
from tests.contract.world import Post
from tests.discord.world import DiscordWorld, adapter_for, discord_world
from tests.support.bot import register, running_bot
from tests.support.notes import Notes

ECHO = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message(f"re {message.content}").send()
"""


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord's pauses between sessions are seconds; nothing here is about their length."""
    monkeypatch.setattr(pace, "IDENTIFY_EVERY", 0.01)
    monkeypatch.setattr(shard, "RETRY", (0.0, 0.01, 0.05))


@pytest.fixture
def notes() -> Notes:
    return Notes()


@asynccontextmanager
async def living(world: DiscordWorld, notes: Notes, data: Path) -> AsyncIterator[AdapterHarness]:
    """One life of an adapter, as a process would have it."""

    def housed(world: Any, context: AdapterContext) -> AdapterHarness:
        return AdapterHarness(world, AdapterContext(loopback=True, files=context.files, store=notes))

    async with serving(world, data, housed) as harness:
        yield harness


def heard(harness: AdapterHarness) -> list[str]:
    return [event.text for event in harness.events if isinstance(event, MessageCreated)]


async def answered_once(world: DiscordWorld, posts: list[Post]) -> None:
    for post in posts:
        await reads(world, post, "re m", timeout=60)
    await world.settled()
    assert [texts(world, post) for post in posts] == [[f"re m{n}"] for n in range(len(posts))]


# Whole processes


async def test_killed_under_load_again_and_again_nothing_is_lost_or_doubled(
    world: DiscordWorld, tmp_path: Path
) -> None:
    posts: list[Post] = []

    async def write(count: int) -> None:
        for _ in range(count):
            posts.append(await world.mention(f"m{len(posts)}"))

    async with LivingBot(world, tmp_path, ECHO) as bot:
        for _ in range(3):
            await write(10)
            await bot.kill()  # whatever of it was read, stored, or answered
            await write(10)
            await bot.start()
        await answered_once(world, posts)
    assert len(posts) == 60
    assert (world.discord.gateway.identifies, world.discord.gateway.resumes) == (1, 3)


async def test_a_restart_for_a_deployment_misses_nothing(world: DiscordWorld, tmp_path: Path) -> None:
    async with LivingBot(world, tmp_path, ECHO) as bot:
        posts = [await world.mention("m0")]
        await reads(world, posts[0], "re m0", timeout=20)
        assert await bot.terminate() == 0
        posts.append(await world.mention("m1"))
        await bot.start()
        posts.append(await world.mention("m2"))
        await answered_once(world, posts)
        # A thread the new process was not told of goes on, too.
        await world.reply(posts[0], "again")
        await reads(world, posts[0], "re again", timeout=20)
    assert (world.discord.gateway.identifies, world.discord.gateway.resumes) == (1, 1)


async def test_what_is_said_while_the_gateway_drains_is_answered_after_it(world: DiscordWorld, tmp_path: Path) -> None:
    go = asyncio.Event()

    def slow() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content == "slow":
                await cl.Message("working").send()
                await go.wait()
            await cl.Message(f"re {message.content}").send()

    async with running_bot(world, register(slow), tmp_path) as running:
        first = await world.dm("slow")
        await reads(world, first, "working")
        draining = asyncio.create_task(running.gateway.drain())
        await world.wait_for(lambda: running.gateway.is_draining)
        second = await world.mention("late")
        await world.settled()
        go.set()
        await draining
    assert texts(world, second) == []
    async with running_bot(world, register(slow), tmp_path):
        await reads(world, second, "re late")
        await world.settled()
        assert (texts(world, first), texts(world, second)) == (["working", "re slow"], ["re late"])


EQUAL = """
    import pathlib
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        begun = pathlib.Path({folder!r}) / message.content
        again = begun.exists()
        begun.touch()
        while not (pathlib.Path({folder!r}) / f"{{message.content}} may").exists() and not again:
            await cl.sleep(0.02)
        await cl.Message("ok").send()
"""


async def test_of_two_equal_answers_both_arrive_though_nobody_knows_the_nonces(
    world: DiscordWorld, tmp_path: Path
) -> None:
    """The second question was asked before the first answer, and its turn died before it said a word."""
    folder = tmp_path / "marks"
    folder.mkdir()
    async with LivingBot(world, tmp_path, EQUAL.format(folder=str(folder))) as bot:
        post = await world.dm("first")
        await world.dm("second")
        (folder / "first may").touch()
        await reads(world, post, "ok", timeout=20)
        async with asyncio.timeout(20):
            while not (folder / "second").exists():
                await asyncio.sleep(0.02)  # the bot is another process
        await bot.kill()
        for message in world.discord.world.channels[world.discord.dm.id].messages.values():
            message.nonce = None
        world.discord.forget_nonces()
        world.discord.gateway.end_sessions()  # nor is there a RESUME that brings the echo of the answer
        await bot.start()
        await world.wait_for(lambda: len(texts(world, post)) == 2, 20)
        await world.settled()
        assert texts(world, post) == ["ok", "ok"]


async def test_a_click_nobody_was_there_for_is_not_done_behind_their_back(world: DiscordWorld, tmp_path: Path) -> None:
    async with LivingBot(world, tmp_path, ACTIONS) as bot:
        post = await world.mention("x")
        message = await reads(world, post, "Choose", timeout=20)
        await bot.terminate()
        pressed = asyncio.create_task(world.click(message, "Go"))
        await world.wait_for(lambda: world.discord.interaction_errors)  # "The application did not respond"
        await asyncio.gather(pressed, return_exceptions=True)
        await bot.start()
        assert world.discord.gateway.resumes == 1
        await world.reply(post, "y")
        await reads(world, post, "Choose", timeout=20)
        assert not any("went" in text for text in texts(world, post))
        await world.click(message, "Go")
        await reads(world, post, "went 7", timeout=20)


# The adapter alone


async def test_a_clean_end_leaves_nothing_to_come_again(world: DiscordWorld, notes: Notes, tmp_path: Path) -> None:
    async with living(world, notes, tmp_path) as harness:
        await harness.dm("one")
    await world.dm("two")
    async with living(world, notes, tmp_path) as harness:
        await harness.until(lambda: bool(harness.envelopes))
        await world.settled()
        assert heard(harness) == ["two"]
        assert harness.attempts == 1
        assert harness.adapter.health() is None


async def test_what_was_read_and_not_stored_comes_again(world: DiscordWorld, notes: Notes, tmp_path: Path) -> None:
    async with living(world, notes, tmp_path) as harness:
        await harness.dm("stored")
        harness.failure = OSError("disk full")
        for n in range(5):
            await world.dm(f"lost {n}")
        await harness.until(lambda: harness.attempts > 2)
        await world.settled()
    async with living(world, notes, tmp_path) as harness:
        await harness.until(lambda: len(heard(harness)) == 5)
        assert heard(harness) == [f"lost {n}" for n in range(5)]


async def test_what_is_in_hand_while_the_connection_breaks_is_taken_once(
    world: DiscordWorld, notes: Notes, tmp_path: Path
) -> None:
    async with living(world, notes, tmp_path) as harness:
        assert isinstance(harness.adapter, DiscordAdapter)
        await harness.dm("stored")
        harness.failure = OSError("disk full")
        await world.dm("waits")
        await harness.until(lambda: harness.attempts > 1)
        world.discord.gateway.drop()
        await world.dm("comes after")
        await world.wait_for(lambda: world.discord.gateway.resumes == 1)
        await world.settled()
        assert harness.adapter.ignored["in_hand"] > 0  # RESUME named what was stored, not what was read
        harness.failure = None
        await harness.until(lambda: len(heard(harness)) == 3)
        await world.settled()
        assert heard(harness) == ["stored", "waits", "comes after"]


@pytest.mark.parametrize("how", ["timed_out", "forgotten", "other_address"])
async def test_a_session_that_is_over_is_followed_by_a_new_one(notes: Notes, tmp_path: Path, how: str) -> None:
    timeout = 0.0 if how == "timed_out" else 120.0
    async with discord_world(session_timeout=timeout) as world:
        async with living(world, notes, tmp_path) as harness:
            await harness.dm("one")
        if how == "forgotten":
            world.discord.gateway.end_sessions()
        if how == "other_address":
            [(name, kept)] = notes.kept.items()
            notes.kept[name] = {**kept, "of": "another bot"}
        await world.dm("missed")
        async with living(world, notes, tmp_path) as harness:
            await harness.dm("two")
            assert heard(harness) == ["two"]
            assert harness.adapter.health() is None
        assert (world.discord.gateway.identifies, world.discord.gateway.resumes) == (2, 0)


@pytest.mark.parametrize(
    "kept",
    [{"seq": "7"}, {"session": 1}, {"url": None}, {"seq": True}, {"url": ""}, {"url": "http://[::1"}, {"of": ""}],
)
async def test_odd_notes_are_no_session(
    world: DiscordWorld, notes: Notes, tmp_path: Path, kept: Mapping[str, Any]
) -> None:
    async with living(world, notes, tmp_path) as harness:
        await harness.dm("hello")
    [known] = notes.kept.values()
    notes.kept["discord.session.0"] = {**known, **kept}
    async with living(world, notes, tmp_path) as harness:
        await harness.dm("hello")
    assert world.discord.gateway.identifies == 2


async def test_each_shard_goes_on_with_its_own(world: DiscordWorld, notes: Notes) -> None:
    gateway = world.discord.gateway
    first = adapter_for(world.discord, AdapterContext(store=notes), shards=2)
    async with first.connect(never):
        await healthy(first)
    await world.wait_for(lambda: not gateway.connected)
    await world.dm("to the bot")
    await world.mention("in the server")
    harness = AdapterHarness(world, AdapterContext())
    harness.adapter = adapter_for(world.discord, AdapterContext(store=notes), shards=2)
    async with harness.adapter.connect(harness.accept):
        await harness.until(lambda: len(heard(harness)) == 2)
        assert sorted(heard(harness)) == ["in the server", "to the bot"]
        await healthy(harness.adapter)
    assert sorted(session.shard for session in gateway.sessions.values()) == [(0, 2), (1, 2)]
    assert (gateway.identifies, gateway.resumes) == (2, 2)


async def test_without_a_memory_the_session_ends_with_the_process(world: DiscordWorld, tmp_path: Path) -> None:
    async with serving(world, tmp_path, AdapterHarness) as harness:
        await harness.dm("one")
    await world.wait_for(lambda: not world.discord.gateway.sessions)


async def test_a_resumed_process_learns_its_servers_when_they_speak(
    world: DiscordWorld, notes: Notes, tmp_path: Path
) -> None:
    discord = world.discord
    async with living(world, notes, tmp_path) as harness:
        post, ref = await harness.mention("hello")
        sent = await harness.adapter.send(ref, Outgoing(text="x", buttons=(Button(token="t", label="Press"),)), key="k")
    [role] = [each for each in discord.guild.roles.values() if each.name.lower() == "gateway"]
    await discord.post("general", f"<@&{role.id}> by role")
    await world.small_talk("nothing of ours")
    await world.reply(post, "in the thread")
    await world.react(post)
    async with living(world, notes, tmp_path) as harness:
        await harness.until(lambda: any(isinstance(each, ReactionChanged) for each in harness.events))
        assert heard(harness) == ["by role", "in the thread"]
        [reaction] = [each for each in harness.events if isinstance(each, ReactionChanged)]
        assert reaction.ref.key == ref.key
        assert len(world.discord.calls_to("get_roles")) == 1
        await world.click(harness.said(post)[-1], "Press")
        pressed = await harness.heard(ActionInvoked)
        assert (pressed.token, pressed.message_id) == ("t", sent.id)
        assert harness.adapter.health() is None
    assert discord.gateway.resumes == 1


async def test_a_server_that_cannot_be_looked_up_is_tried_again(
    world: DiscordWorld, notes: Notes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.inbound._PAUSES", (0.01, 0.01))
    async with living(world, notes, tmp_path) as harness:
        await harness.dm("hello")
    await world.mention("m")
    world.discord.fail_next("get_roles", status="disconnect", times=6)
    async with living(world, notes, tmp_path) as harness:
        await harness.until(lambda: heard(harness) == ["m"])
        assert len(world.discord.calls_to("get_roles")) > 1
    await world.mention("n")
    world.discord.fail_next("get_roles", code=50001)
    async with living(world, notes, tmp_path) as harness:
        await harness.until(lambda: heard(harness) == ["n"])


@pytest.mark.parametrize("how", ["silent", "hangs_up"])
async def test_a_gateway_that_knows_no_resume_is_joined_anew(
    world: DiscordWorld, notes: Notes, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(shard, "RESUMING", 0.1)
    asked: list[int] = []

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 40_000}, "s": None, "t": None})
        async for frame in socket:
            op = frame.json()["op"]
            if op in (2, 6):
                asked.append(op)
            if op == 6 and how == "hangs_up":
                await socket.close(code=4006)
            if op == 2:
                first = {"session_id": "new", "resume_gateway_url": "wss://x", "user": {}, "guilds": []}
                await socket.send_json({"op": 0, "t": "READY", "s": 1, "d": first})
        return socket

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        url = f"ws://127.0.0.1:{runner.addresses[0][1]}/"
        mine = f"{world.discord.bot.id} 0/1 {bits(INTENTS)} {url}"
        notes.kept["discord.session.0"] = {"of": mine, "session": "old", "url": "wss://x", "seq": 7, "app": "1"}
        adapter = adapter_for(world.discord, AdapterContext(store=notes), gateway_url=url)
        async with adapter.connect(never):
            await healthy(adapter)
        assert asked[0] == 6
        assert asked[-1] == 2
        assert notes.kept["discord.session.0"]["session"] == "new"
    finally:
        await runner.cleanup()
