"""Holds one shard of Discord's gateway while it is this replica's, and stands by while it is another one's.

Theory. Of the replicas of a gateway one has each shard (``Cluster.lead``). It holds the connection until it ends: then
it closes the connection so that Discord keeps the session, writes down how far everything is stored, and only then lets
another replica take the shard, which resumes there. A replica that is killed is followed in the same way from what it
wrote down last, at most a second before. One whose lease ends closes the connection at once and stores nothing more of
what it has read: the next one is sent that again.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog

from adapters.discord.directory import Directory
from adapters.discord.shard import Shard
from gateway.adapter import Cluster, Connection
from gateway.errors import Fenced, StoreFailed

ASK_EVERY = 1.0
"""Seconds between two questions whether a shard is free."""
_MANY = 20
"""Shards from which on a replica asks for each of them less often."""
_APART = 0.5
"""Seconds between the first questions for one shard and the next, where there may be other replicas."""
_LAST = 5.0
"""Seconds after which all shards are asked for."""
_RELUCTANCE = 2.0
"""How many times longer a replica waits before it asks for more than its share: others get to ask first."""
_FREE = "discord.free"
"""The topic under which a replica tells that it has let go of its shards."""

log = structlog.get_logger(__name__)


class ShardKeeper:
    """Keeps one shard connected as long as this replica has it."""

    def __init__(
        self,
        make: Callable[[asyncio.Event], Shard],
        directory: Directory,
        cluster: Cluster | None,
        *,
        shard: int,
        shards: int,
        has_enough: Callable[[], bool],
    ) -> None:
        """``make`` is called each time that this replica takes the shard. It returns a new ``Shard`` that sets the
        event it is given once it is settled. ``has_enough`` returns whether this replica has its share of all
        shards."""
        self._make = make
        self._directory = directory
        self._has_enough = has_enough
        self._cluster = cluster
        self._number = shard
        self._count = shards
        self._part = f"discord.shard.{shard}"
        self._ask_every = ASK_EVERY * max(1.0, shards / _MANY)
        self._wake = asyncio.Event()
        self._shard: Shard | None = None
        self._running: asyncio.Task[None] | None = None
        self._lost = False
        self.settled = asyncio.Event()
        """Set once the connection is up, it is known why it cannot be, or another replica has the shard."""
        if cluster is not None:
            cluster.listen(_FREE, self._heard)

    @property
    def shard(self) -> Shard | None:
        """The shard, while this replica has it."""
        return self._shard

    @property
    def connection(self) -> Connection | None:
        """The connection, as ``/readyz`` shows it; None while another replica has the shard."""
        shard = self._shard
        if shard is None:
            return None
        return Connection(f"shard {self._number}", shard.since if shard.trouble is None else None, shard.trouble)

    @property
    def trouble(self) -> str | None:
        """What is wrong with the connection; None if nothing is, and while another replica has the shard."""
        return None if self._shard is None else self._shard.trouble

    @property
    def too_few(self) -> bool:
        """Whether Discord has closed the connection because the bot needs more shards."""
        return self._shard is not None and self._shard.too_few

    async def run(self) -> None:
        """Ask for the shard, hold it, and ask again when it is lost. Returns only when the shard has met what only the
        operator can mend."""
        if self._cluster is not None and self._cluster.shared:
            # Replicas that start together get to know each other, and each takes some.
            await asyncio.sleep(min(self._number * _APART, _LAST))
        while True:
            if self._has_enough():
                await asyncio.sleep(self._ask_every * _RELUCTANCE)
            self._wake.clear()
            if await self._take():
                shard = self._shard = self._make(self.settled)
                await self._hold(shard)
                if shard.fatal is not None:
                    await self._step_down()
                    return
                self._shard = None
            else:
                self.settled.set()
            await self._pause()

    async def _take(self) -> bool:
        self._lost = False
        try:
            taken = self._cluster is None or await self._cluster.lead(self._part, lost=self._on_lost)
        except (Fenced, StoreFailed) as error:
            log.debug("discord.shard_not_asked_for", shard=self._number, error=str(error)[:200])
            return False
        return taken and not self._lost

    async def _hold(self, shard: Shard) -> None:
        """Run the shard until it ends by itself or this replica has lost it."""
        self._directory.follow(self._number, self._count)
        self._running = asyncio.create_task(shard.run_until_fatal())
        try:
            await asyncio.wait({self._running})
        finally:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._directory.unfollow(self._number)
        if not self._running.cancelled():
            self._running.result()

    def _on_lost(self) -> None:
        self._lost = True
        if self._shard is not None:
            log.warning("discord.shard_lost", shard=self._number)
            self._shard.abandon()
        if self._running is not None:
            self._running.cancel()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._ask_every):
                await self._wake.wait()
        except TimeoutError:
            return

    def _heard(self, told: Mapping[str, Any]) -> None:
        if self._number in told.get("shards", ()):
            self._wake.set()

    async def keep(self) -> None:
        """Write down how far the shard is stored, so that Discord does not send it again to who has it next."""
        if self._shard is not None:
            await self._shard.keep()

    async def let_go(self) -> None:
        """Let another replica have the shard. Its connection has ended before."""
        self._shard = None
        await self._step_down()

    async def _step_down(self) -> None:
        if self._cluster is not None:
            with suppress(Fenced, StoreFailed):  # others have it then once this replica's lease ends
                await self._cluster.step_down(self._part)
            self._cluster.tell(_FREE, {"shards": [self._number]})
