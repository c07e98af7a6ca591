"""Sessions of ChatKit by OpenAI's own SDK: what they default to, who may use them, how long and how often."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI
from starlette.requests import Request

import gateway as cl
from adapters.chatkit.configuration import SessionRequest
from adapters.chatkit.sessions import Sessions
from gateway.errors import RequestRefused
from gateway.model import Document
from gateway.store import SQLiteStore
from tests.chatkit.client import KEY, Client, bearer, message
from tests.chatkit.conftest import Serve

TOLD = ("chatkit_configuration", "rate_limits", "max_requests_per_1_minute")
"""What an answer tells of what a session was asked to be."""


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
    assert [plain[name] for name in TOLD] == [same[name] for name in TOLD]


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
        ({"workflow": {"id": "wf", "state_variables": {"x": None}}}, "workflow.state_variables.x: a state variable is"),
        ({"workflow": {"id": "wf", "state_variables": {"x": "y" * 10_001}}}, "workflow.state_variables.x: a state"),
        ({"workflow": {"id": "wf", "state_variables": {str(n): n for n in range(101)}}}, "workflow.state_variables"),
        ({"workflow": "wf"}, "workflow"),
        ({"expires_after": {"anchor": "created_at", "seconds": 1.5}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "created_at", "seconds": True}}, "expires_after.seconds"),
        ({"rate_limits": []}, "rate_limits"),
        ({"rate_limits": {"per_minute": "10"}}, "rate_limits"),
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


async def test_null_means_the_default(serve: Serve) -> None:
    nulls: dict[str, Any] = {
        "workflow": {"id": "wf", "version": None, "state_variables": None, "tracing": None},
        "chatkit_configuration": {"history": None, "file_upload": {"enabled": None}, "automatic_thread_titling": None},
        "expires_after": None,
        "rate_limits": None,
    }
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        plain = await Client(http).create_session(rate_limits={})
        same = await Client(http).create_session(**nulls)
    assert [plain[name] for name in TOLD] == [same[name] for name in TOLD]


async def test_the_requests_of_the_ruby_gem_are_taken(serve: Serve) -> None:
    """As ruby-chatkit 0.1 makes them: its headers, its names, what it leaves out, and a cancel without a body."""
    wish = {
        "user": "ada",
        "workflow": {"id": "wf", "tracing": {}},
        "chatkit_configuration": {"automatic_thread_titling": {}, "file_upload": {"enabled": True}, "history": {}},
        "expires_after": {"anchor": "creation", "seconds": 3600},
        "rate_limits": {},
    }
    gem = {"Accept": "application/json", "Content-Type": "application/json", "OpenAI-Beta": "chatkit_beta=v1"}
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        session = (await http.post("/v1/chatkit/sessions", json=wish, headers={**bearer(KEY), **gem})).json()
        secret = bearer(session["client_secret"])
        file = await http.post("/v1/chatkit/files", files={"file": ("a.txt", b"words")}, headers=secret)
        given = {
            "content": [{"type": "input_text", "text": "hi"}],
            "quote_text": "",
            "attachments": [file.json()["id"]],
            "inference_options": {},
        }
        streams = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}
        for params in ({"input": given}, {"input": given, "thread_id": "of another conversation"}):
            body = {"type": "threads.create", "params": params}
            answer = await http.post("/v1/chatkit/conversation", json=body, headers={**secret, **streams})
            assert (answer.status_code, "You said: hi" in answer.text) == (200, True)
        cancelled = await http.post(f"/v1/chatkit/sessions/{session['id']}/cancel", headers={**bearer(KEY), **gem})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")


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
        broken = await http.post("/v1/chatkit/sessions", content=b'{"user":\n"ada",,}', headers=bearer(KEY))
        assert "line 2 column 7" in broken.json()["error"]["message"]
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


class SlowStore(SQLiteStore):
    """A store of which nobody hears that a session is cancelled until it is let go on."""

    cancelled: asyncio.Event
    """Set once the session is cancelled in the database."""
    go_on: asyncio.Event

    async def put_documents(self, documents: Sequence[Document]) -> None:
        await super().put_documents(documents)
        if documents[0].body.get("cancelled"):
            self.cancelled.set()
            await self.go_on.wait()


async def test_a_request_at_the_same_time_does_not_undo_a_cancel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SlowStore(tmp_path / "gateway.db")
    store.cancelled, store.go_on = asyncio.Event(), asyncio.Event()
    await store.open()
    try:
        sessions = Sessions(store)
        after = {"anchor": "last_activity", "seconds": 60}
        wish = SessionRequest.model_validate({"user": "ada", "workflow": {"id": "wf"}, "expires_after": after})
        session, secret = await sessions.create(wish)
        headers = [(b"authorization", f"Bearer {secret}".encode())]
        request = Request({"type": "http", "method": "GET", "path": "/", "headers": headers})
        later = time.time() + 30
        monkeypatch.setattr("adapters.chatkit.sessions.time.time", lambda: later)  # so that activity is written down
        cancelling = asyncio.create_task(sessions.cancel(session.id))
        await store.cancelled.wait()
        with suppress(RequestRefused):
            await sessions.authenticate(request)
        store.go_on.set()
        await cancelling
        for each in (sessions, Sessions(store)):
            with pytest.raises(RequestRefused, match="cancelled"):
                await each.authenticate(request)
    finally:
        await store.close()


async def test_a_session_that_is_used_lives_on_over_a_restart(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        client = Client(http)
        await client.create_session(expires_after={"anchor": "last_activity", "seconds": 100})
        monkeypatch.setattr("adapters.chatkit.sessions.time.time", lambda: now + 90)
        assert (await post(url, client.secret)).status_code == 200
    monkeypatch.setattr("adapters.chatkit.sessions.time.time", lambda: now + 150)
    async with serve(echo) as url:
        assert (await post(url, client.secret)).status_code == 200


async def test_sessions_that_ended_long_ago_are_removed(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept() -> list[str]:
        with closing(sqlite3.connect(tmp_path / "gateway.db")) as database:
            rows = database.execute("SELECT kind FROM documents WHERE kind LIKE 'chatkit.%' ORDER BY kind")
            return [kind for (kind,) in rows]

    now = time.time()
    upload = {"file_upload": {"enabled": True}}
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        client = Client(http)
        await client.create_session(chatkit_configuration=upload)
        sent = await http.post("/v1/chatkit/files", files={"file": ("a.txt", b"x")}, headers=bearer(client.secret))
        assert sent.status_code == 200
        monkeypatch.setattr("adapters.chatkit.sessions.time.time", lambda: now + 6 * 86_400)
        await Client(http).create_session()
        assert kept() == ["chatkit.file", "chatkit.session", "chatkit.session"]
        monkeypatch.setattr("adapters.chatkit.sessions.time.time", lambda: now + 8 * 86_400)
        await Client(http).create_session()
        assert kept() == ["chatkit.session", "chatkit.session"]


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
