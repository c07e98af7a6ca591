"""The mutations of the schema: what is absent or null stays as it is."""

import re
import time
import uuid
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, cast

from graphql import GraphQLError

from gateway.errors import RequestRefused
from gateway.http.graphql import nodes
from gateway.http.graphql.call import Call, Info
from gateway.http.graphql.nodes import Node
from gateway.http.graphql.reading import steps_of
from gateway.http.graphql.uploads import belongs_to
from gateway.model import Removed
from gateway.model.text import storable, time_text
from gateway.ports.records import Condition, Noun, Row, RowUpsert
from gateway.runtime.erasure import StillRunning

_ID = re.compile(r"[^\s/\\]{1,200}")
_DOTS = frozenset({".", ".."})
_KINDS = {"image": "image", "audio": "audio", "video": "video", "text": "text"}
_UNKNOWN_TYPE = "undefined"
"""The client's own word for a step whose type nobody said."""


def _writes(name: str, resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Return a resolver that counts a change for the audit, and tells why it is refused."""

    @wraps(resolve)
    async def resolved(_: Any, info: Info, **given: Any) -> Any:
        call = info.context
        try:
            found = await resolve(call, **{key: value for key, value in given.items() if value is not None})
        except (RequestRefused, StillRunning) as error:
            raise GraphQLError(str(error)) from None
        call.written[name] += 1
        return found

    return resolved


def _checked(id: str, what: str) -> str:
    """Return an id that a program made up. Raises ``GraphQLError`` for one that is no name of a folder."""
    if not _ID.fullmatch(id) or id in _DOTS or storable(id) != id or not id.isprintable():
        raise GraphQLError(f"the {what} {id[:100]!r} cannot be an id: 1 to 200 characters without blanks and slashes")
    return id


def _now() -> str:
    return time_text(time.time())


async def _existing(call: Call, noun: Noun, id: str) -> Row:
    row = await call.row(noun, id)
    if row is None:
        raise GraphQLError(f"there is no {'participant' if noun == 'users' else noun[:-1]} {id[:100]!r}")
    return row


def _thread_made(id: str, values: Mapping[str, Any]) -> RowUpsert:
    """Return the change that makes a thread, if there is none, and says that it was used."""
    now = _now()
    return RowUpsert("threads", id, {**values, "updatedAt": now}, {"createdAt": now, "metadata": {}})


async def _upsert_thread(call: Call, id: str, participantId: str | None = None, **given: Any) -> Node:
    given.pop("environment", None)
    values: dict[str, Any] = {name: given[name] for name in ("name", "tags") if name in given}
    if "metadata" in given:
        values["metadata"] = _object(given["metadata"], "metadata")
    if participantId is not None:
        values |= await _owner(call, _checked(id, "thread"), participantId)
    await call.parts.store.upsert_rows([_thread_made(_checked(id, "thread"), values)])
    return nodes.thread(await _existing(call, "threads", id))


async def _owner(call: Call, thread: str, participant: str) -> dict[str, Any]:
    person = await call.row("users", participant) or await call.row("users", participant, "identifier")
    if person is None:
        raise GraphQLError(f"there is no participant {participant[:100]!r}: create it first")
    row = await call.row("threads", thread)
    if row is not None and row["conversation"] and row["userIdentifier"] != person["identifier"]:
        raise GraphQLError("this thread is a conversation of the bot: whose it is does not change")
    return {"userId": person["id"], "userIdentifier": person["identifier"]}


async def _ingest_step(call: Call, id: str, **given: Any) -> Node:
    row = await call.row("steps", _checked(id, "step"))
    thread = await _thread_of(call, id, row, given)
    changes = [_thread_made(thread, {}), _step_changes(id, thread, row, given, await call.row("threads", thread))]
    if row is not None and row["threadId"] != thread:
        changes += await _moved(call, id, thread)
    changes += [_score_change(id, thread, each) for each in given.get("scores", ())]
    changes += [await _attachment_change(call, id, thread, each) for each in given.get("attachments", ())]
    await call.parts.store.upsert_rows(changes)
    return (await steps_of(call, [await _existing(call, "steps", id)]))[0]


async def _thread_of(call: Call, id: str, row: Row | None, given: Mapping[str, Any]) -> str:
    """Return the thread of a step: that which is named, that in which it is, that of its parent, or one of its own."""
    if "threadId" in given:
        return _checked(given["threadId"], "thread")
    if row is not None:
        return str(row["threadId"])
    parent = await call.row("steps", given["parentId"]) if "parentId" in given else None
    return str(parent["threadId"]) if parent is not None else str(uuid.uuid5(uuid.NAMESPACE_OID, f"thread of {id}"))


def _step_changes(id: str, thread: str, row: Row | None, given: Mapping[str, Any], owner: Row | None) -> RowUpsert:
    renamed = {"name": "name", "type": "type", "tags": "tags", "startTime": "start", "endTime": "end"}
    values: dict[str, Any] = {column: given[name] for name, column in renamed.items() if name in given}
    values["threadId"] = thread
    if "parentId" in given:
        values["parentId"] = _checked(given["parentId"], "parent")
    if "metadata" in given:
        values["metadata"] = _object(given["metadata"], "metadata")
    if "generation" in given:
        held = row["generation"] if row is not None else None
        values["generation"] = {**(held or {}), **{k: v for k, v in given["generation"].items() if v is not None}}
    for name in ("input", "output"):
        if name in given:
            values[name] = nodes.text_of(given[name])
    if "error" in given:
        values["isError"] = True
    aside = ("input", "output", "error", "rootRunId", "environment")
    kept = {name: given[name] for name in aside if name in given}
    now = _now()
    made: dict[str, Any] = {
        "createdAt": now,
        "start": now,
        "name": given.get("type", _UNKNOWN_TYPE),
        "type": _UNKNOWN_TYPE,
        "metadata": {},
        "streaming": False,
        "isError": False,
        "userIdentifier": None if owner is None else owner["userIdentifier"],
    }
    made = {name: each for name, each in made.items() if name not in values}
    return RowUpsert("steps", id, values, made, {"given": kept} if kept else {})


async def _moved(call: Call, step: str, thread: str) -> list[RowUpsert]:
    """Return the changes that take what belongs to a step into another thread."""
    below: tuple[tuple[Noun, str], ...] = (("elements", "forId"), ("feedbacks", "forId"), ("scores", "stepId"))
    return [
        RowUpsert(noun, row["id"], {"threadId": thread})
        for noun, field in below
        for row in await call.rows(noun, Condition(field, "eq", step))
    ]


def _score_change(step: str, thread: str, given: Mapping[str, Any]) -> RowUpsert:
    """Return the change that scores a step. A score without an id is the step's only one of its name and type, so that
    a step that is sent again is not scored twice."""
    id = given.get("id") or str(uuid.uuid5(uuid.NAMESPACE_OID, f"{step} {given['name']} {given['type']}"))
    renamed = {
        "name": "name",
        "type": "type",
        "value": "value",
        "comment": "comment",
        "tags": "tags",
        "scorer": "label",
    }
    values = {column: given[name] for name, column in renamed.items() if given.get(name) is not None}
    fixed = {"stepId": step, "threadId": thread}
    return RowUpsert("scores", _checked(id, "score"), {**values, **fixed}, {"createdAt": _now()})


async def _attachment_change(call: Call, step: str, thread: str, given: Mapping[str, Any]) -> RowUpsert:
    key, mime = given.get("objectKey"), given.get("mime")
    id = _checked(given.get("id") or str(uuid.uuid4()), "attachment")
    if key is not None:  # a step that is sent again has its attachments under new ids
        same = await call.rows("elements", Condition("forId", "eq", step), Condition("objectKey", "eq", key))
        id = same[0]["id"] if same else id
    values: dict[str, Any] = {"threadId": thread, "forId": step}
    values |= {name: given[name] for name in ("name", "mime") if given.get(name) is not None}
    if given.get("metadata") is not None:
        values["props"] = _object(given["metadata"], "metadata of an attachment")
    held = await call.row("elements", id)
    if held is not None and held["forId"] != step:
        raise GraphQLError(f"the attachment {id!r} belongs to another step")
    if key is not None and (held is None or held["objectKey"] != key):
        if not belongs_to(thread, key):
            raise GraphQLError(f"the objectKey {key[:100]!r} is none that was uploaded for this thread")
        values["objectKey"] = key
    elif key is None and given.get("url") is not None:
        values["url"] = given["url"]
    if mime is not None:
        values["type"] = _KINDS.get(mime.partition("/")[0], "file")
    return RowUpsert("elements", id, values, {} if "name" in values else {"name": "file"})


async def _create_score(call: Call, **given: Any) -> Node:
    if "datasetExperimentItemId" in given:
        raise GraphQLError("experiments are not served here: score a step by its stepId")
    step = given.get("stepId") or given.get("generationId")  # a generation has the id of its step
    if step is None:
        raise GraphQLError("a score needs the stepId of what it is about")
    row = await _existing(call, "steps", step)
    change = _score_change(step, row["threadId"], {**given, "id": str(uuid.uuid4())})
    await call.parts.store.upsert_rows([change])
    return nodes.score(await _existing(call, "scores", change.id))


async def _update_score(call: Call, id: str, **given: Any) -> Node:
    await _existing(call, "scores", id)
    await call.parts.store.upsert_rows([RowUpsert("scores", id, given)])
    return nodes.score(await _existing(call, "scores", id))


def _deleting(noun: Noun, word: Any) -> Callable[..., Any]:
    async def delete(call: Call, id: str) -> Node:
        await _existing(call, noun, id)
        await call.parts.store.change_records([Removed(word, id)])
        return {"id": id}

    return delete


async def _delete_thread(call: Call, id: str) -> Node:
    if await call.parts.deletion.delete_thread(id) is None:
        raise GraphQLError(f"there is no thread {id[:100]!r}")
    return {"id": id}


async def _create_participant(call: Call, identifier: str, **given: Any) -> Node:
    if not identifier or len(identifier) > 500 or not identifier.isprintable():
        raise GraphQLError("an identifier has 1 to 500 characters that can be printed")
    found = await call.row("users", identifier, "identifier")
    id = found["id"] if found is not None else str(uuid.uuid5(uuid.NAMESPACE_OID, identifier))
    return await _set_participant(call, id, identifier, given)


async def _update_participant(call: Call, id: str, **given: Any) -> Node:
    row = await _existing(call, "users", id)
    if given.get("identifier", row["identifier"]) != row["identifier"]:
        raise GraphQLError("the identifier of a participant does not change: it is in everything that is kept of them")
    return await _set_participant(call, id, row["identifier"], given)


async def _set_participant(call: Call, id: str, identifier: str, given: Mapping[str, Any]) -> Node:
    values = {"metadata": _object(given["metadata"], "metadata")} if "metadata" in given else {}
    made: dict[str, Any] = {"identifier": identifier, "createdAt": _now(), "metadata": {}}
    made = {name: each for name, each in made.items() if name not in values}
    await call.parts.store.upsert_rows([RowUpsert("users", id, values, made)])
    return nodes.participant(await _existing(call, "users", id))


async def _delete_participant(call: Call, id: str) -> Node:
    if "admin" not in call.key.scopes:
        raise GraphQLError("erasing a person needs an API key with the scope 'admin'")
    row = await _existing(call, "users", id)
    await call.parts.erasure.erase(row["identifier"])
    return {"id": id}


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise GraphQLError(f"{what} is no JSON object")
    return cast(Mapping[str, Any], value)


_CHANGES: Mapping[str, Callable[..., Any]] = {
    "upsertThread": _upsert_thread,
    "deleteThread": _delete_thread,
    "ingestStep": _ingest_step,
    "deleteStep": _deleting("steps", "step"),
    "createScore": _create_score,
    "updateScore": _update_score,
    "deleteScore": _deleting("scores", "score"),
    "createParticipant": _create_participant,
    "updateParticipant": _update_participant,
    "deleteParticipant": _delete_participant,
}
FIELDS: Mapping[str, Callable[..., Any]] = {name: _writes(name, change) for name, change in _CHANGES.items()}
"""The resolvers of the mutations, by their names."""
