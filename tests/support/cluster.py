"""Replicas in one process: a stand-in for the cluster of PostgreSQL, as the port ``gateway.ports.Cluster`` describes
it."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.errors import StoreFailed

LONGEST = 7_000
"""Bytes of the largest word that is told."""


class Replicas:
    """The replicas of one gateway. ``join`` gives each of them what it has of the others."""

    def __init__(self) -> None:
        self.members: list[Replica] = []
        self.leads: dict[str, Replica] = {}
        """Who has each part."""
        self.told: list[tuple[str, Mapping[str, Any]]] = []
        """Everything that was told, in order, with its topic."""

    def join(self) -> "Replica":
        """Return the cluster as one more replica sees it."""
        replica = Replica(self)
        self.members.append(replica)
        return replica


class Replica:
    """Implements ``gateway.ports.Cluster`` for one of several replicas in this process."""

    shared = True
    held = 0

    def __init__(self, replicas: Replicas) -> None:
        self._all = replicas
        self._lost: dict[str, Callable[[], None]] = {}
        self._heard: dict[str, list[Callable[[Mapping[str, Any]], None]]] = {}
        self.fenced = False
        self.skew = 0.0
        """Seconds by which the clock of all is ahead of this replica's own."""
        self.deaf = False
        """Whether what others tell is lost on the way to this replica."""
        self.away = False
        """Whether the database does not answer this replica."""
        self.dumb = False
        """Whether what this replica tells is lost on the way."""

    @property
    def replicas(self) -> int:
        return max(1, sum(not member.fenced for member in self._all.members))

    @property
    def parts(self) -> Sequence[str]:
        return [part for part, member in self._all.leads.items() if member is self]

    def now(self) -> float:
        return time.time() + self.skew

    async def lead(self, part: str, *, lost: Callable[[], None] | None = None) -> bool:
        await asyncio.sleep(0)
        if self.away and self._all.leads.get(part) is not self:
            raise StoreFailed("the database is away")
        if self.fenced or self._all.leads.setdefault(part, self) is not self:
            return False
        if lost is not None:
            self._lost[part] = lost
        return True

    async def step_down(self, part: str) -> None:
        await asyncio.sleep(0)
        if self._all.leads.get(part) is self:
            del self._all.leads[part]
            self._lost.pop(part, None)

    def tell(self, topic: str, body: Mapping[str, Any]) -> None:
        text = json.dumps(body, ensure_ascii=False)
        if self.fenced or self.dumb or len(text.encode()) > LONGEST:
            return
        self._all.told.append((topic, json.loads(text)))
        loop = asyncio.get_running_loop()
        for member in self._all.members:
            if member is not self:
                loop.call_soon(member.hear, topic, json.loads(text))

    def listen(self, topic: str, hear: Callable[[Mapping[str, Any]], None]) -> None:
        self._heard.setdefault(topic, []).append(hear)

    # What tests do to it

    def hear(self, topic: str, body: Mapping[str, Any]) -> None:
        """Hear what another replica told."""
        if not self.deaf:
            for hear in self._heard.get(topic, ()):
                hear(body)

    def fence(self) -> None:
        """End this replica's lease: what it led can be taken by others."""
        self.fenced = True
        for part in [part for part, member in self._all.leads.items() if member is self]:
            if (lost := self._lost.pop(part, None)) is not None:
                lost()
            del self._all.leads[part]

    def rejoin(self) -> None:
        """Let the replica have a lease again."""
        self.fenced = False

    def leave(self) -> None:
        """End, as a process does that ends in time: what it led can be taken by others."""
        self._lost.clear()
        self.fence()
        self._all.members.remove(self)
