"""What is refused reaches the client as an answer in its shape."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from gateway.errors import Draining, Fenced, GatewayError, RequestRefused, SettingsError, StoreFailed
from gateway.http.refusals import Renderer, answering
from tests.http.test_embedding import served

ERRORS: dict[str, GatewayError] = {
    "draining": Draining("no"),
    "store": StoreFailed("/var/lib/bot/gateway.db: disk I/O error"),
    "fenced": Fenced("another process"),
    "where": RequestRefused(400, "text is missing", where="messages[0].text"),
    "wait": RequestRefused(429, "too many requests", headers={"Retry-After": "7"}),
    "settings": SettingsError("a bug"),
}


async def fail(request: Request) -> Response:
    name = request.path_params["name"]
    if name in ERRORS:
        raise ERRORS[name]
    return PlainTextResponse("fine")


def _in_graphql(refused: RequestRefused) -> Response:
    return JSONResponse({"errors": [{"message": str(refused)}]}, refused.status)


def _app(render: Renderer | None = None) -> Starlette:
    return Starlette(routes=[Route("/{name}", answering(fail, render))])


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with served(_app()) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


async def test_what_is_not_refused_is_answered_as_it_is(http: httpx.AsyncClient) -> None:
    assert (await http.get("/anything")).text == "fine"


async def test_a_refusal_says_what_is_wrong_and_where(http: httpx.AsyncClient) -> None:
    answer = await http.get("/where")
    error = {"message": "text is missing", "type": "invalid_request_error", "where": "messages[0].text"}
    assert (answer.status_code, answer.json()) == (400, {"error": error})


async def test_a_refusal_keeps_its_headers(http: httpx.AsyncClient) -> None:
    answer = await http.get("/wait")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["error"]["type"] == "rate_limit_error"


@pytest.mark.parametrize("name", ["draining", "store", "fenced"])
async def test_what_passes_is_503_with_a_time_to_come_back_and_no_path(http: httpx.AsyncClient, name: str) -> None:
    answer = await http.get(f"/{name}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "send the request again" in answer.json()["error"]["message"]
    assert "gateway.db" not in answer.text


async def test_any_other_error_is_a_bug(http: httpx.AsyncClient) -> None:
    assert (await http.get("/settings")).status_code == 500


async def test_an_interface_renders_a_refusal_in_its_own_shape() -> None:
    async with served(_app(_in_graphql)) as url, httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/where")).json() == {"errors": [{"message": "text is missing"}]}
