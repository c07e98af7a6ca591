"""Who may see the pages, and who may change something: keys, sessions, forms of others, bounds."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.http import access
from gateway.http.admin.sign_in import COOKIE, SESSION_SECONDS, SignedSessions
from gateway.model import API_KEY, StoredApiKey
from tests.admin.stage import KEY, Stage, staged, text_of, token_of
from tests.runtime.test_rate import Clock

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

PAGES = ("", "conversations", "conversation?key=x", "turn", "thread?id=x", "dead-letters", "feedback", "search", "none")


async def revoke(stage: Stage, key: str) -> None:
    id = key.split("_")[1]
    document = await stage.store.get_document(API_KEY, id)
    assert document is not None
    stored = replace(StoredApiKey.from_body(id, document.body), revoked=time.time())
    await stage.store.put_documents([replace(document, body=stored.to_body())])


def clear_cache(stage: Stage) -> None:
    """Let the keys that were read be as old as they may be."""
    keyed = stage.running.gateway._parts.access
    assert keyed is not None
    keyed._cache.clear()


async def test_nobody_without_a_key_learns_more_than_how_to_sign_in(stage: Stage) -> None:
    answers = [await stage.http.get(page) for page in PAGES]
    assert {answer.status_code for answer in answers} == {401}
    assert {text_of(answer) for answer in answers} == {text_of(answers[0])}
    assert "gateway keys create" in text_of(answers[0])


@pytest.mark.parametrize("page", [*PAGES, "static/admin.css", "static/admin.js", "sign-in", "static/none"])
async def test_every_answer_keeps_others_out_of_the_pages(stage: Stage, page: str) -> None:
    for answer in (await stage.http.get(page), await stage.get(page)):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] in ("no-store", "no-cache")
        assert (answer.headers["cache-control"] == "no-cache") == (page.startswith("static/admin"))


async def test_a_key_given_once_becomes_a_session_that_is_not_the_key(stage: Stage) -> None:
    key = await stage.key("read")
    async with stage.client() as http:
        form = {"key": f" {key}\n", "next": "feedback?days=7"}
        answer = await http.post("sign-in", data=form, headers={"Origin": stage.origin})
        assert (answer.status_code, answer.headers["location"]) == (303, "feedback?days=7")
        cookie = answer.headers["set-cookie"]
        for part in ("HttpOnly", "SameSite=strict", f"Max-Age={SESSION_SECONDS}"):
            assert part in cookie
        for part in ("Path", "Domain", "Secure", key, key[-43:]):
            assert part not in cookie
        assert (await http.get("feedback?days=7")).status_code == 200
        answer = await http.post("sign-out", headers={"Origin": stage.origin})
        assert (answer.status_code, answer.headers["location"]) == (303, "./")
        assert (await http.get("")).status_code == 401


async def test_a_proxys_password_is_not_taken_for_a_key(stage: Stage) -> None:
    async with stage.signed_in() as http:
        headers = {"Authorization": "Basic dXNlcjpwYXNzd29yZA=="}
        assert (await http.get("search", headers=headers)).status_code == 200
    answer = await stage.http.get("search", headers=headers)
    assert answer.status_code == 401
    assert "Sign in" in text_of(answer)


async def test_behind_https_the_cookie_is_secure(stage: Stage) -> None:
    host = stage.origin.partition("://")[2]
    async with stage.client() as http:
        answer = await http.post("sign-in", data={"key": KEY}, headers={"Origin": f"https://{host}"})
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/\\evil", "../x", "javascript:alert(1)", "a b", "x" * 9_000]
)
async def test_signing_in_leads_nowhere_else(stage: Stage, wanted: str) -> None:
    answer = await stage.sign_in(next=wanted)
    assert answer.headers["location"] == "./"


async def test_a_session_ends_with_its_key(stage: Stage) -> None:
    key = await stage.key("read")
    async with stage.signed_in(key) as http:
        assert (await http.get("")).status_code == 200
        await revoke(stage, key)
        clear_cache(stage)
        answer = await http.get("")
        assert answer.status_code == 401
        assert "not valid any more" in text_of(answer)


async def test_a_session_is_over_after_its_time_and_cannot_be_forged() -> None:
    clock = Clock()
    clock.now = 1_000_000.0
    sessions, others = SignedSessions(lambda: b"k" * 32, clock), SignedSessions(lambda: b"o" * 32, clock)
    session = sessions.begin("env-12345678")
    assert sessions.key_id(session) == "env-12345678"
    assert sessions.begin("env-12345678") != session
    id, until, nonce, signature = session.split(".")
    for forged in (
        f"other.{until}.{nonce}.{signature}",
        f"{id}.{int(until) + 1}.{nonce}.{signature}",
        f"{id}.{until}.{nonce}.{'0' * 64}",
        f"{id}.{until}.{nonce}",
        others.begin(id),
        "",
        ".",
        "...",
        "é",
        "x" * 10_000,
    ):
        assert sessions.key_id(forged) is None, forged
    clock.now += SESSION_SECONDS
    assert sessions.key_id(session) is None


@pytest.mark.parametrize("cookie", ["x", "a.b.c.d", "env-0.9999999999.00.00", '"', "x" * 3_000])
async def test_a_forged_cookie_is_nobodys(stage: Stage, cookie: str) -> None:
    answer = await stage.http.get("", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert answer.status_code == 401
    assert "sign in again" in text_of(answer)


async def test_a_wrong_key_is_told_so_and_guesses_are_bounded_like_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "WRONG_KEYS", 5)
    async with staged(tmp_path) as stage:
        for number in range(5):
            answer = await stage.sign_in(f"guess {number} é")
            assert answer.status_code == 401
            assert "not valid" in text_of(answer)
        answer = await stage.sign_in()
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert "Too many wrong API keys" in text_of(answer)
        # The same bound as that of the HTTP API.
        api = await stage.http.get(f"{stage.origin}/v1/threads", headers={"Authorization": f"Bearer {KEY}"})
        assert api.status_code == 429


async def test_requests_of_a_session_count_for_its_key(tmp_path: Path) -> None:
    async with staged(tmp_path, api_rate=3) as stage, stage.signed_in() as http:
        assert [(await http.get("search")).status_code for _ in range(3)] == [200, 200, 429]


# Changes


async def change(
    http: httpx.AsyncClient, *, origin: str | None, token: str, key: str = "some key", **more: str
) -> httpx.Response:
    """Send the form that runs a dead letter again."""
    headers = {} if origin is None else {"Origin": origin}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    return await http.post("dead-letters", data={"token": token, "action": "retry", "key": key}, headers=headers)


async def test_a_form_of_another_page_or_another_session_changes_nothing(stage: Stage) -> None:
    async with stage.signed_in() as http, stage.signed_in() as other:
        token, foreign = token_of(await http.get("dead-letters")), token_of(await other.get("dead-letters"))
        assert token != foreign
        before = await stage.store.inbox_size()
        [entry] = (await stage.store.given_up(limit=1)).entries
        refused = [
            await change(http, origin=stage.origin, token="", key=entry.key),
            await change(http, origin=stage.origin, token=foreign, key=entry.key),
            await change(http, origin=stage.origin, token="é\ud7ff", key=entry.key),
            await change(http, origin="https://evil.example", token=token, key=entry.key),
            await change(http, origin="null", token=token, key=entry.key),
            await change(http, origin=None, token=token, key=entry.key, Sec_Fetch_Site="cross-site"),
            await change(http, origin=stage.origin, token=token, key=entry.key, Sec_Fetch_Site="same-site"),
        ]
        assert [answer.status_code for answer in refused] == [403] * len(refused)
        assert "GATEWAY_PUBLIC_URL" in text_of(refused[3])
        assert (await stage.store.inbox_size()).dead == before.dead
        assert await stage.audit() == []


async def test_signing_in_and_out_by_a_form_of_another_page_is_refused(stage: Stage) -> None:
    for page in ("sign-in", "sign-out"):
        answer = await stage.http.post(page, data={"key": KEY}, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("scope", ["read", "write"])
async def test_only_a_key_with_the_scope_admin_changes_something(stage: Stage, scope: str) -> None:
    key = await stage.key(scope)  # type: ignore[arg-type]
    async with stage.signed_in(key) as http:
        page = await http.get("dead-letters")
        assert "Run the chosen again" not in text_of(page)
        assert "take the scope admin" in text_of(page)
        answer = await change(http, origin=stage.origin, token=token_of(page))
        assert answer.status_code == 403
        assert "scope 'admin'" in text_of(answer)


@pytest.mark.parametrize(
    ("content", "type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"", "multipart/form-data; boundary=x", 415),
        (b"", "", 415),
        (b"key=" + b"x" * 300_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"key=%d" % n for n in range(300)), "application/x-www-form-urlencoded", 400),
        (b"&".join(b"key=%d" % n for n in range(51)) + b"&action=retry", "application/x-www-form-urlencoded", 400),
        (b"action=retry", "application/x-www-form-urlencoded", 400),
        (b"action=burn&key=x", "application/x-www-form-urlencoded", 400),
        (b"action=%FF&key=%00", "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
    ],
)
async def test_what_is_no_form_of_the_pages_is_refused(stage: Stage, content: bytes, type: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": type}
    answer = await stage.http.post("dead-letters", content=content, headers=headers)
    assert answer.status_code == status
    assert await stage.audit() == []


async def test_other_methods_are_refused_and_only_for_those_who_may_know(stage: Stage) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    assert (await stage.http.delete("dead-letters", headers=headers)).status_code == 405
    assert (await stage.http.delete("dead-letters")).status_code == 401


async def test_the_pages_are_read_only_unless_they_are_told_otherwise(tmp_path: Path) -> None:
    async with staged(tmp_path, admin="read") as stage:
        await stage.dead_letter()
        async with stage.signed_in() as http:
            page = await http.get("dead-letters")
            assert "Read-only: GATEWAY_ADMIN=write" in text_of(page)
            assert '<input type="checkbox"' not in page.text
            answer = await change(http, origin=stage.origin, token=token_of(page))
            assert answer.status_code == 403
            assert "GATEWAY_ADMIN=write" in text_of(answer)


@pytest.mark.parametrize("settings", [{"admin": "off"}, {"api_keys": None}])
async def test_where_they_are_off_or_there_is_no_key_there_are_no_pages(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    async with staged(tmp_path, **settings) as stage:
        for page in ("", "sign-in", "static/admin.css", "dead-letters"):
            assert (await stage.http.get(page)).status_code == 404
