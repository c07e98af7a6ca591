"""The real adapter and the real SDK against the emulator, over HTTP and websockets on loopback."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import uvicorn
from starlette.applications import Starlette

from adapters.slack.adapter import SlackAdapter
from adapters.slack.emulator import SlackEmulator
from adapters.slack.settings import SlackSettings
from gateway.adapter import (
    SupportsHistory,
    SupportsLookup,
    SupportsNotices,
    SupportsProfiles,
    SupportsReactions,
    SupportsStarters,
    SupportsStreaming,
    SupportsTitles,
    Surroundings,
)
from gateway.errors import (
    Draining,
    Forbidden,
    Gone,
    RateLimited,
    Rejected,
    SettingsError,
    StreamExpired,
    TooLarge,
    Unavailable,
    Unsupported,
)
from gateway.model import (
    Accepted,
    ActionInvoked,
    AllowedMentions,
    Answer,
    Button,
    CommandInvoked,
    ConversationRef,
    ConversationStarted,
    Envelope,
    Event,
    FeedbackGiven,
    FileField,
    Form,
    FormErrors,
    FormSubmitted,
    FromBytes,
    FromPath,
    MessageCreated,
    MessageEdited,
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
)

FORM = Form(
    token="form-1",
    title="Tell us",
    fields=(TextField(id="why", label="Why"), FileField(id="proof", label="Proof", required=False)),
)


class House:
    """An adapter behind a real server, facing the emulator; ``accept`` records, and answers as told."""

    def __init__(self, emulator: SlackEmulator, adapter: SlackAdapter, url: str) -> None:
        self.slack = emulator
        self.adapter = adapter
        self.url = url
        self.envelopes: list[Envelope] = []
        self.answer: Callable[[Envelope], Answer | None] = lambda envelope: None
        self.failure: Exception | None = None
        self._changed = asyncio.Event()

    async def accept(self, envelope: Envelope) -> Accepted:
        if self.failure is not None:
            raise self.failure
        known = envelope.key in {each.key for each in self.envelopes}
        if not known:
            self.envelopes.append(envelope)
            self._changed.set()
        return Accepted(status="duplicate" if known else "new", answer=self.answer(envelope))

    @property
    def events(self) -> list[Event]:
        parsed = [self.adapter.parse(envelope) for envelope in self.envelopes]
        return [event for event in parsed if event is not None]

    async def next(self) -> Event:
        """The newest event, once there is one more than there was."""
        async with asyncio.timeout(5):
            while not self._changed.is_set():
                await self._changed.wait()
        self._changed.clear()
        return self.events[-1]

    async def mention(self, text: str = "@gateway hello") -> ConversationRef:
        """Ada mentions the bot in #general; the conversation that opens."""
        ts = await self.slack.post("general", text)
        await self.slack.delivered(ts)
        self._changed.clear()
        return self.events[-1].ref

    async def direct(self, text: str = "hello") -> ConversationRef:
        ts = await self.slack.post(self.slack.dm.id, text)
        await self.slack.delivered(ts)
        self._changed.clear()
        return self.events[-1].ref

    async def raw(self, body: bytes, **headers: str) -> int:
        """Status for a signed body of any kind."""
        return (await self.slack.send_raw(body, self.slack.sign(body) | headers)).status


@asynccontextmanager
async def serving(
    *, socket_mode: bool = False, dm_session: str = "dm", max_body_bytes: int = 100_000, **emulator: Any
) -> AsyncIterator[House]:
    slack = SlackEmulator(socket_mode=socket_mode, retry_delays=(0.0, 0.05, 0.05), **emulator)
    async with AsyncExitStack() as stack:
        await slack.start()
        stack.push_async_callback(slack.stop)
        house = House(slack, adapter_for(slack, dm_session=dm_session, max_body_bytes=max_body_bytes), "")
        app = Starlette(routes=list(house.adapter.routes(house.accept)))
        listening = socket.create_server(("127.0.0.1", 0))
        stack.callback(listening.close)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        # The socket takes connections already: nothing has to wait for the server to be up.
        running = asyncio.create_task(server.serve(sockets=[listening]))
        house.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        slack.deliver_to(house.url)
        try:
            await stack.enter_async_context(house.adapter.connect(house.accept))
            yield house
        finally:
            server.should_exit = True
            await running


def adapter_for(slack: SlackEmulator, *, max_body_bytes: int = 100_000, **changes: Any) -> SlackAdapter:
    """An adapter with settings read the way the operator's are."""
    given = {name.lower().removeprefix("slack_"): value for name, value in slack.environment().items()}
    return SlackAdapter(
        SlackSettings(_env_file=None, **{**given, **changes}), Surroundings(max_body_bytes=max_body_bytes)
    )


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with serving() as house:
        yield house


def said(house: House, ref: ConversationRef) -> list[dict[str, Any]]:
    """What the bot said in a conversation, oldest first."""
    thread = ref.thread or ref.route.get("thread_ts")
    return [m for m in house.slack.messages(ref.channel, thread) if m.get("bot_id")]


def test_it_is_everything_it_claims(house: House) -> None:
    for protocol in (
        SupportsLookup,
        SupportsStreaming,
        SupportsHistory,
        SupportsReactions,
        SupportsProfiles,
        SupportsTitles,
        SupportsStarters,
        SupportsNotices,
    ):
        assert isinstance(house.adapter, protocol)


# -- inbound


async def test_a_mention_its_twin_and_redeliveries_are_one_envelope(house: House) -> None:
    ts = await house.slack.post("general", "@gateway hello <you> & me")
    await house.slack.delivered(ts)
    await house.slack.redeliver(ts)
    await house.slack.settled()
    assert len(house.envelopes) == 1
    event = house.events[0]
    assert isinstance(event, MessageCreated)
    assert (event.text, event.addressed, event.ref.thread) == ("hello <you> & me", True, ts)
    assert event.user.id == house.slack.ada.id


async def test_thread_replies_dms_edits_and_reactions_arrive(house: House) -> None:
    ref = await house.mention()
    assert ref.thread is not None
    reply = await house.slack.post("general", "and more", thread_ts=ref.thread)
    event = await house.next()
    assert isinstance(event, MessageCreated)
    assert (event.ref.key, event.addressed, event.message_id) == (ref.key, False, reply)
    await house.slack.edit("general", reply, "and less")
    edited = await house.next()
    assert isinstance(edited, MessageEdited) and edited.text == "and less"
    await house.slack.react("general", ref.thread, "tada")
    reaction = await house.next()
    assert isinstance(reaction, ReactionChanged) and (reaction.emoji, reaction.ref.key) == ("tada", ref.key)
    direct = await house.slack.post(house.slack.dm.id, "hi")
    said_direct = await house.next()
    assert isinstance(said_direct, MessageCreated)
    assert (said_direct.ref.kind, said_direct.ref.thread) == ("dm", None)
    assert said_direct.ref.route["thread_ts"] == direct


async def test_small_talk_and_the_bots_own_words_are_ignored_and_counted(house: House) -> None:
    ts = await house.slack.post("general", "nobody is asked")
    await house.slack.delivered(ts)
    ref = await house.mention()
    await house.adapter.send(ref, Outgoing(text="mine"), key="k")
    await house.slack.emit({"type": "never_heard_of"})
    await house.slack.settled()
    assert len(house.envelopes) == 1
    assert {"not_addressed", "own", "unknown_event"} <= set(house.adapter.ignored)


async def test_home_stop_and_commands(house: House) -> None:
    await house.slack.open_home()
    started = await house.next()
    assert isinstance(started, ConversationStarted) and started.ref.kind == "dm"
    ref = await house.mention()
    assert ref.thread is not None
    await house.adapter.status(ref, "thinking")
    await house.slack.stop_session("general", ref.thread)
    stopped = await house.next()
    assert isinstance(stopped, StopRequested) and stopped.ref.key == ref.key
    house.answer = lambda envelope: Notice(text="only <you>")
    result = await house.slack.command("/new", "topic", channel=house.slack.dm.id)
    command = house.events[-1]
    assert isinstance(command, CommandInvoked) and (command.command, command.text) == ("new", "topic")
    assert result.ok and result.body["text"] == "only &lt;you&gt;"


async def test_what_is_not_durable_is_delivered_again(house: House) -> None:
    house.failure = Unavailable("the disk is full")
    ts = await house.slack.post("general", "@gateway hello")
    await house.slack.wait_for(lambda: any(d.attempts for d in house.slack.deliveries.of(ts)))
    house.failure = None
    await house.slack.delivered(ts)
    statuses = [attempt.status for d in house.slack.deliveries.of(ts) for attempt in d.attempts]
    assert 500 in statuses and statuses[-1] == 200
    assert len(house.envelopes) == 1


async def test_draining_is_503(house: House) -> None:
    house.failure = Draining("bye")
    body = json.dumps({"type": "event_callback", "event": {"type": "app_mention"} | MENTION}).encode()
    assert await house.raw(body) == 503


MENTION = {"user": "U0ADA", "channel": "C0GENERAL", "ts": "1.1", "text": "<@U0BOT> hi"}


async def test_only_signed_fresh_requests_are_heard(house: House) -> None:
    body = json.dumps({"type": "event_callback", "event": {"type": "app_mention"} | MENTION}).encode()
    good = house.slack.sign(body)
    stale = house.slack.sign(body, at=time.time() - 301)
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
        assert (await house.slack.send_raw(body, headers)).status == 401, headers
    assert (await house.slack.send_raw(body + b" ", good)).status == 401
    assert (await house.slack.send_raw(b"{not json", {})).status == 401
    assert house.envelopes == []
    assert (await house.slack.send_raw(body, good)).status == 200
    assert len(house.envelopes) == 1


ODD: list[tuple[bytes, int]] = [
    (b"{not json", 400),
    (b"payload={not json", 400),
    (b"payload=[1]", 400),
    (b"\xff\xfe{", 400),
    (b'{"type": "event_callback", "event": {"type": "message", "text": "\\ud800"}}', 400),
    (b"{" + b'"a":{' * 15_000, 400),
    (b"payload=%7B%22a%22%3A%22%5Cud800%22%7D", 400),
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


async def test_odd_but_signed(house: House) -> None:
    for body, status in ODD:
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body.startswith(b"payload=") else {}
        assert await house.raw(body, **form) == status, body[:80]
    assert house.envelopes == []


async def test_a_body_over_the_limit_is_413_whatever_its_header_says(house: House) -> None:
    body = b'{"x": "' + b"x" * 100_000 + b'"}'
    assert await house.raw(body) == 413

    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 10_000):
            yield body[at : at + 10_000]

    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{house.url}/slack/events", data=chunks(), headers=house.slack.sign(body)) as response,
    ):
        assert response.status == 413


async def test_url_verification_and_ssl_check(house: House) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c"}).encode()
    answer = await house.slack.send_raw(body, house.slack.sign(body))
    assert (answer.status, json.loads(answer.body)) == (200, {"challenge": "c"})
    form = urlencode({"ssl_check": "1", "token": "x"}).encode()
    assert (await house.slack.send_raw(form, {"Content-Type": "application/x-www-form-urlencoded"})).status == 200


# -- interactions


async def test_a_button_brings_its_token_and_opens_a_form(house: House) -> None:
    ref = await house.mention()
    sent = await house.adapter.send(ref, Outgoing(text="pick", buttons=(Button(token="tok", label="Go"),)), key="k")
    house.answer = lambda envelope: OpenForm(form=FORM)
    result = await house.slack.click("general", sent.id, label="Go")
    assert result.ok, result
    event = house.events[-1]
    assert isinstance(event, ActionInvoked)
    assert (event.token, event.message_id, event.ref.key) == ("tok", sent.id, ref.key)
    [modal] = house.slack.open_views()

    house.answer = lambda envelope: FormErrors(errors={"why": "Say more"})
    refused = await house.slack.submit(modal["id"], {"why": {"gw:input": "x"}})
    assert refused.errors == {"why": "Say more"}
    house.answer = lambda envelope: None
    files = {"proof": {"gw:input": [("p.txt", b"proof", "text/plain")]}}
    done = await house.slack.submit(modal["id"], {"why": {"gw:input": "because"}, **files})
    assert done.ok, done
    assert house.slack.open_views() == []
    submitted = house.events[-1]
    assert isinstance(submitted, FormSubmitted)
    assert (submitted.token, submitted.ref.key) == ("form-1", ref.key)
    assert submitted.values == {"why": "because", "proof": ("p.txt",)}
    assert b"".join([chunk async for chunk in house.adapter.download(submitted.files[0], limit=100)]) == b"proof"


async def test_feedback_and_a_notice_for_its_giver_alone(house: House) -> None:
    ref = await house.direct()
    sent = await house.adapter.send(ref, Outgoing(text="answer", feedback="m1"), key="k")
    house.answer = lambda envelope: Notice(text="Thank you")
    result = await house.slack.click(ref.channel, sent.id, "gw:feedback", value="negative")
    assert result.ok, result
    event = house.events[-1]
    assert isinstance(event, FeedbackGiven)
    assert (event.token, event.value, event.message_id) == ("m1", 0, sent.id)
    assert (event.ref.key, event.ref.route["thread_ts"]) == (ref.key, ref.route["thread_ts"])
    notice = await house.slack.wait_for_message(ref.channel, lambda m: m["text"] == "Thank you")
    assert notice["ephemeral_for"] == house.slack.ada.id


async def test_an_answer_that_fails_leaves_the_click_accepted(house: House) -> None:
    ref = await house.mention()
    sent = await house.adapter.send(ref, Outgoing(text="pick", buttons=(Button(token="t", label="Go"),)), key="k")
    house.slack.fail_next("views.open", error="expired_trigger_id")
    house.answer = lambda envelope: OpenForm(form=FORM)
    assert (await house.slack.click("general", sent.id, label="Go")).status == 200
    assert isinstance(house.events[-1], ActionInvoked)


# -- outbound


async def test_send_edit_delete(house: House) -> None:
    ref = await house.mention()
    message = Outgoing(text="**hi** <!channel>", author="Ada's bot", buttons=(Button(token="t", label="Go"),))
    receipt = await house.adapter.send(ref, message, key="k1")
    [posted] = said(house, ref)
    assert (posted["ts"], posted["thread_ts"], posted["username"]) == (receipt.id, ref.thread, "Ada's bot")
    assert posted["metadata"] == {"event_type": "gateway_send", "event_payload": {"key": "k1"}}
    assert [block["type"] for block in posted["blocks"]] == ["markdown", "actions"]
    stored = Receipt.model_validate_json(receipt.model_dump_json())
    edited = await house.adapter.edit(stored, Outgoing(text="plain"))
    [now] = said(house, ref)
    assert (now["text"], now.get("blocks") or []) == ("plain", [])
    await house.adapter.delete(edited)
    await house.adapter.delete(edited)
    assert said(house, ref) == []
    with pytest.raises(Gone):
        await house.adapter.edit(edited, Outgoing(text="again"))


async def test_a_dm_is_answered_under_the_message_or_at_top_level(house: House) -> None:
    ref = await house.direct()
    await house.adapter.send(ref, Outgoing(text="under"), key="a")
    assert [m["thread_ts"] for m in said(house, ref)] == [ref.route["thread_ts"]]
    top = ref.model_copy(update={"route": {}})
    sent = await house.adapter.send(top, Outgoing(text="top"), key="b")
    posted = house.slack.message(ref.channel, sent.id)
    assert posted is not None and "thread_ts" not in posted


async def test_a_user_is_written_to_first(house: House) -> None:
    to = ConversationRef(platform="slack", workspace="T0GATEWAY", channel=house.slack.ada.id, kind="dm")
    receipt = await house.adapter.send(to, Outgoing(text="hello"), key="k")
    edited = await house.adapter.edit(receipt, Outgoing(text="hello again"))
    posted = house.slack.message(house.slack.dm.id, edited.id)
    assert posted is not None and posted["text"] == "hello again"


async def test_an_allowed_mention_is_live_and_another_is_not(house: House) -> None:
    ref = await house.mention()
    for mentions, live in ((AllowedMentions(), False), (AllowedMentions(everyone=True), True)):
        receipt = await house.adapter.send(ref, Outgoing(text="<!here> look", mentions=mentions), key="k")
        posted = house.slack.message("general", receipt.id)
        assert posted is not None and ("<!here>" in posted["text"]) is live


async def test_files_arrive_with_their_names_and_bytes(house: House, tmp_path: Path) -> None:
    ref = await house.mention()
    path = tmp_path / "on disk.bin"
    path.write_bytes(b"\x00" * 300_000)
    files = (
        OutgoingFile(name="ä b.txt", source=FromBytes(data=b"bytes")),
        OutgoingFile(name="disk.bin", source=FromPath(path=path)),
    )
    receipt = await house.adapter.send(ref, Outgoing(text="see", files=files), key="k")
    text, share = said(house, ref)
    assert text["ts"] == receipt.id
    assert [file["name"] for file in share["files"]] == ["ä b.txt", "disk.bin"]
    assert sorted(receipt.data["files"].values()) == ["disk.bin", "ä b.txt"]
    content = [house.slack.world.files[file["id"]].content for file in share["files"]]
    assert content == [b"bytes", b"\x00" * 300_000]
    more = (*files, OutgoingFile(name="new.txt", source=FromBytes(data=b"n")))
    edited = await house.adapter.edit(receipt, Outgoing(text="see", files=more))
    assert sorted(edited.data["files"].values()) == ["disk.bin", "new.txt", "ä b.txt"]
    assert [file["name"] for file in said(house, ref)[-1]["files"]] == ["new.txt"]
    await house.adapter.delete(edited)
    assert house.slack.message("general", receipt.id) is None
    assert all(house.slack.world.files[file_id].deleted for file_id in edited.data["files"])


async def test_files_alone_have_the_share_as_their_receipt(house: House) -> None:
    ref = await house.mention()
    message = Outgoing(files=(OutgoingFile(name="a.txt", source=FromBytes(data=b"a")),))
    receipt = await house.adapter.send(ref, message, key="k")
    assert [m["ts"] for m in said(house, ref)] == [receipt.id]
    await house.adapter.delete(receipt)
    assert said(house, ref) == []


async def test_a_file_that_cannot_be_read_is_named(house: House, tmp_path: Path) -> None:
    ref = await house.mention()
    missing = OutgoingFile(name="gone.txt", source=FromPath(path=tmp_path / "gone.txt"))
    with pytest.raises(Rejected, match=r"gone\.txt"):
        await house.adapter.send(ref, Outgoing(files=(missing,)), key="k")


# -- finding again what a crash lost


async def test_a_lost_receipt_is_found_by_its_key(house: House) -> None:
    ref, since = await house.mention(), time.time()
    message = Outgoing(text="once")
    assert await house.adapter.find(ref, message, key="k", since=since, claimed=()) is None
    await house.adapter.send(ref, Outgoing(text="once"), key="other")
    house.slack.fail_next("chat.postMessage", status="disconnect", after_effect=True)
    with pytest.raises(Unavailable):
        await house.adapter.send(ref, message, key="k")
    found = await house.adapter.find(ref, message, key="k", since=since, claimed=())
    assert found is not None and found.id == said(house, ref)[-1]["ts"]
    await house.adapter.edit(found, Outgoing(text="twice"))
    assert [m["text"] for m in said(house, ref)] == ["once", "twice"]


async def test_a_lost_stream_and_a_lost_upload_are_found_without_a_key(house: House) -> None:
    ref, since = await house.mention(), time.time()
    stream = await house.adapter.start_stream(ref, "half", key="k", recipient=None)
    assert stream is not None
    files = (OutgoingFile(name="a.txt", source=FromBytes(data=b"a")),)
    upload = await house.adapter.send(ref, Outgoing(files=files), key="k2")
    message = Outgoing(text="half and half")
    found = await house.adapter.find(ref, message, key="k", since=since, claimed=())
    assert found is not None and found.id == stream.id
    assert await house.adapter.find(ref, message, key="k", since=since, claimed={stream.id}) is None
    share = await house.adapter.find(ref, Outgoing(files=files), key="k2", since=since, claimed=())
    assert share is not None and (share.id, share.data) == (upload.id, upload.data)
    edited = await house.adapter.edit(found, message)
    shown = house.slack.message("general", edited.id)
    assert shown is not None and shown["text"] == "half and half" and not shown.get("streaming")
    # From now on it carries its key, so that no later turn's look takes it for its own.
    assert shown["metadata"]["event_payload"] == {"key": "k"}
    assert await house.adapter.find(ref, message, key="k3", since=since, claimed=()) is None


async def test_a_lost_message_in_a_dm_is_found(house: House) -> None:
    since = time.time()
    ref = await house.direct()
    for to in (ref, ref.model_copy(update={"route": {}})):
        sent = await house.adapter.send(to, Outgoing(text="x"), key=f"k{len(to.route)}")
        found = await house.adapter.find(to, Outgoing(text="x"), key=f"k{len(to.route)}", since=since, claimed=())
        assert found is not None and found.id == sent.id


# -- streams


async def test_a_stream_with_tasks_buttons_and_a_file(house: House) -> None:
    ref = await house.mention()
    stream = await house.adapter.start_stream(ref, "Let me ", key="k", recipient=None)
    assert stream is not None
    task = TaskUpdate(id="1", title="search", status="complete", output="o" * 1000)
    stream = await house.adapter.append_stream(stream, delta="<!chan", text="Let me <!chan", tasks=[task])
    stream = Receipt.model_validate_json(stream.model_dump_json())
    stream = await house.adapter.append_stream(stream, delta="nel> go", text="Let me <!channel> go")
    file = OutgoingFile(name="a.txt", source=FromBytes(data=b"a"))
    buttons = (Button(token="t", label="Go"),)
    whole = Outgoing(text="Let me <!channel> go.", buttons=buttons, feedback="m", files=(file,))
    done = await house.adapter.stop_stream(stream, whole, delta=".", key="k")
    message, share = said(house, ref)
    assert message["ts"] == done.id and "streaming" not in message
    assert message["text"] == "Let me <\u200b!channel> go."
    kinds = [block["type"] for block in message["blocks"]]
    assert kinds == ["markdown", "task_card", "markdown", "actions", "context_actions"]
    assert message["metadata"]["event_payload"] == {"key": "k"}
    assert list(done.data) == ["files"] and share["files"][0]["name"] == "a.txt"
    assert house.slack.status("general", str(ref.thread))["processing"] is False


async def test_a_stream_needs_a_thread_and_an_agent(house: House) -> None:
    ref = await house.direct()
    assert await house.adapter.start_stream(ref, "x", key="k", recipient=None) is not None
    top = ref.model_copy(update={"route": {}})
    assert await house.adapter.start_stream(top, "x", key="k", recipient=None) is None
    stranger = UserRef(platform="slack", workspace="T0GATEWAY", id="U0STRANGER")
    mention = await house.mention()
    assert await house.adapter.start_stream(mention, "x", key="k", recipient=stranger) is None
    house.slack.fail_next("chat.startStream", error="missing_scope")
    assert await house.adapter.start_stream(mention, "x", key="k", recipient=None) is None
    calls = len(house.slack.calls_to("chat.startStream"))
    assert await house.adapter.start_stream(mention, "x", key="k", recipient=None) is None
    assert len(house.slack.calls_to("chat.startStream")) == calls


async def test_a_stream_that_is_over_goes_on_as_an_edit(house: House) -> None:
    ref = await house.mention()
    stream = await house.adapter.start_stream(ref, "a", key="k", recipient=None)
    assert stream is not None and ref.thread is not None
    await house.adapter.status(ref, "writing")
    await house.slack.stop_session("general", ref.thread)
    with pytest.raises(StreamExpired):
        await house.adapter.append_stream(stream, delta="b", text="ab")
    edited = await house.adapter.edit(stream, Outgoing(text="ab"))
    assert [m["text"] for m in said(house, ref)] == ["ab"] and edited.id == stream.id


async def test_a_stream_that_outgrows_a_message_in_bytes_goes_on_as_an_edit(house: House) -> None:
    ref = await house.mention()
    text = "語" * 3_000
    stream = await house.adapter.start_stream(ref, text, key="k", recipient=None)
    assert stream is not None
    with pytest.raises(StreamExpired):
        await house.adapter.append_stream(stream, delta=text, text=text * 2)
    await house.adapter.edit(stream, Outgoing(text=text * 2))
    [message] = said(house, ref)
    assert message["blocks"][0]["text"] == text * 2 and not message.get("streaming")


# -- the rest of Slack


async def test_status_title_prompts_reactions_notices_profile_history(house: House) -> None:
    adapter, slack = house.adapter, house.slack
    ref = await house.mention("@gateway hi")
    thread = str(ref.thread)
    await adapter.status(ref, "thinking")
    assert slack.status("general", thread) | {"text": "thinking", "processing": True} == slack.status("general", thread)
    await adapter.set_title(ref, "A title")
    assert slack.status("general", thread)["title"] == "A title"
    await adapter.status(ref, None)
    assert slack.status("general", thread)["processing"] is False
    await adapter.suggest(ref.model_copy(update={"channel": slack.dm.id}), [Starter(label="L", message="M")] * 6)
    assert slack.prompts(slack.dm.id) == [{"title": "L", "message": "M"}] * 4
    for _ in range(2):
        await adapter.react(ref, thread, "👍", added=True)
    [root] = [m for m in slack.messages("general") if m["ts"] == thread]
    assert [reaction["name"] for reaction in root["reactions"]] == ["+1"]
    for _ in range(2):
        await adapter.react(ref, thread, "+1", added=False)
    with pytest.raises(Unsupported):
        await adapter.react(ref, thread, "🦖", added=True)
    user = UserRef(platform="slack", workspace="T0GATEWAY", id=slack.ada.id)
    await adapter.notify(ref, user, "psst")
    assert [m["ephemeral_for"] for m in slack.messages("general") if m["text"] == "psst"] == [slack.ada.id]
    profile = await adapter.profile(user)
    assert profile.email == "ada@gateway.example" and profile.display_name
    await adapter.send(ref, Outgoing(text="answer"), key="k")
    past = await adapter.history(ref, limit=2)
    assert [(m.is_bot, m.text) for m in past] == [(False, "hi"), (True, "answer")]
    assert [m.text for m in await adapter.history(ref, limit=1)] == ["answer"]


async def test_an_app_that_is_no_agent_degrades_quietly(house: House) -> None:
    ref = await house.mention()
    for method in ("agents.sessions.setStatus", "assistant.threads.setStatus"):
        house.slack.fail_next(method, error="missing_scope", times=5)
    for _ in range(3):
        await house.adapter.status(ref, "thinking")
    assert len(house.slack.calls_to("agents.sessions.setStatus")) == 1


async def upload(house: House, name: str, data: bytes, mime: str) -> RemoteFile:
    ts = await house.slack.post(house.slack.dm.id, "see", files=[(name, data, mime)])
    await house.slack.delivered(ts)
    event = house.events[-1]
    assert isinstance(event, MessageCreated)
    return event.files[0]


async def collect(house: House, file: RemoteFile, limit: int = 1_000_000) -> bytes:
    return b"".join([chunk async for chunk in house.adapter.download(file, limit=limit)])


async def test_a_download_is_whole_bounded_and_authenticated(house: House) -> None:
    data = bytes(range(256)) * 1_000
    file = await upload(house, "b.bin", data, "application/octet-stream")
    assert (file.name, file.size) == ("b.bin", len(data))
    assert await collect(house, file) == data
    with pytest.raises(TooLarge, match=r"0\.1 MB"):
        await collect(house, file, limit=100_000)
    unsized = file.model_copy(update={"size": None})
    with pytest.raises(TooLarge):
        await collect(house, unsized, limit=100_000)
    page = await upload(house, "p.html", b"<p>mine</p>", "text/html")
    assert await collect(house, page) == b"<p>mine</p>"
    connected = file.model_copy(update={"url": None})
    assert await collect(house, connected) == data
    house.slack.world.files[file.id].deleted = True
    with pytest.raises(Gone):
        await collect(house, file)


async def test_without_files_read_the_sign_in_page_is_never_content(house: House) -> None:
    file = await upload(house, "b.txt", b"secret", "text/plain")
    house.slack.team.scopes = house.slack.team.scopes - {"files:read"}
    with pytest.raises(Forbidden, match="files:read"):
        await collect(house, file)


async def test_the_token_goes_to_no_other_host(house: House) -> None:
    file = RemoteFile(id="F1", name="x", url="https://slack.com.evil.example/f", workspace="T0GATEWAY")
    with pytest.raises(Unsupported, match=r"evil\.example"):
        await collect(house, file)
    for url in ("http://files.slack.com/x", "https://evil.example/slack.com", "ftp://files.slack.com/x"):
        with pytest.raises(Unsupported):
            await collect(house, file.model_copy(update={"url": url}))


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


async def test_slacks_errors_say_what_to_do(house: House) -> None:
    ref = await house.mention()
    for fault, error, says in FAULTS:
        house.slack.fail_next("chat.postMessage", **fault)
        with pytest.raises(error, match=says) as caught:
            await house.adapter.send(ref, Outgoing(text="x"), key="k")
        if isinstance(caught.value, RateLimited):
            assert (caught.value.retry_after, caught.value.bucket) == (7, f"chat.postMessage:{ref.channel}")


async def never(envelope: Envelope) -> Accepted:
    raise AssertionError("nothing is delivered here")


async def test_a_wrong_token_names_the_setting(house: House) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "SLACK_BOT_TOKEN": {"bot_token": "xoxb-wrong"},
        "SLACK_APP_TOKEN": {"app_token": "xapp-wrong"},
    }
    for setting, changes in wrong.items():
        with pytest.raises(SettingsError, match=setting):
            async with adapter_for(house.slack, **changes).connect(never):
                pass


async def test_no_slack_at_start_is_said_and_got_over() -> None:
    slack = SlackEmulator()
    await slack.start()
    adapter = adapter_for(slack)
    slack.fail_next("auth.test", status=503)
    assert adapter.health() is not None
    async with adapter.connect(never):
        assert "auth.test" in (adapter.health() or "")
        await slack.wait_for(lambda: len(slack.calls_to("auth.test")) > 1)
        for _ in range(1_000):
            if adapter.health() is None:
                break
            await asyncio.sleep(0.005)  # the answer is on its way, and nothing tells when it has been read
        assert adapter.health() is None
    await slack.stop()


async def test_an_uninstalled_app_is_unhealthy(house: House) -> None:
    assert house.adapter.health() is None
    await house.slack.emit({"type": "app_uninstalled"})
    await house.slack.settled()
    assert "uninstalled" in (house.adapter.health() or "")


async def test_a_name_without_the_scope_is_left_out(house: House) -> None:
    house.slack.team.scopes = house.slack.team.scopes - {"chat:write.customize"}
    adapter = adapter_for(house.slack)
    ref = await house.mention()
    async with adapter.connect(never):
        await adapter.send(ref, Outgoing(text="x", author="Someone"), key="k")
    assert "username" not in house.slack.calls_to("chat.postMessage")[-1].args


# -- Socket Mode


async def test_socket_mode_acknowledges_after_accept_and_answers_in_place() -> None:
    async with serving(socket_mode=True, ack_timeout=0.3) as house:
        assert house.adapter.health() is None
        house.failure = Unavailable("not yet")
        ts = await house.slack.post("general", "@gateway hello")
        await house.slack.wait_for(lambda: all(each.attempts for each in house.slack.deliveries.of(ts)))
        assert not any(each.acked for each in house.slack.deliveries.of(ts))
        house.failure = None
        await house.slack.delivered(ts)
        assert [envelope.ref.thread for envelope in house.envelopes] == [ts]
        ref = await house.mention()
        sent = await house.adapter.send(ref, Outgoing(text="x", buttons=(Button(token="t", label="Go"),)), key="k")
        house.answer = lambda envelope: OpenForm(form=FORM)
        assert (await house.slack.click("general", sent.id, label="Go")).ok
        [modal] = house.slack.open_views()
        house.answer = lambda envelope: FormErrors(errors={"why": "No"})
        assert (await house.slack.submit(modal["id"], {"why": {"gw:input": "x"}})).errors == {"why": "No"}
        house.answer = lambda envelope: Notice(text="hi")
        assert (await house.slack.command("/new")).body["text"] == "hi"
