"""Locks over all replicas of the gateway, for what one of them does at a time and in a moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from gateway.adapter import Cluster
from gateway.errors import Fenced, StoreFailed

_ASK_EVERY = 0.2
"""Seconds between two questions whether a lock that another replica holds is free."""


class ClusterLocks:
    """Gives out locks by name. Without a cluster they hold within this process."""

    def __init__(self, cluster: Cluster | None) -> None:
        self._cluster = cluster
        self._here: dict[str, asyncio.Lock] = {}
        """The locks that are held or waited for in this process: the cluster tells replicas apart, not tasks."""
        self._users: dict[str, int] = {}

    @asynccontextmanager
    async def hold(self, name: str, *, within: float | None = None) -> AsyncIterator[None]:
        """Hold the lock of this name, which begins with the platform's (``discord.commands``).

        Raises ``TimeoutError`` when it is not free within this many seconds; None waits for as long as it takes. Raises
        ``Fenced`` or ``StoreFailed`` while the database that tells the replicas apart is out of reach.
        """
        lock = self._here.setdefault(name, asyncio.Lock())
        self._users[name] = self._users.get(name, 0) + 1
        try:
            async with asyncio.timeout(within) as limit, lock:
                await self._taken(name)
                limit.reschedule(None)
                try:
                    yield
                finally:
                    if self._cluster is not None:
                        with suppress(Fenced, StoreFailed):  # others have it then once this replica's lease ends
                            await self._cluster.step_down(name)
        finally:
            self._users[name] -= 1
            if not self._users[name]:
                del self._users[name], self._here[name]

    async def _taken(self, name: str) -> None:
        while True:
            if self._cluster is None or await self._cluster.lead(name):
                return
            if self._cluster.fenced:
                raise Fenced(f"this replica has no lease now, so it takes no lock ({name})")
            await asyncio.sleep(_ASK_EVERY)
