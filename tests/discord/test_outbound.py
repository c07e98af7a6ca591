"""Messages out: once, whole, with their files; what Discord refuses is named; what a crash lost is found."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import orjson
import pytest
import yarl

from adapters.discord import api
from adapters.discord.adapter import DiscordAdapter
from adapters.discord.errors import seconds_to_wait, translate
from adapters.discord.sdk import discord
from gateway.adapter import AdapterContext
from gateway.egress import Sender
from gateway.emulators.discord import limits
from gateway.errors import (
    Forbidden,
    GatewayError,
    Gone,
    RateLimited,
    RefusedForm,
    Rejected,
    TooLarge,
    Unavailable,
    Unconfirmed,
    Unsupported,
)
from gateway.model import (
    Button,
    ConversationRef,
    FromBytes,
    FromPath,
    FromUrl,
    Outgoing,
    OutgoingFile,
    Starter,
    to_json,
)
from tests.contract.harness import AdapterHarness, serving
from tests.discord.world import DiscordWorld, discord_world

MB = 1024 * 1024


def file(name: str, data: bytes) -> OutgoingFile:
    return OutgoingFile(name=name, source=FromBytes(data=data))


def adapter_of(harness: AdapterHarness) -> DiscordAdapter:
    assert isinstance(harness.adapter, DiscordAdapter)
    return harness.adapter


def forget_nonces(world: DiscordWorld, channel: str) -> None:
    """Discord keeps nonces to itself: it compares them for some minutes, and tells them to nobody."""
    for message in world.discord.world.channels[channel].messages.values():
        message.nonce = None


# Once


async def test_sent_again_under_its_key_it_is_the_message_that_stands(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    post, ref = await harness.mention()
    first = await harness.adapter.send(ref, Outgoing(text="once"), key="k")
    again = await harness.adapter.send(ref, Outgoing(text="once"), key="k")
    assert again.id == first.id
    assert [each.text for each in world.said(post.place)] == ["once"]
    other = await harness.adapter.send(ref, Outgoing(text="once"), key="k2")
    assert other.id != first.id


async def test_after_a_restart_what_stands_is_brought_up_to_date(world: DiscordWorld, tmp_path: Path) -> None:
    """The run before died between send and record; the handler says something else now."""
    async with serving(world, tmp_path, AdapterHarness) as harness:
        post, ref = await harness.mention()
        sent = await harness.adapter.send(ref, Outgoing(text="the first run's"), key="k")
    forget_nonces(world, post.id)
    async with serving(world, tmp_path, AdapterHarness) as harness:
        message = Outgoing(text="the second run's", files=(file("a.txt", b"a"),))
        assert await adapter_of(harness).find(ref, message, key="k", since=0, claimed=()) is None
        again = await harness.adapter.send(ref, message, key="k")
    assert again.id == sent.id
    [shown] = world.said(post.place)
    assert (shown.text, shown.files) == ("the second run's", ("a.txt",))


async def test_after_a_restart_a_message_is_known_by_what_it_says(world: DiscordWorld, tmp_path: Path) -> None:
    async with serving(world, tmp_path, AdapterHarness) as harness:
        post, ref = await harness.mention()
        since = 0.0
        half = await harness.adapter.send(ref, Outgoing(text="A stream that was cut"), key="k1")
        files = await harness.adapter.send(ref, Outgoing(files=(file("a.txt", b"a"),)), key="k2")
        await world.reply(post, "A stream that was cut off")  # a person's
        await harness.adapter.send(ref, Outgoing(text="another"), key="k3")
    forget_nonces(world, post.id)
    async with serving(world, tmp_path, AdapterHarness) as harness:
        find = adapter_of(harness).find
        whole = Outgoing(text="A stream that was cut off")
        found = await find(ref, whole, key="k1", since=since, claimed=())
        assert found is not None and found.id == half.id
        assert await find(ref, whole, key="k1", since=since, claimed={half.id}) is None
        found = await find(ref, Outgoing(files=(file("a.txt", b"a"),)), key="k2", since=since, claimed=())
        assert found is not None and found.id == files.id
        assert await find(ref, Outgoing(text="never said"), key="k9", since=since, claimed=()) is None
        await harness.adapter.edit(found, Outgoing(files=(file("a.txt", b"a"), file("b.txt", b"b"))))
    assert [each.files for each in world.said(post.place)] == [(), ("a.txt", "b.txt"), ()]


async def test_the_same_words_of_another_send_are_not_taken_for_it(world: DiscordWorld, tmp_path: Path) -> None:
    """Each message is claimed once, and only one that came after what it answers; else it is sent, perhaps again."""
    async with serving(world, tmp_path, AdapterHarness) as harness:
        _, ref = await harness.dm("first")
        ok = Outgoing(text="ok")
        first = await harness.adapter.send(ref, ok, key=f"{harness.envelopes[-1].key}#0.0")
        await harness.dm("second")
    forget_nonces(world, ref.channel)
    one, two = (f"{each.key}#0.0" for each in harness.envelopes)
    async with serving(world, tmp_path, AdapterHarness) as harness:
        find = adapter_of(harness).find
        assert await find(ref, ok, key=two, since=0, claimed=()) is None  # it is older than the question
        async with asyncio.TaskGroup() as group:
            looks = [group.create_task(find(ref, ok, key=key, since=0, claimed=())) for key in (one, f"{one}1")]
        found = [each.id for look in looks if (each := look.result()) is not None]
        assert found == [first.id]
    forget_nonces(world, ref.channel)
    async with serving(world, tmp_path, AdapterHarness) as harness:
        # What this process has tried to send is nothing that stood there before it.
        world.discord.fail_next("create_message", status="disconnect")
        with pytest.raises(Unavailable):
            await harness.adapter.send(ref, ok, key=one)
        assert await adapter_of(harness).find(ref, ok, key=one, since=0, claimed=()) is None


async def test_a_server_error_met_after_the_effect_doubles_nothing(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    """discord.py itself sends again after a 502."""
    post, ref = await harness.dm()
    world.discord.fail_next("create_message", status=502, after_effect=True)
    await harness.adapter.send(ref, Outgoing(text="once"), key="k")
    assert len(world.discord.calls_to("create_message")) == 2
    assert [each.text for each in world.said(post.place)] == ["once"]


async def test_neither_does_it_double_prompts_and_notices(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.dm()
    for _ in range(2):  # what is meant to be said twice is
        world.discord.fail_next("create_message", status=502, after_effect=True)
        await adapter_of(harness).suggest(ref, [Starter(label="Go", message="go")])
        world.discord.fail_next("create_message", status=502, after_effect=True)
        await adapter_of(harness).notify(ref, world.user("Ada"), "psst")
    assert world.prompts(post.place) == ["Go"] * 2
    assert [each.text for each in world.said(post.place)].count("psst") == 2


async def test_a_rate_limit_is_waited_out_where_it_is_short(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.dm()
    world.discord.fail_next("create_message", retry_after=0.05, times=3)
    world.discord.fail_next("create_message", retry_after=0.05, scope="global")
    await asyncio.gather(*(harness.adapter.send(ref, Outgoing(text=f"n{n}"), key=f"k{n}") for n in range(5)))
    assert sorted(each.text for each in world.said(post.place)) == [f"n{n}" for n in range(5)]


async def test_discords_own_limits_are_kept(tmp_path: Path) -> None:
    """Seven messages into one channel, where Discord takes five in five seconds: none is refused."""
    async with discord_world(limits="real") as world, serving(world, tmp_path, AdapterHarness) as harness:
        post, ref = await harness.dm()
        for n in range(7):
            await harness.adapter.send(ref, Outgoing(text=f"n{n}"), key=f"k{n}")
        assert [each.text for each in world.said(post.place)] == [f"n{n}" for n in range(7)]
        assert [call.status for call in world.discord.calls_to("create_message")] == [200] * 7


async def test_the_buckets_do_not_grow_with_the_conversations(
    world: DiscordWorld, harness: AdapterHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_UNLIMITED", limits.Rate(1_000_000, 0.001))  # windows that end at once
    monkeypatch.setattr(api, "_BUCKETS", 4)
    http = adapter_of(harness)._api.http
    http._enough = 4
    for n in range(40):
        _, ref = await harness.mention()
        await harness.adapter.send(ref, Outgoing(text=f"n{n}"), key=f"k{n}")
    assert len(http._buckets) < 20


# Whole


async def test_an_edit_makes_it_read_exactly_so(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.dm()
    a, b, c = (file(f"{name}.txt", name.encode()) for name in "abc")
    image = OutgoingFile(name="i", kind="image", source=FromUrl(url="https://files.example/i.png"))
    full = Outgoing(text="all", buttons=(Button(token="t", label="Go"),), files=(a, b, image), feedback="m")
    sent = await harness.adapter.send(ref, full, key="k")
    assert [each.name for each in await world.files(post.place)] == ["a.txt", "b.txt"]
    sent = await harness.adapter.edit(sent, Outgoing(text="other files", files=(b, c)))
    assert [(each.name, each.data) for each in await world.files(post.place)] == [("b.txt", b"b"), ("c.txt", b"c")]
    message = world.discord.message(post.place.channel, sent.id) or {}
    assert (message["components"], message["embeds"], message["content"]) == ([], [], "other files")
    sent = await harness.adapter.edit(sent, Outgoing(text="same files", files=(b, c)))
    assert len(await world.files(post.place)) == 2
    sent = await harness.adapter.edit(sent, Outgoing())
    [shown] = world.said(post.place)
    assert (shown.id, shown.text.strip("\u200b"), shown.files) == (sent.id, "", ())


async def test_files_beyond_one_request_follow_in_others(
    world: DiscordWorld, harness: AdapterHarness, tmp_path: Path
) -> None:
    post, ref = await harness.dm()
    big = tmp_path / "big.bin"
    big.write_bytes(b"x" * 10 * MB)
    files = tuple(
        OutgoingFile(name=f"{n}.bin", source=FromPath(path=big)) if n % 2 else file(f"{n}.bin", b"y" * 9 * MB)
        for n in range(4)
    )
    sent = await harness.adapter.send(ref, Outgoing(text="large", files=files), key="k")
    [shown] = world.said(post.place)
    assert (shown.id, shown.text, shown.files) == (sent.id, "large", ("0.bin", "1.bin", "2.bin", "3.bin"))
    assert [len(each.data) // MB for each in await world.files(post.place)] == [9, 10, 9, 10]


async def test_a_file_too_large_names_the_limit(world: DiscordWorld, harness: AdapterHarness) -> None:
    _, ref = await harness.dm()
    with pytest.raises(TooLarge, match="10 MiB"):
        await harness.adapter.send(ref, Outgoing(files=(file("x", b"x" * (10 * MB + 1)),)), key="k")


@pytest.mark.parametrize("name", ['a"b\r\nX: y.txt', "../../etc/passwd", "SPOILER_x.png", "名.txt", "\udcff.txt", " "])
async def test_odd_file_names_break_nothing(world: DiscordWorld, harness: AdapterHarness, name: str) -> None:
    post, ref = await harness.dm()
    message = Outgoing(text="see", files=(file(name, b"data"),))
    receipt = await harness.adapter.send(ref, message, key="k")
    assert to_json(await harness.adapter.edit(receipt, message)) == to_json(receipt)
    [got] = await world.files(post.place)
    assert got.data == b"data"
    assert [each.text for each in world.said(post.place)] == ["see"]


async def test_half_a_surrogate_pair_is_no_reason_to_fail(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.dm()
    await harness.adapter.send(ref, Outgoing(text="half \ud83d of it", author="\udc00 x"), key="k")
    [shown] = world.said(post.place)
    assert "half" in shown.text and "of it" in shown.text
    adapter = adapter_of(harness)
    await adapter.suggest(ref, [Starter(label="\ud83d", message="long \ud83d " * 20)])
    await adapter.notify(ref, world.user("Grace"), "half \ud83d")
    post, ref = await harness.mention()
    await adapter.send(ref, Outgoing(text="x"), key="k2")
    await adapter.set_title(ref, "half \ud83d of it")
    assert "of it" in (world.title(post.place) or "")


# Refused


async def test_a_form_error_names_the_field(world: DiscordWorld, harness: AdapterHarness) -> None:
    _, ref = await harness.dm()
    with pytest.raises(Rejected, match=r"content.*2000"):
        await harness.adapter.send(ref, Outgoing(text="x" * 2_001), key="k")


async def test_a_token_too_long_for_a_button_is_rejected_before_it_is_sent(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    _, ref = await harness.dm()
    with pytest.raises(Rejected, match="96 characters"):
        await harness.adapter.send(ref, Outgoing(buttons=(Button(token="t" * 97, label="x"),)), key="k")
    assert world.discord.calls_to("create_message") == []


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        (10003, Gone, "Unknown Channel"),
        (10008, Gone, "Unknown Message"),
        (50001, Forbidden, "View Channel"),
        (50013, Forbidden, "Send Messages"),
        (50007, Forbidden, "Cannot send messages to this user"),
        (40005, TooLarge, "25 MiB"),
        (160005, Gone, "locked"),
        (50083, Gone, "archived"),
    ],
)
async def test_discords_codes_are_named_by_what_to_do(
    world: DiscordWorld, harness: AdapterHarness, code: int, kind: type[GatewayError], says: str
) -> None:
    _, ref = await harness.dm()
    world.discord.fail_next("create_message", code=code)
    with pytest.raises(kind, match=says):
        await harness.adapter.send(ref, Outgoing(text="x"), key="k")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), Unavailable),
        (ConnectionResetError("gone"), Unavailable),
        (discord.RateLimited(42.0), RateLimited),
        (Gone("ours"), Gone),
        (aiohttp.ServerDisconnectedError(), Unavailable),
        (ValueError("odd"), Rejected),
        (orjson.JSONDecodeError("no JSON", "", 0), Unconfirmed),
    ],
)
def test_what_is_not_of_discord_has_a_name_too(error: Exception, kind: type[Exception]) -> None:
    assert type(translate(error, "GET /x")) is kind


@pytest.mark.parametrize("answer", ["<html>welcome</html>", orjson.JSONDecodeError("cut off", "", 0)])
async def test_an_answer_nobody_can_read_is_no_refusal(
    world: DiscordWorld, harness: AdapterHarness, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    """It was posted: what is sent again under its key is that message."""
    post, ref = await harness.dm()
    http = adapter_of(harness)._api.http
    request = http.request

    async def garbled(route: Any, **given: Any) -> Any:
        await request(route, **given)
        monkeypatch.setattr(http, "request", request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(http, "request", garbled)
    with pytest.raises(Unconfirmed):
        await harness.adapter.send(ref, Outgoing(text="once"), key="k")
    await harness.adapter.send(ref, Outgoing(text="once"), key="k")
    assert [each.text for each in world.said(post.place)] == ["once"]


def test_an_address_with_a_token_in_it_is_not_told() -> None:
    url = yarl.URL("https://discord.com/api/v10/webhooks/1/s3cret")
    info: Any = SimpleNamespace(real_url=url, url=url, method="POST", headers={})
    error = aiohttp.ContentTypeError(info, (), status=200, message="odd")
    assert "s3cret" in str(error)
    assert "s3cret" not in str(translate(error, "POST /webhooks/{webhook_id}/{webhook_token}"))


@pytest.mark.parametrize("header", ["Wed, 21 Oct 2026 07:28:00 GMT", "nan", "inf", "-3", "", None])
def test_an_odd_wait_is_a_second(header: str | None) -> None:
    assert seconds_to_wait(header) == 1.0


def test_cloudflares_ban_is_a_rate_limit_of_everything() -> None:
    """It comes without Discord's own headers, as HTML; discord.py raises it."""

    response: Any = SimpleNamespace(status=429, reason="Too Many Requests", headers={"Retry-After": "120"})
    error = translate(discord.HTTPException(response, "<html>banned</html>"), "POST /x", where="1")
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.bucket) == (120.0, "everything")


async def test_a_revoked_token_is_named(world: DiscordWorld, harness: AdapterHarness) -> None:
    _, ref = await harness.dm()
    world.discord.world.token = "another"
    with pytest.raises(Forbidden, match="DISCORD_BOT_TOKEN"):
        await harness.adapter.send(ref, Outgoing(text="x"), key="k")


async def test_nothing_is_sent_while_not_connected(world: DiscordWorld, harness: AdapterHarness) -> None:
    adapter = world.adapter(AdapterContext())
    ref = ConversationRef(platform="discord", workspace="dm", channel="1", kind="dm")
    with pytest.raises(Unavailable):
        await adapter.send(ref, Outgoing(text="x"), key="k")
    assert adapter.health()
    assert adapter.routes(harness.accept) == []


async def test_an_emoji_without_a_character_is_unsupported(world: DiscordWorld, harness: AdapterHarness) -> None:
    post, ref = await harness.mention()
    with pytest.raises(Unsupported, match="name:id"):
        await adapter_of(harness).react(ref, post.id, "partyparrot", added=True)
    await adapter_of(harness).react(ref, post.id, ":tada:", added=True)
    assert world.reactions(post) == 1


# -- a form Discord refuses


async def test_a_picture_whose_address_discord_does_not_take_arrives_as_a_link(harness: AdapterHarness) -> None:
    post, ref = await harness.mention()
    picture = OutgoingFile(kind="image", name="chart", source=FromUrl(url="https://intranet/chart.png"))
    message = Outgoing(text="Here it is.", files=(picture,), buttons=(Button(token="t", label="Go"),))
    await Sender({"discord": harness.adapter}).put(ref, message, key="k")
    [answer] = harness.said(post)
    assert answer.text == "Here it is.\n\n[chart](https://intranet/chart.png)"


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("In embeds.0.image.url: Not a well formed URL.", {"pictures", "cards", "plan"}),
        ("In components.0.components.0.emoji.name: Invalid emoji", {"buttons", "menus", "feedback"}),
    ],
)
def test_what_discord_refuses_of_a_form_is_named(said: str, parts: set[str]) -> None:
    error = discord.HTTPException(SimpleNamespace(status=400, reason="Bad Request", headers={}), "")  # type: ignore[arg-type]
    error.code, error.text = 50035, f"Invalid Form Body\n{said}"
    translated = translate(error, "POST /channels/{channel_id}/messages")
    assert isinstance(translated, RefusedForm)
    assert translated.parts == parts
    error.text += "\nIn content: Must be 2000 or fewer in length."
    assert type(translate(error, "POST /channels/{channel_id}/messages")) is Rejected
