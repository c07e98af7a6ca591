"""The playground's routes over HTTP: who is let in, what is refused, how changes arrive."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.playground import server as playground_server
from tests.playground.scripted_emulator import GENERAL, ScriptedEmulator
from tests.playground.serving import Served, showing

API = "/playground/api"
ACT = f"{API}/slack/act"


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def client(served: Served[ScriptedEmulator]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=served.url, trust_env=False) as http:
        yield http


async def next_event(lines: AsyncIterator[str]) -> tuple[str, Any]:
    name = ""
    async for line in lines:
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            return name, json.loads(line[6:])
    raise AssertionError("the stream ended")


@pytest.mark.parametrize("path", ["/", "/playground/static/app.js", f"{API}/platforms", f"{API}/slack/snapshot"])
async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] in ("no-cache", "no-store")


async def test_the_page_names_its_platforms(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{API}/platforms")).json() == {"platforms": [{"name": "slack"}]}
    assert (await client.get(f"{API}/slack/snapshot")).json()["team"]["name"] == "Gateway HQ"


async def test_a_platform_that_nobody_can_drive_has_no_test_to_save(client: httpx.AsyncClient) -> None:
    for platform in ("slack", "irc"):  # this Slack is a script for the page's tests
        for method in ("GET", "DELETE"):
            answer = await client.request(method, f"{API}/{platform}/test")
            assert answer.status_code == 404
            assert f"no test of {platform!r} can be saved" in answer.json()["error"]


@pytest.mark.parametrize(
    "path",
    ["/", "/playground/static/app.js", f"{API}/slack/snapshot", f"{API}/slack/events", f"{API}/slack/test"],
)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8000", "evil.example:8000", "[::1", ""])
async def test_a_host_that_is_not_loopback_is_refused(client: httpx.AsyncClient, path: str, host: str) -> None:
    answer = await client.get(path, headers={"host": host})
    assert answer.status_code in (400, 403)
    assert "Gateway" not in answer.text


@pytest.mark.parametrize("host", ["localhost:9", "LOCALHOST", "[::1]:8000", "127.0.0.1"])
async def test_loopback_names_are_let_in(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_another_site_cannot_act_or_look(
    client: httpx.AsyncClient, served: Served[ScriptedEmulator], headers: dict[str, str]
) -> None:
    action = {"type": "post", "channel": GENERAL, "text": "forged"}
    assert (await client.post(ACT, json=action, headers=headers)).status_code == 403
    assert (await client.get(f"{API}/slack/snapshot", headers=headers)).status_code == 403
    assert served.emulator.actions == []


async def test_the_page_itself_may_act(client: httpx.AsyncClient, served: Served[ScriptedEmulator]) -> None:
    headers = {"origin": served.url, "sec-fetch-site": "same-origin"}
    answer = await client.post(ACT, json={"type": "post", "channel": GENERAL, "text": "hi"}, headers=headers)
    assert answer.json()["ok"] is True
    assert served.emulator.actions[0]["text"] == "hi"


async def test_a_form_post_needs_no_preflight_and_is_refused(
    client: httpx.AsyncClient, served: Served[ScriptedEmulator]
) -> None:
    answer = await client.post(ACT, content=b'{"type": "post"}', headers={"content-type": "text/plain"})
    assert answer.status_code == 415
    assert served.emulator.actions == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"{}", b'{"type": 1}', b"\xff"])
async def test_what_is_no_action_is_a_400(
    client: httpx.AsyncClient, served: Served[ScriptedEmulator], body: bytes
) -> None:
    answer = await client.post(ACT, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["ok"] is False
    assert served.emulator.actions == []


async def test_an_action_the_emulator_cannot_read_is_a_400(
    client: httpx.AsyncClient, served: Served[ScriptedEmulator]
) -> None:
    served.emulator.answer = lambda action: action["missing"]
    answer = await client.post(ACT, json={"type": "post"})
    assert answer.status_code == 400
    assert "missing" in answer.json()["error"]


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_bound_is_a_413(
    client: httpx.AsyncClient, served: Served[ScriptedEmulator], announced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playground_server, "_MAX_BODY", 1000)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 100

    content = b"x" * 3000 if announced else chunks()
    answer = await client.post(ACT, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert served.emulator.actions == []


async def test_an_unknown_platform_is_a_404(client: httpx.AsyncClient) -> None:
    for path in (f"{API}/telegram/snapshot", f"{API}/telegram/events"):
        assert (await client.get(path)).status_code == 404
    assert (await client.post(f"{API}/telegram/act", json={"type": "post"})).status_code == 404
    assert (await client.get("/playground/static/../server.py")).status_code == 404


async def test_the_stream_begins_with_a_snapshot_then_tells_changes(
    client: httpx.AsyncClient, served: Served[ScriptedEmulator]
) -> None:
    async with client.stream("GET", f"{API}/slack/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        name, snapshot = await next_event(lines)
        assert (name, snapshot["me"]) == ("snapshot", "U0ADA")
        ts = served.emulator.say(text="hello")
        name, change = await next_event(lines)
        assert (name, change["message"]["ts"], change["message"]["text"]) == ("change", ts, "hello")


async def test_after_a_resync_comes_a_new_snapshot(client: httpx.AsyncClient, served: Served[ScriptedEmulator]) -> None:
    async with client.stream("GET", f"{API}/slack/events") as answer:
        lines = answer.aiter_lines()
        await next_event(lines)
        served.emulator.messages[GENERAL]["1.0"] = {"ts": "1.0", "text": "missed"}
        served.emulator.publish({"type": "resync"})
        name, snapshot = await next_event(lines)
        assert name == "snapshot"
        assert snapshot["messages"][GENERAL][0]["text"] == "missed"


async def test_a_silent_stream_shows_that_it_is_alive() -> None:
    async with (
        showing(ScriptedEmulator(), heartbeat=0.02) as served,
        httpx.AsyncClient(trust_env=False) as client,
        client.stream("GET", f"{served.url}{API}/slack/events") as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith(":"):
                return
    pytest.fail("no heartbeat")


async def test_a_reader_that_leaves_is_forgotten(client: httpx.AsyncClient, served: Served[ScriptedEmulator]) -> None:
    async with client.stream("GET", f"{API}/slack/events") as answer:
        await next_event(answer.aiter_lines())
        assert served.emulator.watchers == 1
    async with asyncio.timeout(5):
        while served.emulator.watchers:
            await asyncio.sleep(0.01)


async def test_closing_ends_the_streams_so_that_the_server_can_stop() -> None:
    async with showing(ScriptedEmulator()) as served, httpx.AsyncClient(trust_env=False) as client:
        async with client.stream("GET", f"{served.url}{API}/slack/events") as answer:
            lines = answer.aiter_lines()
            await next_event(lines)
            await served.playground.close()
            async with asyncio.timeout(5):
                assert [line async for line in lines if line.strip()] == []
        assert served.emulator.watchers == 0
        assert (await client.get(f"{served.url}{API}/slack/events")).status_code == 503
