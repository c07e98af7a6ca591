"""Events API: payloads, twins, signatures, retries."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from gateway.emulators.slack.emulator import DeliveryFailed, SlackEmulator
from tests.emulators.slack.bot import Bot


async def test_a_mention_comes_twice_about_one_message(emulator: SlackEmulator, bot: Bot) -> None:
    ts = await emulator.post("general", "@gateway is 1 < 2 & so on?")
    await emulator.delivered(ts)
    assert sorted(bot.kinds()) == ["app_mention", "message"]
    for envelope in bot.events:
        event = envelope["event"]
        assert event["ts"] == ts
        assert event["text"] == "<@U0BOT> is 1 &lt; 2 &amp; so on?"
        assert envelope["authorizations"][0]["user_id"] == "U0BOT"
    assert len({e["event_id"] for e in bot.events}) == 2
    message = next(e["event"] for e in bot.events if e["event"]["type"] == "message")
    assert message["channel_type"] == "channel"
    assert message["blocks"][0]["elements"][0]["elements"][0] == {"type": "user", "user_id": "U0BOT"}


async def test_no_mention_event_in_direct_messages_nor_where_the_bot_is_not(emulator: SlackEmulator, bot: Bot) -> None:
    await emulator.delivered(await emulator.post("D0ADA", "@gateway hi"))
    await emulator.delivered(await emulator.post("random", "@gateway hi"))
    assert [(e["event"]["type"], e["event"]["channel_type"]) for e in bot.events] == [("message", "im")]


async def test_the_twins_order_is_a_choice() -> None:
    orders: set[tuple[str, ...]] = set()
    for seed in range(6):
        emulator = SlackEmulator(twin_order="random", seed=seed)
        await emulator.post("general", "@gateway hi")
        orders.add(tuple(d.envelope["event"]["type"] for d in emulator.deliveries.log.values()))
    assert orders == {("app_mention", "message"), ("message", "app_mention")}


async def test_threads_files_edits_deletes_and_reactions(emulator: SlackEmulator, bot: Bot) -> None:
    parent = await emulator.post("general", "a")
    reply = await emulator.post("general", "b", user="grace", thread_ts=parent, files=[("n.txt", b"hi", "text/plain")])
    await emulator.edit("general", parent, "a2")
    await emulator.react("general", parent, "tada")
    await emulator.react("general", parent, "tada", added=False)
    await emulator.delete_message("general", reply)
    await emulator.settled()
    seen: dict[str, dict[str, Any]] = {}
    for event in (e["event"] for e in bot.events):
        seen[event.get("subtype") or event["type"]] = event
    assert seen["file_share"]["parent_user_id"] == "U0ADA"
    assert seen["file_share"]["files"][0]["name"] == "n.txt"
    assert seen["message_changed"]["message"]["text"] == "a2"
    assert seen["message_changed"]["previous_message"]["text"] == "a"
    assert seen["message_deleted"]["deleted_ts"] == reply
    assert seen["reaction_added"]["item"] == {"type": "message", "channel": "C0GENERAL", "ts": parent}
    assert seen["reaction_removed"]["reaction"] == "tada"


async def test_the_bots_own_messages_come_back(emulator: SlackEmulator, bot: Bot, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0GENERAL", text="hi <@U0BOT>")
    await emulator.delivered(posted["ts"])
    assert [(e["event"]["type"], e["event"]["bot_id"]) for e in bot.events] == [("message", "B0BOT")]


async def test_joining_and_opening_the_app(emulator: SlackEmulator, bot: Bot) -> None:
    await emulator.open_home()
    await emulator.join("random", "gateway")
    await emulator.settled()
    kinds = [e["event"].get("subtype") or e["event"]["type"] for e in bot.events]
    assert sorted(kinds) == ["app_home_opened", "channel_join", "member_joined_channel"]
    opened = next(e["event"] for e in bot.events if e["event"]["type"] == "app_home_opened")
    assert (opened["tab"], opened["channel"]) == ("messages", "D0ADA")


async def test_a_mention_where_the_bot_is_not_tells_how_to_invite_it(emulator: SlackEmulator, bot: Bot) -> None:
    await emulator.post("random", "@gateway hi")
    (told,) = [m for m in emulator.messages("random") if m.get("ephemeral_for") == "U0ADA"]
    assert "/invite" in told["text"]
    await emulator.command("/invite", channel="random")
    await emulator.post("random", "@gateway hi again")
    await emulator.settled()
    assert [e["event"]["text"] for e in bot.events if e["event"]["type"] == "app_mention"] == ["<@U0BOT> hi again"]


async def test_unsubscribed_events_are_not_sent(emulator: SlackEmulator, bot: Bot) -> None:
    emulator.team.events.discard("message.channels")
    await emulator.delivered(await emulator.post("general", "@gateway hi"))
    assert bot.kinds() == ["app_mention"]


async def test_failures_are_retried_with_number_and_reason(emulator: SlackEmulator, bot: Bot) -> None:
    failures = iter([500, 503])
    bot.answer = lambda _: web.Response(status=next(failures, 200))
    ts = await emulator.post("D0ADA", "hi")
    await emulator.delivered(ts)
    assert [h.get("X-Slack-Retry-Num") for h in bot.headers] == [None, "1", "2"]
    assert [h.get("X-Slack-Retry-Reason") for h in bot.headers] == [None, "http_error", "http_error"]
    assert len({e["event_id"] for e in bot.events}) == 1


@pytest.mark.parametrize("emulator", [0.2], indirect=True)
async def test_a_slow_acknowledgement_is_a_timeout(emulator: SlackEmulator, bot: Bot) -> None:
    bot.gate.clear()
    ts = await emulator.post("D0ADA", "hi")
    await emulator.wait_for(lambda: emulator.deliveries.of(ts)[0].attempts)
    bot.gate.set()
    await emulator.delivered(ts)
    assert emulator.deliveries.of(ts)[0].attempts[0].reason == "http_timeout"
    assert bot.headers[1]["X-Slack-Retry-Reason"] == "http_timeout"


async def test_it_gives_up_after_three_retries_or_when_told_to(emulator: SlackEmulator, bot: Bot) -> None:
    bot.answer = lambda _: web.Response(status=500)
    ts = await emulator.post("D0ADA", "hi")
    with pytest.raises(DeliveryFailed):
        await emulator.delivered(ts)
    assert len(bot.events) == 4
    bot.answer = lambda _: web.Response(status=500, headers={"X-Slack-No-Retry": "1"})
    with pytest.raises(DeliveryFailed):
        await emulator.delivered(await emulator.post("D0ADA", "hi"))
    assert len(bot.events) == 5


async def test_a_bot_that_is_down_gets_it_when_it_is_back(emulator: SlackEmulator) -> None:
    emulator.deliver_to("http://127.0.0.1:9")
    ts = await emulator.post("D0ADA", "hi")
    await emulator.wait_for(lambda: emulator.deliveries.of(ts)[0].attempts)
    assert emulator.deliveries.of(ts)[0].attempts[0].reason == "connection_failed"


async def test_redelivery_is_the_same_message_under_another_event_id(emulator: SlackEmulator, bot: Bot) -> None:
    ts = await emulator.post("D0ADA", "hi")
    await emulator.delivered(ts)
    await emulator.redeliver(ts)
    await emulator.delivered(ts)
    await emulator.redeliver(ts, new_event_id=False)
    await emulator.settled()
    assert [e["event"]["ts"] for e in bot.events] == [ts] * 3
    assert len({e["event_id"] for e in bot.events}) == 2


async def test_raw_deliveries_for_bad_input(emulator: SlackEmulator, bot: Bot) -> None:
    body = b'{"type":"event_callback","event":{"type":"x"}}'
    headers = {"Content-Type": "application/json"}
    assert (await emulator.send_raw(body, headers)).status == 401
    assert (await emulator.send_raw(body, {**headers, **emulator.sign(b"other")})).status == 401
    assert (await emulator.send_raw(body, {**headers, **emulator.sign(body, at=1.0)})).status == 401
    assert (await emulator.send_raw(body, {**headers, **emulator.sign(body)})).status == 200
    delivery = await emulator.emit({"type": "team_rename", "name": "x"})
    await asyncio.wait_for(delivery.done.wait(), 5)
    assert bot.kinds() == ["x", "team_rename"]
