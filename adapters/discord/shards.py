"""Holds the gateway connections of the bot: how many there are, and one keeper for each.

Discord says how many shards a bot in so many servers wants, how many of them may begin a session at once, and how many
sessions may begin in a day (Get Gateway Bot). With ``DISCORD_SHARDS=auto`` that many are held; when Discord closes a
connection because there are too few (4011), all begin anew with more.
"""

import asyncio
import math
from collections.abc import Callable

import structlog

from adapters.discord.api import Api
from adapters.discord.directory import Directory
from adapters.discord.fields import as_object, number
from adapters.discord.keeper import ShardKeeper
from adapters.discord.pace import IdentifyPace
from adapters.discord.resume import ResumeStore
from adapters.discord.settings import DiscordSettings
from adapters.discord.shard import Shard
from adapters.fields import Json, obj
from gateway.adapter import Cluster, KeyValueStore
from gateway.errors import GatewayError

MOST = 1_000
"""Shards of one bot at most."""
_RETRY = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between two questions how many shards Discord wants; the last one repeats."""

log = structlog.get_logger(__name__)


class Shards:
    """The shards of the bot."""

    def __init__(
        self,
        api: Api,
        settings: DiscordSettings,
        pace: IdentifyPace,
        directory: Directory,
        cluster: Cluster | None,
        store: KeyValueStore | None,
        *,
        equip: Callable[[Shard], None],
    ) -> None:
        """``equip`` tells a new shard who receives its dispatches."""
        self._api = api
        self._settings = settings
        self._pace = pace
        self._directory = directory
        self._cluster = cluster
        self._store = store
        self._equip = equip
        self._wanted = settings.shards
        self._trouble: str | None = None
        self.keepers: list[ShardKeeper] = []
        """One for each shard, in their order; none until it is known how many there are."""
        self.planned = asyncio.Event()
        """Set once it is known how many shards there are."""
        if self._wanted != "auto":
            self._make(self._wanted)

    @property
    def trouble(self) -> str | None:
        """What is wrong with the connections; None if nothing is."""
        return self._trouble or next((each.trouble for each in self.keepers if each.trouble is not None), None)

    async def run(self) -> None:
        """Hold the connections until cancelled, or until all have met what only the operator can mend."""
        if self._wanted == "auto":
            self._make(await self._count(at_least=1))
        elif self._wanted > 1:
            self._note(await self._told())
        while await self._hold():
            count = await self._count(at_least=min(len(self.keepers) + 1, MOST))
            log.warning("discord.resharding", shards=count, before=len(self.keepers))
            self._make(count)

    async def _count(self, *, at_least: int) -> int:
        """Return how many shards Discord wants. Asks until it says so."""
        attempt = 0
        while (told := await self._told()) is None:
            self._trouble = "Discord does not say how many shards it wants"
            await asyncio.sleep(_RETRY[min(attempt, len(_RETRY) - 1)])
            attempt += 1
        self._trouble = None
        self._note(told)
        return min(max(number(told, "shards", 1), at_least), MOST)

    async def _told(self) -> Json | None:
        try:
            return as_object(await self._api.call("GET", "/gateway/bot", {}))
        except GatewayError as error:
            log.warning("discord.shards_unknown", error=str(error))
            return None

    def _note(self, told: Json | None) -> None:
        """Note how fast sessions may begin, and how many still may."""
        limit = obj(told or {}, "session_start_limit")
        self._pace.concurrency = max(1, number(limit, "max_concurrency", 1))
        if "remaining" in limit:
            self._pace.allow(
                number(limit, "remaining", 0),
                total=number(limit, "total", 1_000),
                resets=number(limit, "reset_after", 0),
            )

    def _make(self, count: int) -> None:
        self.keepers = [
            ShardKeeper(
                self._maker(index, count),
                self._directory,
                self._cluster,
                shard=index,
                shards=count,
                has_enough=self._has_enough,
            )
            for index in range(count)
        ]
        self.planned.set()

    def _maker(self, index: int, count: int) -> Callable[[asyncio.Event], Shard]:
        def make(settled: asyncio.Event) -> Shard:
            url = self._settings.gateway_url
            store = ResumeStore(self._store, self._directory, shard=index, shards=count, gateway_url=url)
            shard = Shard(self._api, store, self._pace, gateway_url=url, shard=index, shards=count, settled=settled)
            self._equip(shard)
            return shard

        return make

    def _has_enough(self) -> bool:
        """Return whether this replica holds its share of the shards."""
        replicas = self._cluster.replicas if self._cluster is not None else 1
        return sum(keeper.shard is not None for keeper in self.keepers) >= math.ceil(len(self.keepers) / replicas)

    async def _hold(self) -> bool:
        """Hold the connections. Returns True when Discord wants more of them and their number is left to it, False when
        all have met what only the operator can mend."""
        running = {asyncio.create_task(keeper.run()) for keeper in self.keepers}
        try:
            pending = running
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    each.result()
                if self._wanted == "auto" and any(keeper.too_few for keeper in self.keepers):
                    break
            else:
                return False
        finally:
            for each in running:
                each.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        await self.let_go()
        return True

    async def keep(self) -> None:
        """Write down how far each shard is stored."""
        await asyncio.gather(*(keeper.keep() for keeper in self.keepers))

    async def let_go(self) -> None:
        """Let other replicas have the shards. Their connections have ended before."""
        await asyncio.gather(*(keeper.let_go() for keeper in self.keepers))
