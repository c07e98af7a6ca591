"""Which thread a step or an element belongs to, for calls that name only its own id.

The documented table finds a step by its thread only. So each step and element that is written here has an item beside
it: ``PK`` ``STEP#<id>`` or ``ELEMENT#<id>``, with the attribute ``threadId``. In a table that Chainlit has filled they
are missing: the first id that is not found has the whole table read, once, and they are made. How far that came is
kept in the table, so that a call that is given up does not begin again.
"""

import asyncio
from typing import Any

import structlog

from gateway.data.dynamo import keys
from gateway.data.dynamo.keys import Key
from gateway.data.dynamo.table import Change, Expressions, Item, Table
from gateway.data.dynamo.values import to_attributes

log = structlog.get_logger(__name__)

_PROGRESS = Key("PLACES", "PLACES")


class Places:
    """Knows the threads of steps and elements.

    Args:
        table: The table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._reading = asyncio.Lock()
        self._complete = False

    async def put(self, owner: Key) -> None:
        """Keep which thread a step or an element belongs to; do so before it is written."""
        await self._table.put_all([_place(owner)])

    async def find(self, sk: str) -> str | None:
        """Return the id of the thread that a step or an element belongs to, None if it is not known.

        Args:
            sk: The ``SK`` of the step or element.
        """
        found = await self._table.get(keys.place(sk))
        if found is None and await self._fill():
            found = await self._table.get(keys.place(sk))
        return None if found is None else str(found["threadId"])

    async def _fill(self) -> bool:
        """Make the items of all steps and elements unless that was done, and return whether it was done just now."""
        async with self._reading:
            if self._complete:
                return False
            progress = await self._table.get(_PROGRESS) or {}
            self._complete = progress.get("complete") is True
            if self._complete:
                return False
            await self._read_all(progress.get("after"))
            self._complete = True
            return True

    async def _read_all(self, after: dict[str, str] | None) -> None:
        log.info("data.places_missing", table=self._table.name, doing="reading the whole table once")
        e = Expressions()
        wanted = f"{e.name('PK')}, {e.name('SK')}"
        arguments: dict[str, Any] = {"ProjectionExpression": wanted, "ConsistentRead": True, **e.arguments()}
        if after is not None:
            arguments["ExclusiveStartKey"] = to_attributes(after)
        made = 0
        async for page in self._table.pages("scan", **arguments):
            owners = [keys.of(item) for item in page if _is_owner(item)]
            await self._table.put_all(map(_place, owners))
            made += len(owners)
            if page:
                await self._table.update(_PROGRESS, Change(set={"after": keys.of(page[-1])._asdict()}))
        await self._table.update(_PROGRESS, Change(set={"complete": True}, remove=["after"]))
        log.info("data.places_made", table=self._table.name, places=made)


def _place(owner: Key) -> Item:
    return {**keys.place(owner.SK)._asdict(), "threadId": keys.thread_id(owner._asdict())}


def _is_owner(item: Item) -> bool:
    pk, sk = keys.of(item)
    return pk.startswith("THREAD#") and sk.startswith(("STEP#", "ELEMENT#"))
