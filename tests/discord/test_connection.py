"""The gateway connection: lost, resumed, begun anew, refused; and what of it an operator is told."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import yarl

import gateway as cl
from adapters.discord import pace, shard, shards
from adapters.discord.adapter import DiscordAdapter
from adapters.discord.api import Api
from adapters.discord.directory import Directory
from adapters.discord.pace import IdentifyPace
from adapters.discord.progress import Progress
from adapters.discord.resume import ResumeStore, Session
from adapters.discord.shard import Shard
from adapters.locks import ClusterLocks
from gateway.adapter import AdapterContext
from gateway.errors import SettingsError
from gateway.model import ConversationEnded, MessageCreated, Outgoing, ReactionChanged
from tests.contract.harness import AdapterHarness, serving
from tests.contract.reading import reads, texts
from tests.contract.trouble import healthy, never
from tests.discord.world import DiscordWorld, adapter_for, discord_world
from tests.support.bot import register, running_bot


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord's pauses between sessions are seconds; nothing here is about their length."""
    monkeypatch.setattr(pace, "IDENTIFY_EVERY", 0.01)
    monkeypatch.setattr(shard, "RETRY", (0.0, 0.01, 0.05))


def messages(harness: AdapterHarness) -> list[str]:
    return [event.text for event in harness.events if isinstance(event, MessageCreated)]


async def breaks(world: DiscordWorld, how: Callable[[], None], *, meanwhile: str = "") -> None:
    """End the connection, and wait until the client is back."""
    gateway = world.discord.gateway
    came = gateway.identifies + gateway.resumes
    how()
    if meanwhile:
        await world.dm(meanwhile)
    await world.wait_for(lambda: gateway.identifies + gateway.resumes > came and gateway.connected)


# Lost and found


@pytest.mark.parametrize("how", ["drop", "reconnect", "close", "invalid", "going_away"])
async def test_what_is_said_while_the_connection_breaks_arrives_once(
    world: DiscordWorld, harness: AdapterHarness, how: str
) -> None:
    gateway = world.discord.gateway
    ways: dict[str, Callable[[], None]] = {
        "drop": gateway.drop,
        "reconnect": gateway.reconnect,
        "close": lambda: gateway.close_with(4000, "unknown error"),
        "invalid": lambda: gateway.invalidate(resumable=True),
        "going_away": lambda: gateway.close_with(1001, "going away"),
    }
    await world.dm("before")
    await harness.until(lambda: "before" in messages(harness))
    for n in range(5):
        await breaks(world, ways[how], meanwhile=f"while {n}")
    await world.dm("after")
    await harness.until(lambda: "after" in messages(harness))
    assert messages(harness) == ["before", *(f"while {n}" for n in range(5)), "after"]
    assert gateway.resumes == 5
    assert harness.adapter.health() is None


async def test_a_reaction_replayed_is_one_reaction(world: DiscordWorld, harness: AdapterHarness) -> None:
    """It has no id of its own: session and sequence number tell."""
    post, _ = await harness.dm()
    for added in (True, False, True):
        await world.react(post, added=added)
    await harness.until(lambda: sum(isinstance(each, ReactionChanged) for each in harness.events) == 3)
    attempts = harness.attempts
    for session in world.discord.gateway.sessions.values():
        assert session.connection is not None
        session.replay(0)  # all of it again, as after a RESUME from far back
    await harness.until(lambda: harness.attempts >= attempts + 3)
    await world.settled()
    assert [each.added for each in harness.events if isinstance(each, ReactionChanged)] == [True, False, True]


@pytest.mark.parametrize("code", [4007, 4009, None])
async def test_a_session_that_is_over_is_followed_by_another(
    world: DiscordWorld, harness: AdapterHarness, code: int | None
) -> None:
    gateway = world.discord.gateway
    if code is None:
        await breaks(world, lambda: gateway.invalidate(resumable=False))
    else:
        await breaks(world, lambda: gateway.close_with(code))
    assert (gateway.identifies, gateway.resumes) == (2, 0)
    thread = await world.mention("hello again")
    assert (await harness.take(thread)).text == "hello again"
    await harness.adapter.send(harness.events[-1].ref, Outgoing(text="yes?"), key="k")
    assert (await harness.take(await world.reply(thread, "the servers are known again"))).addressed is False


async def test_a_session_discord_forgot_meanwhile_is_followed_by_another(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    def lose() -> None:
        world.discord.gateway.end_sessions()
        world.discord.gateway.drop()

    await breaks(world, lose)
    await world.wait_for(lambda: world.discord.gateway.identifies == 2)
    await world.connected()
    await harness.dm("hello")


async def test_a_silent_connection_is_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with discord_world(heartbeat_interval=0.05) as world, serving(world, tmp_path, AdapterHarness) as harness:
        adapter = harness.adapter
        assert isinstance(adapter, DiscordAdapter)
        world.discord.gateway.acks = False
        assert adapter._shards is not None
        for each in adapter._shards.keepers:
            assert each.shard is not None and each.shard.ws._keep_alive is not None
            each.shard.ws._keep_alive.heartbeat_timeout = 0.1
        await world.wait_for(lambda: world.discord.gateway.resumes > 0)
        world.discord.gateway.acks = True
        await harness.dm("still there")


async def test_a_session_is_resumed_where_discord_said_and_then_anywhere() -> None:
    there = Session(yarl.URL("wss://gateway-us-east1-b.discord.gg"), Progress("s", 1))
    api = Api("token", "https://discord.com/api/v10")
    forgetful = ResumeStore(None, Directory(), shard=0, shards=1, gateway_url="")
    turns = IdentifyPace(ClusterLocks(None))
    own = Shard(api, forgetful, turns, gateway_url="wss://gateway.discord.gg/", shard=0, shards=1)
    assert str(own._address(None)) == "wss://gateway.discord.gg/"
    assert own._address(there) == there.gateway
    own._failures = 4
    assert str(own._address(there)) == "wss://gateway.discord.gg/"
    stand_in = Shard(api, forgetful, turns, gateway_url="ws://127.0.0.1:9/", shard=0, shards=1)
    assert str(stand_in._address(there)) == "ws://127.0.0.1:9/"


# Under load


async def test_nothing_is_lost_or_doubled_while_everything_breaks(world: DiscordWorld, tmp_path: Path) -> None:
    """Drops, RECONNECT, resumable INVALID_SESSION and storms of 429 and 503 while forty conversations talk."""

    def echo() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message(f"re {message.content}").send()

    gateway = world.discord.gateway
    async with running_bot(world, register(echo), tmp_path):
        posts = []
        for n in range(40):
            posts.append(await world.mention(f"m{n}"))
            match n % 10:
                case 3:
                    await breaks(world, gateway.drop)
                case 5:
                    await breaks(world, gateway.reconnect)
                case 7:
                    await breaks(world, lambda: gateway.invalidate(resumable=True))
            if n % 4 == 0:
                world.fail_next("send", "rate_limited", times=3, retry_after=0.1)
                world.fail_next("send", "server_error", times=2)
                world.fail_next("send", "server_error", after_effect=True)
                world.fail_next("send", "disconnected", after_effect=True)
                world.discord.fail_next("create_thread", retry_after=0.2, times=2)
        for post in posts:
            await reads(world, post, "re m", timeout=60)
        await world.settled()
        assert [texts(world, post) for post in posts] == [[f"re m{n}"] for n in range(40)]


async def test_reading_stops_while_too_much_waits(
    world: DiscordWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.intake._LIMIT", 20)
    async with serving(world, tmp_path, AdapterHarness) as harness:
        harness.failure = OSError("disk full")
        posts = [await world.dm(f"n{n}") for n in range(200)]
        await harness.until(lambda: harness.attempts > 3)
        trouble = harness.adapter.health()
        assert trouble is not None and "stored" in trouble
        assert isinstance(harness.adapter, DiscordAdapter)
        intake = harness.adapter._intake
        assert intake is not None and intake._waiting == 20
        harness.failure = None
        await harness.until(lambda: len(harness.envelopes) == len(posts))
        assert messages(harness) == [f"n{n}" for n in range(200)]
        assert harness.adapter.health() is None


# What only the operator can mend


async def test_a_missing_intent_names_the_switch() -> None:
    async with discord_world(privileged_intents=()) as world:
        with pytest.raises(SettingsError, match="Message Content Intent"):
            async with world.adapter(AdapterContext()).connect(never):
                pass


async def test_a_line_break_after_the_token_is_none_of_it(world: DiscordWorld) -> None:
    token = world.discord.environment()["DISCORD_BOT_TOKEN"]
    adapter = adapter_for(world.discord, bot_token=f"{token}\n")
    async with adapter.connect(never):
        assert adapter.health() is None


async def test_a_token_revoked_while_running_is_said(world: DiscordWorld, harness: AdapterHarness) -> None:
    world.discord.world.token = "another"
    world.discord.gateway.close_with(4004, "Authentication failed.")
    async with asyncio.timeout(5):
        while "DISCORD_BOT_TOKEN" not in (harness.adapter.health() or ""):
            await asyncio.sleep(0.01)  # nothing tells when it has read the close frame


async def test_more_shards_are_asked_for_by_name(world: DiscordWorld, harness: AdapterHarness) -> None:
    world.discord.gateway.close_with(4011, "Sharding required.")
    async with asyncio.timeout(5):
        while "DISCORD_SHARDS" not in (harness.adapter.health() or ""):
            await asyncio.sleep(0.01)


async def test_as_many_shards_are_held_as_discord_wants(world: DiscordWorld) -> None:
    gateway = world.discord.gateway
    gateway.wanted_shards = 2
    adapter = adapter_for(world.discord, shards="auto")
    async with adapter.connect(never):
        await healthy(adapter)
        assert sorted(session.shard for session in gateway.sessions.values()) == [(0, 2), (1, 2)]


async def test_a_bot_with_too_few_shards_begins_anew_with_more(world: DiscordWorld) -> None:
    gateway = world.discord.gateway
    harness = AdapterHarness(world, AdapterContext())
    harness.adapter = adapter_for(world.discord, shards="auto")
    async with harness.adapter.connect(harness.accept):
        await healthy(harness.adapter)
        gateway.sessions.clear()
        gateway.wanted_shards = 3
        gateway.close_with(4011, "Sharding required.")
        await world.wait_for(lambda: len(gateway.sessions) == 3)
        await healthy(harness.adapter)
        assert sorted(session.shard for session in gateway.sessions.values()) == [(0, 3), (1, 3), (2, 3)]
        await harness.dm("hello")


async def test_how_many_shards_there_are_is_asked_until_discord_says_so(
    world: DiscordWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "_RETRY", (0.01,))
    world.discord.fail_next("get_gateway_bot", times=30, status=503)
    adapter = adapter_for(world.discord, shards="auto")
    async with adapter.connect(never):
        await healthy(adapter)


async def test_no_more_sessions_begin_than_discord_allows(world: DiscordWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = pace.IdentifyPace(ClusterLocks(None))
    monkeypatch.setattr(pace, "IDENTIFY_EVERY", 0.0)
    turns.allow(1, total=1_000, resets=3_600_000)
    await turns.turn(0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await turns.turn(1)
    turns.allow(0, total=1_000, resets=0)
    await turns.turn(1)
    await turns.close()


async def test_shards_share_the_work(world: DiscordWorld) -> None:
    harness = AdapterHarness(world, AdapterContext())
    harness.adapter = adapter_for(world.discord, shards=2)
    async with harness.adapter.connect(harness.accept):
        await healthy(harness.adapter)
        assert sorted(session.shard for session in world.discord.gateway.sessions.values()) == [(0, 2), (1, 2)]
        await harness.dm("hello")
        await harness.mention("hello")
        assert len(harness.envelopes) == 2


async def test_a_gateway_that_cannot_be_reached_is_said_and_got_over(world: DiscordWorld) -> None:
    adapter = adapter_for(world.discord, gateway_url="ws://127.0.0.1:1/")
    async with adapter.connect(never):
        assert "gateway" in (adapter.health() or "")


# Being removed, and outages of Discord's


async def test_being_removed_ends_what_was_in_the_server(world: DiscordWorld, harness: AdapterHarness) -> None:
    await harness.mention()
    await world.discord.remove_bot()
    event = await harness.heard(ConversationEnded)
    assert (event.reason, event.ref.key) == ("removed", f"discord:{world.discord.guild.id}:")
    await world.discord.add_bot()
    await harness.mention("back again")


async def test_an_outage_of_discords_ends_nothing(world: DiscordWorld, harness: AdapterHarness) -> None:
    world.discord.emit("GUILD_DELETE", {"id": world.discord.guild.id, "unavailable": True})
    await harness.mention("still here")
    assert not any(isinstance(each, ConversationEnded) for each in harness.events)
