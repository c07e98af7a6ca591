"""Which web pages may use the HTTP API from a browser, and that nothing of it redirects."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from gateway.errors import SettingsError
from gateway.http.application import application
from gateway.settings import GatewaySettings
from tests.http.test_embedding import served

PAGE = "https://app.example"
ASKING = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


async def fine(request: Request) -> Response:
    return Response(status_code=401 if "authorization" not in request.headers else 200)


ROUTES = [Route("/v1/things", fine, methods=["GET", "POST"]), Route("/api/messages", fine, methods=["POST"])]


@asynccontextmanager
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with served(app) as url, httpx.AsyncClient(base_url=url) as http:
        yield http


async def test_a_page_that_is_named_may_use_the_api_and_read_why_it_was_refused() -> None:
    async with client(application(ROUTES, origins=[PAGE])) as http:
        asked = await http.options("/v1/things", headers=ASKING)
        answer = await http.post("/v1/things", headers={"Origin": PAGE})
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (200, PAGE)
    assert asked.headers["Access-Control-Allow-Headers"] == "authorization"
    assert "Access-Control-Allow-Credentials" not in asked.headers
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, PAGE)


async def test_a_page_that_is_not_named_may_not() -> None:
    async with client(application(ROUTES, origins=[PAGE])) as http:
        asked = await http.options("/v1/things", headers={**ASKING, "Origin": "https://other.example"})
        answer = await http.get("/v1/things", headers={"Origin": "https://other.example"})
    assert asked.status_code == 400
    assert not {"Access-Control-Allow-Origin"} & {*map(str.title, asked.headers), *map(str.title, answer.headers)}


async def test_by_default_no_page_may() -> None:
    async with client(application(ROUTES)) as http:
        asked = await http.options("/v1/things", headers=ASKING)
        assert asked.status_code == 405
        assert "access-control-allow-origin" not in asked.headers


async def test_the_webhooks_of_platforms_are_nobodys() -> None:
    async with client(application(ROUTES, origins=["*"])) as http:
        assert (await http.options("/api/messages", headers=ASKING)).status_code == 405
        answer = await http.post("/api/messages", headers={"Origin": PAGE})
        assert "access-control-allow-origin" not in answer.headers
        assert (await http.get("/v1/things", headers={"Origin": PAGE})).headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/v1/things", "/bot/v1/things"])
async def test_below_a_prefix_it_is_the_same(path: str) -> None:
    async with client(application(ROUTES, root_path="/bot", origins=[PAGE])) as http:
        assert (await http.options(path, headers=ASKING)).status_code == 200
    mounted = Starlette(routes=[Mount(path.removesuffix("/v1/things") or "/x", application(ROUTES, origins=[PAGE]))])
    async with client(mounted) as http:
        below = path if path.startswith("/bot") else f"/x{path}"
        assert (await http.options(below, headers=ASKING)).status_code == 200


@pytest.mark.parametrize("path", ["/v1/things/", "/bot/v1/things/", "/v1//things"])
async def test_a_slash_too_much_is_not_found_and_not_redirected(path: str) -> None:
    async with client(application(ROUTES, root_path="/bot")) as http:
        assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize("origins", ["app.example", "https://app.example/", "https://app.example/path", "https://a b"])
def test_what_is_no_origin_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, origins: str) -> None:
    monkeypatch.setenv("GATEWAY_API_ORIGINS", f"https://fine.example, {origins}")
    with pytest.raises(SettingsError, match="GATEWAY_API_ORIGINS"):
        GatewaySettings.read()


def test_origins_are_listed_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_ORIGINS", " https://a.example ,http://localhost:3000,")
    assert GatewaySettings.read().web_origins == ["https://a.example", "http://localhost:3000"]
