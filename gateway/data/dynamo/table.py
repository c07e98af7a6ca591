"""A table of DynamoDB: items as plain values, all pages of a query, and writes that are tried until they are done."""

import asyncio
import random
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from gateway.data.dynamo.client import Client
from gateway.data.dynamo.keys import Key
from gateway.data.dynamo.values import Attribute, to_attribute, to_attributes, to_values

Item = dict[str, Any]
"""An item's plain values by attribute."""
Request = dict[str, Any]
"""One request of a batch."""

_BATCH = 25
"""Requests in a batch at most, by DynamoDB's documents."""
_TRIES = 10
"""How often what a batch left undone is sent again."""
_LONGEST_PAUSE = 5.0
"""Seconds between two of these tries at most."""


class Expressions:
    """Collects the names and values that the expressions of one request stand for."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Attribute] = {}

    def name(self, *path: str) -> str:
        """Return what stands for an attribute, or for a key in it."""
        return ".".join(self._names.setdefault(each, f"#{len(self._names)}") for each in path)

    def value(self, value: Any) -> str:
        """Return what stands for a value."""
        placeholder = f":{len(self._values)}"
        self._values[placeholder] = to_attribute(value)
        return placeholder

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of a request that define the names and values its expressions use."""
        made: dict[str, Any] = {}
        if self._names:
            made["ExpressionAttributeNames"] = {placeholder: name for name, placeholder in self._names.items()}
        if self._values:
            made["ExpressionAttributeValues"] = self._values
        return made


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one item of the table, made by one update expression.

    Args:
        set: Attributes and their values.
        default: Attributes that are set only if the item does not have them.
        remove: Attributes that are removed.
        merge: Keys to set in an attribute that holds an object; one whose value is None is removed.
    """

    set: Mapping[str, Any] = field(default_factory=dict[str, Any])
    default: Mapping[str, Any] = field(default_factory=dict[str, Any])
    remove: Iterable[str] = ()
    merge: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    def expression(self, e: Expressions) -> str:
        """Return the change as DynamoDB's update expression."""
        put = [f"{e.name(name)} = {e.value(value)}" for name, value in self.set.items()]
        put += [
            f"{e.name(name)} = if_not_exists({e.name(name)}, {e.value(value)})"
            for name, value in self.default.items()
            if name not in self.set and name not in self.merge
        ]
        gone = [e.name(name) for name in self.remove]
        for name, keys in self.merge.items():
            put += [f"{e.name(name, key)} = {e.value(value)}" for key, value in keys.items() if value is not None]
            gone += [e.name(name, key) for key, value in keys.items() if value is None]
        return " ".join([f"SET {', '.join(put)}"] * bool(put) + [f"REMOVE {', '.join(gone)}"] * bool(gone))


class Table:
    """A table, read consistently.

    Args:
        name: Its name or its ARN.
        client: What calls DynamoDB.
    """

    def __init__(self, name: str, client: Client) -> None:
        self.name = name
        self._client = client

    async def get(self, key: Key, *only: str) -> Item | None:
        """Return an item, None if there is none.

        Args:
            key: Its key.
            *only: The attributes that are wanted; none for all of them.
        """
        e = Expressions()
        wanted = {"ProjectionExpression": ", ".join(map(e.name, only))} if only else {}
        arguments = {"Key": to_attributes(key._asdict()), "ConsistentRead": True, **wanted, **e.arguments()}
        found = await self._client.call("get_item", TableName=self.name, **arguments)
        return to_values(found["Item"]) if "Item" in found else None

    async def items(self, pk: str, prefix: str = "", *only: str) -> list[Item]:
        """Return the items of a partition.

        Args:
            pk: The partition.
            prefix: What their ``SK`` begins with.
            *only: The attributes that are wanted; none for all of them.
        """
        e = Expressions()
        condition = f"{e.name('PK')} = {e.value(pk)}"
        if prefix:
            condition += f" AND begins_with({e.name('SK')}, {e.value(prefix)})"
        wanted = {"ProjectionExpression": ", ".join(map(e.name, only))} if only else {}
        arguments = {"KeyConditionExpression": condition, "ConsistentRead": True, **wanted, **e.arguments()}
        return [item async for page in self.pages("query", **arguments) for item in page]

    async def pages(self, operation: str, **arguments: Any) -> AsyncGenerator[list[Item]]:
        """Yield the items that a query or scan finds, page by page."""
        while True:
            found = await self._client.call(operation, TableName=self.name, **arguments)
            yield [to_values(item) for item in found["Items"]]
            if not found.get("LastEvaluatedKey"):
                return
            arguments["ExclusiveStartKey"] = found["LastEvaluatedKey"]

    async def update(self, key: Key, change: Change, condition: str = "", e: Expressions | None = None) -> Item:
        """Change an item, or make it, and return what the changed attributes were before.

        Args:
            key: Its key.
            change: What is written.
            condition: What must hold of the item as it is; without one anything may.
            e: Where the condition's names and values are.

        Raises:
            ConditionFailed: The condition does not hold.
            TooLarge: The item would be larger than 400 KB.
        """
        e = e or Expressions()
        arguments: dict[str, Any] = {"Key": to_attributes(key._asdict()), "ReturnValues": "UPDATED_OLD"}
        if expression := change.expression(e):
            arguments["UpdateExpression"] = expression
        if condition:
            arguments["ConditionExpression"] = condition
        found = await self._client.call("update_item", TableName=self.name, **arguments, **e.arguments())
        return to_values(found.get("Attributes") or {})

    async def update_known(self, key: Key, change: Change) -> Item:
        """Change an item that there is, and return what the changed attributes were before.

        Raises:
            ConditionFailed: There is none.
            TooLarge: The item would be larger than 400 KB.
        """
        e = Expressions()
        return await self.update(key, change, f"attribute_exists({e.name('PK')})", e)

    async def delete(self, key: Key) -> Item | None:
        """Delete an item, and return what it was, None if there was none."""
        arguments = {"Key": to_attributes(key._asdict()), "ReturnValues": "ALL_OLD"}
        found = await self._client.call("delete_item", TableName=self.name, **arguments)
        return to_values(found["Attributes"]) if found.get("Attributes") else None

    async def put_all(self, items: Iterable[Mapping[str, Any]], at_once: int = _BATCH) -> None:
        """Write items, each in place of one of the same key.

        Args:
            items: The items.
            at_once: How many of them are in a request, ``_BATCH`` at most.
        """
        by_key = {Key(item["PK"], item["SK"]): item for item in items}  # a batch with a key twice is refused
        await self._write([{"PutRequest": {"Item": to_attributes(item)}} for item in by_key.values()], at_once)

    async def delete_all(self, keys: Iterable[Key]) -> None:
        """Delete items; those that are not there are none."""
        wanted = [to_attributes(key._asdict()) for key in dict.fromkeys(keys)]
        await self._write([{"DeleteRequest": {"Key": key}} for key in wanted])

    async def _write(self, requests: Sequence[Request], at_once: int = _BATCH) -> None:
        left = iter(requests)
        while batch := list(islice(left, at_once)):
            for attempt in range(_TRIES):
                answer = await self._client.call("batch_write_item", RequestItems={self.name: batch})
                batch = [request for undone in answer.get("UnprocessedItems", {}).values() for request in undone]
                if not batch:
                    break
                await asyncio.sleep(random.uniform(0.5, 1) * min(_LONGEST_PAUSE, 0.05 * 2**attempt))  # noqa: S311
            else:
                raise TimeoutError(
                    f"DynamoDB left {len(batch)} writes undone after {_TRIES} tries: raise the table's write capacity"
                )
