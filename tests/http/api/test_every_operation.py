"""What holds for every operation of the API: who is refused and how, and what the document says of it.

The operations are read from the document that is served, so one that is added is tested here too.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import gateway as cl
from gateway.data.base import BaseDataLayer
from gateway.model import API_KEY, Document, KeyScope, StoredApiKey
from tests.chatkit.client import KEY, bearer
from tests.chatkit.conftest import started
from tests.http.api.operations import Operation, operations
from tests.support.layers import DictLayer

ADMINS = {
    "DELETE /users/{identifier}",
    "POST /broadcasts",
    "GET /broadcasts",
    "GET /broadcasts/{id}",
    "POST /broadcasts/{id}/cancel",
}
"""What only an administrator may do."""


@asynccontextmanager
async def api_of(bot: Any, folder: Path, **settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Any]]:
    async with (
        started(bot, folder, api_keys=KEY, **settings) as (gateway, url),
        httpx.AsyncClient(base_url=f"{url}/v1", headers=bearer(KEY), timeout=20) as api,
    ):
        yield api, gateway


def silent() -> None:
    @cl.on_message
    async def main() -> None:
        """Answer nothing."""


@pytest.fixture
async def every(tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Any, list[Operation]]]:
    async with api_of(silent, tmp_path) as (api, gateway):
        yield api, gateway, await operations(api)


Every = tuple[httpx.AsyncClient, Any, list[Operation]]


def refused(answer: httpx.Response, status: int, type: str, name: str) -> dict[str, Any]:
    """Return the error of an answer, which has to be of this kind."""
    assert answer.status_code == status, f"{name}: {answer.status_code} {answer.text}"
    [(key, error)] = answer.json().items()
    assert (key, error["type"]) == ("error", type), name
    assert error["message"], name
    return dict(error)


async def test_nothing_is_told_without_a_valid_key(tmp_path: Path) -> None:
    async with api_of(silent, tmp_path, api_rate=0) as (api, _):
        await _try_without_key(api, await operations(api))


async def _try_without_key(api: httpx.AsyncClient, all: list[Operation]) -> None:
    paths = [(each.method, each.url()) for each in all]
    unknown = [("GET", "/nothing"), ("POST", "/"), ("PUT", "/threads"), ("OPTIONS", "/threads"), ("GET", "/a%2Fb")]
    for method, path in (*paths, *unknown, ("GET", "/openapi.json")):
        for key in ({"Authorization": ""}, bearer("wrong")):
            for content, kind in ((b"", "application/json"), (b"{", "application/json"), (b"x", "text/plain")):
                answer = await api.request(method, path, headers={**key, "Content-Type": kind}, content=content)
                refused(answer, 401, "authentication_error", f"{method} {path}")
                assert answer.headers["www-authenticate"] == "Bearer"
        answer = await api.request(method, path, headers=bearer("wrong"), content=b"x" * 2_000_000)
        refused(answer, 401, "authentication_error", f"{method} {path}")


async def test_a_scope_that_a_key_lacks_is_named(every: Every) -> None:
    api, gateway, all = every
    assert {each.name for each in all if each.scope == "admin"} == ADMINS
    for each in all:
        assert each.name in ADMINS or each.scope == ("read" if each.method == "GET" else "write"), each.name
    scopes: tuple[KeyScope, ...] = ("read", "write", "admin")
    for least in scopes:
        key, stored = StoredApiKey.issue(name="", scopes=[least], now=time.time())
        await gateway.store.put_documents([Document(kind=API_KEY, id=stored.id, body=stored.to_body())])
        for each in all:
            answer = await api.request(each.method, each.url(), headers=bearer(key), json=each.body)
            if scopes.index(each.scope) > scopes.index(least):
                error = refused(answer, 403, "permission_error", each.name)
                assert repr(each.scope) in error["message"]
            else:
                assert answer.status_code not in (401, 403), each.name


async def test_what_there_is_not_is_not_found(every: Every) -> None:
    api, _, all = every
    for each in all:
        if each.ids:
            for id in ("unknown", "a/b", "a/b/steps", "%", "é\n", "..", "x" * 3_000):
                url = each.url(**dict.fromkeys(each.ids, id)).replace("..", "%2E%2E")
                answer = await api.request(each.method, url, json=each.body)
                error = refused(answer, 404, "not_found_error", f"{each.method} {url}")
                assert "no " in error["message"] or "nothing" in error["message"], error
    refused(await api.get("/nothing"), 404, "not_found_error", "unknown")


async def test_bodies_that_do_not_fit_are_refused(every: Every) -> None:
    api, _, all = every
    with_body = [each for each in all if each.body is not None]
    assert len(with_body) >= 4
    for each in with_body:

        async def send(content: bytes, kind: str = "application/json", each: Operation = each) -> httpx.Response:
            return await api.request(each.method, each.url(), content=content, headers={"Content-Type": kind})

        malformed = refused(await send(b'{"text": 1,\n }'), 400, "invalid_request_error", each.name)
        assert malformed["where"] == "line 2, column 2"
        unknown = refused(await send(b'{"unknown": 1}'), 400, "invalid_request_error", each.name)
        assert unknown["where"]
        refused(await send(b"[]"), 400, "invalid_request_error", each.name)
        refused(await send(b"{}", "text/plain"), 415, "invalid_request_error", each.name)
        refused(await send(b'"' + b"x" * 2_000_000 + b'"'), 413, "invalid_request_error", each.name)


async def test_methods_that_there_are_not_are_refused(every: Every) -> None:
    api, _, all = every
    for path in {each.path for each in all}:
        there = {each.method for each in all if each.path == path}
        url = next(each for each in all if each.path == path).url()
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - there:
            answer = await api.request(method, url, json={})
            refused(answer, 405, "invalid_request_error", f"{method} {path}")
            assert {*answer.headers["allow"].split(", ")} == there, path


async def test_a_key_that_is_used_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    async with api_of(silent, tmp_path, api_rate=1) as (api, _):
        all = await operations(api)
        for each in all:
            answer = await api.request(each.method, each.url(), json=each.body)
            refused(answer, 429, "rate_limit_error", each.name)
            assert 1 <= int(answer.headers["retry-after"]) <= 60


@pytest.mark.parametrize("place", ["off", "layer"])
async def test_where_the_store_keeps_no_history_that_is_said(tmp_path: Path, place: str) -> None:
    def layered() -> None:
        silent()

        @cl.data_layer
        def layer() -> BaseDataLayer:
            return DictLayer()

    bot = layered if place == "layer" else silent
    async with api_of(bot, tmp_path, history="off" if place == "off" else "on") as (api, _):
        for each in await operations(api):
            answer = await api.request(each.method, each.url(), json=each.body)
            if each.of_history:
                error = refused(answer, 409, "conflict_error", each.name)
                assert ("GATEWAY_HISTORY" if place == "off" else "data layer") in error["message"]
            else:
                assert answer.status_code != 409 or "history" not in answer.text, each.name


async def test_everything_is_described_with_examples(every: Every) -> None:
    api, _, all = every
    document = (await api.get("/openapi.json")).json()
    assert document["servers"] == [{"url": "/v1"}]
    for each in all:
        assert each.document["description"], each.name
        assert "422" not in each.document["responses"], each.name
        assert {"400", "401", "403", "404", "409", "413", "415", "429", "503"} <= {*each.document["responses"]}
        assert each.url() and (each.body is None or each.body)
        for parameter in each.parameters:
            assert parameter["description"].endswith("."), (each.name, parameter)
            assert str(parameter["schema"]).count("examples"), (each.name, parameter)
    for name, schema in document["components"]["schemas"].items():
        assert schema["description"], name
        if name.endswith("Body") or name in ("Change", "NewFeedback"):
            for field, property in schema["properties"].items():
                assert "description" in property or "$ref" in property, (name, field)
