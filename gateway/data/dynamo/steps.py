"""Steps in the documented table, each with its feedback in it."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from gateway.data.dynamo import documents, keys
from gateway.data.dynamo.client import ConditionFailed
from gateway.data.dynamo.keys import Key
from gateway.data.dynamo.places import Places
from gateway.data.dynamo.table import Change, Expressions, Item, Table
from gateway.data.values import clean, now
from gateway.step import StepDict
from gateway.types import Feedback, FeedbackDict


def _sk(step_id: str) -> str:
    return keys.step("", step_id).SK


async def change(table: Table, places: Places, given: Mapping[str, Any]) -> bool:
    """Set what the dict names of a step that is known, and return whether it is."""
    thread_id = given.get("threadId") or await places.find(_sk(given["id"]))
    if thread_id is None:
        return False
    try:
        await documents.put(table, keys.step(thread_id, given["id"]), given)
    except ConditionFailed:
        return False
    return True


async def put(table: Table, key: Key, given: Mapping[str, Any]) -> None:
    """Store a step of a thread that is there, or what the dict names of one that is known."""
    defaults: dict[str, Any] = {"name": "", "type": "undefined", "streaming": False, "createdAt": now(), "metadata": {}}
    await documents.put(table, key, given, {name: value for name, value in defaults.items() if name not in given})


async def get(table: Table, places: Places, step_id: str) -> StepDict | None:
    """Return a step with its feedback, None if there is none."""
    thread_id = await places.find(_sk(step_id))
    item = None if thread_id is None else await documents.get(table, keys.step(thread_id, step_id))
    return None if item is None else read(item)


async def remove(table: Table, places: Places, step_id: str) -> list[str]:
    """Delete a step with its feedback and elements, and return the keys of the elements' contents. The step itself is
    the last to go."""
    thread_id = await places.find(_sk(step_id))
    if thread_id is None:
        return []
    key = keys.step(thread_id, step_id)
    beside = await table.items(key.PK, "ELEMENT#", "PK", "SK", "forId", "objectKey")
    mine = [item for item in beside if item.get("forId") == clean(step_id)]
    owners = [key, *map(keys.of, mine)]
    parts = [keys.of(part) for owner in owners for part in await table.items(key.PK, keys.parts(owner), "PK", "SK")]
    await table.delete_all([*parts, *(keys.place(owner.SK) for owner in owners[1:]), *owners[1:]])
    await table.delete(key)
    await table.delete(keys.place(key.SK))
    return [str(item["objectKey"]) for item in mine if item.get("objectKey")]


async def rate(table: Table, places: Places, feedback: Feedback) -> str:
    """Store the feedback of a step in place of what it had, and return its id. Raises ``ValueError`` for a step that is
    not known."""
    if feedback.threadId is not None and (id := await _rate(table, feedback.threadId, feedback)):
        return id
    thread_id = await places.find(_sk(feedback.forId))
    if thread_id is not None and (id := await _rate(table, thread_id, feedback)):
        return id
    raise ValueError(f"there is no step with the id {feedback.forId!r} to give feedback on")


async def _rate(table: Table, thread_id: str, feedback: Feedback) -> str | None:
    """Store the feedback of a step of this thread, and return its id, None if the thread has no such step."""
    key = keys.step(thread_id, feedback.forId)
    said = {"forId": feedback.forId, "threadId": thread_id, "value": feedback.value, "comment": feedback.comment}
    id = f"{key.PK}::{key.SK}"
    try:
        await table.update_known(key, Change(set={"feedback": {**said, "id": id}}))
    except ConditionFailed:
        return None
    return id


async def unrate(table: Table, feedback_id: str) -> bool:
    """Delete a feedback by its id, which names the step, and return whether it was there."""
    pk, found, id = clean(feedback_id).partition("::STEP#")
    if not (found and pk.startswith("THREAD#")):
        return False
    e = Expressions()
    rated = f"attribute_exists({e.name('feedback')})"
    try:
        await table.update(Key(pk, f"STEP#{id}"), Change(remove=["feedback"]), rated, e)
    except ConditionFailed:
        return False
    return True


def ordered(items: Iterable[Item]) -> list[StepDict]:
    """Return the steps that items hold, oldest first, those without a time last."""
    found = [read(item) for item in items]
    return sorted(found, key=lambda step: [_time(step.get("createdAt")), _time(step.get("start"))])


def read(item: Item) -> StepDict:
    """Return the step that an item holds."""
    values: dict[str, Any] = {name: value for name, value in item.items() if name not in keys.KEY_NAMES}
    values["id"] = str(item["SK"]).removeprefix("STEP#")
    values |= {"threadId": keys.thread_id(item), "metadata": item.get("metadata") or {}}
    values["feedback"] = _feedback(values["id"], item.get("feedback"))
    return cast(StepDict, values)


def _feedback(step_id: str, said: Mapping[str, Any] | None) -> FeedbackDict | None:
    if not said:
        return None
    return {"forId": step_id, "id": said.get("id"), "value": said["value"], "comment": said.get("comment")}


def _time(text: str | None) -> tuple[bool, str]:
    return (text is None, text or "")
