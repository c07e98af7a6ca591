"""What goes out to Slack: where it is posted, in which form, under which name, and how it is found again."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

import gateway as cl
from gateway.adapter import AdapterContext
from gateway.egress import Lookup, Sender
from gateway.emulators.common.listener import Listener
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import PlatformError, Unavailable
from gateway.model import Button, ConversationRef, FromBytes, FromUrl, Outgoing, OutgoingFile, UserRef
from tests.contract.harness import serving
from tests.slack.test_adapter import SlackHarness, said
from tests.slack.world import adapter_for, slack_world
from tests.support.bot import register, running_bot

INTRANET = "https://pictures.internal/q3.png"
TABLE = "| a | b |\n|---|---|\n| 1 | 2 |"


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SlackHarness]:
    async with slack_world() as world, serving(world, tmp_path, SlackHarness) as harness:
        yield harness


def sender_of(harness: SlackHarness) -> Sender:
    return Sender({"slack": harness.adapter})


def picture(name: str = "chart", url: str = INTRANET) -> OutgoingFile:
    return OutgoingFile(kind="image", name=name, mime="image/png", source=FromUrl(url=url))


def upload(name: str, data: bytes) -> OutgoingFile:
    return OutgoingFile(name=name, source=FromBytes(data=data))


def blocks(message: dict[str, Any]) -> list[str]:
    return [block["type"] for block in message.get("blocks", ())]


# -- a channel that takes no threads


async def threadless(harness: SlackHarness) -> ConversationRef:
    ref = await harness.thread()
    harness.slack.general.threads = False
    return ref


def in_channel(harness: SlackHarness) -> list[dict[str, Any]]:
    found = [each for each in harness.slack.messages("general") if each.get("bot_id")]
    assert not any("thread_ts" in each for each in found)
    return found


async def test_a_channel_without_threads_has_the_answer_in_the_channel(harness: SlackHarness) -> None:
    ref, sender = await threadless(harness), sender_of(harness)
    with capture_logs() as logs:
        for n in range(2):
            await sender.put(ref, Outgoing(text=f"answer {n}"), key=f"k{n}")
    assert [each["text"] for each in in_channel(harness)] == ["answer 0", "answer 1"]
    assert [each["event"] for each in logs].count("slack.no_thread") == 1
    assert len(harness.slack.calls_to("chat.postMessage")) == 3  # it is known from then on


async def test_a_message_that_takes_no_replies_is_answered_in_its_channel(harness: SlackHarness) -> None:
    ref, other = await harness.thread(), await harness.thread("another")
    harness.slack.fail_next("chat.postMessage", error="cannot_reply_to_message", when=lambda args: "thread_ts" in args)
    await sender_of(harness).put(ref, Outgoing(text="here"), key="k")
    await sender_of(harness).put(other, Outgoing(text="there"), key="k2")
    [here] = [each for each in harness.slack.messages("general") if each["text"] == "here"]
    assert "thread_ts" not in here
    assert [each["text"] for each in said(harness, other)] == ["there"]


async def test_a_channel_without_threads_has_streams_and_files_in_the_channel(harness: SlackHarness) -> None:
    ref, sender = await threadless(harness), sender_of(harness)
    stream = sender.stream(ref, key="k", recipient=None)
    await stream.write("some words")
    await stream.close(Outgoing(text="some words", files=(upload("a.txt", b"a"),)))
    await sender.put(ref, Outgoing(files=(upload("b.txt", b"b"),)), key="k2")
    found = in_channel(harness)
    assert [each["text"] for each in found if each["text"]] == ["some words"]
    assert [file["name"] for each in found for file in each.get("files", ())] == ["a.txt", "b.txt"]


async def test_a_channel_without_threads_first_met_by_a_file_has_it_once(harness: SlackHarness) -> None:
    ref = await threadless(harness)
    await sender_of(harness).put(ref, Outgoing(files=(upload("a.txt", b"a"),)), key="k")
    assert [file["name"] for each in in_channel(harness) for file in each["files"]] == ["a.txt"]


async def test_what_a_crash_left_in_a_channel_without_threads_is_found_there(harness: SlackHarness) -> None:
    class KeyValuesInMemory(dict[str, Any]):
        async def keep(self, name: str, value: Any) -> None:
            self[name] = value

        async def recall(self, name: str) -> Any:
            return self.get(name)

    kept, since = KeyValuesInMemory(), time.time()
    ref = await threadless(harness)
    for _ in range(2):  # the second one knows nothing but what was kept
        adapter = adapter_for(harness.slack, AdapterContext(store=kept))
        async with adapter.connect(harness.accept):
            await Sender({"slack": adapter}).put(ref, Outgoing(text="once"), key="k", lookup=Lookup(since=since))
    assert [each["text"] for each in in_channel(harness)] == ["once"]


async def test_the_apology_for_a_failed_handler_stands_in_a_channel_without_threads(tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main() -> None:
            raise ValueError("boom")

    async with slack_world() as world, running_bot(world, register(bot), tmp_path, turn_retries=0):
        world.slack.general.threads = False
        await world.mention("x")
        told = await world.slack.wait_for_message("general", lambda each: "Reference" in each["text"], timeout=20)
        assert "thread_ts" not in told


async def test_a_status_refused_in_one_channel_is_still_shown_in_others(harness: SlackHarness) -> None:
    ref, other = await harness.thread(), await harness.thread("another")
    harness.slack.fail_next("agents.sessions.setStatus", error="restricted_action_non_threadable_channel")
    await harness.adapter.status(ref, "is thinking…")
    await harness.adapter.status(other, "is thinking…")
    assert harness.slack.status("general", str(other.thread))["processing"]


# -- a form Slack refuses


async def test_a_picture_slack_cannot_fetch_arrives_as_a_link(harness: SlackHarness) -> None:
    ref = await harness.thread()
    message = Outgoing(text="**Here** is the chart.", files=(picture(),), buttons=(Button(token="t", label="Go"),))
    with capture_logs() as logs:
        receipts = await sender_of(harness).put(ref, message, key="k")
    [answer] = said(harness, ref)
    assert blocks(answer) == ["markdown", "actions"]
    assert f"[chart]({INTRANET})" in str(answer["blocks"])
    assert [each["event"] for each in logs].count("message.form_refused") == 1
    await sender_of(harness).put(ref, replace(message, text="**Now**"), key="k", existing=receipts)
    [answer] = said(harness, ref)
    assert "**Now**" in str(answer["blocks"]) and INTRANET in str(answer["blocks"])


async def test_a_stream_that_ends_with_a_picture_slack_cannot_fetch_keeps_its_words(harness: SlackHarness) -> None:
    ref = await harness.thread()
    stream = sender_of(harness).stream(ref, key="k", recipient=None)
    await stream.write("Here is the chart.")
    await stream.close(Outgoing(text="Here is the chart. It rises.", files=(picture(),)))
    [answer] = said(harness, ref)
    assert "It rises." in answer["text"] and INTRANET in str(answer["blocks"]) and "streaming" not in answer


@pytest.mark.parametrize("kind", ["table", "actions", "context_actions", "markdown"])
@pytest.mark.parametrize("way", ["send", "edit", "stream"])
async def test_a_block_slack_refuses_does_not_cost_the_answer(harness: SlackHarness, kind: str, way: str) -> None:
    ref, sender = await harness.thread(), sender_of(harness)
    message = Outgoing(text=f"**Words**\n\n{TABLE}", buttons=(Button(token="t", label="Go"),), feedback="m")
    harness.slack.backend.unsupported_blocks.add(kind)
    match way:
        case "send":
            await sender.put(ref, message, key="k")
        case "edit":
            sent = await sender.put(ref, Outgoing(text="first"), key="k")
            await sender.put(ref, message, key="k", existing=sent)
        case _:
            stream = sender.stream(ref, key="k", recipient=None)
            await stream.write("**Words**")
            await stream.close(message)
    [answer] = said(harness, ref)
    shown = f"{answer['text']} {answer.get('blocks')}"
    assert "Words" in shown and "1" in shown and "Go" in shown
    assert kind not in blocks(answer) or (way, kind) == ("stream", "markdown")
    if kind in ("table", "context_actions"):
        assert "actions" in blocks(answer)


async def test_blocks_refused_without_a_word_why_become_text(harness: SlackHarness) -> None:
    ref = await harness.thread()
    for method in ("chat.postMessage", "chat.update"):
        harness.slack.fail_next(method, times=9, error="invalid_blocks", when=lambda args: bool(args.get("blocks")))
    text = f"**Words** and {'more ' * 900}\n\n{TABLE}"
    receipts = await sender_of(harness).put(ref, Outgoing(text=text, files=(picture(),)), key="k")
    await sender_of(harness).put(ref, Outgoing(text="*so*", files=(picture(),)), key="k", existing=receipts)
    [answer] = said(harness, ref)
    assert "blocks" not in answer and INTRANET in answer["text"]


# -- names


async def test_a_stream_stands_under_its_authors_name(harness: SlackHarness) -> None:
    ref = await harness.thread()
    stream = sender_of(harness).stream(ref, key="k", recipient=None, author="Ada the analyst")
    await stream.write("word " * 2600)  # more than one stream holds
    await stream.close(Outgoing(text="word " * 2600 + "end", author="Ada the analyst"))
    found = said(harness, ref)
    assert len(found) > 1 and {each["username"] for each in found} == {"Ada the analyst"}
    assert harness.slack.calls_to("chat.startStream")


async def test_without_the_scope_a_stream_goes_on_under_the_bots_name(harness: SlackHarness) -> None:
    harness.slack.team.scopes -= {"chat:write.customize"}
    adapter = adapter_for(harness.slack)
    async with adapter.connect(harness.accept):
        ref = await harness.thread()
        with capture_logs() as logs:
            stream = Sender({"slack": adapter}).stream(ref, key="k", recipient=None, author="Ada")
            await stream.write("words")
            await stream.close(Outgoing(text="words", author="Ada"))
    [answer] = said(harness, ref)
    assert answer["text"] == "words" and "username" not in answer
    assert any("chat:write.customize" in str(each.get("fix")) for each in logs)


# -- files


async def test_a_new_file_of_the_same_name_replaces_the_old_one(harness: SlackHarness) -> None:
    ref, sender = await harness.thread(), sender_of(harness)
    sent = await sender.put(ref, Outgoing(text="v1", files=(upload("chart.png", b"one"),)), key="k")
    sent = await sender.put(ref, Outgoing(text="v2", files=(upload("chart.png", b"two"),)), key="k", existing=sent)
    assert await given(harness, ref) == [("chart.png", b"two")]
    sent = await sender.put(ref, Outgoing(text="v3"), key="k", existing=sent)
    assert await given(harness, ref) == []
    assert [each["text"] for each in said(harness, ref) if each["text"]] == ["v3"]


async def given(harness: SlackHarness, ref: ConversationRef) -> list[tuple[str, bytes]]:
    kept = harness.slack.world.files
    shown = [file for each in said(harness, ref) for file in each.get("files", ())]
    return [(file["name"], kept[file["id"]].content or b"") for file in shown]


async def test_a_file_alone_that_changed_is_shared_anew(harness: SlackHarness) -> None:
    ref, sender = await harness.thread(), sender_of(harness)
    sent = await sender.put(ref, Outgoing(files=(upload("a.txt", b"one"),)), key="k")
    again = await sender.put(ref, Outgoing(files=(upload("a.txt", b"two"),)), key="k", existing=sent)
    assert await given(harness, ref) == [("a.txt", b"two")]
    assert [each["ts"] for each in said(harness, ref) if each["files"]] == [again[0].id]


@pytest.mark.parametrize("way", ["send", "edit"])
async def test_files_shared_before_a_crash_are_not_shared_again(harness: SlackHarness, way: str) -> None:
    ref, since = await harness.thread(), time.time()
    files = (upload("page.png", b"one"), upload("page.png", b"two"))
    sent = await sender_of(harness).put(ref, Outgoing(text="v1", files=files[:1]), key="k")
    if way == "edit":
        await sender_of(harness).put(ref, Outgoing(text="v2", files=files), key="k", existing=sent)
    # The process died before it recorded what came last.
    adapter = adapter_for(harness.slack)
    async with adapter.connect(harness.accept):
        existing = sent if way == "edit" else ()
        message = Outgoing(text="v2", files=files)
        lookup = Lookup(since=since)
        await Sender({"slack": adapter}).put(ref, message, key="k", existing=existing, lookup=lookup)
    assert await given(harness, ref) == [("page.png", b"one"), ("page.png", b"two")]


# -- what is looked for


async def test_nothing_is_posted_again_while_it_is_not_known_who_the_bot_is(harness: SlackHarness) -> None:
    ref, since = await harness.thread(), time.time()
    await harness.adapter.send(ref, Outgoing(text="once"), key="k.0")
    harness.slack.fail_next("auth.test", times=3, status=503)
    adapter = adapter_for(harness.slack)
    async with adapter.connect(harness.accept):
        with pytest.raises(Unavailable, match="who the bot is"):
            await adapter.find(ref, Outgoing(text="once"), key="k.0", since=since, claimed=())
        await Sender({"slack": adapter}).put(ref, Outgoing(text="once"), key="k", lookup=Lookup(since=since))
    assert [each["text"] for each in said(harness, ref)] == ["once"]


@pytest.mark.parametrize("text", ["Deploy finished", "ok", "ok, here is your answer"])
@pytest.mark.parametrize("way", ["send", "stream"])
async def test_a_message_of_another_program_with_the_same_token_is_left_alone(
    harness: SlackHarness, way: str, text: str
) -> None:
    ref, since = await harness.thread(), time.time()
    others = await foreign(harness.slack, ref, text)
    sender = sender_of(harness)
    if way == "send":
        await sender.put(ref, Outgoing(text="ok, here"), key="k", lookup=Lookup(since=since))
    else:
        recipient = UserRef(platform="slack", workspace=ref.workspace, id=harness.slack.ada.id)
        stream = sender.stream(ref, key="k", recipient=recipient, lookup=Lookup(since=since))
        await stream.write("ok, here")
        await stream.close(Outgoing(text="ok, here"))
    assert [each["text"] for each in said(harness, ref)] == [text, "ok, here"]
    assert said(harness, ref)[0]["ts"] == others


async def test_a_share_of_another_program_with_the_same_token_is_left_alone(harness: SlackHarness) -> None:
    ref, since = await harness.thread(), time.time()
    adapter = harness.adapter
    theirs = await adapter.send(ref, Outgoing(files=(upload("report.csv", b"theirs, and longer"),)), key="")
    await sender_of(harness).put(
        ref, Outgoing(files=(upload("report.csv", b"ours"),)), key="k", lookup=Lookup(since=since)
    )
    assert await given(harness, ref) == [("report.csv", b"theirs, and longer"), ("report.csv", b"ours")]
    assert said(harness, ref)[0]["ts"] == theirs.id


async def foreign(slack: SlackEmulator, ref: ConversationRef, text: str) -> str:
    """Another program posts with the bot's token."""
    url, token = slack.environment()["SLACK_API_URL"], slack.environment()["SLACK_BOT_TOKEN"]
    body = {"channel": ref.channel, "thread_ts": ref.thread, "text": text}
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{url}chat.postMessage", json=body) as answer,
    ):
        return str((await answer.json())["ts"])


# -- redirects


async def test_the_token_follows_no_redirect(harness: SlackHarness) -> None:
    heard: list[str] = []

    async def stranger(request: web.BaseRequest) -> web.StreamResponse:
        heard.append(request.path)
        if request.path.startswith("/api/"):
            return web.Response(status=307, headers={"Location": f"{address}/stolen"})
        return web.json_response({"ok": True, "ts": "1.2", "channel": "C1"})

    listener = Listener(stranger)
    address = await listener.open("127.0.0.1", 0)
    adapter = adapter_for(harness.slack, api_url=f"{address}/api/")
    try:
        async with adapter.connect(harness.accept):
            with pytest.raises(PlatformError):
                await adapter.send(await harness.thread(), Outgoing(text="x"), key="k")
    finally:
        await listener.close()
    assert heard and all(path.startswith("/api/") for path in heard)
