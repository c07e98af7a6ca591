"""Sessions of ChatKit by OpenAI's own SDK: what they default to, who may use them, how long and how often."""

import time
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI

import gateway as cl
from tests.chatkit.client import KEY, Client, bearer, message
from tests.chatkit.conftest import Serve


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"You said: {message.content}").send()


def sdk(url: str, key: str = KEY) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)


async def post(url: str, secret: str, text: str = "hello") -> httpx.Response:
    body = {"type": "threads.create", "params": {"input": message(text)}}
    async with httpx.AsyncClient(base_url=url) as http:
        return await http.post("/v1/chatkit/conversation", json=body, headers=bearer(secret))


async def test_a_session_has_the_documented_defaults(serve: Serve) -> None:
    async with serve(echo) as url, sdk(url) as client:
        begun = time.time()
        session = await client.beta.chatkit.sessions.create(user="ada", workflow={"id": "wf_1"})
    assert (session.object, session.status, session.user, session.workflow.id) == (
        "chatkit.session",
        "active",
        "ada",
        "wf_1",
    )
    assert begun + 599 <= session.expires_at <= time.time() + 600
    assert session.max_requests_per_1_minute == session.rate_limits.max_requests_per_1_minute == 10
    assert session.workflow.tracing.enabled
    configuration = session.chatkit_configuration
    assert configuration.automatic_thread_titling.enabled
    assert (configuration.history.enabled, configuration.history.recent_threads) == (True, None)
    upload = configuration.file_upload
    assert (upload.enabled, upload.max_file_size, upload.max_files) == (False, 512, 10)


async def test_empty_objects_mean_the_defaults(serve: Serve) -> None:
    empty: dict[str, Any] = {
        "chatkit_configuration": {"history": {}, "file_upload": {}, "automatic_thread_titling": {}},
        "expires_after": {},
        "rate_limits": {},
    }
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        plain = await Client(http).create_session(rate_limits={})
        same = await Client(http).create_session(**empty)
    told = ("chatkit_configuration", "rate_limits", "max_requests_per_1_minute")
    assert [plain[name] for name in told] == [same[name] for name in told]


@pytest.mark.parametrize("anchor", ["creation", "created_at", "last_activity"])
async def test_both_names_of_anchors_and_limits_are_taken(serve: Serve, anchor: str) -> None:
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        session = await Client(http).create_session(
            expires_after={"anchor": anchor, "seconds": 60}, rate_limits={"per_minute": 7}
        )
    assert session["max_requests_per_1_minute"] == 7
    assert 55 <= session["expires_at"] - time.time() <= 61


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"user": ""}, "user"),
        ({"user": 7}, "user"),
        ({"workflow": {}}, "workflow.id"),
        ({"workflow": None}, "workflow"),
        ({"workflow": {"id": "wf", "state_variables": {"x": ["a list"]}}}, "workflow.state_variables"),
        ({"workflow": {"id": "wf", "state_variables": {"x" * 65: 1}}}, "workflow.state_variables"),
        ({"expires_after": {"anchor": "tomorrow", "seconds": 5}}, "expires_after.anchor"),
        ({"expires_after": {"anchor": "created_at", "seconds": 0}}, "expires_after.seconds"),
        ({"rate_limits": {"max_requests_per_1_minute": 0}}, "rate_limits"),
        ({"chatkit_configuration": {"history": {"recent_threads": 0}}}, "chatkit_configuration.history.recent_threads"),
        ({"chatkit_configuration": {"file_upload": {"max_file_size": 513}}}, "chatkit_configuration.file_upload"),
    ],
)
async def test_what_does_not_fit_is_refused_with_where(serve: Serve, change: dict[str, Any], where: str) -> None:
    body = {"user": "ada", "workflow": {"id": "wf"}, **change}
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        answer = await http.post("/v1/chatkit/sessions", json=body, headers=bearer(KEY))
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(where)


async def test_bodies_that_are_no_json_or_too_large_are_refused(serve: Serve) -> None:
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:

        async def status(content: bytes) -> int:
            answer = await http.post("/v1/chatkit/sessions", content=content, headers=bearer(KEY))
            assert answer.json()["error"]["message"]
            return answer.status_code

        assert await status(b"{") == 400
        assert await status(b"[]") == 400
        assert await status(b"[" * 5_000) == 400
        assert await status(b'{"user": "' + b"x" * 9_000_000 + b'"}') == 413
        large = {"user": "ada", "workflow": {"id": "wf"}, "more": "x" * 200_000}
        assert (await http.post("/v1/chatkit/sessions", json=large, headers=bearer(KEY))).status_code == 200


async def test_only_an_api_key_makes_sessions_and_only_a_secret_uses_them(serve: Serve) -> None:
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        client = Client(http)
        await client.create_session()
        body = {"user": "ada", "workflow": {"id": "wf"}}
        for headers in ({}, bearer("wrong"), bearer(client.secret), {"Authorization": "Basic x"}):
            answer = await http.post("/v1/chatkit/sessions", json=body, headers=headers)
            assert answer.status_code == 401
            assert answer.json()["error"]["message"]
        for secret in ("none", "wrong", KEY, client.secret[:-1], client.secret + "x", "ek_" + "0" * 32 + "_x"):
            assert (await post(url, secret)).status_code == 401


async def test_a_cancelled_session_is_over(serve: Serve) -> None:
    async with serve(echo) as url, sdk(url) as client:
        session = await client.beta.chatkit.sessions.create(user="ada", workflow={"id": "wf_1"})
        assert (await post(url, session.client_secret)).status_code == 200
        cancelled = await client.beta.chatkit.sessions.cancel(session.id)
        assert (cancelled.id, cancelled.status) == (session.id, "cancelled")
        refused = await post(url, session.client_secret)
        assert refused.status_code == 401
        assert "cancelled" in refused.json()["error"]["message"]
        with pytest.raises(openai.NotFoundError):
            await client.beta.chatkit.sessions.cancel("cksess_unknown")


async def test_a_session_ends_when_its_time_is_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        fixed, sliding = Client(http), Client(http)
        await fixed.create_session(expires_after={"anchor": "created_at", "seconds": 100})
        await sliding.create_session(expires_after={"anchor": "last_activity", "seconds": 100})
        monkeypatch.setattr("adapters.chatkit.sessions.time.time", lambda: now + 90)
        assert (await post(url, sliding.secret)).status_code == 200
        monkeypatch.setattr("adapters.chatkit.sessions.time.time", lambda: now + 120)
        assert (await post(url, sliding.secret)).status_code == 200
        refused = await post(url, fixed.secret)
        assert (refused.status_code, "expired" in refused.text) == (401, True)
        monkeypatch.setattr("adapters.chatkit.sessions.time.time", lambda: now + 230)
        assert (await post(url, sliding.secret)).status_code == 401


async def test_too_many_requests_of_one_session_wait_and_others_do_not(serve: Serve) -> None:
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        one, other = Client(http), Client(http)
        await one.create_session(rate_limits={"max_requests_per_1_minute": 2})
        await other.create_session()
        assert [(await one.ask("threads.list")).status_code for _ in range(2)] == [200, 200]
        refused = await one.ask("threads.list")
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert (await other.ask("threads.list")).status_code == 200


async def test_sessions_and_threads_survive_a_restart(serve: Serve, tmp_path: Path) -> None:
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        client = Client(http)
        await client.create_session()
        thread = await client.send("hello")
    kept = (tmp_path / "gateway.db").read_bytes() + b"".join(each.read_bytes() for each in tmp_path.glob("*-wal"))
    assert client.secret.encode() not in kept
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        again = Client(http)
        again.secret = client.secret
        await again.send("more", thread)
        assert thread.said == ["You said: hello", "You said: more"]


async def test_without_a_key_there_are_no_routes(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.errors import SettingsError

    monkeypatch.delenv("GATEWAY_API_KEYS")
    with pytest.raises(SettingsError, match="no platform is on"):
        async with serve(echo):
            pass
