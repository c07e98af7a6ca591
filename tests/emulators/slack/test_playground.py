"""The JSON the playground's page speaks."""

import base64
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from gateway.adapter import Emulator
from gateway.emulators.common.observe import MAX_QUEUED
from gateway.emulators.slack.emulator import SlackEmulator
from tests.emulators.slack.bot import Bot, button, field, modal


def test_it_is_an_emulator(emulator: SlackEmulator) -> None:
    standing: Emulator = emulator
    assert standing.name == "slack"


async def test_what_a_person_does_shows_in_the_snapshot(emulator: SlackEmulator, client: AsyncWebClient) -> None:
    data = base64.b64encode(b"abc").decode()
    done = await emulator.act(
        {
            "type": "post",
            "channel": "C0GENERAL",
            "text": "see",
            "files": [{"name": "a.txt", "mime": "text/plain", "data": data}],
        }
    )
    ts = done["ts"]
    assert (await emulator.act({"type": "react", "channel": "C0GENERAL", "ts": ts, "name": "eyes"}))["ok"]
    assert (await emulator.act({"type": "edit", "channel": "C0GENERAL", "ts": ts, "text": "seen"}))["ok"]
    await client.chat_postMessage(channel="C0GENERAL", thread_ts=ts, text="ok")
    snapshot = emulator.snapshot()
    assert snapshot["me"] == "U0ADA"
    assert {c["id"]: c["kind"] for c in snapshot["channels"]} == {
        "C0GENERAL": "channel",
        "C0RANDOM": "channel",
        "D0ADA": "im",
    }
    mine, reply = snapshot["messages"]["C0GENERAL"]
    assert (mine["text"], mine["edited"], mine["reply_count"]) == ("seen", True, 1)
    assert mine["reactions"] == [{"name": "eyes", "users": ["U0ADA"], "count": 1}]
    assert mine["files"][0]["name"] == "a.txt"
    assert (reply["bot_id"], reply["thread_ts"]) == ("B0BOT", ts)
    assert (await emulator.act({"type": "delete", "channel": "C0GENERAL", "ts": reply["ts"]}))["ok"]


async def test_what_cannot_be_done_is_said(emulator: SlackEmulator) -> None:
    for action in (
        {"type": "post", "channel": "C0GENERAL", "text": ""},
        {"type": "post", "channel": "nowhere", "text": "x"},
        {"type": "dance"},
        {"type": "edit"},
        {"type": "submit", "view_id": "V0"},
        {"type": "stop", "channel": "C0GENERAL", "thread_ts": "1.1"},
        {"type": "post", "channel": "C0GENERAL", "text": "x", "files": [{"name": "a", "data": "!"}]},
    ):
        answer = await emulator.act(action)
        assert answer["ok"] is False
        assert answer["error"]


async def test_clicks_and_forms(emulator: SlackEmulator, client: AsyncWebClient, bot: Bot) -> None:
    posted = await client.chat_postMessage(
        channel="C0GENERAL", text="x", blocks=[{"type": "actions", "elements": [button()]}]
    )
    click = {"type": "click", "channel": "C0GENERAL", "ts": posted["ts"], "action_id": "go"}
    assert (await emulator.act(click))["ok"]
    upload = field("upload", type="file_input")
    view = modal(field("name"), upload)
    opened = await client.views_open(trigger_id=bot.interactions[-1]["trigger_id"], view=view)
    submit: dict[str, Any] = {"type": "submit", "view_id": opened["view"]["id"], "values": {}}
    refused = await emulator.act(submit)
    assert (refused["ok"], set(refused["errors"])) == (False, {"name", "upload"})
    file = {"name": "a.txt", "mime": "text/plain", "data": base64.b64encode(b"abc").decode()}
    submit["values"] = {"name": {"value": "Ada"}, "upload": {"value": [file]}}
    assert (await emulator.act(submit))["ok"]
    sent = bot.interactions[-1]["view"]["state"]["values"]["upload"]["value"]["files"][0]
    assert (sent["name"], sent["size"]) == ("a.txt", 3)


async def test_changes_and_the_wire_are_watched_without_secrets(
    emulator: SlackEmulator, client: AsyncWebClient, bot: Bot
) -> None:
    watching = emulator.watch()
    ts = await emulator.post("D0ADA", "hi")
    await emulator.delivered(ts)
    await client.chat_postMessage(channel="D0ADA", text="hello", token=emulator.team.bot_token)
    await emulator.settled()
    seen: list[Any] = []
    while len([e for e in seen if e["type"] == "wire"]) < 3:
        seen.append(await anext(watching))
    changes = [e for e in seen if e["type"] == "change"]
    assert [c["message"]["text"] for c in changes] == ["hi", "hello"]
    wires = [e for e in seen if e["type"] == "wire"]
    assert ("to_bot", "event message", 200) in [(w["direction"], w["name"], w["status"]) for w in wires]
    assert ("from_bot", "chat.postMessage", 200) in [(w["direction"], w["name"], w["status"]) for w in wires]
    assert emulator.team.bot_token not in str(seen)
    assert "verification-token" not in str(seen)


async def test_a_watcher_that_lags_is_told_to_start_over(emulator: SlackEmulator) -> None:
    watching = emulator.watch()
    for n in range(MAX_QUEUED + 2):
        await emulator.post("random", str(n))
    assert (await anext(watching))["type"] == "resync"


async def test_a_deleted_message_is_taken_from_the_page(emulator: SlackEmulator, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0GENERAL", text="x")
    watching = emulator.watch()
    await client.chat_delete(channel="C0GENERAL", ts=posted["ts"])
    while (seen := await anext(watching))["type"] != "change":
        pass  # what was called is told too
    assert seen["message"] == {"ts": posted["ts"], "deleted": True}
