"""The queries of the schema: lists by pages, and single rows."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from graphql import GraphQLError

from gateway.cursors import Place, cursor_of, place_of
from gateway.http.graphql import nodes
from gateway.http.graphql.call import Call, Info
from gateway.http.graphql.filters import NOUNS, conditions, newest_first
from gateway.http.graphql.limits import PAGE
from gateway.http.graphql.nodes import Node
from gateway.ports.records import Condition, RecordQuery, Row

_FIRST = 20
"""Rows of a page whose size the request leaves open."""
_BY = "createdAt"

Resolver = Callable[..., Any]


def _list(name: str) -> Resolver:
    """Return what answers a list by pages, as Relay describes connections."""

    async def resolve(_: Any, info: Info, **given: Any) -> Mapping[str, Any]:
        call, noun = info.context, NOUNS[name]
        asked = conditions(name, given.get("filters"))
        newest = newest_first(name, given.get("orderBy"))
        query = (name, tuple(asked), newest)
        after, before = _place(given.get("after"), *query), _place(given.get("before"), *query)
        size, backwards = _size(given)
        behind = before if backwards else after
        order = newest is not backwards
        page = await call.parts.store.record_page(
            RecordQuery(noun, tuple(asked), order, size + 1, by=_BY, behind=behind)
        )
        rows, more = list(page.rows[:size]), len(page.rows) > size
        end = after if backwards else before
        if end is not None:
            within = [row for row in rows if _is_ahead(row, end, newest_first=order)]
            rows, more = within, more and len(within) == size
        if backwards:
            rows.reverse()
        cursors = [cursor_of(_at(row), *query) for row in rows]
        found = await _nodes(call, name, rows, given.get("stepTypesToKeep"))

        async def count(_: Info) -> int:
            return await call.parts.store.count_records(noun, asked)

        return {
            "edges": [{"cursor": cursor, "node": node} for cursor, node in zip(cursors, found, strict=True)],
            "pageInfo": {
                "startCursor": cursors[0] if cursors else None,
                "endCursor": cursors[-1] if cursors else None,
                "hasNextPage": before is not None if backwards else more,
                "hasPreviousPage": more if backwards else after is not None,
            },
            "totalCount": count,
        }

    return resolve


def _place(cursor: str | None, *query: object) -> Place | None:
    try:
        return place_of(cursor, *query)
    except ValueError as error:
        raise GraphQLError(str(error)) from None


def _size(given: Mapping[str, Any]) -> tuple[int, bool]:
    """Return how many rows a page has, and whether they are the last ones."""
    first, last = given.get("first"), given.get("last")
    if first is not None and last is not None:
        raise GraphQLError("a page has either first or last")
    size = first if first is not None else last if last is not None else _FIRST
    if size < 0:
        raise GraphQLError("first and last are not less than 0")
    return min(size, PAGE), last is not None


def _at(row: Row) -> Place:
    return Place(row[_BY] or "", row["id"])


def _is_ahead(row: Row, end: Place, *, newest_first: bool) -> bool:
    """Return whether a row comes ahead of a place in this order."""
    return tuple(_at(row)) > tuple(end) if newest_first else tuple(_at(row)) < tuple(end)


async def _nodes(call: Call, name: str, rows: list[Row], kept: list[str] | None) -> list[Node]:
    match name:
        case "threads":
            return [nodes.thread(row) | {"kept": kept} for row in rows]
        case "steps":
            return await steps_of(call, rows)
        case "generations":
            return [nodes.generation_of(row) for row in rows]
        case "scores":
            return [nodes.score(row) for row in rows]
        case _:
            return [nodes.participant(row) for row in rows]


async def steps_of(call: Call, rows: list[Row]) -> list[Node]:
    """Return rows of steps with their scores and attachments."""
    ids = tuple(row["id"] for row in rows)
    if not ids:
        return []
    scores: dict[str, list[Node]] = {}
    for row in await call.rows("scores", Condition("stepId", "in", ids)):
        scores.setdefault(row["stepId"], []).append(nodes.score(row))
    attachments: dict[str, list[Node]] = {}
    for row in await call.rows("elements", Condition("forId", "in", ids)):
        key = row["objectKey"]
        attachments.setdefault(row["forId"], []).append(nodes.attachment(row, call.parts.link(key) if key else None))
    return [
        nodes.step(row, scores=scores.get(row["id"], []), attachments=attachments.get(row["id"], [])) for row in rows
    ]


async def _steps_of_thread(thread: Node, info: Info) -> list[Node]:
    """Return the steps of a thread in the order in which they began, those of the same time as they came."""
    call = info.context
    wanted = [Condition("threadId", "eq", thread["id"])]
    if thread.get("kept"):
        wanted.append(Condition("type", "in", tuple(thread["kept"])))
    rows = await call.rows("steps", *wanted)
    rows.sort(key=lambda row: row["start"] or row["createdAt"] or "")
    return await steps_of(call, rows)


async def _thread(_: Any, info: Info, id: str) -> Node | None:
    row = await info.context.row("threads", id)
    return None if row is None else nodes.thread(row)


async def _step(_: Any, info: Info, id: str) -> Node | None:
    call = info.context
    row = await call.row("steps", id)
    return None if row is None else (await steps_of(call, [row]))[0]


async def _participant(_: Any, info: Info, id: str | None = None, identifier: str | None = None) -> Node | None:
    if (id is None) is (identifier is None):
        raise GraphQLError("a participant is asked for by its id or its identifier")
    field, value = ("id", id) if id is not None else ("identifier", identifier)
    row = await info.context.row("users", cast(str, value), field)
    return None if row is None else nodes.participant(row)


async def _participant_of(thread: Node, info: Info) -> Node | None:
    identifier = thread["userIdentifier"]
    if not identifier:
        return None
    row = await info.context.row("users", identifier, "identifier")
    if row is not None:
        return nodes.participant(row)
    return {"id": identifier, "identifier": identifier, "metadata": {}, "createdAt": None}


async def _thread_of(step: Node, info: Info) -> Node | None:
    return await _thread(None, info, step["threadId"])


async def _step_of(score: Node, info: Info) -> Node | None:
    return await _step(None, info, score["stepId"])


async def _duration(thread: Node, info: Info) -> float | None:
    steps = await info.context.rows("steps", Condition("threadId", "eq", thread["id"]))
    found = [nodes.step(row, scores=[], attachments=[])["duration"] for row in steps]
    return max((each for each in found if each is not None), default=None)


async def _tokens(thread: Node, info: Info) -> int | None:
    return await _count_tokens(info.context, Condition("threadId", "eq", thread["id"]))


async def _tokens_of_person(person: Node, info: Info) -> int | None:
    return await _count_tokens(info.context, Condition("userIdentifier", "eq", person["identifier"]))


async def _count_tokens(call: Call, condition: Condition) -> int | None:
    rows = await call.rows("steps", condition, Condition("generation", "is_not", None))
    counts = [row["generation"].get("tokenCount") for row in rows if row["generation"]]
    return sum(int(each) for each in counts if isinstance(each, int | float))


async def _threads_of_person(person: Node, info: Info) -> int:
    wanted = Condition("person", "eq", person["identifier"])
    return await info.context.parts.store.count_records("threads", [wanted])


async def _last_engaged(person: Node, info: Info) -> str | None:
    wanted = (Condition("person", "eq", person["identifier"]),)
    found = await info.context.parts.store.record_page(RecordQuery("threads", wanted, limit=1))
    return found.rows[0]["updatedAt"] if found.rows else None


FIELDS: Mapping[str, Mapping[str, Resolver]] = {
    "Query": {
        **{name: _list(name) for name in NOUNS},
        "threadDetail": _thread,
        "step": _step,
        "participant": _participant,
    },
    "Thread": {
        "steps": _steps_of_thread,
        "participant": _participant_of,
        "duration": _duration,
        "tokenCount": _tokens,
    },
    "Step": {"thread": _thread_of},
    "Score": {"step": _step_of},
    "Participant": {
        "threadCount": _threads_of_person,
        "tokenCount": _tokens_of_person,
        "lastEngaged": _last_engaged,
    },
}
"""The resolvers of fields that are more than a value of their object, by type."""
