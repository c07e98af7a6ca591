"""The real adapter and the real SDK against the emulator, over HTTP and websockets on loopback."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from structlog.testing import capture_logs

from adapters.slack.adapter import SlackAdapter
from gateway.egress import Sender
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import (
    Draining,
    Forbidden,
    Gone,
    RateLimited,
    Rejected,
    SettingsError,
    StreamExpired,
    Unavailable,
    Unsupported,
)
from gateway.model import (
    Accepted,
    ActionInvoked,
    Button,
    ConversationRef,
    Envelope,
    FeedbackGiven,
    FileField,
    Form,
    FormErrors,
    FromBytes,
    MessageCreated,
    Notice,
    OpenForm,
    Outgoing,
    OutgoingFile,
    ReactionChanged,
    Receipt,
    RemoteFile,
    Starter,
    StopRequested,
    TaskUpdate,
    TextField,
    UserRef,
    from_json,
    to_json,
)
from tests.contract.harness import AdapterHarness, serving
from tests.contract.world import File
from tests.slack.world import SlackWorld, adapter_for, slack_world

FORM = Form(
    token="form-1",
    title="Tell us",
    fields=(TextField(id="why", label="Why"), FileField(id="proof", label="Proof", required=False)),
)


class SlackHarness(AdapterHarness):
    """The contract's harness, with what only Slack has."""

    adapter: SlackAdapter

    @property
    def slack(self) -> SlackEmulator:
        assert isinstance(self.world, SlackWorld)
        return self.world.slack

    async def thread(self, text: str = "hello") -> ConversationRef:
        """Ada mentions the bot in #general; the thread that opens."""
        return (await self.mention(text))[1]

    async def direct(self, text: str = "hello") -> ConversationRef:
        """Ada writes to the bot directly."""
        return (await self.dm(text))[1]

    async def raw(self, body: bytes, **headers: str) -> int:
        """Status for a signed body of any kind."""
        return (await self.slack.send_raw(body, self.slack.sign(body) | headers)).status


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SlackHarness]:
    async with (
        slack_world(limits="real") as world,
        serving(world, tmp_path, SlackHarness, max_body_bytes=100_000) as harness,
    ):
        yield harness


def said(harness: SlackHarness, ref: ConversationRef) -> list[dict[str, Any]]:
    """What the bot said in a conversation, oldest first."""
    thread = ref.thread or ref.route.get("thread_ts")
    return [m for m in harness.slack.messages(ref.channel, thread) if m.get("bot_id")]


# -- inbound


async def test_small_talk_and_the_bots_own_words_are_ignored_and_counted(harness: SlackHarness) -> None:
    ts = await harness.slack.post("general", "nobody is asked")
    await harness.slack.delivered(ts)
    ref = await harness.thread()
    await harness.adapter.send(ref, Outgoing(text="mine"), key="k")
    await harness.slack.emit({"type": "never_heard_of"})
    await harness.slack.settled()
    assert len(harness.envelopes) == 1
    assert {"not_addressed", "own", "unknown_event"} <= set(harness.adapter.ignored)


async def test_the_thread_of_a_reply_nobody_told_of_is_looked_up_once(harness: SlackHarness) -> None:
    slack, ref = harness.slack, await harness.thread()
    slack.team.events.discard("message.channels")
    reply = await slack.post("general", "between us", thread_ts=ref.thread)
    for name in ("tada", "eyes"):
        await slack.react("general", reply, name)
        event = await harness.heard(ReactionChanged)
        assert (event.ref.key, event.message_id, event.emoji) == (ref.key, reply, name)
    assert len(slack.calls_to("reactions.get")) == 1
    slack.fail_next("reactions.get", error="message_not_found")
    root = await slack.post("general", "small talk")
    await slack.react("general", root, "tada")
    assert (await harness.heard(ReactionChanged)).ref.thread == root


async def test_a_busy_channels_reactions_are_not_all_looked_up(harness: SlackHarness) -> None:
    slack = harness.slack
    for number in range(25):
        await slack.react("general", await slack.post("general", f"talk {number}"), "tada")
    await slack.settled()
    assert len(slack.calls_to("reactions.get")) == 20
    assert len([event for event in harness.events if isinstance(event, ReactionChanged)]) == 25


async def test_the_stop_button_is_heard(harness: SlackHarness) -> None:
    ref = await harness.thread()
    assert ref.thread is not None
    await harness.adapter.status(ref, "thinking")
    await harness.slack.stop_session("general", ref.thread)
    assert (await harness.heard(StopRequested)).ref.key == ref.key


async def test_the_answer_to_a_command_is_escaped(harness: SlackHarness) -> None:
    harness.answer = lambda event: Notice(text="only <you>")
    result = await harness.slack.command("/new", "topic", channel=harness.slack.dm.id)
    assert result.ok and result.body["text"] == "only &lt;you&gt;"


async def test_draining_is_503(harness: SlackHarness) -> None:
    harness.failure = Draining("bye")
    body = json.dumps({"type": "event_callback", "event": {"type": "app_mention"} | MENTION}).encode()
    assert await harness.raw(body) == 503


MENTION = {"user": "U0ADA", "channel": "C0GENERAL", "ts": "1.1", "text": "<@U0BOT> hi"}


async def test_only_signed_fresh_requests_are_heard(harness: SlackHarness) -> None:
    body = json.dumps({"type": "event_callback", "event": {"type": "app_mention"} | MENTION}).encode()
    good = harness.slack.sign(body)
    stale = harness.slack.sign(body, at=time.time() - 301)
    bad: list[dict[str, str]] = [
        {},
        {**good, "X-Slack-Signature": "v0=" + "0" * 64},
        {**good, "X-Slack-Signature": "ümlaut".encode().decode("latin-1")},
        {**good, "X-Slack-Request-Timestamp": "soon"},
        {**good, "X-Slack-Request-Timestamp": "9" * 5_000},
        {**good, "X-Slack-Request-Timestamp": str(int(time.time()) + 1)},
        stale,
        {"X-Slack-Signature": good["X-Slack-Signature"]},
    ]
    for headers in bad:
        assert (await harness.slack.send_raw(body, headers)).status == 401, headers
    assert (await harness.slack.send_raw(body + b" ", good)).status == 401
    assert (await harness.slack.send_raw(b"{not json", {})).status == 401
    assert harness.envelopes == []
    assert (await harness.slack.send_raw(body, good)).status == 200
    assert len(harness.envelopes) == 1


ODD: list[tuple[bytes, int]] = [
    (b"{not json", 400),
    (b"payload={not json", 400),
    (b"payload=[1]", 400),
    (b"\xff\xfe{", 400),
    (b'{"type": "event_callback", "event": {"type": "message", "text": "\\ud800"}}', 200),
    (b"{" + b'"a":{' * 15_000, 400),
    (b'{"event": ' * 980 + b"1" + b"}" * 980, 400),
    (b"payload=" + b"%7B%22a%22%3A" * 980 + b"1" + b"%7D" * 980, 400),
    (b'\n {"type": "event_callback"}', 200),
    (b"payload=%7B%22a%22%3A%22%5Cud800%22%7D", 200),
    (b'{"a": "\\ud83d\\ude00"}', 200),
    (b"{}", 200),
    (b"", 400),
    (b"x=y", 400),
    (b'{"type": "event_callback"}', 200),
    (b'{"type": "event_callback", "event": "odd"}', 200),
    (b'{"type": ["odd"], "event": {"type": {}}}', 200),
    (b'{"type": "event_callback", "event": {"type": "message", "channel": 1, "ts": []}}', 200),
    (b'{"type": "block_actions", "actions": [{"action_id": "gw:action:0"}]}', 200),
    (b'{"type": "view_submission", "view": {"callback_id": "gw:form", "private_metadata": "[]"}}', 200),
]


async def test_odd_but_signed(harness: SlackHarness) -> None:
    for body, status in ODD:
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body.startswith(b"payload=") else {}
        assert await harness.raw(body, **form) == status, body[:80]
    assert harness.envelopes == []


async def test_half_an_emoji_costs_a_message_one_character(harness: SlackHarness) -> None:
    body = (
        b'{"type": "event_callback", "team_id": "T0GATEWAY", "event": {"type": "app_mention", "user": "U0ADA", '
        b'"channel": "C0GENERAL", "ts": "1700000000.000100", "text": "<@U0BOT> cut \\ud83d"}}'
    )
    assert await harness.raw(body) == 200
    event = harness.adapter.parse(harness.envelopes[0])
    assert isinstance(event, MessageCreated)
    assert event.text == "cut ?"


async def test_a_body_over_the_limit_is_413_whatever_its_header_says(harness: SlackHarness) -> None:
    body = b'{"x": "' + b"x" * 100_000 + b'"}'
    assert await harness.raw(body) == 413

    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 10_000):
            yield body[at : at + 10_000]

    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{harness.url}/slack/events", data=chunks(), headers=harness.slack.sign(body)) as response,
    ):
        assert response.status == 413


async def test_url_verification_and_ssl_check(harness: SlackHarness) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c"}).encode()
    answer = await harness.slack.send_raw(body, harness.slack.sign(body))
    assert (answer.status, json.loads(answer.body)) == (200, {"challenge": "c"})
    check = {"ssl_check": "1", "token": "x"}
    for fields in (check, dict(reversed(check.items()))):
        form = urlencode(fields).encode()
        assert (await harness.slack.send_raw(form, {"Content-Type": "application/x-www-form-urlencoded"})).status == 200
    command = urlencode({**check, "command": "/new", "user_id": "U0ADA", "channel_id": "C0GENERAL"}).encode()
    await harness.slack.send_raw(command, {"Content-Type": "application/x-www-form-urlencoded"})
    async with aiohttp.ClientSession() as session:
        for params, status in ((check, 200), ({}, 405)):
            async with session.get(f"{harness.url}/slack/events", params=params) as response:
                assert response.status == status
    assert harness.envelopes == []


# -- interactions


async def test_feedback_and_a_notice_for_its_giver_alone(harness: SlackHarness) -> None:
    ref = await harness.direct()
    sent = await harness.adapter.send(ref, Outgoing(text="answer", feedback="m1"), key="k")
    harness.answer = lambda event: Notice(text="Thank you")
    result = await harness.slack.click(ref.channel, sent.id, "gw:feedback", value="negative")
    assert result.ok, result
    event = harness.events[-1]
    assert isinstance(event, FeedbackGiven)
    assert (event.token, event.value, event.message_id) == ("m1", 0, sent.id)
    assert (event.ref.key, event.ref.route["thread_ts"]) == (ref.key, ref.route["thread_ts"])
    notice = await harness.slack.wait_for_message(ref.channel, lambda m: m["text"] == "Thank you")
    assert notice["ephemeral_for"] == harness.slack.ada.id


async def test_an_answer_that_fails_leaves_the_click_accepted(harness: SlackHarness) -> None:
    ref = await harness.thread()
    sent = await harness.adapter.send(ref, Outgoing(text="pick", buttons=(Button(token="t", label="Go"),)), key="k")
    harness.slack.fail_next("views.open", error="expired_trigger_id")
    harness.answer = lambda event: OpenForm(form=FORM)
    assert (await harness.slack.click("general", sent.id, label="Go")).status == 200
    assert isinstance(harness.events[-1], ActionInvoked)


# -- outbound


async def test_a_message_carries_its_key_and_its_authors_name(harness: SlackHarness) -> None:
    ref = await harness.thread()
    message = Outgoing(text="**hi** <!channel>", author="Ada's bot", buttons=(Button(token="t", label="Go"),))
    receipt = await harness.adapter.send(ref, message, key="k1")
    [posted] = said(harness, ref)
    assert (posted["ts"], posted["thread_ts"], posted["username"]) == (receipt.id, ref.thread, "Ada's bot")
    assert posted["metadata"] == {"event_type": "gateway_send", "event_payload": {"key": "k1"}}
    assert [block["type"] for block in posted["blocks"]] == ["markdown", "actions"]
    await harness.adapter.edit(receipt, Outgoing(text="plain"))
    [now] = said(harness, ref)
    assert (now["text"], now.get("blocks") or []) == ("plain", [])


async def test_a_dm_is_answered_under_the_message_or_at_top_level(harness: SlackHarness) -> None:
    post, ref = await harness.dm()
    assert ref.route["thread_ts"] == post.id
    await harness.adapter.send(ref, Outgoing(text="under"), key="a")
    assert [m["thread_ts"] for m in said(harness, ref)] == [ref.route["thread_ts"]]
    top = replace(ref, route={})
    sent = await harness.adapter.send(top, Outgoing(text="top"), key="b")
    posted = harness.slack.message(ref.channel, sent.id)
    assert posted is not None and "thread_ts" not in posted


async def test_a_user_is_written_to_first(harness: SlackHarness) -> None:
    to = ConversationRef(platform="slack", workspace="T0GATEWAY", channel=harness.slack.ada.id, kind="dm")
    receipt = await harness.adapter.send(to, Outgoing(text="hello"), key="k")
    edited = await harness.adapter.edit(receipt, Outgoing(text="hello again"))
    posted = harness.slack.message(harness.slack.dm.id, edited.id)
    assert posted is not None and posted["text"] == "hello again"


async def test_files_are_shared_after_their_text_and_go_with_it(harness: SlackHarness) -> None:
    ref = await harness.thread()
    files = tuple(OutgoingFile(name=name, source=FromBytes(data=b"bytes")) for name in ("ä b.txt", "c.bin"))
    receipt = await harness.adapter.send(ref, Outgoing(text="see", files=files), key="k")
    text, share = said(harness, ref)
    assert text["ts"] == receipt.id
    assert [file["name"] for file in share["files"]] == ["ä b.txt", "c.bin"]
    assert sorted(receipt.data["files"].values()) == ["c.bin", "ä b.txt"]
    more = (*files, OutgoingFile(name="new.txt", source=FromBytes(data=b"n")))
    edited = await harness.adapter.edit(receipt, Outgoing(text="see", files=more))
    assert sorted(edited.data["files"].values()) == ["c.bin", "new.txt", "ä b.txt"]
    assert [file["name"] for file in said(harness, ref)[-1]["files"]] == ["new.txt"]
    await harness.adapter.delete(edited)
    assert harness.slack.message("general", receipt.id) is None
    assert all(harness.slack.world.files[file_id].deleted for file_id in edited.data["files"])


async def test_files_alone_have_the_share_as_their_receipt(harness: SlackHarness) -> None:
    ref = await harness.thread()
    message = Outgoing(files=(OutgoingFile(name="a.txt", source=FromBytes(data=b"a")),))
    receipt = await harness.adapter.send(ref, message, key="k")
    assert [m["ts"] for m in said(harness, ref)] == [receipt.id]


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
@pytest.mark.parametrize("fault", [{"retry_after": 1}, {"status": 503}])
async def test_files_refused_after_their_text_are_neither_lost_nor_is_the_text_doubled(
    harness: SlackHarness, method: str, fault: dict[str, Any]
) -> None:
    ref = await harness.thread()
    harness.slack.fail_next(method, times=2, **fault)
    files = (OutgoingFile(name="a.txt", source=FromBytes(data=b"a")),)
    await Sender({"slack": harness.adapter}).put(ref, Outgoing(text="see", files=files), key="k")
    text, share = said(harness, ref)
    assert text["text"] == "see"
    assert [file["name"] for file in share["files"]] == ["a.txt"]


async def test_an_empty_file_is_refused_by_name(harness: SlackHarness) -> None:
    files = (OutgoingFile(name="a.txt", source=FromBytes(data=b"")),)
    with pytest.raises(Rejected, match=r"'a\.txt' is empty"):
        await harness.adapter.send(await harness.thread(), Outgoing(files=files), key="k")


@pytest.mark.parametrize("way", ["send", "edit", "stream", "files alone"])
async def test_a_share_whose_answer_was_lost_is_not_made_again(harness: SlackHarness, way: str) -> None:
    ref, sender = await harness.thread(), Sender({"slack": harness.adapter})
    message = Outgoing(text="see", files=(OutgoingFile(name="a.txt", source=FromBytes(data=b"a")),))
    harness.slack.fail_next("files.completeUploadExternal", status=503, after_effect=True)
    match way:
        case "send":
            await sender.put(ref, message, key="k")
        case "edit":
            sent = await sender.put(ref, Outgoing(text="so"), key="k")
            await sender.put(ref, message, key="k", existing=sent)
        case "stream":
            stream = sender.stream(ref, key="k", recipient=None)
            await stream.write("see")
            await stream.close(message)
        case _:
            await sender.put(ref, Outgoing(files=message.files), key="k")
    shared = [file["name"] for each in said(harness, ref) for file in each.get("files", ())]
    assert shared == ["a.txt"]


async def test_a_share_is_not_made_again_because_its_message_is_not_known_yet(harness: SlackHarness) -> None:
    ref = await harness.thread()
    harness.slack.fail_next("files.info", retry_after=1)
    files = (OutgoingFile(name="a.txt", source=FromBytes(data=b"a")),)
    await Sender({"slack": harness.adapter}).put(ref, Outgoing(files=files), key="k")
    assert len(said(harness, ref)) == 1


# -- finding again what a crash lost


async def test_a_lost_stream_and_a_lost_upload_are_found_without_a_key(harness: SlackHarness) -> None:
    ref, since = await harness.thread(), time.time()
    stream = await harness.adapter.start_stream(ref, "half", key="k", recipient=None)
    assert stream is not None
    files = (OutgoingFile(name="a.txt", source=FromBytes(data=b"a")),)
    upload = await harness.adapter.send(ref, Outgoing(files=files), key="k2")
    message = Outgoing(text="half and half")
    found = await harness.adapter.find(ref, message, key="k", since=since, claimed=())
    assert found is not None and found.id == stream.id
    assert await harness.adapter.find(ref, message, key="other", since=since, claimed=()) is None
    share = await harness.adapter.find(ref, Outgoing(files=files), key="k2", since=since, claimed=())
    assert share is not None and (share.id, share.data) == (upload.id, upload.data)
    edited = await harness.adapter.edit(found, message)
    shown = harness.slack.message("general", edited.id)
    assert shown is not None and shown["text"] == "half and half" and not shown.get("streaming")
    # From now on it carries its key, so that no later turn's look takes it for its own.
    assert shown["metadata"]["event_payload"] == {"key": "k"}
    assert await harness.adapter.find(ref, message, key="k3", since=since, claimed=()) is None


async def test_a_lost_message_in_a_dm_is_found(harness: SlackHarness) -> None:
    since = time.time()
    ref = await harness.direct()
    for to in (ref, replace(ref, route={})):
        sent = await harness.adapter.send(to, Outgoing(text="x"), key=f"k{len(to.route)}")
        found = await harness.adapter.find(to, Outgoing(text="x"), key=f"k{len(to.route)}", since=since, claimed=())
        assert found is not None and found.id == sent.id


# -- streams


async def test_a_stream_with_tasks_buttons_and_a_file(harness: SlackHarness) -> None:
    ref = await harness.thread()
    stream = await harness.adapter.start_stream(ref, "Let me ", key="k", recipient=None)
    assert stream is not None
    task = TaskUpdate(id="1", title="search", status="complete", output="o" * 1000)
    stream = await harness.adapter.append_stream(stream, delta="<!chan", text="Let me <!chan", tasks=[task])
    stream = from_json(Receipt, to_json(stream))
    stream = await harness.adapter.append_stream(stream, delta="nel> go", text="Let me <!channel> go")
    file = OutgoingFile(name="a.txt", source=FromBytes(data=b"a"))
    buttons = (Button(token="t", label="Go"),)
    whole = Outgoing(text="Let me <!channel> go.", buttons=buttons, feedback="m", files=(file,))
    done = await harness.adapter.stop_stream(stream, whole, delta=".", key="k")
    message, share = said(harness, ref)
    assert message["ts"] == done.id and "streaming" not in message
    assert message["text"] == "Let me <\u200b!channel> go."
    kinds = [block["type"] for block in message["blocks"]]
    assert kinds == ["markdown", "task_card", "markdown", "actions", "context_actions"]
    assert message["metadata"]["event_payload"]["key"] == "k"
    assert list(done.data) == ["files"] and share["files"][0]["name"] == "a.txt"
    assert harness.slack.status("general", str(ref.thread))["processing"] is False


async def test_a_stream_needs_a_thread_and_an_agent(harness: SlackHarness) -> None:
    ref = await harness.direct()
    assert await harness.adapter.start_stream(ref, "x", key="k", recipient=None) is not None
    top = replace(ref, route={})
    assert await harness.adapter.start_stream(top, "x", key="k", recipient=None) is None
    stranger = UserRef(platform="slack", workspace="T0GATEWAY", id="U0STRANGER")
    mention = await harness.thread()
    assert await harness.adapter.start_stream(mention, "x", key="k", recipient=stranger) is None
    harness.slack.fail_next("chat.startStream", error="missing_scope")
    assert await harness.adapter.start_stream(mention, "x", key="k", recipient=None) is None
    calls = len(harness.slack.calls_to("chat.startStream"))
    assert await harness.adapter.start_stream(mention, "x", key="k", recipient=None) is None
    assert len(harness.slack.calls_to("chat.startStream")) == calls


async def test_a_stream_that_is_over_goes_on_as_an_edit(harness: SlackHarness) -> None:
    ref = await harness.thread()
    stream = await harness.adapter.start_stream(ref, "a", key="k", recipient=None)
    assert stream is not None and ref.thread is not None
    await harness.adapter.status(ref, "writing")
    await harness.slack.stop_session("general", ref.thread)
    with pytest.raises(StreamExpired):
        await harness.adapter.append_stream(stream, delta="b", text="ab")
    edited = await harness.adapter.edit(stream, Outgoing(text="ab"))
    assert [m["text"] for m in said(harness, ref)] == ["ab"] and edited.id == stream.id


@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream"])
async def test_a_stream_that_slack_finds_too_long_goes_on_as_an_edit(harness: SlackHarness, method: str) -> None:
    ref = await harness.thread()
    harness.slack.fail_next(method, error="msg_too_long")
    stream = Sender({"slack": harness.adapter}).stream(ref, key="k", recipient=None)
    for word, shows in (("Some ", "chat.startStream"), ("words ", "chat.appendStream")):
        await stream.write(word)
        await harness.world.wait_for(lambda shows=shows: harness.slack.calls_to(shows))  # type: ignore[misc]
    await stream.write("more.")
    await stream.close(Outgoing(text="Some words more."))
    (message,) = said(harness, ref)
    assert message["text"] == "Some words more." and "streaming" not in message


async def test_a_stream_that_outgrows_a_message_in_bytes_goes_on_as_an_edit(harness: SlackHarness) -> None:
    ref = await harness.thread()
    text = "語" * 3_000
    stream = await harness.adapter.start_stream(ref, text, key="k", recipient=None)
    assert stream is not None
    with pytest.raises(StreamExpired):
        await harness.adapter.append_stream(stream, delta=text, text=text * 2)
    await harness.adapter.edit(stream, Outgoing(text=text * 2))
    [message] = said(harness, ref)
    assert message["blocks"][0]["text"] == text * 2 and not message.get("streaming")


# -- the rest of Slack


async def test_status_prompts_and_reactions_as_slack_shows_them(harness: SlackHarness) -> None:
    adapter, slack = harness.adapter, harness.slack
    ref = await harness.thread("hi")
    thread = str(ref.thread)
    await adapter.status(ref, "thinking")
    assert slack.status("general", thread) | {"text": "thinking", "processing": True} == slack.status("general", thread)
    await adapter.status(ref, None)
    assert slack.status("general", thread)["processing"] is False
    direct, starter = replace(ref, channel=slack.dm.id, kind="dm"), Starter(label="L", message="M")
    await adapter.suggest(direct, [starter] * 4)
    for where, count in ((direct, 5), (ref, 1)):
        with pytest.raises(Unsupported, match="buttons"):
            await adapter.suggest(where, [starter] * count)
    assert slack.prompts(slack.dm.id) == [{"title": "L", "message": "M"}] * 4
    await adapter.react(ref, thread, "👍", added=True)
    [root] = [m for m in slack.messages("general") if m["ts"] == thread]
    assert [reaction["name"] for reaction in root["reactions"]] == ["+1"]
    await adapter.react(ref, thread, "+1", added=False)
    with pytest.raises(Unsupported):
        await adapter.react(ref, thread, "🦖", added=True)
    user = UserRef(platform="slack", workspace="T0GATEWAY", id=slack.ada.id)
    assert (await adapter.profile(user)).email == "ada@gateway.example"


async def test_an_app_that_is_no_agent_degrades_quietly(harness: SlackHarness) -> None:
    ref = await harness.thread()
    for method in ("agents.sessions.setStatus", "assistant.threads.setStatus"):
        harness.slack.fail_next(method, error="missing_scope", times=5)
    for _ in range(3):
        await harness.adapter.status(ref, "thinking")
    assert len(harness.slack.calls_to("agents.sessions.setStatus")) == 1


async def upload(harness: SlackHarness, file: File) -> RemoteFile:
    event = await harness.take(await harness.world.dm("see", files=[file]))
    return event.files[0]


async def test_a_file_of_a_shared_channel_is_asked_for_and_a_deleted_one_is_gone(harness: SlackHarness) -> None:
    file = await upload(harness, File("b.bin", b"data"))
    connected = replace(file, url=None)
    assert await harness.collect(connected) == b"data"
    harness.slack.world.files[file.id].deleted = True
    with pytest.raises(Gone):
        await harness.collect(file)


async def test_without_files_read_the_sign_in_page_is_never_content(harness: SlackHarness) -> None:
    file = await upload(harness, File("b.txt", b"secret", "text/plain"))
    harness.slack.team.scopes = harness.slack.team.scopes - {"files:read"}
    with pytest.raises(Forbidden, match="files:read"):
        await harness.collect(file)


async def test_the_token_goes_to_no_other_host(harness: SlackHarness) -> None:
    file = RemoteFile(id="F1", name="x", url="https://slack.com.evil.example/f", workspace="T0GATEWAY")
    with pytest.raises(Unsupported, match=r"evil\.example"):
        await harness.collect(file)
    for url in ("http://files.slack.com/x", "https://evil.example/slack.com", "ftp://files.slack.com/x"):
        with pytest.raises(Unsupported):
            await harness.collect(replace(file, url=url))


# -- trouble


FAULTS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"retry_after": 7}, RateLimited, "7"),
    ({"status": 503}, Unavailable, "chat.postMessage"),
    ({"status": "disconnect"}, Unavailable, "chat.postMessage"),
    ({"error": "internal_error"}, Unavailable, "internal_error"),
    ({"error": "missing_scope"}, Forbidden, "scope"),
    ({"error": "not_in_channel"}, Forbidden, "/invite"),
    ({"error": "channel_not_found"}, Gone, "channel_not_found"),
    ({"error": "invalid_blocks"}, Rejected, "invalid_blocks"),
    ({"error": "token_revoked"}, Forbidden, "SLACK_BOT_TOKEN"),
]


async def test_slacks_errors_say_what_to_do(harness: SlackHarness) -> None:
    ref = await harness.thread()
    for fault, error, says in FAULTS:
        harness.slack.fail_next("chat.postMessage", **fault)
        with pytest.raises(error, match=says) as caught:
            await harness.adapter.send(ref, Outgoing(text="x"), key="k")
        if isinstance(caught.value, RateLimited):
            assert (caught.value.retry_after, caught.value.bucket) == (7, f"chat.postMessage:{ref.channel}")


async def never(envelope: Envelope) -> Accepted:
    raise AssertionError("nothing is delivered here")


async def test_a_wrong_app_token_names_its_setting(harness: SlackHarness) -> None:
    with pytest.raises(SettingsError, match="SLACK_APP_TOKEN"):
        async with adapter_for(harness.slack, app_token="xapp-wrong").connect(never):
            pass


async def test_an_uninstalled_app_is_unhealthy(harness: SlackHarness) -> None:
    assert harness.adapter.health() is None
    await harness.slack.emit({"type": "tokens_revoked", "tokens": {"oauth": ["U0ADA"], "bot": []}})
    await harness.slack.settled()
    assert harness.adapter.health() is None
    await harness.slack.emit({"type": "app_uninstalled"})
    await harness.slack.settled()
    assert "uninstalled" in (harness.adapter.health() or "")


async def test_that_slack_drops_events_is_said(harness: SlackHarness) -> None:
    with capture_logs() as logs:
        assert await harness.raw(b'{"type": "app_rate_limited", "team_id": "T0GATEWAY"}') == 200
    assert [entry["event"] for entry in logs] == ["slack.events_dropped"]


async def test_a_name_without_the_scope_is_left_out(harness: SlackHarness) -> None:
    harness.slack.team.scopes = harness.slack.team.scopes - {"chat:write.customize"}
    adapter = adapter_for(harness.slack)
    ref = await harness.thread()
    async with adapter.connect(never):
        await adapter.send(ref, Outgoing(text="x", author="Someone"), key="k")
    assert "username" not in harness.slack.calls_to("chat.postMessage")[-1].args


# -- Socket Mode


async def test_socket_mode_acknowledges_after_accept_and_answers_in_place(tmp_path: Path) -> None:
    async with (
        slack_world(socket_mode=True, ack_timeout=0.3) as world,
        serving(world, tmp_path, SlackHarness) as harness,
    ):
        assert harness.adapter.health() is None
        assert [each.name for each in harness.adapter.connections()] == ["socket"]
        harness.failure = Unavailable("not yet")
        post = await world.mention("hello")
        await harness.until(lambda: harness.attempts > 0)
        assert not any(each.acked for each in harness.slack.deliveries.of(post.id))
        harness.failure = None
        ref = (await harness.take(post)).ref
        sent = await harness.adapter.send(ref, Outgoing(text="x", buttons=(Button(token="t", label="Go"),)), key="k")
        harness.answer = lambda event: OpenForm(form=FORM)
        assert (await harness.slack.click("general", sent.id, label="Go")).ok
        [modal] = harness.slack.open_views()
        harness.answer = lambda event: FormErrors(errors={"why": "No"})
        assert (await harness.slack.submit(modal["id"], {"why": {"gw:input": "x"}})).errors == {"why": "No"}
        harness.answer = lambda event: Notice(text="hi")
        assert (await harness.slack.command("/new")).body["text"] == "hi"
