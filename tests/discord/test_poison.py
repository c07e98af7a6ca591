"""What nobody can read, over the gateway: it is set aside with a line in the log, and the stream goes on."""

import asyncio
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import frames, pace, shard
from adapters.discord import parse as parse_module
from adapters.discord.frames import Frame
from adapters.jsons import NotJson
from gateway.adapter import AdapterContext
from gateway.model import Button, Outgoing
from tests.contract.harness import AdapterHarness, serving
from tests.contract.trouble import never
from tests.contract.world import Place
from tests.discord.test_sessions import heard, living
from tests.discord.world import DiscordWorld, discord_world
from tests.support.notes import Notes

Logged = Callable[[], str]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord's pauses between sessions are seconds; nothing here is about their length."""
    monkeypatch.setattr(pace, "IDENTIFY_EVERY", 0.01)
    monkeypatch.setattr(shard, "RETRY", (0.0, 0.01, 0.05))


@pytest.fixture
def notes() -> Notes:
    return Notes()


POISON = {
    "half a surrogate pair": b'{"id":"1","content":"half \\ud83d of it"}',
    "nested beyond parsing": b'{"id":"1","embeds":' + b"[" * 1_500 + b"]" * 1_500 + b"}",
    "nested beyond storing": b'{"id":"1","embeds":' + b"[" * 400 + b"]" * 400 + b"}",
    "cut off": b'{"id":"1","content":"no e',
    "not JSON": b"<html>502</html>",
    "no UTF-8": b'{"id":"1","content":"\xff\xfe"}',
    "not a number": b'{"id":"1","size":NaN}',
}


@pytest.mark.parametrize("what", POISON)
async def test_an_event_that_cannot_be_read_is_set_aside(
    world: DiscordWorld, notes: Notes, tmp_path: Path, logged: Logged, what: str
) -> None:
    gateway = world.discord.gateway
    async with living(world, notes, tmp_path) as harness:
        await harness.dm("before")
        gateway.raw_event("MESSAGE_CREATE", POISON[what])
        await harness.dm("after")
        assert harness.adapter.health() is None
        assert (gateway.identifies, gateway.resumes) == (1, 0)
        said = logged()
        assert "discord.frame_set_aside" in said and "MESSAGE_CREATE" in said
        assert "half" not in said
        gateway.drop()
        await world.wait_for(lambda: gateway.resumes == 1)
        await harness.dm("resumed")
    await world.dm("missed")
    async with living(world, notes, tmp_path) as harness:
        await harness.until(lambda: heard(harness) == ["missed"])
    # What was set aside is dealt with: no RESUME asked for it again.
    assert "discord.frame_set_aside" not in logged()


@pytest.mark.parametrize("what", POISON)
async def test_what_is_sent_again_is_set_aside_again_and_passed(
    world: DiscordWorld, harness: AdapterHarness, logged: Logged, what: str
) -> None:
    """It came while the connection was lost, between what can be read."""
    gateway = world.discord.gateway
    await harness.dm("before")
    gateway.drop()
    await world.wait_for(lambda: not gateway.connected)
    await world.dm("one")
    gateway.raw_event("MESSAGE_CREATE", POISON[what])
    await world.dm("two")
    await harness.until(lambda: heard(harness) == ["before", "one", "two"])
    assert "discord.frame_set_aside" in logged()
    assert (gateway.identifies, gateway.resumes) == (1, 1)
    await world.dm("three")
    await harness.until(lambda: heard(harness)[3:] == ["three"])
    assert harness.adapter.health() is None


@pytest.mark.parametrize(
    "frame", [b"", b"null", b"[1]", b'"x"', b"{}", b'{"op":"0","d":{}}', b'{"op":0,"t":"X","d":1}']
)
async def test_frames_that_are_no_frames_are_set_aside(
    world: DiscordWorld, harness: AdapterHarness, frame: bytes
) -> None:
    world.discord.gateway.raw_frame(frame)
    await harness.dm("after")
    assert (world.discord.gateway.resumes, harness.adapter.health()) == (0, None)


async def test_an_uncompressed_frame_of_garbage_is_set_aside(
    world: DiscordWorld, harness: AdapterHarness, logged: Logged
) -> None:
    world.discord.gateway.garbage(b"garbage", text=True)
    await harness.dm("after")
    assert world.discord.gateway.resumes == 0
    assert "discord.frame_set_aside" in logged()


ETF = b"\x83t\x00\x00\x00\x01m\x00\x00\x00\x02op"
BROKEN = {
    "bytes of another encoding": ETF,
    "a broken stream": b"garbage" + b"\x00\x00\xff\xff",
    "another stream": zlib.compress(b'{"op":11}') + b"\x00\x00\xff\xff",
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_broken_stream_of_bytes_is_begun_again_and_nothing_is_lost(
    world: DiscordWorld, harness: AdapterHarness, what: str
) -> None:
    await harness.dm("before")
    world.discord.gateway.garbage(BROKEN[what])
    await world.dm("after")
    await harness.until(lambda: heard(harness) == ["before", "after"])
    await world.wait_for(lambda: world.discord.gateway.resumes == 1)


async def test_a_stream_that_breaks_at_the_same_place_is_left_and_never_called_up(
    world: DiscordWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text that is none breaks the websocket itself, and a RESUME asks for the very same frame again."""
    monkeypatch.setattr(shard, "TRUSTED", 0.2)
    gateway = world.discord.gateway
    async with serving(world, tmp_path, AdapterHarness) as harness:
        await harness.dm("before")
        [session] = gateway.sessions.values()
        replay = session.replay
        states: list[str | None] = []

        def broken(after: int) -> bool:
            assert session.connection is not None
            states.append(harness.adapter.health())
            found = replay(after)
            session.connection.send(b"\xff\xfe", as_it_is=1)  # type: ignore[arg-type]
            return found

        monkeypatch.setattr(session, "replay", broken)
        monkeypatch.setattr(session, "resumed", lambda: None)
        gateway.drop()
        await world.wait_for(lambda: gateway.identifies == 2, 20)
        assert None not in states
        await harness.dm("after")
        async with asyncio.timeout(5):
            while harness.adapter.health() is not None:
                await asyncio.sleep(0.01)  # nothing tells when it is trusted again


@pytest.mark.parametrize("first", [b"", b'{"op":10,"d":null}', b'{"op":0,"t":"READY","s":1,"d":\xff}'])
async def test_a_gateway_that_begins_with_garbage_is_no_connection(
    world: DiscordWorld, monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    async with discord_world() as other:
        monkeypatch.setattr(other.discord.gateway, "receive", lambda connection, data: connection.send(first))
        adapter = other.adapter(AdapterContext())
        monkeypatch.setattr(shard, "OPENING", 0.1)
        async with adapter.connect(never):
            assert "gateway" in (adapter.health() or "")


# The frames themselves


def test_what_is_left_of_a_frame() -> None:
    assert frames.remains('{"t":"X","s":7,"op":0,"d":{"s":9,"t":"Y"') == Frame(0, "X", 7, None)
    assert frames.remains('{"d":{"s":9,"deep":[[{"s":1}]]},"op":0,"s":8,"t":"Z"}') == Frame(0, "Z", 8, None)
    assert frames.remains('{"d":"\\"s\\":4, {","s" : 12}') == Frame(0, "", 12, None)
    assert frames.remains(b'{"s":3,"d":"\xff"}') == Frame(0, "", 3, None)
    assert frames.remains('{"s":"x","t":5') == Frame(0, "5", None, None)
    for nothing in ("", "null", "[" * 2_000, '"s":3', "\\" * 99, '{"s":' + "9" * 40):
        assert frames.remains(nothing).seq in (None, int("9" * 18))


def test_a_frame_of_nothing_but_quotes_is_looked_through_once() -> None:
    for odd in ('\\"' * 200_000, '"' * 200_001, '{"a":"' + '\\"' * 200_000, "{" * 200_000 + ":" * 200_000):
        assert frames.remains(odd).name is not None


json = st.recursive(st.none() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner, max_size=3))


@given(
    st.binary(max_size=60)
    | st.dictionaries(st.sampled_from(["op", "s", "t", "d"]), json).map(lambda each: str(each).encode())
)
def test_any_bytes_are_a_frame_or_set_aside(payload: bytes) -> None:
    try:
        frames.read(payload)
    except NotJson:
        frames.remains(payload)


def test_an_ordinary_frame() -> None:
    payload = orjson.dumps({"t": "X", "s": 7, "op": 0, "d": {"a": 1}}).decode()
    assert frames.read(payload) == Frame(0, "X", 7, {"a": 1}) == frames.read(payload.encode())
    assert frames.remains(payload) == Frame(0, "X", 7, None)


# What can be read as JSON, and no further


@pytest.mark.parametrize("kind", ["MESSAGE_CREATE", "INTERACTION_CREATE"])
async def test_a_delivery_whose_reading_fails_blocks_nothing(
    world: DiscordWorld, harness: AdapterHarness, logged: Logged, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def fails(*given: Any) -> Any:
        raise RuntimeError("a mistake of ours")

    with monkeypatch.context() as patched:
        if kind == "MESSAGE_CREATE":
            patched.setitem(parse_module._EVENTS, kind, fails)
            await world.dm("poison")
            await harness.until(lambda: harness.attempts == 1)
            assert "discord.parse_failed" in logged()
        else:
            _, ref = await harness.dm()
            await harness.adapter.send(ref, Outgoing(text="x", buttons=(Button(token="t", label="Go"),)), key="k")
            patched.setattr("adapters.discord.envelope.interaction", fails)
            [shown] = world.said(Place(world.discord.dm.id))
            await world.click(shown, "Go")
            assert world.told() == ["I could not read that."]
            assert "discord.interaction_failed" in logged()
        await world.settled()
    await world.dm("after")
    await harness.until(lambda: heard(harness)[-1:] == ["after"])
    assert harness.adapter.health() is None


async def test_a_dispatch_whose_reading_fails_is_dealt_with(
    world: DiscordWorld, notes: Notes, tmp_path: Path, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: Any) -> Any:
        raise RuntimeError("a mistake of ours")

    async with living(world, notes, tmp_path) as harness:
        with monkeypatch.context() as patched:
            patched.setattr("adapters.discord.envelope.message", fails)
            await world.dm("poison")
            await world.settled()
        assert "discord.dispatch_failed" in logged()
        await world.dm("after")
        await harness.until(lambda: heard(harness) == ["after"])
    async with living(world, notes, tmp_path) as harness:
        await world.settled()
        assert heard(harness) == []
