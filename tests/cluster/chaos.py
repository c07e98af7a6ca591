"""Rounds of chaos: people write on three platforms while fault after fault meets the cluster; then an account."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.cluster.cluster import Cluster, cluster
from tests.cluster.faults import FAULTS, KILL, Fault
from tests.cluster.server import may_mount
from tests.contract.load import BOT, Account, Load, settled_account

DISK_MEGABYTES = 512
"""The size of the database's own disk, where one may be mounted."""
BESIDE = 0.35
"""The chance that a kill is followed by a fault of another kind."""


@dataclass
class Tally:
    """What one or several rounds came to."""

    accounts: dict[str, Account] = field(default_factory=dict[str, Account])
    faults: Counter[str] = field(default_factory=Counter[str])
    kills: int = 0
    ended: int = 0
    """Replicas that ended by themselves, as one may whose lease ran out."""
    seconds: float = 0.0
    webhooks: Counter[int] = field(default_factory=Counter[int])
    """How often the balancer answered with each status."""
    identifies: int = 0
    """New sessions at Discord's gateway."""
    resumes: int = 0
    """Sessions that went on over another websocket."""
    longest_overlap: float = 0.0
    """Seconds for which two websockets carried the events of one shard, at the longest."""

    @property
    def wrong(self) -> dict[str, dict[str, object]]:
        """Everything that must not be, by platform; empty when all is well."""
        return {name: account.wrong for name, account in self.accounts.items() if account.wrong}

    def add(self, other: "Tally") -> None:
        """Add what another round came to."""
        for name, account in other.accounts.items():
            self.accounts.setdefault(name, Account()).add(account)
        self.faults += other.faults
        self.kills += other.kills
        self.ended += other.ended
        self.seconds += other.seconds
        self.webhooks += other.webhooks
        self.identifies += other.identifies
        self.resumes += other.resumes
        self.longest_overlap = max(self.longest_overlap, other.longest_overlap)


def plan(chance: random.Random, kills: int, possible: Collection[Fault]) -> list[Fault]:
    """Return what happens in a round with at least so many kills, one after the other."""
    killing = [each for each in possible if each.name.startswith(KILL.name)]
    others = [each for each in possible if each not in killing]
    steps: list[Fault] = []
    for _ in range(kills):
        if killing:
            steps += chance.choices(killing, [each.weight for each in killing])
        if others and (not killing or chance.random() < BESIDE):
            steps += chance.choices(others, [each.weight for each in others])
    return steps


async def chaos_round(
    folder: Path,
    *,
    seed: str,
    kills: int,
    replicas: int = 3,
    only: Collection[str] = tuple(FAULTS),
    steps: Collection[str] | None = None,
    pause: float = 0.1,
    say: Callable[[str], None] = print,
) -> Tally:
    """Run one round on a new cluster and return its account.

    Args:
        folder: Where the replicas have their folders.
        seed: Repeats the choices of a round. The moments depend on the machine all the same.
        kills: How many replicas are killed at least.
        replicas: How many replicas there are.
        only: The names of the faults to choose from.
        steps: The names of the faults in their order, instead of those chosen by chance.
        pause: The most seconds between two messages of one person.
        say: Told of every step.
    """
    chance = random.Random(seed)
    tally = Tally()
    began = time.monotonic()
    disk = DISK_MEGABYTES if may_mount() else None
    async with cluster(folder, BOT, replicas=replicas, disk_megabytes=disk) as made:
        possible = [fault for name, fault in FAULTS.items() if name in only and fault.possible(made)]
        loads = [
            Load(world, lambda: made.log, random.Random(f"{seed} {world.name}"), hasty=1, pause=pause)
            for world in made.worlds
        ]
        people = [asyncio.create_task(load.run()) for load in loads]
        chosen = plan(chance, kills, possible) if steps is None else [FAULTS[name] for name in steps]
        while chosen:
            fault = chosen.pop(0)
            say(f"{time.monotonic() - began:6.1f} s  {fault.name}")
            await _step(made, fault, chance, tally)
            _check(people)
            if steps is None and not chosen and tally.kills < kills:
                chosen = plan(chance, 1, possible)
        await made.restore()
        for load in loads:
            load.end()
        await asyncio.gather(*people)  # every question is answered, or the error says which was not asked
        accounts = await asyncio.gather(*(settled_account(load) for load in loads))
        tally.accounts = {load.world.name: account for load, account in zip(loads, accounts, strict=True)}
        _gateway(made, tally)
        tally.webhooks = Counter(each.status for each in made.balancer.log)
        tally.seconds = time.monotonic() - began
    return tally


async def _step(made: Cluster, fault: Fault, chance: random.Random, tally: Tally) -> None:
    """Let the cluster live for a moment, then let one fault meet it."""
    await asyncio.sleep(chance.uniform(0.1, 0.7) if chance.random() < 0.7 else chance.uniform(2, 4))
    tally.kills += await fault.run(made, chance)
    tally.faults[fault.name] += 1
    for replica in made.replicas:
        if not replica.running:
            tally.ended += 1
            await replica.start()


def _check(people: list[asyncio.Task[None]]) -> None:
    """Raise the error of people who cannot go on, instead of harming the cluster further."""
    for task in people:
        if task.done():
            task.result()


def _gateway(made: Cluster, tally: Tally) -> None:
    gateway = made.discord.discord.gateway
    tally.identifies, tally.resumes = gateway.identifies, gateway.resumes
    tally.longest_overlap = max((one.overlap(two) for one, two in pairwise(gateway.attachments)), default=0.0)


def outcome(tally: Tally) -> Mapping[str, str]:
    """Return a line on each platform."""
    return {name: str(account) for name, account in tally.accounts.items()}
