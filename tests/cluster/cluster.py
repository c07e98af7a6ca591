"""A cluster as operators run it: N replicas, one PostgreSQL, a balancer in front, and three platforms that write."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.balancer import Balancer
from tests.cluster.proxy import FaultyProxy
from tests.cluster.replica import Replica
from tests.cluster.server import PostgresServer
from tests.contract.world import World
from tests.discord.world import DiscordWorld, discord_world
from tests.slack.world import SlackWorld, slack_world
from tests.teams.world import TeamsWorld, teams_world

RETRIES = (0.1, 0.3, 0.5, 1, 1, 2, 2, *[4] * 30)
"""Seconds before each retry of Slack's: its own three within six minutes, made short and many."""


@dataclass
class Cluster:
    """What a test of several replicas has in hand."""

    server: PostgresServer
    balancer: Balancer
    slack: SlackWorld
    discord: DiscordWorld
    teams: TeamsWorld
    replicas: list[Replica] = field(default_factory=list[Replica])

    @property
    def worlds(self) -> tuple[World, ...]:
        return self.slack, self.discord, self.teams

    @property
    def log(self) -> list[str]:
        """What all replicas logged."""
        return [line for replica in self.replicas for line in replica.log]

    def named(self, name: str) -> Replica:
        """Return the replica of this name."""
        return next(replica for replica in self.replicas if replica.name == name)

    def others(self, name: str) -> list[Replica]:
        """Return all replicas but the one of this name."""
        return [replica for replica in self.replicas if replica.name != name]

    async def restore(self) -> None:
        """Undo every fault and wait until all replicas are ready."""
        for replica in self.replicas:
            replica.proxy.restore()
            if replica.frozen:
                replica.thaw()
        self.balancer.mischief = self.balancer.only = None
        await asyncio.gather(*(replica.ensure_running() for replica in self.replicas))
        await self.ready()

    async def ready(self, *, timeout: float = 60) -> None:
        """Wait until the balancer sends requests to every replica, and Discord's events arrive."""
        await self.balancer.until_ready({replica.name for replica in self.replicas}, timeout=timeout)
        await self.discord.connected()


@asynccontextmanager
async def cluster(
    folder: Path,
    source: str,
    *,
    replicas: int = 3,
    settings: Mapping[str, str] | None = None,
    disk_megabytes: int | None = None,
    discord: Mapping[str, object] | None = None,
    begun: Callable[[Cluster], None] | None = None,
) -> AsyncIterator[Cluster]:
    """Start everything, the replicas at once on an empty database; end when all are ready.

    Args:
        folder: Where the replicas' folders and the shared blobs are made.
        source: The bot's Python source.
        replicas: How many replicas there are; they are named ``r1``, ``r2`` and so on.
        settings: Further environment variables of every replica.
        disk_megabytes: The size of the database's own disk; None for the machine's disk.
        discord: Further arguments of ``DiscordEmulator``.
        begun: Called before the replicas start.
    """
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(PostgresServer(disk_megabytes=disk_megabytes))
        slack = await stack.enter_async_context(slack_world(retry_delays=RETRIES))
        discord_ = await stack.enter_async_context(discord_world(**(discord or {})))
        teams = await stack.enter_async_context(teams_world())
        balancer = await stack.enter_async_context(Balancer())
        made = Cluster(server, balancer, slack, discord_, teams)
        blobs = folder / "blobs"
        blobs.mkdir()
        environment = {
            **{name: value for world in made.worlds for name, value in world.environment().items()},
            "BLOB_URL": blobs.as_uri(),
            "GATEWAY_PUBLIC_URL": balancer.url,
            "GATEWAY_TRUSTED_PROXIES": "127.0.0.1",
            **(settings or {}),
        }
        for n in range(1, replicas + 1):
            proxy = await stack.enter_async_context(FaultyProxy(server.port))
            made.replicas.append(Replica(f"r{n}", folder / f"r{n}", source, environment, proxy))
        stack.push_async_callback(_end, made.replicas)
        for world in made.worlds:
            world.deliver_to(balancer.url)
        if begun is not None:
            begun(made)
        await asyncio.gather(*(replica.start() for replica in made.replicas))
        for replica in made.replicas:
            balancer.add(replica.name, replica.url)
        await made.ready()
        yield made


async def _end(replicas: Sequence[Replica]) -> None:
    """Kill every replica and print its log, which pytest shows when the test fails."""
    for replica in replicas:
        if replica.running:
            await replica.kill()
        print("\n".join(f"{replica.name}: {line}" for line in replica.log))
