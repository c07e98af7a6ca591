"""The part of a store that shows operators what is in it."""

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

from gateway.cursors import Place, cursor_of, place_of
from gateway.model.text import storable
from gateway.ports import (
    DayOfFeedback,
    EffectRecord,
    InboxEntry,
    InboxPage,
    InboxSize,
    OpenSession,
    ReplicaState,
    SessionPage,
)
from gateway.store.core import codec
from gateway.store.core.kind import Kind
from gateway.store.core.kinds import operations
from gateway.store.core.turns import TurnKinds

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T")

LAST = 2**63 - 1
"""A number greater than that of every delivery."""
_NO_TEXT = "\U0010ffff"
"""A text behind every conversation's key."""


class DatabaseOperations:
    """Implements ``gateway.ports.Operations`` on any database, for ``DatabaseStore``, which runs the reads."""

    turns: TurnKinds

    async def _read(self, kind: Kind[A, R], args: A) -> R:
        raise NotImplementedError

    async def inbox_size(self) -> InboxSize:
        return await self._read(operations.READ_SIZE, None)

    async def open_deliveries(
        self, *, conversation: str | None = None, limit: int, cursor: str | None = None
    ) -> InboxPage:
        place = place_of(cursor, "open", conversation)
        after = 0 if place is None else _number(place.id)
        found = await self._read(operations.READ_OPEN, operations.OpenAfter(conversation, after, limit + 1))
        return InboxPage(found[:limit], _next(found, limit, lambda e: Place(None, str(e.seq)), "open", conversation))

    async def given_up(self, *, conversation: str | None = None, limit: int, cursor: str | None = None) -> InboxPage:
        place = place_of(cursor, "dead", conversation)
        before = (math.inf, LAST) if place is None else (_seconds(place.at), _number(place.id))
        found = await self._read(operations.READ_DEAD, operations.DeadBefore(conversation, *before, limit + 1))
        behind = _next(found, limit, lambda e: Place(repr(e.closed_at), str(e.seq)), "dead", conversation)
        return InboxPage(found[:limit], behind)

    async def delivery(self, conversation: str, key: str) -> InboxEntry | None:
        return await self._read(operations.READ_DELIVERY, (conversation, key))

    async def journal_of(self, conversation: str, key: str) -> Sequence[EffectRecord]:
        return [codec.load_effect(row) for row in await self._read(self.turns.effects, (conversation, key))]

    async def open_sessions(self, *, limit: int, cursor: str | None = None) -> SessionPage:
        place = place_of(cursor, "sessions")
        at, key = (math.inf, _NO_TEXT) if place is None else (_seconds(place.at), storable(place.id))
        found = await self._read(operations.READ_SESSIONS, (at, key, limit + 1))
        behind = _next(found, limit, lambda session: Place(repr(session.last_at), session.conversation), "sessions")
        return SessionPage(found[:limit], behind)

    async def open_session(self, conversation: str) -> OpenSession | None:
        return await self._read(operations.READ_SESSION, conversation)

    async def replicas(self) -> Sequence[ReplicaState]:
        return ()

    async def feedback_by_day(self, *, since: str) -> Sequence[DayOfFeedback]:
        return await self._read(operations.READ_THUMBS, since)


def _next(found: Sequence[T], limit: int, place: Callable[[T], Place], *query: object) -> str | None:
    """Return the cursor of the page behind the first ``limit`` of what was found, None where that is all."""
    return cursor_of(place(found[limit - 1]), *query) if len(found) > limit else None


def _number(text: str) -> int:
    number = int(text)
    if not 0 <= number <= LAST:
        raise ValueError("the cursor does not belong to this query: leave it out to begin with the first page")
    return number


def _seconds(text: str | None) -> float:
    return float(text or "")
