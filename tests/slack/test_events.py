"""Events that are no messages: what only logs is answered all the same, and poison on the socket stops nobody."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.model import ConversationEnded, MessageCreated
from tests.contract.harness import serving
from tests.slack.test_adapter import SlackHarness
from tests.slack.world import slack_world


@pytest.fixture(params=["http", "socket"])
async def harness(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[SlackHarness]:
    async with (
        slack_world(socket_mode=request.param == "socket", ack_timeout=5.0) as world,
        serving(world, tmp_path, SlackHarness) as harness,
    ):
        yield harness


@pytest.fixture
async def socket(tmp_path: Path) -> AsyncIterator[SlackHarness]:
    async with (
        slack_world(socket_mode=True, ack_timeout=5.0) as world,
        serving(world, tmp_path, SlackHarness) as harness,
    ):
        yield harness


EVENTS: list[tuple[dict[str, Any], bool]] = [
    ({"type": "app_uninstalled"}, True),
    ({"type": "tokens_revoked", "tokens": {"oauth": ["U0ADA"], "bot": ["U0BOT"]}}, True),
    ({"type": "tokens_revoked", "tokens": {"oauth": ["U0ADA"]}}, False),
    ({"type": "tokens_revoked", "tokens": "odd"}, False),
    ({"type": "team_rename", "name": "other"}, False),
    ({"type": "message", "subtype": "bot_message", "channel": "C0GENERAL", "ts": "1.1", "text": "x"}, False),
    ({"type": "message"}, False),
    ({"type": "channel_deleted"}, False),
    ({"type": "reaction_added"}, False),
    ({"type": None}, False),
]


@pytest.mark.parametrize(("event", "over"), EVENTS)
async def test_an_event_that_only_logs_is_acknowledged_at_once(
    harness: SlackHarness, event: dict[str, Any], over: bool
) -> None:
    # The emulator names a delivery by its type.
    delivery = await harness.slack.emit({"type": "", **event} if event["type"] else {**event, "type": "odd"})
    await delivery.done.wait()
    assert [attempt.status for attempt in delivery.attempts] == [200]
    assert bool(harness.adapter.health()) == over


async def test_a_warning_about_the_number_of_events_is_acknowledged(harness: SlackHarness) -> None:
    if harness.slack.app_token is not None:
        pytest.skip("Slack sends it to addresses only")
    body = {"type": "app_rate_limited", "team_id": "T0GATEWAY", "minute_rate_limited": 1, "api_app_id": "A0GATEWAY"}
    with capture_logs() as logs:
        assert await harness.raw(json.dumps(body).encode()) == 200
    assert "slack.events_dropped" in [line["event"] for line in logs]


@pytest.mark.parametrize("how", ["removed", "archived", "deleted"])
@pytest.mark.parametrize("kind", ["channel", "group"])
async def test_what_ends_a_channel_is_heard(harness: SlackHarness, kind: Any, how: str) -> None:
    slack = harness.slack
    channel = slack.add_channel("plans", kind=kind, members=[slack.ada.id, slack.team.bot.id])
    match how:
        case "removed":
            await slack.remove_bot(channel.id)
        case "archived":
            await slack.archive(channel.id)
        case _:
            await slack.delete_channel(channel.id)
    await slack.settled()
    ended = await harness.heard(ConversationEnded)
    assert (ended.ref.channel, ended.ref.thread) == (channel.id, None)
    assert ended.reason == ("deleted" if how == "deleted" else "removed")


async def test_the_opening_message_deleted_ends_the_conversation_with_replies_or_without(harness: SlackHarness) -> None:
    for replies in (0, 1):
        post, ref = await harness.mention()
        for _ in range(replies):
            await harness.take(await harness.world.reply(post, "more"))
        await harness.world.delete(post)
        ended = await harness.heard(ConversationEnded)
        assert (ended.reason, ended.ref.key) == ("deleted", ref.key)


POISON = [
    "not json at all",
    "{not json}",
    "",
    "[1, 2]",
    "17",
    '{"type": "events_api", "payload": ' + '{"a":' * 5_000 + "1" + "}" * 5_000 + ', "envelope_id": "deep"}',
    '{"envelope_id": "deep", "type": "events_api", "payload": ' + "[" * 900 + "]" * 900 + "}",
    '{"type": "events_api", "envelope_id": 7, "payload": []}',
    '{"type": ["odd"], "payload": {}}',
]


@pytest.mark.parametrize("frame", POISON)
async def test_a_frame_that_cannot_be_read_is_set_aside_and_the_socket_goes_on(
    socket: SlackHarness, frame: str
) -> None:
    connections = socket.slack.sockets.served
    with capture_logs() as logs:
        await socket.slack.sockets.send_frame(frame)
        await socket.mention("still here?")
    assert socket.slack.sockets.served == connections
    readable = frame.startswith("{") and "not json" not in frame and "deep" not in frame
    if not readable and frame:
        assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["slack.frame_unreadable"]


async def test_half_a_character_on_the_socket_costs_that_character(socket: SlackHarness) -> None:
    event = {"type": "app_mention", "user": "U0ADA", "channel": "C0GENERAL", "ts": "1.1", "text": "<@U0BOT> cut HERE"}
    payload = {"type": "event_callback", "team_id": "T0GATEWAY", "event": event}
    envelope = {"type": "events_api", "envelope_id": "e1", "payload": payload, "accepts_response_payload": False}
    await socket.slack.sockets.send_frame("  " + json.dumps(envelope).replace("HERE", "\\ud83d"))
    assert (await socket.heard(MessageCreated)).text == "cut ?"


@pytest.mark.parametrize("payload", [{"any": "thing"}, {}, [], "text", None])
@pytest.mark.parametrize("kind", ["brand_new", "events_api"])
async def test_an_envelope_of_which_nothing_can_be_made_is_acknowledged(
    socket: SlackHarness, kind: str, payload: Any
) -> None:
    assert await socket.slack.sockets.send(kind, payload, timeout=5.0) is not None
    await socket.mention("still here?")
