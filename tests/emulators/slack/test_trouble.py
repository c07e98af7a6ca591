"""Rate limits, ordered failures, held calls."""

import asyncio
import random
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from gateway.emulators.slack.emulator import SlackEmulator
from gateway.emulators.slack.web_api import methods
from tests.emulators.slack.test_messages import error_of


async def test_posting_too_fast_is_answered_429(http: aiohttp.ClientSession) -> None:
    emulator = SlackEmulator(limits="real")
    await emulator.start()
    try:
        url = f"{emulator.environment()['SLACK_API_URL']}chat.postMessage"
        headers = {"Authorization": f"Bearer {emulator.team.bot_token}"}
        statuses: list[int] = []
        for channel in ["C0GENERAL"] * 8 + ["D0ADA"]:
            async with http.post(url, json={"channel": channel, "text": "x"}, headers=headers) as answer:
                statuses.append(answer.status)
                if answer.status == 429:
                    assert int(answer.headers["Retry-After"]) >= 1
                    assert await answer.json() == {"ok": False, "error": "ratelimited"}
        assert statuses == [200] * 5 + [429] * 3 + [200]
        assert len(emulator.messages("general")) == 5
    finally:
        await emulator.stop()


async def test_ordered_failures(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    async def post() -> str:
        return await error_of(client.chat_postMessage(channel="C0GENERAL", text="x"))

    emulator.fail_next("chat.postMessage", error="channel_not_found")
    emulator.fail_next("chat.postMessage", retry_after=7)
    emulator.fail_next("chat.postMessage", status=503, times=2)
    assert await post() == "channel_not_found"
    assert await post() == "ratelimited"
    assert emulator.calls[-1].status == 429
    assert [await post(), await post()] == ["internal_error"] * 2
    assert emulator.messages("general") == []
    await client.chat_postMessage(channel="C0GENERAL", text="x")


async def test_a_lost_answer_leaves_its_effect(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    emulator.fail_next("chat.postMessage", status="disconnect", after_effect=True)
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel="C0GENERAL", text="once")
    assert [m["text"] for m in emulator.messages("general")] == ["once"]
    assert emulator.calls[-1].response is None
    emulator.fail_next("chat.postMessage", after_effect=True)
    assert await error_of(client.chat_postMessage(channel="C0GENERAL", text="twice")) == "internal_error"
    assert len(emulator.messages("general")) == 2


async def test_failures_can_pick_their_call(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    emulator.fail_next("chat.postMessage", error="no_text", when=lambda args: args["text"] == "b")
    await client.chat_postMessage(channel="C0GENERAL", text="a")
    assert await error_of(client.chat_postMessage(channel="C0GENERAL", text="b")) == "no_text"


async def test_a_held_call_waits_and_goes_on(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    async with emulator.hold("chat.postMessage") as hold:
        task = asyncio.create_task(client.chat_postMessage(channel="C0GENERAL", text="x"))
        await hold.reached()
        assert emulator.messages("general") == []
        hold.release()
        assert (await task)["ok"]
    assert len(emulator.messages("general")) == 1


async def test_a_held_call_can_be_dropped_before_or_after_its_effect(
    client: AsyncWebClient, emulator: SlackEmulator
) -> None:
    for after, count in ((False, 0), (True, 1)):
        with emulator.hold("chat.postMessage", after_effect=after) as hold:
            task = asyncio.create_task(client.chat_postMessage(channel="C0GENERAL", text="x"))
            await hold.reached()
            hold.drop()
            with pytest.raises(aiohttp.ClientError):
                await task
        assert len(emulator.messages("general")) == count


async def test_waiting_for_a_message(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    waiting = asyncio.create_task(emulator.wait_for_message("general", lambda m: m["text"] == "now"))
    await client.chat_postMessage(channel="C0GENERAL", text="before")
    posted = await client.chat_postMessage(channel="C0GENERAL", text="now")
    assert (await waiting)["ts"] == posted["ts"]
    with pytest.raises(TimeoutError):
        await emulator.wait_for(lambda: emulator.calls_to("chat.delete"), timeout=0.01)


async def test_malformed_requests(emulator: SlackEmulator, http: aiohttp.ClientSession) -> None:
    url = f"{emulator.environment()['SLACK_API_URL']}chat.postMessage"
    headers = {"Authorization": f"Bearer {emulator.team.bot_token}", "Content-Type": "application/json"}
    for body, error in ((b"{", "invalid_json"), (b"[]", "json_not_object")):
        async with http.post(url, data=body, headers=headers) as answer:
            assert (await answer.json())["error"] == error
    form = {"token": emulator.team.bot_token, "channel": "C0GENERAL", "text": "by form"}
    async with http.post(url, data=form) as answer:
        assert (await answer.json())["ok"]


ODD: list[Any] = [
    None,
    "",
    7,
    True,
    [],
    {},
    [1],
    [{}],
    [{"type": []}],
    "{",
    {"type": "modal", "blocks": [{"type": {}}]},
]
NAMES = [
    "text",
    "blocks",
    "markdown_text",
    "chunks",
    "metadata",
    "attachments",
    "user",
    "users",
    "view",
    "files",
    "name",
    "status",
    "prompts",
    "limit",
]


async def test_nothing_a_bot_may_send_breaks_it(emulator: SlackEmulator, http: aiohttp.ClientSession) -> None:
    ts = await emulator.post("general", "x")
    known = {"channel": "C0GENERAL", "channel_id": "C0GENERAL", "thread_ts": ts, "ts": ts, "timestamp": ts}
    recipient = {"recipient_team_id": "T0GATEWAY", "recipient_user_id": "U0ADA", "trigger_id": "1.2.3"}
    headers = {"Authorization": f"Bearer {emulator.team.bot_token}"}
    for method in methods(emulator.views):
        for odd in ODD:
            args = {**known, **recipient, **dict.fromkeys(NAMES, odd)}
            url = f"{emulator.environment()['SLACK_API_URL']}{method}"
            async with http.post(url, json=args, headers=headers) as answer:
                assert answer.status == 200, f"{method} with {odd!r}"
                assert "ok" in await answer.json()


async def test_half_an_answer_breaks_off_after_its_effect(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    emulator.fail_next("chat.postMessage", status="half")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel="C0GENERAL", text="once")
    await client.chat_postMessage(channel="C0GENERAL", text="then")
    assert [m["text"] for m in emulator.messages("general")] == ["once", "then"]


async def test_a_storm_lets_its_share_of_all_calls_fail_until_it_ends(
    client: AsyncWebClient, emulator: SlackEmulator
) -> None:
    failed = 0
    with emulator.storm(random.Random(1), share=0.5, stall=0.01) as storm:
        for n in range(60):
            try:
                await client.chat_postMessage(channel="C0GENERAL", text=str(n))
            except (SlackApiError, aiohttp.ClientError):
                failed += 1
    assert failed == storm.struck
    assert 15 < failed < 45
    posted = len(emulator.messages("general"))
    assert 60 - failed < posted < 60, "some failures come after the effect, some before"
    await client.chat_postMessage(channel="C0GENERAL", text="calm")
