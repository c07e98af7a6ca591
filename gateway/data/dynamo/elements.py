"""Elements in the documented table. Their contents are in a storage: ``gateway.data.contents``."""

from collections.abc import Mapping
from typing import Any, cast

from gateway.data.dynamo import documents, keys
from gateway.data.dynamo.keys import Key
from gateway.data.dynamo.places import Places
from gateway.data.dynamo.table import Item, Table
from gateway.element import ElementDict


async def put(table: Table, key: Key, values: Mapping[str, Any]) -> None:
    """Store an element of a thread that is there, or what the dict names of one that is known."""
    given = {name: value for name, value in values.items() if value is not None}
    await documents.put(table, key, given, {} if "name" in given else {"name": ""})


async def get(table: Table, thread_id: str, element_id: str) -> ElementDict | None:
    """Return an element of a thread, None if there is none."""
    item = await documents.get(table, keys.element(thread_id, element_id))
    return None if item is None else read(item)


async def remove(table: Table, places: Places, element_id: str, thread_id: str | None) -> list[str]:
    """Delete an element, of this thread or of any, and return the key of its content."""
    thread_id = thread_id or await places.find(keys.element("", element_id).SK)
    if thread_id is None:
        return []
    key = keys.element(thread_id, element_id)
    item = await table.get(key, "objectKey")
    if item is None:
        return []
    await table.delete_all(map(keys.of, await table.items(key.PK, keys.parts(key), "PK", "SK")))
    await table.delete(key)
    await table.delete(keys.place(key.SK))
    return [str(item["objectKey"])] if item.get("objectKey") else []


def read(item: Item) -> ElementDict:
    """Return the element that an item holds."""
    values = {name: value for name, value in item.items() if name not in keys.KEY_NAMES}
    values |= {"threadId": keys.thread_id(item), "props": item.get("props") or {}}
    return cast(ElementDict, values)
