"""What was said, over HTTP: listed, read, searched, exported, rated and deleted."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chatkit.client import KEY, bearer, connected
from tests.chatkit.conftest import running
from tests.http.api.conftest import bot

ADA, BOB = "chatkit:app:ada", "chatkit:app:bob"


async def get(api: httpx.AsyncClient, path: str, **query: Any) -> dict[str, Any]:
    answer = await api.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def names(api: httpx.AsyncClient, **query: Any) -> list[str]:
    return [thread["name"] for thread in (await get(api, "/threads", **query))["data"]]


async def test_threads_are_listed_by_when_they_were_used(api: httpx.AsyncClient) -> None:
    assert await names(api) == ["Bob's words", "100% sure_thing", "the first words"]
    assert await names(api, order="asc") == ["the first words", "100% sure_thing", "Bob's words"]
    assert await names(api, user=BOB) == ["Bob's words"]
    assert await names(api, platform="chatkit", name="FIRST") == ["the first words"]
    assert await names(api, name="%") == ["100% sure_thing"]
    assert await names(api, platform="slack") == []
    assert await names(api, since="2020-01-01T00:00:00Z") == await names(api)
    assert await names(api, until="2020-01-01T00:00:00Z") == []
    assert (await get(api, "/threads", total=True, limit=1))["total"] == 3


async def test_pages_go_on_where_the_last_one_ended(api: httpx.AsyncClient) -> None:
    found, cursor = [], None
    for _ in range(3):
        page = await get(api, "/threads", limit=1, **({"cursor": cursor} if cursor else {}))
        found += [thread["name"] for thread in page["data"]]
        cursor = page["nextCursor"]
    assert (found, cursor) == (["Bob's words", "100% sure_thing", "the first words"], None)
    page = await get(api, "/threads", limit=1)
    for other in ({"order": "asc"}, {"user": ADA}, {"platform": "slack"}):
        refused = await api.get("/threads", params={"limit": 1, "cursor": page["nextCursor"], **other})
        assert refused.status_code == 400
        assert refused.json()["error"]["where"] == "cursor"


async def test_a_thread_is_read_with_its_steps_and_elements(api: httpx.AsyncClient) -> None:
    [listed] = (await get(api, "/threads", name="first"))["data"]
    assert listed["userIdentifier"] == ADA
    assert listed["conversation"].startswith(ADA)
    thread = await get(api, f"/threads/{listed['id']}")
    said = ["the first words", "You said: the first words", "and notes", "You said: and notes"]
    assert [step["output"] for step in thread["steps"]] == said
    [element] = thread["elements"]
    content = await api.get(element["url"], headers={"Authorization": ""})
    assert content.text == "the notes"
    steps = await get(api, f"/threads/{listed['id']}/steps", limit=3)
    assert [step["output"] for step in steps["data"]] == said[:3]
    rest = await get(api, f"/threads/{listed['id']}/steps", limit=3, cursor=steps["nextCursor"])
    assert [step["output"] for step in rest["data"]] == said[3:]
    answers = await get(api, f"/threads/{listed['id']}/steps", type="assistant_message")
    assert [step["output"] for step in answers["data"]] == said[1::2]
    assert await get(api, f"/steps/{steps['data'][0]['id']}") == steps["data"][0]
    elements = await get(api, f"/threads/{listed['id']}/elements")
    assert [each["name"] for each in elements["data"]] == ["notes.txt"]
    assert (await get(api, f"/elements/{element['id']}"))["name"] == "notes.txt"


async def test_what_was_said_is_found(api: httpx.AsyncClient) -> None:
    found = await get(api, "/search", q="WORDS", limit=2)
    rest = await get(api, "/search", q="WORDS", limit=2, cursor=found["nextCursor"])
    said = [each["excerpt"] for each in (*found["data"], *rest["data"])]
    assert sorted(said) == ["Bob's words", "You said: Bob's words", "You said: the first words", "the first words"]
    assert [each["excerpt"] for each in (await get(api, "/search", q="0% sure_t", user=ADA))["data"]] != []
    assert (await get(api, "/search", q="words", user="nobody"))["data"] == []


async def test_threads_are_renamed_and_deleted(api: httpx.AsyncClient) -> None:
    [thread] = (await get(api, "/threads", name="first"))["data"]
    renamed = await api.patch(f"/threads/{thread['id']}", json={"name": "Renamed"})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Renamed")
    [element] = (await get(api, f"/threads/{thread['id']}/elements"))["data"]
    deleted = await api.delete(f"/threads/{thread['id']}")
    assert deleted.json() == {
        "id": thread["id"], "deleted": True, "threads": 1, "steps": 4, "elements": 1, "feedbacks": 0,
    }  # fmt: skip
    for path in (f"/threads/{thread['id']}", f"/elements/{element['id']}", f"/threads/{thread['id']}/steps"):
        assert (await api.get(path)).status_code == 404
    assert (await api.get(element["url"])).status_code == 410
    assert (await api.delete(f"/threads/{thread['id']}")).status_code == 404
    assert await names(api) == ["Bob's words", "100% sure_thing"]


async def test_tags_and_metadata_of_a_thread_are_changed(api: httpx.AsyncClient) -> None:
    [thread] = (await get(api, "/threads", name="first"))["data"]
    path = f"/threads/{thread['id']}"
    own = thread["metadata"]
    assert own == {"client_type": "chatkit"}
    changed = await api.patch(path, json={"tags": ["support", "é"], "metadata": {"ticket": 1, "of": {"a": [None]}}})
    assert changed.json() == {
        **thread, "tags": ["support", "é"], "metadata": {**own, "ticket": 1, "of": {"a": [None]}}
    }  # fmt: skip
    assert await names(api, tag="support") == ["the first words"]
    again = (await api.patch(path, json={"metadata": {"ticket": None, "closed": True}})).json()
    assert again["metadata"] == {**own, "of": {"a": [None]}, "closed": True}
    assert again["tags"] == ["support", "é"]
    assert (await api.patch(path, json={"tags": []})).json()["tags"] == []
    assert await names(api, tag="support") == []
    for body, where in (
        ({}, None),
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"tags": "support"}, "tags"),
        ({"tags": [""]}, "tags[0]"),
        ({"tags": ["x"] * 101}, "tags"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": "x" * 65_536}}, "metadata"),
    ):
        refused = await api.patch(path, json=body)
        assert (refused.status_code, refused.json()["error"].get("where")) == (400, where), body


async def test_what_a_program_put_into_metadata_outlives_the_next_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.runtime.history.TOUCH_EVERY", -1)
    async with (
        running(bot, tmp_path, api_keys=KEY) as url,
        connected(url) as ada,
        httpx.AsyncClient(base_url=f"{url}/v1", headers=bearer(KEY), timeout=20) as api,
    ):
        said = await ada.send("hello")
        [thread] = (await get(api, "/threads"))["data"]
        await api.patch(f"/threads/{thread['id']}", json={"metadata": {"ticket": 1}, "tags": ["support"]})
        await ada.send("again", said)
        [after] = (await get(api, "/threads"))["data"]
    assert after["updatedAt"] > thread["updatedAt"]
    assert (after["metadata"], after["tags"]) == ({"client_type": "chatkit", "ticket": 1}, ["support"])


async def test_single_steps_and_elements_are_deleted(api: httpx.AsyncClient) -> None:
    [thread] = (await get(api, "/threads", name="first"))["data"]
    steps = (await get(api, f"/threads/{thread['id']}/steps"))["data"]
    assert (await api.delete(f"/steps/{steps[0]['id']}")).json()["steps"] == 1
    assert (await api.get(f"/steps/{steps[0]['id']}")).status_code == 404
    [element] = (await get(api, f"/threads/{thread['id']}/elements"))["data"]
    assert (await api.delete(f"/elements/{element['id']}")).json()["elements"] == 1
    assert (await get(api, f"/threads/{thread['id']}/elements"))["data"] == []


async def test_feedback_is_given_listed_and_taken_back(api: httpx.AsyncClient) -> None:
    [thread] = (await get(api, "/threads", name="first"))["data"]
    step = (await get(api, f"/threads/{thread['id']}/steps"))["data"][1]
    path = f"/steps/{step['id']}/feedback"
    first = (await api.put(path, json={"value": 0, "comment": "wrong", "user": ADA})).json()
    again = (await api.put(path, json={"value": 1, "user": ADA})).json()
    assert (first["id"], first["value"], first["comment"]) == (again["id"], 0, "wrong")
    assert (again["value"], again["threadId"], again["forId"]) == (1, thread["id"], step["id"])
    assert await names(api, feedback=1) == ["the first words"]
    assert await names(api, feedback=0) == []
    assert [each["id"] for each in (await get(api, "/feedback", value=1, user=ADA))["data"]] == [again["id"]]
    assert (await get(api, f"/feedback/{again['id']}")) == again
    assert (await api.delete(f"/feedback/{again['id']}")).json()["feedbacks"] == 1
    assert (await get(api, "/feedback"))["data"] == []
    assert (await api.put("/steps/unknown/feedback", json={"value": 1})).status_code == 404
    assert (await api.put(path, json={"value": 2})).status_code == 400


async def test_people_are_listed_and_erased(api: httpx.AsyncClient) -> None:
    people = (await get(api, "/users"))["data"]
    assert {person["identifier"] for person in people} == {ADA, BOB}
    assert (await get(api, f"/users/{ADA}"))["identifier"] == ADA
    erased = await api.delete(f"/users/{ADA}")
    assert (erased.status_code, erased.json()["threads"]) == (200, 2)
    assert (await api.get(f"/users/{ADA}")).status_code == 404
    assert (await api.delete(f"/users/{ADA}")).status_code == 404
    assert await names(api) == ["Bob's words"]
    assert (await get(api, "/chatkit/threads"))["data"][0]["user"] == "bob"


async def test_an_export_has_a_thread_in_each_line(api: httpx.AsyncClient) -> None:
    answer = await api.get("/export", params={"user": ADA})
    assert answer.headers["content-type"] == "application/jsonl"
    threads = [json.loads(line) for line in answer.text.splitlines()]
    assert [thread["name"] for thread in threads] == ["100% sure_thing", "the first words"]
    assert [step["output"] for step in threads[1]["steps"]][-1] == "You said: and notes"
    assert threads[1]["elements"][0]["url"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/threads?limit=0", 400),
        ("GET", "/threads?limit=101", 400),
        ("GET", "/threads?limit=x", 400),
        ("GET", "/threads?order=up", 400),
        ("GET", "/threads?cursor=x", 400),
        ("GET", "/threads?since=yesterday", 400),
        ("GET", "/threads?feedback=2", 400),
        ("GET", "/threads/unknown", 404),
        ("GET", "/threads/a%2Fb", 404),
        ("GET", "/threads/%00", 404),
        ("GET", "/threads/" + "x" * 10_000, 404),
        ("GET", "/search", 400),
        ("GET", "/search?q=", 400),
        ("GET", "/nothing", 404),
        ("POST", "/threads", 405),
        ("PATCH", "/threads/unknown", 400),
    ],
)
async def test_what_cannot_be_is_refused_in_one_shape(
    api: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await api.request(method, path)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert answer.json()["error"]["type"]


async def test_bodies_are_bounded_json(api: httpx.AsyncClient) -> None:
    async def status(content: bytes, mime: str = "application/json") -> int:
        answer = await api.patch("/threads/x", content=content, headers={"Content-Type": mime})
        assert answer.json()["error"]["message"]
        return answer.status_code

    assert await status(b"{") == 400
    assert await status(b"[" * 100_000) == 400
    assert await status(b'{"name": 1}') == 400
    assert await status(b'{"name": "x", "more": 1}') == 400
    assert await status(b'{"name": "x"}', "text/plain") == 415
    assert await status(b'{"name": "' + b"x" * 2_000_000 + b'"}') == 413


async def test_nothing_is_told_without_a_key(api: httpx.AsyncClient) -> None:
    for path in ("/threads", "/threads/x", "/users", "/export", "/search?q=x", "/openapi.json"):
        for headers in ({"Authorization": ""}, bearer("wrong")):
            refused = await api.get(path, headers=headers)
            assert refused.status_code == 401, path
            assert refused.json()["error"]["message"]
    assert (await api.get("/threads", headers={"Authorization": "", "x-api-key": KEY})).status_code == 200
