"""Leadership: something that one replica does for all of them, until it ends or another one asks for it."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog

from gateway.errors import Fenced, StoreFailed
from gateway.ports import Cluster

log = structlog.get_logger(__name__)

ASK_EVERY = 0.2
"""Seconds between two times that a part is asked for which another replica has."""
AWAY = 3.0
"""Seconds for which a replica that let another one have a part does not ask for it again."""


class Leadership:
    """The claim of this replica to a part that one replica has at a time.

    Args:
        cluster: The replicas.
        part: The name of the part, which also is the topic under which replicas ask for it.
        stop: Ends what this replica does as the leader; awaited before another replica is let have the part, and called
            after this replica lost its lease. It is cancelled with the process only.
    """

    def __init__(self, cluster: Cluster, part: str, *, stop: Callable[[], Awaitable[None]]) -> None:
        self._cluster = cluster
        self._part = part
        self._stop = stop
        self._held = False
        self._pins = 0
        self._away_until = 0.0
        """The time of the event loop until which the part is left to others."""
        self._ending: asyncio.Task[None] | None = None
        cluster.listen(part, self._hear)

    @property
    def held(self) -> bool:
        """Whether this replica leads, as far as it knows."""
        return self._held

    async def leads(self) -> bool:
        """Take the part if nobody has it, and return whether this replica has it now. Those who stand by ask every now
        and then; nobody begins to lead while the store cannot tell."""
        if self._ending is not None or (not self._held and self._away_until > asyncio.get_running_loop().time()):
            return False
        try:
            has = await self._cluster.lead(self._part, lost=self._lose)
        except (Fenced, StoreFailed):
            return self._held  # which the store has logged
        if self._held and not has:
            self._lose()
        elif has and self._ending is None:
            self._held = True
        return self._held

    async def take(self, *, within: float) -> bool:
        """Take the part, from another replica too, which is asked to let go of it. Returns False when that does not
        happen ``within`` so many seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        self._away_until = 0.0
        while not await self.leads():
            if loop.time() > deadline:
                return False
            self._cluster.tell(self._part, {"wanted": True})
            await asyncio.sleep(ASK_EVERY)
        return True

    @contextmanager
    def pinned(self) -> Generator[None]:
        """Keep the part during the block, whoever asks for it."""
        self._pins += 1
        try:
            yield
        finally:
            self._pins -= 1

    async def give_up(self) -> None:
        """End what this replica does as the leader, and let another one have the part."""
        if self._held:
            self._end(step_down=True)
        if self._ending is not None:
            await self._ending

    def _hear(self, _: Mapping[str, Any]) -> None:
        if self._held and not self._pins:
            self._away_until = asyncio.get_running_loop().time() + AWAY
            self._end(step_down=True)

    def _lose(self) -> None:
        if self._held:
            log.warning("leadership.lost", part=self._part)
            self._end(step_down=False)

    def _end(self, *, step_down: bool) -> None:
        self._held = False
        self._ending = asyncio.ensure_future(self._let_go(step_down=step_down))

    async def _let_go(self, *, step_down: bool) -> None:
        try:
            await self._stop()
        except Exception:
            # Whatever it is, another replica must be able to go on.
            log.exception("leadership.not_ended", part=self._part)
        finally:
            if step_down:
                await self._cluster.step_down(self._part)
            self._ending = None
