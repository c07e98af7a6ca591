"""The OpenAPI document says what the API does: made-up requests get answers as it describes them."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.routing import Mount

from gateway.http.api.application import PREFIX
from tests.chatkit.client import KEY, bearer, loopback_client
from tests.chatkit.conftest import started


async def test_the_document_is_made_when_it_is_first_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To make it takes 0.2 s, which no start of a gateway waits for."""
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    async with started(lambda: None, tmp_path) as (gateway, url), loopback_client(url) as http:
        (api,) = (route.app for route in gateway.asgi.routes if isinstance(route, Mount) and route.path == PREFIX)
        assert isinstance(api, FastAPI)
        assert api.openapi_schema is None
        assert (await http.get("/v1/openapi.json", headers=bearer(KEY))).json()["paths"]
        assert api.openapi_schema is not None


@pytest.mark.parametrize("path", ["/conversations/{ref}/messages", "/broadcasts"])
async def test_what_may_be_done_or_only_begun_is_documented_with_both_statuses(
    api: httpx.AsyncClient, path: str
) -> None:
    document = (await api.get("/openapi.json")).json()
    assert {"200", "202"} <= document["paths"][path]["post"]["responses"].keys()


@pytest.mark.timeout(240)
async def test_made_up_requests_are_answered_as_documented(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    assert document["info"]["title"] == "The bot gateway"
    schema = schemathesis.openapi.from_dict(document)
    schema.config.base_url = str(api.base_url)
    await asyncio.to_thread(_check_all, schema)


def _check_all(schema: Any) -> None:
    """Make some requests of each operation."""
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=10,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def check(case: Any) -> None:
            # A cursor that fits the schema may still be none of ours, and is refused.
            case.call_and_validate(headers=bearer(KEY), excluded_checks=[positive_data_acceptance])

        given(case=operation.as_strategy())(check)()
