"""Each change over HTTP is one line of the audit, with the key's id, and without words of people."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.app import Gateway
from gateway.model import digest_of
from tests.chatkit.client import KEY, bearer, connected
from tests.chatkit.conftest import started
from tests.http.api.conftest import bot
from tests.http.api.operations import operations

ADA = "chatkit:app:ada"
KEY_ID = f"env-{digest_of(KEY.encode())[:8]}"


class Audited:
    """The API of a bot, and the lines that the audit got."""

    def __init__(self, gateway: Gateway, http: httpx.AsyncClient, thread: str) -> None:
        self.gateway = gateway
        self.http = http
        self.thread = thread
        self.seen = 0

    async def lines(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the lines that are new."""
        lines = await self.gateway.store.audit()
        new, self.seen = lines[self.seen :], len(lines)
        return [(line.action, dict(line.details)) for line in new]

    async def data(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.http.get(path)).raise_for_status().json()["data"]
        return found

    async def ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        answer = await self.http.request(method, path, **more)
        answer.raise_for_status()
        return {} if path.startswith("/export") else dict(answer.json())


@pytest.fixture
async def audited(tmp_path: Path) -> AsyncIterator[Audited]:
    async with started(bot, tmp_path, api_keys=KEY) as (gateway, url):
        async with connected(url) as ada:
            await ada.send("secret notes")
        async with httpx.AsyncClient(base_url=f"{url}/v1", headers=bearer(KEY), timeout=20) as http:
            found = Audited(gateway, http, (await http.get("/threads")).json()["data"][0]["id"])
            await found.lines()  # those of ChatKit
            yield found


async def test_each_change_is_a_line(audited: Audited) -> None:
    thread = audited.thread
    step = (await audited.data(f"/threads/{thread}/steps"))[1]["id"]
    element = (await audited.data(f"/threads/{thread}/elements"))[0]["id"]
    to = (await audited.data("/threads"))[0]["conversation"]
    secret = {"text": "secret"}
    everyone = {**secret, "to": {}}
    made: dict[str, Any] = {}
    changes: list[tuple[str, dict[str, str], Any, str, dict[str, Any]]] = [
        ("GET /export", {}, None, "threads.exported", {"conditions": 0}),
        ("PATCH /threads/{id}", {"id": thread}, {"name": "secret"}, "thread.changed", {"thread": thread}),
        ("PUT /steps/{id}/feedback", {"id": step}, {"value": 1, "comment": "secret"}, "feedback.given", {"step": step}),
        ("DELETE /feedback/{id}", {"id": "PUT /steps/{id}/feedback"}, None, "feedback.deleted", {"feedback": ...}),
        ("DELETE /elements/{id}", {"id": element}, None, "element.deleted", {"element": element, "thread": thread}),
        ("DELETE /steps/{id}", {"id": step}, None, "step.deleted", {"step": step, "thread": thread}),
        ("POST /conversations/{ref}/messages", {"ref": to}, secret, "message.sent", {"message": ...}),
        ("POST /broadcasts", {}, everyone, "broadcast.begun", {"broadcast": ..., "total": 1}),
        ("POST /broadcasts/{id}/cancel", {"id": "POST /broadcasts"}, None, "broadcast.cancelled", {"broadcast": ...}),
        ("DELETE /threads/{id}", {"id": thread}, None, "thread.deleted", {"thread": thread, "threads": 1}),
        ("DELETE /users/{identifier}", {"identifier": ADA}, None, "user.erased", {"threads": 0}),
    ]
    every = {each.name: each for each in await operations(audited.http)}
    assert {name for name, *_ in changes} == {"GET /export", *(name for name in every if not name.startswith("GET"))}
    for name, ids, body, action, details in changes:
        url = every[name].url(**{key: made.get(value, value) for key, value in ids.items()})
        answer = await audited.ask(every[name].method, url, json=body)
        made[name] = answer.get("id")
        lines = [(each, found) for each, found in await audited.lines() if each != "erased"]
        expected = {key: answer["id"] if value is ... else value for key, value in details.items()}
        assert [each for each, _ in lines] == [action], name
        assert lines[0][1].items() >= {**expected, "key": KEY_ID}.items(), name
        assert "secret" not in str(lines)
        assert ADA not in str(lines)


async def test_what_changes_nothing_is_no_line(audited: Audited) -> None:
    to = (await audited.data("/threads"))[0]["conversation"]
    once = {"text": "news", "idempotencyKey": "one"}
    dry = {"text": "news", "to": {}, "dryRun": True}
    for path, body in (
        (f"/conversations/{to}/messages", once),
        ("/broadcasts", {"text": "news", "to": {}, "idempotencyKey": "two"}),
    ):
        first = await audited.ask("POST", path, json=body)
        assert len(await audited.lines()) == 1
        assert (await audited.ask("POST", path, json=body))["id"] == first["id"]
        assert await audited.lines() == []
        assert (await audited.http.post(path, json={**body, "text": "other"})).status_code == 409
        assert await audited.lines() == []
    await audited.ask("POST", "/broadcasts", json=dry)
    for each in await operations(audited.http):
        if each.ids:
            answer = await audited.http.request(each.method, each.url(), json=each.body)
            assert answer.status_code == 404, each.name
    assert await audited.lines() == []
