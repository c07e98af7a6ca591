"""What is not let in: unsigned, stale, malformed, oversized, unknown. And what the probes say."""

import asyncio
from pathlib import Path

import aiohttp
import orjson
import pytest

import gateway as cl
from gateway.drivers.slack.reading import eventually, said, texts
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.ingress import acceptor
from gateway.runtime.own import ending
from gateway.telemetry.logs import configure_logging
from tests.support.bot import register, running_bot


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"You said: {message.content}").send()


def mention(slack: SlackEmulator, text: str = "hi") -> bytes:
    return delivery(slack, "1700000000.000100", type="app_mention", text=f"<@{slack.team.bot.id}> {text}")


def delivery(slack: SlackEmulator, ts: str, **event: str) -> bytes:
    return orjson.dumps(
        {
            "type": "event_callback",
            "team_id": slack.team.id,
            "api_app_id": "A0",
            "event_id": "Ev1",
            "event_time": 1_700_000_000,
            "authorizations": [{"team_id": slack.team.id, "user_id": slack.team.bot.id, "is_bot": True}],
            "event": {
                "user": slack.ada.id,
                "channel": slack.general.id,
                "ts": ts,
                "event_ts": ts,
                **event,
            },
        }
    )


async def test_only_signed_fresh_and_well_formed_requests_get_in(slack: SlackEmulator, tmp_path: Path) -> None:
    body = mention(slack)
    json_type = {"content-type": "application/json"}
    async with running_bot(slack, register(echo), tmp_path, max_body_bytes=20_000) as running:
        good = slack.sign(body)
        cases = {
            "unsigned": (body, {}, 401),
            "wrong signature": (body, {**good, "X-Slack-Signature": "v0=" + "0" * 64}, 401),
            "other body": (body + b" ", good, 401),
            "stale": (body, slack.sign(body, at=1_700_000_000), 401),
            "malformed": (b"{", slack.sign(b"{"), 400),
            "oversized": (b"x" * 30_000, slack.sign(b"x" * 30_000), 413),
        }
        for name, (data, headers, status) in cases.items():
            result = await slack.send_raw(data, {**json_type, **headers})
            assert result.status == status, name
        assert await running.gateway.store.pending(now=4e9, limit=10) == []
        unknown = orjson.dumps({"type": "event_callback", "team_id": "T", "event": {"type": "brand_new"}})
        assert (await slack.send_raw(unknown, {**json_type, **slack.sign(unknown)})).status == 200
        assert (await slack.send_raw(body, {**json_type, **good})).status == 200
        await slack.wait_for(lambda: slack.calls_to("chat.postMessage"))


async def test_a_body_with_the_gateways_own_words_in_it_is_a_message_like_any_other(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    user = {"platform": "slack", "workspace": slack.team.id, "id": slack.ada.id}
    async with running_bot(slack, register(echo), tmp_path):
        ts = await slack.post("general", "hi")
        said_of_it = delivery(slack, ts, type="app_mention", text=f"<@{slack.team.bot.id}> hi")
        body = orjson.dumps({**orjson.loads(said_of_it), "gateway": "removed", "reason": "removed", "user": user})
        result = await slack.send_raw(body, {"content-type": "application/json", **slack.sign(body)})
        assert result.status == 200
        await said(slack, "general", "You said: hi")


async def test_an_adapter_cannot_speak_for_the_gateway(slack: SlackEmulator, tmp_path: Path) -> None:
    ended = []

    def bot() -> None:
        echo()
        cl.on_chat_end(lambda: ended.append(True))

    async with running_bot(slack, register(bot), tmp_path) as running:
        await slack.post("general", "@gateway hi")
        await said(slack, "general", "You said: hi")
        channel = f"slack:{slack.team.id}:{slack.general.id}"
        [session] = await eventually(lambda: running.gateway.store.within(channel, limit=10))
        accept = running.gateway._parts.acceptor
        assert (await accept(ending(session, reason="removed", now=5.0))).status == "ignored"
        assert not ended
        assert (await accept.take(ending(session, reason="removed", now=5.0))).status == "new"


async def test_url_verification_is_answered(slack: SlackEmulator, tmp_path: Path) -> None:
    body = orjson.dumps({"type": "url_verification", "challenge": "abc", "token": "t"})
    async with running_bot(slack, register(echo), tmp_path):
        result = await slack.send_raw(body, {"content-type": "application/json", **slack.sign(body)})
    assert result.status == 200
    assert "abc" in str(result.body)


async def test_probes_tell_the_truth(slack: SlackEmulator, tmp_path: Path) -> None:
    async with running_bot(slack, register(echo), tmp_path) as running, aiohttp.ClientSession() as http:
        await slack.post("general", "@gateway hi")
        await said(slack, "general", "You said: hi")
        async with http.get(f"{running.url}/healthz") as response:
            assert response.status == 200
        async with http.get(f"{running.url}/readyz") as response:
            ready = await response.json()
            assert response.status == 200
            assert ready["platforms"]["slack"]["received"] >= 1
        await running.gateway.drain()
        async with http.get(f"{running.url}/readyz") as response:
            assert response.status == 503
            assert (await response.json())["problems"] == {"gateway": "draining"}
        body = mention(slack, "late")
        result = await slack.send_raw(body, {"content-type": "application/json", **slack.sign(body)})
        assert result.status == 503


async def test_a_store_that_cannot_write_means_no_acknowledgement(slack: SlackEmulator, tmp_path: Path) -> None:
    async with running_bot(slack, register(echo), tmp_path) as running, aiohttp.ClientSession() as http:
        await running.gateway.store.close()
        body = mention(slack)
        result = await slack.send_raw(body, {"content-type": "application/json", **slack.sign(body)})
        assert result.status == 500
        async with http.get(f"{running.url}/readyz") as response:
            assert response.status == 503
            assert "store" in (await response.json())["problems"]
        await running.gateway.store.open()
        assert (await slack.send_raw(body, {"content-type": "application/json", **slack.sign(body)})).status == 200
        await slack.wait_for(lambda: slack.calls_to("chat.postMessage"))


async def test_a_database_deleted_under_the_gateway_is_said_once_and_nothing_is_acknowledged(
    slack: SlackEmulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form="console", debug=False)
    async with running_bot(slack, register(echo), tmp_path) as running, aiohttp.ClientSession() as http:
        await slack.post("general", "@gateway hi")
        await said(slack, "general", "You said: hi")
        aside = tmp_path / "aside.db"
        (tmp_path / "gateway.db").rename(aside)
        late = delivery(slack, "1700000002.000100", type="app_mention", text=f"<@{slack.team.bot.id}> late")
        for _ in range(20):
            result = await slack.send_raw(late, {"content-type": "application/json", **slack.sign(late)})
            assert result.status in (500, 503)
        async with http.get(f"{running.url}/readyz") as response:
            assert response.status == 503
            assert "cannot be found" in (await response.json())["problems"]["store"]
        shown = capsys.readouterr().err
        assert "Traceback" not in shown
        assert shown.count("store.failing") == 1
        assert str(tmp_path / "gateway.db") in shown
        aside.rename(tmp_path / "gateway.db")
        root = await slack.post("general", "@gateway again")
        await said(slack, "general", "You said: again", thread=root, timeout=20)


async def test_a_mention_that_could_not_be_stored_does_not_call_the_bot_into_its_thread(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    async def deliver(body: bytes) -> int:
        return (await slack.send_raw(body, {"content-type": "application/json", **slack.sign(body)})).status

    async with running_bot(slack, register(echo), tmp_path) as running:
        await running.gateway.store.close()
        assert await deliver(mention(slack)) == 500
        await running.gateway.store.open()
        among_people = delivery(
            slack,
            "1700000001.000100",
            type="message",
            channel_type="channel",
            text="not for the bot",
            thread_ts="1700000000.000100",
        )
        assert await deliver(among_people) == 200
        assert await deliver(mention(slack)) == 200
        await slack.wait_for(lambda: slack.calls_to("chat.postMessage"))
        assert slack.calls_to("chat.postMessage")[0].args["text"] == "You said: hi"


async def test_a_flood_beyond_memory_is_answered_in_order(slack: SlackEmulator, tmp_path: Path) -> None:
    go = asyncio.Event()
    order = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await go.wait()
            order.append(int(message.content))
            if message.content == "249":
                await cl.Message("all done").send()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway 0")
        await slack.delivered(root)
        for n in range(1, 250):
            await slack.delivered(await slack.post("general", str(n), thread_ts=root))
        go.set()
        await said(slack, "general", "all done", timeout=20)
    assert order == list(range(250))
    assert texts(slack, "general") == ["all done"]


async def test_the_gateway_rests_when_no_delivery_has_arrived_for_a_moment(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_bot(slack, register(echo), tmp_path) as running:
        assert running.gateway.is_resting()
        monkeypatch.setattr(acceptor, "LULL", 3600.0)
        await slack.delivered(await slack.post("general", "@gateway hi"))
        assert not running.gateway.is_resting()
        monkeypatch.setattr(acceptor, "LULL", -1.0)
        assert running.gateway.is_resting()
