"""Finds what is remembered of a turn, on whichever replica ran it: the others are asked."""

import asyncio
import secrets
import socket
from collections.abc import Mapping
from dataclasses import astuple, fields
from typing import Any, NamedTuple

import orjson

from gateway.http.admin.recent_turns import RecentTurn, RecentTurns, TurnEvent
from gateway.ports import Cluster

ASK, ANSWER = "admin.turn.wanted", "admin.turn.known"
"""The topics on which replicas ask for a turn, and tell it."""
WITHIN = 0.5
"""Seconds that the others get to answer."""
LARGEST = 6_000
"""Bytes of an answer; of a turn with more events the first ones are told, and the last."""

_HEAD = [each.name for each in fields(RecentTurn) if each.name not in ("events", "more")]


class FoundTurn(NamedTuple):
    """What is remembered of a turn, and where."""

    turn: RecentTurn
    host: str | None
    """The machine of the replica that remembers it; None where it is this one."""


class SharedTurns:
    """The last turns of all replicas, one at a time.

    Args:
        recent: Those of this one.
        cluster: The replicas.
    """

    def __init__(self, recent: RecentTurns, cluster: Cluster) -> None:
        self._recent = recent
        self._cluster = cluster
        self._asked: dict[str, asyncio.Future[FoundTurn]] = {}
        """Who waits for an answer, by the id of the question."""
        cluster.listen(ASK, self._answer)
        cluster.listen(ANSWER, self._hear)

    async def find(self, conversation: str, delivery: str) -> FoundTurn | None:
        """Return what is remembered of a turn; None where no replica that answers soon knows it."""
        mine = self._recent.find(conversation, delivery)
        if mine is not None and mine.attempt:
            return FoundTurn(mine, None)
        others = await self._ask(conversation, delivery) if self._cluster.shared else None
        # What was only accepted here may have been run by another replica.
        return others or (None if mine is None else FoundTurn(mine, None))

    async def _ask(self, conversation: str, delivery: str) -> FoundTurn | None:
        id = secrets.token_hex(8)
        waiting: asyncio.Future[FoundTurn] = asyncio.get_running_loop().create_future()
        self._asked[id] = waiting
        try:
            self._cluster.tell(ASK, {"id": id, "conversation": conversation, "delivery": delivery})
            async with asyncio.timeout(WITHIN):
                return await waiting
        except TimeoutError:
            return None
        finally:
            del self._asked[id]

    def _answer(self, body: Mapping[str, Any]) -> None:
        turn = self._recent.find(body["conversation"], body["delivery"])
        if turn is not None and turn.attempt:
            self._cluster.tell(ANSWER, {"id": body["id"], "host": socket.gethostname(), "turn": told(turn)})

    def _hear(self, body: Mapping[str, Any]) -> None:
        waiting = self._asked.get(body["id"])
        if waiting is not None and not waiting.done():
            waiting.set_result(FoundTurn(heard(body["turn"]), body["host"]))


def told(turn: RecentTurn) -> Mapping[str, Any]:
    """Return a turn as JSON that is small enough for a word to other replicas."""
    head = {name: getattr(turn, name) for name in _HEAD}
    events, more = [astuple(each) for each in turn.events], turn.more
    while len(events) > 1 and len(orjson.dumps([head, events])) > LARGEST:
        del events[-2]
        more += 1
    return {**head, "events": events, "more": more}


def heard(body: Mapping[str, Any]) -> RecentTurn:
    """Return the turn that ``told`` wrote."""
    head: dict[str, Any] = {name: body[name] for name in _HEAD}
    return RecentTurn(**head, events=[TurnEvent(*each) for each in body["events"]], more=body["more"])
