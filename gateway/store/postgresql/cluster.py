"""What the replicas on one PostgreSQL database share beside rows: who does what, and short words."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
import structlog

from gateway.ports import Lease
from gateway.store.postgresql.leases import PART
from gateway.store.postgresql.pulse import ALL, Pulse

log = structlog.get_logger(__name__)

LONGEST = 7_000
"""Bytes of a notice's body; the server takes 8,000 for the whole notice."""


class Replicas:
    """Implements ``gateway.ports.Cluster``. A part is had by a lease, as a conversation is: an advisory lock would be
    free as soon as its connection breaks, while its holder lives and goes on.

    Args:
        pulse: The heartbeat of this replica.
        claim: Takes a lease.
        release: Releases one.
        holds: Returns whether this replica holds one.
        held: Returns the names of all that this replica holds.
    """

    shared = True

    def __init__(
        self,
        pulse: Pulse,
        *,
        claim: Callable[[str], Awaitable[Lease | None]],
        release: Callable[[Lease], Awaitable[None]],
        holds: Callable[[str], bool],
        held: Callable[[], Sequence[str]],
    ) -> None:
        self._held = held
        self._pulse = pulse
        self._claim = claim
        self._release = release
        self._holds = holds
        self._lost: dict[str, Callable[[], None]] = {}
        """What to call when this replica is fenced, by the name of each part that it has."""
        self._listeners: dict[str, list[Callable[[Mapping[str, Any]], None]]] = {}

    @property
    def replicas(self) -> int:
        return self._pulse.replicas

    @property
    def held(self) -> int:
        return sum(not name.startswith(PART) for name in self._held())

    @property
    def parts(self) -> Sequence[str]:
        return [name.removeprefix(PART) for name in self._held() if name.startswith(PART)]

    @property
    def fenced(self) -> bool:
        return self._pulse.fenced

    def now(self) -> float:
        return time.time() + self._pulse.skew

    async def lead(self, part: str, *, lost: Callable[[], None] | None = None) -> bool:
        name = PART + part
        if not self._holds(name):
            self._lost.pop(name, None)
            if await self._claim(name) is None:
                return False
        if lost is not None:
            self._lost[name] = lost
        return not self.fenced

    async def step_down(self, part: str) -> None:
        name = PART + part
        self._lost.pop(name, None)
        membership = self._pulse.membership
        if membership is not None and self._holds(name):
            await self._release(Lease(name, membership.number))

    def tell(self, topic: str, body: Mapping[str, Any]) -> None:
        membership = self._pulse.membership
        if membership is None:
            return
        payload = orjson.dumps([membership.number, topic, dict(body)])
        if len(payload) > LONGEST + 500:
            log.error("cluster.untold", topic=topic, bytes=len(payload))
            return
        self._pulse.notify(ALL, payload.decode())

    def listen(self, topic: str, hear: Callable[[Mapping[str, Any]], None]) -> None:
        self._listeners.setdefault(topic, []).append(hear)

    def hear(self, payload: str) -> None:
        """Pass on what a replica told all."""
        number, topic, body = orjson.loads(payload)
        membership = self._pulse.membership
        if membership is not None and number == membership.number:
            return
        for hear in self._listeners.get(topic, ()):
            try:
                hear(body)
            except Exception:
                log.exception("cluster.listener_failed", topic=topic)  # the others must hear it all the same

    def lose(self) -> None:
        """Tell whoever has a part that this replica is fenced."""
        lost, self._lost = self._lost, {}
        for call in lost.values():
            try:
                call()
            except Exception:
                log.exception("cluster.part_not_let_go")  # the others must be told all the same
