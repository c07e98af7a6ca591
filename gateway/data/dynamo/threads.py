"""Threads in the documented table: a partition for each, with its steps and elements."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from gateway.data.dynamo import documents, elements, keys, steps, users
from gateway.data.dynamo.client import ConditionFailed
from gateway.data.dynamo.table import Change, Expressions, Item, Table
from gateway.data.values import clean, now
from gateway.types import ThreadDict

_KEYS_AT_ONCE = 100
"""Keys of metadata that are merged in one step: an expression of DynamoDB has 4 KB."""
_TRIES = 5
"""How often metadata are merged anew because somebody else made or deleted the thread meanwhile."""


async def make(table: Table, thread_id: str) -> None:
    """Make the thread unless it is there."""
    key = keys.thread(thread_id)
    if await table.get(key, "PK") is None:
        await table.update(key, Change(default={**_new(thread_id), "metadata": {}}))


async def change(table: Table, thread_id: str, values: Mapping[str, Any], metadata: Mapping[str, Any] | None) -> None:
    """Change a thread, or make it: set the values that are not None, and merge the metadata, where None deletes a key.
    Raises ``ValueError`` if ``userId`` is nobody's."""
    given: dict[str, Any] = {name: clean(value) for name, value in values.items() if value is not None}
    if "userId" in given:
        owner = await users.get(table, given["userId"])
        if owner is None:
            raise ValueError(f"there is no user with the id {given['userId']!r}")
        given |= {"userIdentifier": owner.identifier, "UserThreadPK": keys.user(given["userId"]).PK}
    if not metadata:
        await table.update(keys.thread(thread_id), Change(set=given, default={**_new(thread_id), "metadata": {}}))
        return
    for some in _chunks({str(name): value for name, value in clean(dict(metadata)).items()}):
        await _merge(table, thread_id, given, some)
        given = {}


async def _merge(table: Table, thread_id: str, given: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
    """Set keys of the metadata, in one step with what others set."""
    key, new = keys.thread(thread_id), _new(thread_id)
    named = {name: value for name, value in metadata.items() if value is not None}
    for _ in range(_TRIES):
        for there in (True, False):
            e = Expressions()
            condition = f"attribute_type({e.name('metadata')}, {e.value('M')})"
            if there:
                wanted = Change(set=given, default=new, merge={"metadata": metadata})
            else:
                wanted, condition = Change(set={**given, "metadata": named}, default=new), f"NOT {condition}"
            try:
                await table.update(key, wanted, condition, e)
            except ConditionFailed:
                continue
            return
    raise TimeoutError(f"the metadata of the thread {thread_id!r} were written by others {_TRIES} times meanwhile")


async def owner(table: Table, thread_id: str) -> tuple[str | None, str | None]:
    """Return the id and the identifier of the user a thread belongs to; None for what is not known."""
    item = await table.get(keys.thread(thread_id), "userId", "userIdentifier") or {}
    return item.get("userId"), item.get("userIdentifier") or item.get("userId")


async def get(table: Table, thread_id: str) -> ThreadDict | None:
    """Return a thread with its steps, their feedback and its elements, None if there is none."""
    items = {item["SK"]: item for item in await documents.get_all(table, keys.thread(thread_id).PK)}
    head = items.pop("THREAD", None)
    if head is None:
        return None
    found = _thread(head)
    found["steps"] = steps.ordered(item for sk, item in items.items() if sk.startswith("STEP#"))
    found["elements"] = [elements.read(item) for sk, item in items.items() if sk.startswith("ELEMENT#")]
    return found


async def remove(table: Table, thread_id: str) -> list[str]:
    """Delete a thread with all that belongs to it, and return the keys of its elements' contents. The thread itself is
    the last to go: where the deletion was broken off it is still there, to be deleted again."""
    key = keys.thread(thread_id)
    contents: list[str] = []
    while items := [each for each in await table.items(key.PK, "", "PK", "SK", "objectKey") if each["SK"] != key.SK]:
        contents += [str(item["objectKey"]) for item in items if item.get("objectKey")]
        places = [keys.place(item["SK"]) for item in items if not item["SK"].startswith("PART#")]
        await table.delete_all([*map(keys.of, items), *places])
    await table.delete(key)
    return contents


def _new(thread_id: str) -> Item:
    at = now()
    return {"id": clean(thread_id), "createdAt": at, "UserThreadSK": f"TS#{at}"}


def _chunks(metadata: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    left = iter(metadata.items())
    while some := dict(islice(left, _KEYS_AT_ONCE)):
        yield some


def _thread(item: Item) -> ThreadDict:
    return {
        "id": keys.thread_id(item),
        "createdAt": item.get("createdAt") or str(item.get("UserThreadSK") or "").removeprefix("TS#"),
        "name": item.get("name"),
        "userId": item.get("userId"),
        "userIdentifier": item.get("userIdentifier") or item.get("userId"),
        "tags": item.get("tags"),
        "metadata": item.get("metadata") or {},
        "steps": [],
        "elements": [],
    }
