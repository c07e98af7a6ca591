"""Threads, steps, scores and people that programs send over GraphQL."""

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from gateway.http.graphql import uploads
from gateway.model import API_KEY, Document, KeyScope, StoredApiKey
from gateway.store import SQLiteStore
from tests.chatkit.client import KEY, bearer
from tests.http.graphql.asking import READ_STEP, STEP, THREAD, ask, at, put, refused


async def issued(folder: Path, scope: KeyScope) -> str:
    """Return a new key of a gateway that runs, as the command line makes it."""
    key, stored = StoredApiKey.issue(name="", scopes=[scope], now=time.time())
    store = SQLiteStore(folder / "gateway.db", owner=False)
    await store.open()
    await store.put_documents([Document(kind=API_KEY, id=stored.id, body=stored.to_body())])
    await store.close()
    return key


async def test_a_step_is_made_and_changed_and_what_is_absent_or_null_stays(api: httpx.AsyncClient) -> None:
    made = await put(
        api,
        "s1",
        threadId="t1",
        type="run",
        name="search",
        input={"content": "wheels", "deep": [1, {"a": None}]},
        output={"found": [1, 2]},
        startTime="2026-01-02T03:04:05+01:00",
        endTime="2026-01-02T02:04:07.5Z",
        error="it failed",
        tags=["a", "b"],
        metadata={"k": 1},
        generation={"model": "m", "tokenCount": 7},
    )
    assert (made["name"], made["type"], made["error"], made["tags"]) == ("search", "run", "it failed", ["a", "b"])
    assert made["input"] == {"content": "wheels", "deep": [1, {"a": None}]}
    assert made["startTime"] == "2026-01-02T02:04:05.000000Z"
    assert made["duration"] == 2.5
    changed = await put(api, "s1", name=None, output="plain", generation={"provider": "p"})
    assert changed == {
        **made,
        "output": "plain",
        "generation": {"model": "m", "tokenCount": 7, "provider": "p"},
    }


async def test_any_json_is_kept_as_it_was_given(api: httpx.AsyncClient) -> None:
    for value in ({"content": "x"}, {"a": {"b": [None, 1.5, True]}}, [1, 2], "text", 0, False, "", {}):
        step = await put(api, "s", threadId="t", type="tool", name="n", input=value, output=value)
        assert (step["input"], step["output"]) == (value, value)


async def test_an_unknown_thread_is_made_and_a_step_without_one_gets_its_own(api: httpx.AsyncClient) -> None:
    await put(api, "s", threadId="never seen".replace(" ", "-"), name="n")
    assert (await ask(api, 'query { threadDetail(id: "never-seen") { id steps { id } } }'))["threadDetail"] == {
        "id": "never-seen",
        "steps": [{"id": "s"}],
    }
    alone = await put(api, "alone", type="llm", name="n")
    below = await put(api, "below", type="llm", name="n", parentId="alone")
    assert alone["threadId"] == below["threadId"] != "never-seen"


async def test_a_step_moves_to_another_thread_with_what_belongs_to_it(api: httpx.AsyncClient) -> None:
    score = {"name": "good", "type": "HUMAN", "value": 1}
    await put(api, "s", threadId="t1", name="n", scores=[score], attachments=[{"id": "a", "url": "https://x.test/"}])
    moved = await put(api, "s", threadId="t2")
    assert (moved["threadId"], len(moved["scores"]), len(moved["attachments"])) == ("t2", 1, 1)
    await ask(api, 'mutation { deleteThread(id: "t1") { id } }')
    assert (await put(api, "s"))["attachments"] == moved["attachments"]


async def test_a_hundred_steps_are_sent_at_once_and_stand_in_order(api: httpx.AsyncClient) -> None:
    names = [f"$n{i}: String" for i in range(100)]
    same = '"2026-01-01T00:00:00Z"'
    fields = [
        f's{i}: ingestStep(id: "s{i}", threadId: "t", type: tool, name: $n{i}, startTime: {same}) {{ ok message }}'
        for i in range(100)
    ]
    query = f"mutation AddStep({' '.join(names)}) {{ {' '.join(fields)} }}"
    data = await ask(api, query, **{f"n{i}": f"step {i}" for i in range(100)}, undeclared=1)
    assert all(each == {"ok": True, "message": None} for each in data.values())
    thread = (await ask(api, '{ threadDetail(id: "t") { steps { name } } }'))["threadDetail"]
    assert [each["name"] for each in thread["steps"]] == [f"step {i}" for i in range(100)]


async def test_steps_stand_in_the_order_in_which_they_began(api: httpx.AsyncClient) -> None:
    for id, start in (("second", "2026-01-01T00:00:02Z"), ("first", "2026-01-01T02:00:01+02:00")):
        await put(api, id, threadId="t", name=id, startTime=start)
    thread = (await ask(api, '{ threadDetail(id: "t") { steps { id } } }'))["threadDetail"]
    assert [each["id"] for each in thread["steps"]] == ["first", "second"]


async def test_a_thread_is_made_and_changed(api: httpx.AsyncClient) -> None:
    create = "mutation C($i: String!, $m: Json) { createParticipant(identifier: $i, metadata: $m) { id } }"
    person = (await ask(api, create, i="willy", m={"n": 1}))["createParticipant"]
    made = await ask(api, THREAD, id="t", name="A talk", metadata={"a": 1}, participantId=person["id"], tags=["x"])
    thread = made["upsertThread"]
    assert thread["participant"] == {"id": person["id"], "identifier": "willy", "metadata": {"n": 1}}
    again = (await ask(api, THREAD, id="t", name="Another"))["upsertThread"]
    assert again == {**thread, "name": "Another"}
    assert "create it first" in await refused(api, THREAD, id="t", participantId="nobody")


async def test_people_are_made_once_changed_and_erased(api: httpx.AsyncClient) -> None:
    create = "mutation C($i: String!, $m: Json) { createParticipant(identifier: $i, metadata: $m) { id metadata } }"
    update = "mutation U($id: String!, $m: Json) { updateParticipant(id: $id, metadata: $m) { id metadata } }"
    first = (await ask(api, create, i="willy"))["createParticipant"]
    assert (await ask(api, create, i="willy", m={"a": 1}))["createParticipant"] == {**first, "metadata": {"a": 1}}
    assert (await ask(api, update, id=first["id"], m={"b": 2}))["updateParticipant"]["metadata"] == {"b": 2}
    await ask(api, THREAD, id="t", participantId=first["id"])
    await put(api, "s", threadId="t", name="n", output="what Willy said")
    await ask(api, "mutation D($id: String!) { deleteParticipant(id: $id) { id } }", id=first["id"])
    gone = await ask(
        api, '{ threadDetail(id: "t") { id } step(id: "s") { id } participant(identifier: "willy") { id } }'
    )
    assert gone == {"threadDetail": None, "step": None, "participant": None}


async def test_scores_are_of_steps(api: httpx.AsyncClient) -> None:
    create = """mutation C($stepId: String, $generationId: String, $value: Float!, $comment: String,
      $type: ScoreType!) {
      createScore(name: "helpful", type: $type, value: $value, stepId: $stepId, generationId: $generationId,
        comment: $comment, tags: ["t"]) { id name type value stepId comment tags } }"""
    await put(api, "s", threadId="t", name="n")
    score = (await ask(api, create, stepId="s", value=1, comment="Great!", type="HUMAN"))["createScore"]
    assert (score["stepId"], score["value"], score["comment"], score["tags"]) == ("s", 1, "Great!", ["t"])
    update = "mutation U($id: String!, $value: Float!) { updateScore(id: $id, value: $value) { value comment } }"
    assert (await ask(api, update, id=score["id"], value=0.5))["updateScore"] == {"value": 0.5, "comment": "Great!"}
    assert "no step" in await refused(api, create, stepId="none", value=1, type="AI")
    assert "ScoreType" in await refused(api, create, stepId="s", value=1, type="MINE")
    assert "stepId" in await refused(api, create, value=1, type="AI")
    sent = {"name": "fast", "type": "CODE", "value": 2}
    await put(api, "s", scores=[sent])
    assert [each["value"] for each in (await put(api, "s", scores=[{**sent, "value": 3}]))["scores"]] == [0.5, 3]
    await ask(api, "mutation D($id: String!) { deleteScore(id: $id) { id } }", id=score["id"])
    assert [each["name"] for each in (await put(api, "s"))["scores"]] == ["fast"]
    await ask(api, 'mutation { deleteStep(id: "s") { id } }')
    assert (await ask(api, '{ scores { totalCount } step(id: "s") { id } }')) == {
        "scores": {"totalCount": 0},
        "step": None,
    }


async def test_files_are_uploaded_attached_and_go_with_their_thread(api: httpx.AsyncClient) -> None:
    wanted = {"fileName": "a report.pdf", "contentType": "application/pdf", "threadId": "t"}
    prepared = (await api.post(at(api, "/api/upload/file"), json=wanted)).json()
    target = prepared["post"]
    keyless = {"authorization": ""}
    form = {"data": target["fields"], "files": {"file": ("x", b"%PDF", "application/pdf")}, "headers": keyless}
    assert (await api.post(target["url"], **{**form, "data": {"key": "elements/t/other/x"}})).status_code == 403
    assert (await api.post(target["url"].replace("signature=", "signature=0"), **form)).status_code == 403
    assert (await api.post(target["url"], **form)).status_code == 204
    attachment = {"id": "a", "name": "report", "mime": "application/pdf", "objectKey": target["fields"]["key"]}
    step = await put(api, "s", threadId="t", name="n", attachments=[{**attachment, "metadata": {"pages": 1}}])
    [kept] = step["attachments"]
    assert {**kept, "url": ""} == {**attachment, "metadata": {"pages": 1}, "url": ""}
    for link in (prepared["signedUrl"], kept["url"]):
        assert (await api.get(link, headers=keyless)).content == b"%PDF"
    assert "objectKey" in await refused(
        api, STEP, id="s2", threadId="t2", name="n", attachments=[attachment | {"id": "b"}]
    )
    assert "another step" in await refused(api, STEP, id="s2", threadId="t", name="n", attachments=[attachment])
    await ask(api, 'mutation { deleteThread(id: "t") { id } }')
    assert [(await api.get(link, headers=keyless)).status_code for link in (prepared["signedUrl"], kept["url"])] == [
        410,
        410,
    ]


async def test_an_upload_that_says_no_file_is_refused(api: httpx.AsyncClient) -> None:
    for body, status in (
        ({}, 400),
        ({"fileName": 7}, 400),
        ([], 400),
        ({"fileName": "x", "contentType": "no type"}, 415),
        ({"fileName": "x" * 501}, 400),
    ):
        answer = await api.post(at(api, "/api/upload/file"), json=body)
        assert (answer.status_code, bool(answer.json()["errors"][0]["message"])) == (status, True)


async def test_an_upload_address_that_has_expired_takes_nothing(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "WORKS_FOR", -5)
    prepared = (await api.post(at(api, "/api/upload/file"), json={"fileName": "x"})).json()
    target = prepared["post"]
    answer = await api.post(target["url"], data=target["fields"], files={"file": ("x", b"x")})
    assert (answer.status_code, "expired" in answer.json()["errors"][0]["message"]) == (403, True)
    assert (await api.get(prepared["signedUrl"])).status_code == 410


async def test_what_is_no_form_or_too_large_is_not_kept(api: httpx.AsyncClient) -> None:
    prepared = (await api.post(at(api, "/api/upload/file"), json={"fileName": "x"})).json()
    target = prepared["post"]
    assert (await api.post(target["url"], content=b"raw")).status_code == 415
    assert (await api.post(target["url"], data=target["fields"], files={"other": b"x"})).status_code == 400
    large = {"file": ("x", b"x" * 26_000_000)}
    assert (await api.post(target["url"], data=target["fields"], files=large)).status_code == 413
    assert (await api.get(prepared["signedUrl"])).status_code == 410


async def test_an_id_that_cannot_be_one_is_refused(api: httpx.AsyncClient) -> None:
    for id in ("", "a/b", "a b", "..", "a\x00b", "x" * 201, "\ud800"):
        content = json.dumps({"query": STEP, "variables": {"id": id, "threadId": "t"}}).encode()
        answer = await api.post(at(api), content=content, headers={"content-type": "application/json"})
        assert "cannot be an id" in answer.json()["errors"][0]["message"]


async def test_a_conversation_of_the_bot_is_read_with_its_person_and_keeps_it(api: httpx.AsyncClient) -> None:
    query = '{ threads(filters: [{field: "name", operator: "ilike", value: "%BOB%"}]) { edges { node { id name '
    query += "participant { identifier } steps { type input output } } } } }"
    [edge] = (await ask(api, query))["threads"]["edges"]
    thread = edge["node"]
    assert thread["participant"]["identifier"] == "chatkit:app:bob"
    assert thread["steps"] == [
        {"type": "user_message", "input": None, "output": {"content": "Bob's words"}},
        {"type": "assistant_message", "input": None, "output": {"content": "You said: Bob's words"}},
    ]
    await ask(api, 'mutation { createParticipant(identifier: "willy") { id } }')
    assert "does not change" in await refused(api, THREAD, id=thread["id"], participantId="willy")
    assert (await ask(api, THREAD, id=thread["id"], participantId="chatkit:app:bob"))["upsertThread"]["name"]


async def test_changes_are_in_the_audit(api: httpx.AsyncClient, tmp_path: Path) -> None:
    await put(api, "s", threadId="t", name="n")
    with closing(sqlite3.connect(tmp_path / "gateway.db")) as connection:
        [(details,)] = connection.execute("SELECT details FROM audit WHERE action = 'graphql'").fetchall()
    assert json.loads(details)["ingestStep"] == 1


async def test_a_key_that_only_reads_changes_nothing(api: httpx.AsyncClient, tmp_path: Path) -> None:
    key = await issued(tmp_path, "read")
    headers = {"x-api-key": key, "authorization": ""}
    body = {"query": STEP, "variables": {"id": "s", "threadId": "t"}}
    assert (await api.post(at(api), json=body, headers=headers)).status_code == 403
    assert (await api.post(at(api), json={"query": READ_STEP, "variables": {"id": "s"}}, headers=headers)).json() == {
        "data": {"step": None}
    }
    assert (await api.post(at(api), json=body, headers={"authorization": "Bearer wrong"})).status_code == 401


async def test_only_an_administrator_s_key_erases_a_person(api: httpx.AsyncClient, tmp_path: Path) -> None:
    key = await issued(tmp_path, "write")
    person = (await ask(api, 'mutation { createParticipant(identifier: "willy") { id } }'))["createParticipant"]
    body = {"query": "mutation D($id: String!) { deleteParticipant(id: $id) { id } }", "variables": person}
    answer = await api.post(at(api), json=body, headers={"x-api-key": key, "authorization": ""})
    assert "'admin'" in answer.json()["errors"][0]["message"]
    assert (await ask(api, '{ participant(identifier: "willy") { id } }'))["participant"] == person


async def test_the_address_of_a_key_is_that_of_its_project(api: httpx.AsyncClient) -> None:
    assert (await api.post(at(api, "/api/my-project"), json={}, headers=bearer(KEY))).json() == {"projectId": "gateway"}
