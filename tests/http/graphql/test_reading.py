"""Lists of the GraphQL interface: their filters, order and pages, and queries that are refused."""

from typing import Any

import httpx
import pytest
from graphql import get_introspection_query

from tests.http.graphql.asking import ENDPOINT, THREAD, ask, at, put, refused

FILTER = {
    "threads": "ThreadsInputType",
    "steps": "stepsInputType",
    "generations": "generationsInputType",
    "scores": "scoresInputType",
    "participants": "participantsInputType",
}


async def found(api: httpx.AsyncClient, name: str, *filters: tuple[str, str, Any], node: str = "id") -> list[Any]:
    """Return one field of what a list finds, oldest first but for people, who have no order."""
    order = 'orderBy: {column: "createdAt", direction: "ASC"}'
    ordered = "" if name == "participants" else order
    listed = f"{name}(first: 100, filters: $f {ordered}) {{ edges {{ node {{ {node} }} }} }}"
    query = f"query L($f: [{FILTER[name]}!]) {{ {listed} }}"
    asked = [{"field": field, "operator": operator, "value": value} for field, operator, value in filters]
    return [edge["node"][node] for edge in (await ask(api, query, f=asked))[name]["edges"]]


@pytest.fixture
async def kept(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """Two threads of programs, beside the three of the bot."""
    for id, name in (("willy", "Willy"), ("otto", "Otto")):
        create = "mutation C($i: String!, $m: Json) { createParticipant(identifier: $i, metadata: $m) { id } }"
        person = (await ask(api, create, i=id, m={"name": name}))["createParticipant"]
        await ask(api, THREAD, id=f"of-{id}", name=f"{name}'s talk", tags=[id, "both"], participantId=person["id"])
    score = {"name": "helpful", "type": "HUMAN", "value": 0.5}
    await put(
        api,
        "long",
        threadId="of-willy",
        type="llm",
        name="gpt",
        output="a WHEEL",
        startTime="2026-01-01T00:00:00Z",
        endTime="2026-01-01T00:01:40Z",
        tags=["slow"],
        generation={"model": "gpt-4", "tokenCount": 12, "provider": "openai", "duration": 100},
        scores=[score],
    )
    await put(
        api,
        "short",
        threadId="of-otto",
        type="tool",
        name="look",
        error="no way",
        startTime="2026-01-02T00:00:00Z",
        endTime="2026-01-02T00:00:01Z",
        generation={"model": "small", "tokenCount": 3},
    )
    return api


THREADS: Any = [
    ([("id", "eq", "of-willy")], ["of-willy"]),
    ([("name", "ilike", "WILLY")], ["of-willy"]),
    ([("name", "ilike", "%talk%"), ("name", "nilike", "otto")], ["of-willy"]),
    ([("tags", "in", ["willy", "nobody"])], ["of-willy"]),
    ([("tags", "in", ["both"])], ["of-willy", "of-otto"]),
    ([("tags", "in", ["both"]), ("tags", "nin", ["willy"])], ["of-otto"]),
    ([("participantIdentifiers", "in", ["willy", "x"])], ["of-willy"]),
    ([("stepType", "in", ["llm"])], ["of-willy"]),
    ([("stepName", "eq", "look")], ["of-otto"]),
    ([("stepOutput", "ilike", "wheel")], ["of-willy"]),
    ([("scoreValue", "gte", 0.5)], ["of-willy"]),
    ([("scoreValue", "gt", 0.5)], []),
    ([("duration", "gt", 99), ("duration", "lt", 101)], ["of-willy"]),
    ([("duration", "lte", 1), ("tags", "in", ["both"])], ["of-otto"]),
    ([("tokenCount", "gt", 10)], ["of-willy"]),
    ([("createdAt", "lt", "2020-01-01T00:00:00Z")], []),
    ([("createdAt", "gt", "2020-01-01T00:00:00Z"), ("tags", "in", ["both"])], ["of-willy", "of-otto"]),
    ([("participantId", "is", None)], []),
]


async def test_threads_are_filtered(kept: httpx.AsyncClient) -> None:
    for filters, ids in THREADS:
        assert await found(kept, "threads", *filters) == ids, filters


OTHERS: Any = [
    ("steps", [("threadId", "eq", "of-otto")], ["short"]),
    ("steps", [("name", "eq", "gpt")], ["long"]),
    ("steps", [("error", "ilike", "NO")], ["short"]),
    ("steps", [("error", "nis", None)], ["short"]),
    ("steps", [("tags", "in", ["slow"])], ["long"]),
    ("steps", [("startTime", "lt", "2026-01-01T12:00:00Z")], ["long"]),
    ("steps", [("participantIdentifiers", "in", ["willy"])], ["long"]),
    ("generations", [], ["long", "short"]),
    ("generations", [("model", "eq", "gpt-4")], ["long"]),
    ("generations", [("tokenCount", "lt", 5)], ["short"]),
    ("generations", [("duration", "gt", 99)], ["long"]),
    ("generations", [("score", "eq", 0.5)], ["long"]),
    ("participants", [("identifier", "in", ["otto"])], ["otto"]),
    ("participants", [("metadata", "ilike", "willy")], ["willy"]),
    ("scores", [("name", "eq", "helpful"), ("type", "eq", "HUMAN"), ("value", "lt", 1)], ["helpful"]),
    ("scores", [("value", "gt", 1)], []),
]


async def test_other_lists_are_filtered(kept: httpx.AsyncClient) -> None:
    for name, filters, ids in OTHERS:
        shown = {"participants": "identifier", "scores": "name"}.get(name, "id")
        assert await found(kept, name, *filters, node=shown) == ids, (name, filters)


UNKNOWN: Any = [
    ("threads", ("colour", "eq", "x"), "colour"),
    ("threads", ("name", "like", "x"), "like"),
    ("threads", ("duration", "gt", "long"), "number"),
    ("threads", ("createdAt", "gt", "yesterday"), "time"),
    ("steps", ("name", "is", "x"), "null"),
    ("steps", ("name", "eq", None), "text"),
    ("scores", ("value", "gt", True), "number"),
    ("generations", ("generation.model", "eq", "x"), "generation.model"),
    ("participants", ("identifier", "gt", "x"), "gt"),
]


async def test_a_filter_that_there_is_not_is_an_error(api: httpx.AsyncClient) -> None:
    for name, given, word in UNKNOWN:
        query = f"query L($f: [{FILTER[name]}!]) {{ {name}(filters: $f) {{ totalCount }} }}"
        filters = [dict(zip(("field", "operator", "value"), given, strict=True))]
        assert word in await refused(api, query, f=filters)


PAGES = """query P($first: Int, $last: Int, $after: ID, $before: ID, $tag: Json, $down: String!) {
  threads(first: $first, last: $last, after: $after, before: $before,
    filters: [{field: "tags", operator: "in", value: $tag}], orderBy: {column: "createdAt", direction: $down}) {
    totalCount pageInfo { startCursor endCursor hasNextPage hasPreviousPage } edges { cursor node { id } } } }"""


async def page(api: httpx.AsyncClient, **given: Any) -> tuple[list[str], dict[str, Any], int]:
    threads = (await ask(api, PAGES, **{"tag": ["p"], "down": "ASC", **given}))["threads"]
    return [edge["node"]["id"] for edge in threads["edges"]], threads["pageInfo"], threads["totalCount"]


async def test_lists_go_by_pages_in_both_directions(api: httpx.AsyncClient) -> None:
    for number in range(5):
        await ask(api, THREAD, id=f"p{number}", tags=["p"])
    ids, info, total = await page(api, first=2)
    assert (ids, total, info["hasNextPage"], info["hasPreviousPage"]) == (["p0", "p1"], 5, True, False)
    ids, info, _ = await page(api, first=2, after=info["endCursor"])
    assert (ids, info["hasNextPage"], info["hasPreviousPage"]) == (["p2", "p3"], True, True)
    middle = info
    ids, info, _ = await page(api, first=2, after=info["endCursor"])
    assert (ids, info["hasNextPage"]) == (["p4"], False)
    ids, info, _ = await page(api, last=1, before=middle["startCursor"])
    assert (ids, info["hasNextPage"], info["hasPreviousPage"]) == (["p1"], True, True)
    assert (await page(api, last=2))[0] == ["p3", "p4"]
    assert (await page(api, first=9, before=middle["startCursor"]))[0] == ["p0", "p1"]
    assert (await page(api, first=9, after=info["endCursor"], before=middle["endCursor"]))[0] == ["p2"]
    assert (await page(api, first=2, down="DESC"))[0] == ["p4", "p3"]
    assert (await page(api, first=0))[0] == []
    cursor = middle["endCursor"]
    assert "cursor" in await refused(api, PAGES, tag=["q"], down="ASC", after=cursor)
    assert "cursor" in await refused(api, PAGES, tag=["p"], down="DESC", after=cursor)
    assert "cursor" in await refused(api, PAGES, tag=["p"], down="ASC", after="none of ours")
    assert "either" in await refused(api, PAGES, tag=["p"], down="ASC", first=1, last=1)
    assert "less than 0" in await refused(api, PAGES, tag=["p"], down="ASC", first=-1)
    assert "createdAt" in await refused(api, PAGES, tag=["p"], down="SIDEWAYS")


async def test_steps_of_some_types_are_kept_in_a_list_of_threads(kept: httpx.AsyncClient) -> None:
    query = """query T($k: [StepType!]) { threads(stepTypesToKeep: $k) { edges { node { id steps { id } } } } }"""
    edges = (await ask(kept, query, k=["llm"]))["threads"]["edges"]
    assert [edge["node"]["steps"] for edge in edges if edge["node"]["steps"]] == [[{"id": "long"}]]


async def test_names_and_counts_that_are_worked_out(kept: httpx.AsyncClient) -> None:
    query = """{ one: threadDetail(id: "of-willy") { __typename duration tokenCount }
      person: participant(identifier: "willy") { threadCount tokenCount lastEngaged createdAt }
      scores { edges { node { step { thread { id participant { identifier } } } } } } }"""
    data = await ask(kept, query)
    assert data["one"]["__typename"] == "Thread"
    assert data["one"]["duration"] == pytest.approx(100)
    assert data["one"]["tokenCount"] == 12
    assert (data["person"]["threadCount"], data["person"]["tokenCount"]) == (1, 12)
    assert data["person"]["lastEngaged"] >= data["person"]["createdAt"]
    thread = data["scores"]["edges"][0]["node"]["step"]["thread"]
    assert thread == {"id": "of-willy", "participant": {"identifier": "willy"}}


DEEP = "{" + "threads{edges{node" * 1 + "{steps{thread" * 1_000 + "{id}" + "}}" * 1_000 + "}}}"


WRONG: Any = [
    (DEEP, "levels deep"),
    ("{" * 3_000, "levels deep"),
    ("query Q($v: Json = " + "[" * 3_000, "levels deep"),
    ("{" + " ".join(f"a{i}: __typename" for i in range(5_000)) + "}", "too many fields"),
    ("{" + "a " * 100_000 + "}", "tokens"),
    ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "itself"),
    ("{ datasets { id } }", "datasets"),
    ('mutation { createPromptLineage(name: "x") { id } }', "createPromptLineage"),
    ("{ threads", "Syntax Error"),
    ("", "Syntax Error"),
    ("query A { __typename } query B { __typename }", "operation"),
]


async def test_a_query_that_cannot_be_answered_is_an_error(api: httpx.AsyncClient) -> None:
    for query, word in WRONG:
        assert word in await refused(api, query)


BODIES: Any = [
    (b"{", 400),
    (b"[]", 400),
    (b'{"query": 1}', 400),
    (b'{"query": "{__typename}", "variables": []}', 400),
    (b'{"query": "{__typename}", "operationName": 1}', 400),
    (b"[" * 100_000, 400),
    (b"\xff", 400),
    (b" " * 17_000_000, 413),
]


async def test_a_body_that_is_no_request_is_refused(api: httpx.AsyncClient) -> None:
    for content, status in BODIES:
        answer = await api.post(at(api), content=content)
        assert (answer.status_code, bool(answer.json()["errors"][0]["message"])) == (status, True), content[:20]


async def test_a_request_without_a_key_is_refused_in_the_client_s_shape(api: httpx.AsyncClient) -> None:
    for path in (ENDPOINT, "/api/my-project", "/api/upload/file"):
        answer = await api.post(at(api, path), json={}, headers={"authorization": ""})
        assert (answer.status_code, len(answer.json()["errors"])) == (401, 1)


async def test_the_schema_describes_itself(api: httpx.AsyncClient) -> None:
    data = await ask(api, get_introspection_query(descriptions=False))
    assert {"Thread", "Step", "Generation"} <= {each["name"] for each in data["__schema"]["types"]}


async def test_an_answer_that_would_be_too_large_is_an_error(api: httpx.AsyncClient) -> None:
    await put(api, "s", threadId="t", name="n", output="x" * 1_000_000)
    query = "{" + " ".join(f's{i}: threadDetail(id: "t") {{ steps {{ output }} }}' for i in range(60)) + "}"
    assert "fewer" in await refused(api, query)
