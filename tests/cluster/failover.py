"""Measures how long it takes until another replica goes on: after ``kill -9``, after SIGSTOP, after SIGTERM."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.bots import TELLING
from tests.cluster.cluster import Cluster, cluster
from tests.cluster.reading import begun_elsewhere, running_at
from tests.contract.reading import reads
from tests.contract.world import Post

LONGEST = 60.0
"""Seconds after which a measurement is given up."""


@dataclass
class Failover:
    """The samples, in seconds."""

    killed: list[float] = field(default_factory=list[float])
    frozen: list[float] = field(default_factory=list[float])
    terminated: list[float] = field(default_factory=list[float])
    webhooks: int = 0
    """Webhooks that arrived while replicas ended by SIGTERM."""
    refused: int = 0
    """Those of them that were not answered with 200."""


async def measure(folder: Path, *, samples: int, replicas: int = 3) -> Failover:
    """Take so many samples of each kind on a new cluster."""
    found = Failover()
    async with cluster(folder, TELLING, replicas=replicas, settings={"GATEWAY_DRAIN_TIMEOUT": "10"}) as made:
        for _ in range(samples):
            found.killed.append(await after_kill(made))
            await made.restore()
        for _ in range(samples):
            found.frozen.append(await after_freeze(made))
            await made.restore()
        for _ in range(samples):
            await after_terminate(made, found)
            await made.restore()
    return found


async def after_kill(made: Cluster) -> float:
    """Kill the replica that runs a turn; return the seconds until the turn has begun elsewhere."""
    post = await made.slack.mention("slow a 20")
    owner = await running_at(made, made.slack, post, "began a")
    began = time.monotonic()
    await owner.kill()
    await begun_elsewhere(made.slack, post, owner.name, "began a", within=LONGEST)
    return time.monotonic() - began


async def after_freeze(made: Cluster) -> float:
    """Freeze the replica that runs a turn; return the seconds until the turn has begun elsewhere."""
    post = await made.slack.mention("slow a 20")
    owner = await running_at(made, made.slack, post, "began a")
    began = time.monotonic()
    owner.freeze()
    await begun_elsewhere(made.slack, post, owner.name, "began a", within=LONGEST)
    return time.monotonic() - began


async def after_terminate(made: Cluster, found: Failover) -> None:
    """End one replica after the other in time while people write; note the longest that an answer took."""
    written: list[Post] = []
    over = asyncio.Event()

    async def write() -> None:
        while not over.is_set():
            written.append(await made.slack.mention(f"where n{len(written)}"))
            await asyncio.sleep(0.05)  # the load

    begun = len(made.balancer.log)
    writing = asyncio.create_task(write())
    for replica in made.replicas:
        await replica.terminate()
        await replica.start()
        await made.balancer.until_ready([replica.name])
    over.set()
    await writing
    said = [await reads(made.slack, post, f"n{n} on r", timeout=LONGEST) for n, post in enumerate(written)]
    # Slack's ids are times in seconds.
    found.terminated.append(max(float(a.id) - float(p.id) for p, a in zip(written, said, strict=True)))
    found.webhooks += len(made.balancer.log) - begun
    found.refused += sum(each.status != 200 for each in made.balancer.log[begun:])
