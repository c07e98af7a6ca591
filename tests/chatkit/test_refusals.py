"""What is refused below ``/v1/chatkit`` is answered in the error shape of OpenAI's API, whoever refuses it."""

from typing import Any

import httpx
import pytest

from tests.chatkit.client import KEY, bearer, connected
from tests.chatkit.conftest import Serve
from tests.chatkit.test_sessions import echo

JSON = {"Content-Type": "application/json"}


def check_shape(answer: httpx.Response, status: int, kind: str) -> None:
    """Fail where an answer is no error of OpenAI's API."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    assert error["type"] == kind


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/v1/chatkit/", 404, "not_found_error"),
        ("GET", "/v1/chatkit/unknown", 404, "not_found_error"),
        ("POST", "/v1/chatkit/threads/x/items/y", 404, "not_found_error"),
        ("PUT", "/v1/chatkit/conversation", 405, "invalid_request_error"),
        ("GET", "/v1/chatkit/sessions", 405, "invalid_request_error"),
        ("DELETE", "/v1/chatkit/threads", 405, "invalid_request_error"),
        ("GET", "/v1/chatkit/files", 405, "invalid_request_error"),
        ("POST", "/v1/chatkit/sessions", 401, "authentication_error"),
        ("POST", "/v1/chatkit/conversation", 401, "authentication_error"),
        ("GET", "/v1/chatkit/threads/x", 401, "authentication_error"),
    ],
)
async def test_paths_and_methods(serve: Serve, method: str, path: str, status: int, kind: str) -> None:
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        answer = await http.request(method, path)
        check_shape(answer, status, kind)
        assert ("allow" in answer.headers) == (status == 405)


async def test_bodies_that_are_stated_to_be_no_json(serve: Serve) -> None:
    async with serve(echo) as url, connected(url) as client:
        for path, secret in (("/v1/chatkit/sessions", KEY), ("/v1/chatkit/conversation", client.secret)):
            for stated in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
                headers = {**bearer(secret), "Content-Type": stated}
                answer = await client.http.post(path, content=b"{}", headers=headers)
                check_shape(answer, 415, "invalid_request_error")
                assert "application/json" in answer.json()["error"]["message"]
        page = b'{"type": "threads.list", "params": {}}'
        for fine in ("application/json; charset=utf-8", "application/vnd.api+json", "Application/JSON"):
            headers = {**bearer(client.secret), "Content-Type": fine}
            answer = await client.http.post("/v1/chatkit/conversation", content=page, headers=headers)
            assert answer.status_code == 200
