"""API keys over HTTP: which are taken, what they allow, how often, and what is refused in which words."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.http import access
from gateway.http.access import KeyedAccess
from gateway.http.refusals import answering
from gateway.model import API_KEY, API_KEY_USED, Document, KeyScope, StoredApiKey
from gateway.ports import Store
from gateway.store import open_store
from tests.http.test_embedding import served
from tests.runtime.test_rate import Clock

PLAIN = "a-plain-key-of-the-settings"


class Api:
    """An endpoint for each scope, ``/read``, ``/write`` and ``/admin``, guarded by the API keys in a store."""

    def __init__(self, store: Store, access: KeyedAccess, http: httpx.AsyncClient, clock: Clock) -> None:
        self.store = store
        self.access = access
        self.http = http
        self.clock = clock

    async def key(self, *scopes: KeyScope, expires: float | None = None) -> str:
        key, stored = StoredApiKey.issue(name="", scopes=scopes or ("write",), now=time.time(), expires=expires)
        await self.put(stored)
        return key

    async def put(self, stored: StoredApiKey) -> None:
        await self.store.put_documents([Document(kind=API_KEY, id=stored.id, body=stored.to_body())])

    async def get(self, key: str, path: str = "/read") -> httpx.Response:
        return await self.http.get(path, headers={"Authorization": f"Bearer {key}"})

    async def statuses(self, key: str) -> list[int]:
        return [(await self.get(key, path)).status_code for path in ("/read", "/write", "/admin")]

    async def revoke(self, key: str) -> None:
        id = key.split("_")[1]
        document = await self.store.get_document(API_KEY, id)
        assert document is not None
        await self.put(replace(StoredApiKey.from_body(id, document.body), revoked=time.time()))


@asynccontextmanager
async def api_with(folder: Path, *, plain: tuple[str, ...] = (PLAIN,), **options: Any) -> AsyncIterator[Api]:
    store, clock = open_store(f"sqlite:///{folder}/gateway.db"), Clock()
    await store.open()
    keyed = KeyedAccess(store, store, plain, clock=clock, **options)

    def guarded(scope: KeyScope) -> Route:
        async def endpoint(request: Request) -> Response:
            key = await keyed.authorize(request, scope)
            return JSONResponse({"key": key.id, "scopes": sorted(key.scopes)})

        return Route(f"/{scope}", answering(endpoint))

    app = Starlette(routes=[guarded("read"), guarded("write"), guarded("admin")])
    try:
        async with served(app) as url, httpx.AsyncClient(base_url=url) as http:
            yield Api(store, keyed, http, clock)
    finally:
        await store.close()


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with api_with(tmp_path, rate=600) as running:
        yield running


def message(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["message"])


async def test_a_key_in_the_settings_may_do_everything(api: Api) -> None:
    assert await api.statuses(PLAIN) == [200, 200, 200]


async def test_writing_implies_reading_and_admin_everything(api: Api) -> None:
    assert await api.statuses(await api.key("read")) == [200, 403, 403]
    assert await api.statuses(await api.key("write")) == [200, 200, 403]
    assert await api.statuses(await api.key("admin")) == [200, 200, 200]


async def test_a_missing_scope_is_named(api: Api) -> None:
    answer = await api.get(await api.key("read"), "/write")
    assert (answer.status_code, answer.json()["error"]["type"]) == (403, "permission_error")
    assert "'write'" in message(answer)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer {}"},
        {"Authorization": "bearer {}"},
        {"Authorization": "BEARER   {}"},
        {"x-api-key": "{}"},
        {"x-api-key": "{}", "Authorization": "Bearer {}"},
        {"x-api-key": "{}", "Authorization": "Basic dXNlcjpwYXNzd29yZA=="},
        {"x-api-key": "{}", "Authorization": "Bearer"},
    ],
)
async def test_a_key_comes_in_either_header(api: Api, headers: dict[str, str]) -> None:
    for key in (PLAIN, await api.key()):
        answer = await api.http.get("/write", headers={name: value.format(key) for name, value in headers.items()})
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": PLAIN},
        {"Authorization": f"Basic {PLAIN}"},
        {"Authorization": f"Bearer{PLAIN}"},
        {"x-api-key": ""},
        {"Authorization": f"Bearer {PLAIN} {PLAIN}"},
        {"Authorization": f"Bearer {PLAIN}x"},
        {"Authorization": f"Bearer {PLAIN[:-1]}"},
        {"Authorization": f"Bearer {PLAIN.upper()}"},
        {"Authorization": "Bearer a key with blanks"},
        {"Authorization": b"Bearer \xc3\xa9\xff\xfe"},
        {"Authorization": "Bearer " + "k" * 60_000},
        {"Authorization": "Bearer gw_0123456789ab_" + "A" * 43},
        {"x-api-key": "gw_"},
        {"x-api-key": "gw_' OR 1=1 --_x"},
        {"x-api-key": "another", "Authorization": f"Bearer {PLAIN}"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_is_no_valid_key_is_401(api: Api, headers: dict[str, Any], method: str) -> None:
    answer = await api.http.request(method, "/read", headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    if method == "GET":
        assert answer.json()["error"]["type"] == "authentication_error"
        assert PLAIN not in answer.text


async def test_two_headers_of_different_keys_are_refused(api: Api) -> None:
    headers = [("Authorization", f"Bearer {PLAIN}"), ("Authorization", "Bearer another")]
    answer = await api.http.get("/read", headers=headers)
    assert answer.status_code == 401
    assert "two different API keys" in message(answer)


async def test_a_key_of_the_settings_may_have_any_characters(tmp_path: Path) -> None:
    async with api_with(tmp_path, plain=("schlüssel-日本", "k")) as api:
        answer = await api.http.get("/read", headers={b"Authorization": "Bearer schlüssel-日本".encode()})
        assert answer.status_code == 200
        assert (await api.get("k")).status_code == 200


async def test_a_key_of_another_database_is_wrong(api: Api, tmp_path: Path) -> None:
    key, _ = StoredApiKey.issue(name="", scopes=["admin"], now=time.time())
    assert (await api.get(key)).status_code == 401


async def test_another_secret_with_a_known_id_is_wrong(api: Api) -> None:
    key = await api.key()
    other = key[:-1] + ("A" if key[-1] != "A" else "B")
    assert (await api.get(other)).status_code == 401


async def test_an_expired_key_is_wrong_also_when_it_was_just_used(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    key = await api.key(expires=now + 3_600)
    assert (await api.get(key)).status_code == 200
    monkeypatch.setattr("gateway.http.access.time.time", lambda: now + 3_601)
    assert (await api.get(key)).status_code == 401


async def test_a_revoked_key_stops_working_within_seconds(api: Api) -> None:
    key = await api.key()
    assert (await api.get(key)).status_code == 200
    await api.revoke(key)
    api.clock.now += access.CACHED_FOR + 0.1
    assert (await api.get(key)).status_code == 401


async def test_a_key_is_not_read_from_the_store_with_each_request(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    key = await api.key()
    read: list[str] = []
    get_document = api.store.get_document

    async def counted(kind: str, id: str) -> Document | None:
        read.append(id)
        return await get_document(kind, id)

    monkeypatch.setattr(api.store, "get_document", counted)
    for _ in range(20):
        assert (await api.get(key)).status_code == 200
    assert len(read) == 1


async def test_only_so_many_keys_are_kept_in_memory(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "MOST_CACHED", 2)
    for key in [await api.key() for _ in range(5)]:
        assert (await api.get(key)).status_code == 200
    assert len(api.access._cache) == 2


async def test_the_last_use_is_stored_once_a_minute_and_does_not_bring_a_revoked_key_back(api: Api) -> None:
    key = await api.key()
    id = key.split("_")[1]

    async def used_at() -> float:
        await asyncio.gather(*api.access._storing)
        document = await api.store.get_document(API_KEY_USED, id)
        assert document is not None
        return float(document.body["at"])

    assert (await api.get(key)).status_code == 200
    first = await used_at()
    assert time.time() - first < 60
    api.clock.now += access.USED_EVERY - 1
    assert (await api.get(key)).status_code == 200
    assert await used_at() == first
    api.clock.now += 2
    await api.revoke(key)
    api.access._cache[id].read_at = api.clock.now  # as read just before it was revoked
    assert (await api.get(key)).status_code == 200
    assert await used_at() > first
    document = await api.store.get_document(API_KEY, id)
    assert document is not None
    assert document.body["revoked"] is not None


async def test_a_key_that_is_used_too_often_waits(tmp_path: Path) -> None:
    async with api_with(tmp_path, rate=3) as api:
        key = await api.key()
        assert [(await api.get(key)).status_code for _ in range(4)] == [200, 200, 200, 429]
        answer = await api.get(key)
        assert 1 <= int(answer.headers["Retry-After"]) <= 20
        assert answer.json()["error"]["type"] == "rate_limit_error"
        assert (await api.get(PLAIN)).status_code == 200
        api.clock.now += 20
        assert (await api.get(key)).status_code == 200


async def test_no_rate_is_no_bound(tmp_path: Path) -> None:
    async with api_with(tmp_path, rate=0) as api:
        answers = [(await api.get("wrong")).status_code for _ in range(access.WRONG_KEYS + 5)]
        assert set(answers) == {401}
        assert (await api.get(PLAIN)).status_code == 200


async def test_whoever_tries_wrong_keys_is_refused_unread_for_a_moment(api: Api) -> None:
    answers = [(await api.get(f"wrong-{number}")).status_code for number in range(access.WRONG_KEYS + 1)]
    assert answers == [401] * access.WRONG_KEYS + [429]
    refused = await api.get(PLAIN)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    api.clock.now += 1.1
    assert (await api.get(PLAIN)).status_code == 200
    assert (await api.get("wrong")).status_code == 401, "a right key forgives the wrong ones"
    assert (await api.get(PLAIN)).status_code == 200


async def test_requests_without_a_key_are_no_attempts(api: Api) -> None:
    for _ in range(access.WRONG_KEYS + 1):
        assert (await api.http.get("/read")).status_code == 401
    assert (await api.get(PLAIN)).status_code == 200


async def test_what_is_changed_is_noted_with_the_id_of_the_key(api: Api) -> None:
    async def endpoint(request: Request) -> Response:
        key = await api.access.authorize(request, "write")
        await api.access.note(key, "thread.deleted", thread="t1", steps=3)
        return Response()

    key = await api.key()
    async with served(Starlette(routes=[Route("/", endpoint)])) as url, httpx.AsyncClient() as http:
        assert (await http.get(url, headers={"x-api-key": key})).status_code == 200
    line = (await api.store.audit())[-1]
    assert (line.action, line.subject) == ("thread.deleted", None)
    assert line.details == {"thread": "t1", "steps": 3, "key": key.split("_")[1]}


def test_a_key_is_long_random_and_not_stored() -> None:
    keys = {StoredApiKey.issue(name="", scopes=["read"], now=0.0) for _ in range(100)}
    assert len({key for key, _ in keys}) == 100
    for key, stored in keys:
        prefix, id, secret = key.split("_", 2)
        assert (prefix, id, len(secret)) == ("gw", stored.id, 43)
        assert secret not in repr(stored.to_body())
