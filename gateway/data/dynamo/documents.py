"""Steps and elements as items. A value that is too long for an item is in items of its own beside it.

DynamoDB holds 400 KB in an item. What takes more than 64 KiB of a step or an element is kept as JSON in items of the
same partition, whose ``SK`` begins with ``PART#``; the item itself holds the beginning of a text, and in the attribute
``<name>#parts`` which items have the whole. Chainlit, which knows nothing of them, reads the beginning.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

import structlog

from gateway.data.dynamo import keys
from gateway.data.dynamo.client import ConditionFailed
from gateway.data.dynamo.keys import Key
from gateway.data.dynamo.table import Change, Item, Table
from gateway.data.dynamo.values import to_attribute, to_value
from gateway.errors import TooLarge

log = structlog.get_logger(__name__)

_INLINE_BYTES = 64 * 1024
"""The longest value that stays in the item: a step has four that may be long, and an item has room for six."""
_PART_BYTES = 300_000
"""Bytes in one of the items that hold a longer one. The request has them in base64, which is a third longer."""
_PARTS_AT_ONCE = 2
"""Such items in a request, so that it has less than the 1 MiB from which on aiohttp warns of a stalled event loop."""
_BEGINNING = 1_000
"""Characters of a long text that stay in the item."""
_TRIES = 5
"""How often items are read anew while a long value of theirs is replaced."""
_MARK = "#parts"


class _Split(NamedTuple):
    change: Change
    parts: list[Item]


async def put(table: Table, key: Key, given: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> None:
    """Set what is given of a step or an element.

    Args:
        table: The table.
        key: The item's key.
        given: Attributes and their values.
        defaults: What a new one has beside them; None if only one that there is may be changed.

    Raises:
        ConditionFailed: There is none, and there are no defaults.
        TooLarge: The item would be larger than 400 KB.
    """
    change, parts = _split(key, given, defaults or {})
    await table.put_all(parts, _PARTS_AT_ONCE)
    try:
        old = await (table.update_known(key, change) if defaults is None else table.update(key, change))
    except (ConditionFailed, TooLarge):
        await table.delete_all(map(keys.of, parts))
        raise
    await table.delete_all(each for marked in _marks(old).items() for each in _part_keys(key, *marked))


async def get(table: Table, key: Key) -> Item | None:
    """Return an item with its long values, None if there is none."""

    async def read() -> list[Item]:
        item = await table.get(key)
        if item is None or not _marks(item):
            return [] if item is None else [item]
        return [item, *await table.items(key.PK, keys.parts(key))]

    return next(iter(await _assembled(read)), None)


async def get_all(table: Table, pk: str) -> list[Item]:
    """Return the items of a partition with their long values; what holds these is left out."""
    return await _assembled(partial(table.items, pk))


async def _assembled(read: Callable[[], Awaitable[list[Item]]]) -> list[Item]:
    """Return the items that are read, with their long values. They are read anew where one was replaced meanwhile; what
    is missing even then is logged, and a text's beginning stands for it."""
    owners: list[Item] = []
    missing: list[str] = []
    for _ in range(_TRIES):
        owners, missing = _assemble(await read())
        if not missing:
            break
    else:
        log.warning("data.parts_missing", values=missing)
    return owners


def _assemble(items: Iterable[Item]) -> tuple[list[Item], list[str]]:
    """Return items with their long values, and the names of those that are not all there."""
    missing: list[str] = []
    found = {item["SK"]: item for item in items}
    owners = [item for sk, item in found.items() if not sk.startswith("PART#")]
    for item in owners:
        for name, mark in _marks(item).items():
            del item[name + _MARK]
            parts = [found.get(each.SK) for each in _part_keys(keys.of(item), name, mark)]
            data = [bytes(part["data"]) for part in parts if part is not None]
            if len(data) == len(parts):
                item[name] = json.loads(b"".join(data))
            else:
                missing.append(f"{item['SK']} {name}")
    return owners, missing


def _split(key: Key, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> _Split:
    inline: dict[str, Any] = {}
    parts: list[Item] = []
    for name, value in given.items():
        if name in keys.KEY_NAMES or name.endswith(_MARK):
            continue
        inline[name] = value
        data = _long(value)
        if data is None:
            continue
        mark = {"version": uuid4().hex, "count": -(-len(data) // _PART_BYTES)}
        for n, part in enumerate(_part_keys(key, name, mark)):
            parts.append({**part._asdict(), "data": data[n * _PART_BYTES :][:_PART_BYTES]})
        inline[name] = value[:_BEGINNING] if isinstance(value, str) else None
        inline[name + _MARK] = mark
    gone = [name + _MARK for name in inline if not name.endswith(_MARK) and name + _MARK not in inline]
    return _Split(Change(set=inline, default=defaults, remove=gone), parts)


def _long(value: Any) -> bytes | None:
    """Return the JSON of a value that is too long for its item, None for another one."""
    if not isinstance(value, str | dict | list | tuple):
        return None
    if isinstance(value, str) and len(value) * 4 <= _INLINE_BYTES:
        return None  # a character has four bytes at most
    data = json.dumps(to_value(to_attribute(value)), ensure_ascii=False, default=str).encode()
    return data if len(data) > _INLINE_BYTES else None


def _marks(item: Item) -> dict[str, dict[str, Any]]:
    return {name.removesuffix(_MARK): mark for name, mark in item.items() if name.endswith(_MARK)}


def _part_keys(owner: Key, name: str, mark: Mapping[str, Any]) -> list[Key]:
    prefix = keys.parts(owner, name, mark["version"])
    return [Key(owner.PK, f"{prefix}{n:06}") for n in range(mark["count"])]
