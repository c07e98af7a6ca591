"""Pages of a user's threads, newest first, by the table's index."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from gateway.cursors import Place
from gateway.data.dynamo import keys, threads
from gateway.data.dynamo.table import Expressions, Item, Table
from gateway.data.dynamo.values import to_attributes
from gateway.data.values import clean
from gateway.step import StepDict
from gateway.types import ThreadDict, ThreadFilter

_AT_ONCE = 8
"""Threads that are read at the same time: each of them is a query of its own."""
_ROWS = 100
"""Threads that a page of the index names at most."""


async def page(table: Table, filters: ThreadFilter, after: Place | None, count: int) -> list[tuple[Place, ThreadDict]]:
    """Return at most ``count`` threads behind a place, each with its own place.

    Threads are read whole, one query each, until there are enough of which the filters hold.
    """
    found: list[tuple[Place, ThreadDict]] = []
    rows = _ROWS if filters.search or filters.feedback is not None else min(count, _ROWS)
    async for places in _places(table, clean(filters.userId), after, rows):
        while places and len(found) < count:
            some, places = places[:_AT_ONCE], places[_AT_ONCE:]
            read = await asyncio.gather(*(threads.get(table, place.id) for place in some))
            # The index may still name a thread that was deleted just now.
            found += [
                (place, thread) for place, thread in zip(some, read, strict=True) if thread and _holds(filters, thread)
            ]
        if len(found) >= count:
            break
    return found[:count]


async def _places(table: Table, user_id: str, after: Place | None, rows: int) -> AsyncGenerator[list[Place]]:
    """Yield the places of a user's threads, page by page of the index."""
    e, pk = Expressions(), keys.user(user_id).PK
    arguments: dict[str, Any] = {
        "IndexName": keys.INDEX,
        "KeyConditionExpression": f"{e.name('UserThreadPK')} = {e.value(pk)}",
        "ScanIndexForward": False,
        "Limit": rows,
        **e.arguments(),
    }
    if after is not None:
        key = keys.thread(after.id)._asdict()
        arguments["ExclusiveStartKey"] = to_attributes({**key, "UserThreadPK": pk, "UserThreadSK": after.at})
    async for items in table.pages("query", **arguments):
        yield [_place(item) for item in items]


def _place(item: Item) -> Place:
    return Place(item["UserThreadSK"], keys.thread_id(item))


def _holds(filters: ThreadFilter, thread: ThreadDict) -> bool:
    if filters.search:
        words = clean(filters.search).casefold()
        if not any(words in str(step.get("output") or "").casefold() for step in thread["steps"]):
            return False
    return filters.feedback is None or any(
        said["value"] == filters.feedback for step in thread["steps"] if (said := step.get("feedback"))
    )


async def favorites(table: Table, user_id: str) -> list[StepDict]:
    """Return the steps in a user's threads that are marked as favorites, newest first."""
    found: list[StepDict] = []
    async for places in _places(table, clean(user_id), None, _ROWS):
        for some in (places[n : n + _AT_ONCE] for n in range(0, len(places), _AT_ONCE)):
            for thread in await asyncio.gather(*(threads.get(table, place.id) for place in some)):
                steps = thread["steps"] if thread else []
                found += [step for step in steps if (step.get("metadata") or {}).get("favorite")]
    return sorted(found, key=lambda step: step.get("createdAt") or "", reverse=True)
