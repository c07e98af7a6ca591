"""Everything that goes wrong in a cluster, by name: what it does, and undoing it."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from tests.cluster.balancer import Mischief
from tests.cluster.cluster import Cluster
from tests.cluster.replica import Replica, wrong_clock

LEASE = 15.0
"""Seconds after which a replica that nobody hears of has lost its conversations, at the latest."""

Run = Callable[[Cluster, random.Random], Awaitable[int]]
"""Does the harm and undoes it; returns how many replicas were killed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of harm. ``weight``: how often it is chosen beside the others. ``possible``: whether this machine can."""

    name: str
    does: str
    run: Run
    weight: int = 1
    possible: Callable[[Cluster], bool] = lambda _: True


def _any(cluster: Cluster, chance: random.Random) -> Replica:
    return chance.choice(cluster.replicas)


async def _life(chance: random.Random) -> None:
    """Let the cluster live for a random while; some lives are long enough for what was interrupted twice."""
    await asyncio.sleep(chance.uniform(0.1, 0.7) if chance.random() < 0.7 else chance.uniform(2, 4))


async def _again(replica: Replica) -> None:
    await replica.kill()
    await replica.start()


async def _kill(cluster: Cluster, chance: random.Random) -> int:
    await _again(_any(cluster, chance))
    return 1


async def _kill_after_sends(cluster: Cluster, chance: random.Random) -> int:
    """Kill a replica after some sends reached the platforms and their answers did not reach the replica."""
    for world in cluster.worlds:
        world.fail_next("send", "disconnected", after_effect=True)
        if chance.random() < 0.3:
            world.fail_next("identify", "server_error")
    await asyncio.sleep(chance.uniform(0.05, 0.3))
    return await _kill(cluster, chance)


async def _kill_two(cluster: Cluster, chance: random.Random) -> int:
    two = chance.sample(cluster.replicas, min(2, len(cluster.replicas)))
    await asyncio.gather(*(replica.kill() for replica in two))
    for replica in two:
        await _life(chance)
        await replica.start()
    return len(two)


async def _kill_all(cluster: Cluster, chance: random.Random) -> int:
    await asyncio.gather(*(_again(replica) for replica in cluster.replicas))
    return len(cluster.replicas)


async def _roll(cluster: Cluster, chance: random.Random) -> int:
    replica = _any(cluster, chance)
    await replica.terminate()
    await replica.start()
    return 0


async def _freeze(cluster: Cluster, chance: random.Random) -> int:
    replica = _any(cluster, chance)
    replica.freeze()
    await asyncio.sleep(LEASE + chance.uniform(1, 5))
    replica.thaw()
    await _life(chance)
    await replica.ensure_running()
    return 0


async def _pause(cluster: Cluster, chance: random.Random) -> int:
    replica = _any(cluster, chance)
    replica.freeze()
    await asyncio.sleep(chance.uniform(0.5, 4))
    replica.thaw()
    await replica.ensure_running()
    return 0


async def _database_killed(cluster: Cluster, chance: random.Random) -> int:
    await cluster.server.kill()
    await _life(chance)
    await cluster.server.start()
    return 0


async def _database_restarted(cluster: Cluster, chance: random.Random) -> int:
    await cluster.server.stop()
    await _life(chance)
    await cluster.server.start()
    return 0


async def _cut(cluster: Cluster, chance: random.Random) -> int:
    replica = _any(cluster, chance)
    replica.proxy.cut()
    await asyncio.sleep(chance.uniform(0.2, 8))
    replica.proxy.restore()
    await replica.ensure_running()
    return 0


async def _silence(cluster: Cluster, chance: random.Random) -> int:
    replica = _any(cluster, chance)
    replica.proxy.silence()
    await asyncio.sleep(chance.uniform(1, LEASE + 3))
    replica.proxy.restore(lose=chance.random() < 0.5)
    await _life(chance)
    await replica.ensure_running()
    return 0


async def _disk_full(cluster: Cluster, chance: random.Random) -> int:
    cluster.server.fill_disk()
    await asyncio.sleep(chance.uniform(1, 4))
    await cluster.server.free_disk()
    return 0


async def _clock(cluster: Cluster, chance: random.Random) -> int:
    replica = _any(cluster, chance)
    replica.clock = chance.choice((-1, 1))
    await _again(replica)
    await asyncio.sleep(chance.uniform(2, 6))
    replica.clock = 0
    await _again(replica)
    return 2


async def _storm(cluster: Cluster, chance: random.Random) -> int:
    killed = 0
    with ExitStack() as storms:
        for emulator in (cluster.slack.slack, cluster.discord.discord, cluster.teams.teams):
            storms.enter_context(emulator.storm(chance, share=chance.uniform(0.1, 0.4)))
        await asyncio.sleep(chance.uniform(1, 4))
        if chance.random() < 0.5:
            killed = await _kill(cluster, chance)
            await _life(chance)
    return killed


async def _mischief(cluster: Cluster, chance: random.Random) -> int:
    cluster.balancer.mischief = Mischief(chance)
    await asyncio.sleep(chance.uniform(1, 4))
    killed = await _kill(cluster, chance) if chance.random() < 0.5 else 0
    await _life(chance)
    cluster.balancer.mischief = None
    return killed


async def _gateway(cluster: Cluster, chance: random.Random) -> int:
    gateway = cluster.discord.discord.gateway
    for _ in range(chance.randint(1, 3)):
        match chance.choice(("drop", "reconnect", "invalidate", "close", "freeze")):
            case "drop":
                gateway.drop()
            case "reconnect":
                gateway.reconnect()
            case "invalidate":
                gateway.invalidate(resumable=True)
            case "close":
                gateway.close_with(4000, "unknown error")
            case _:
                gateway.freeze()
                await asyncio.sleep(chance.uniform(0.2, 2))
                gateway.thaw()
        await _life(chance)
    return 0


KILL = Fault("kill", "`kill -9` of a random replica at a random moment, then its start", _kill)
FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for fault in (
        KILL,
        Fault(
            "kill after sends",
            "a message reaches each platform, its answer is lost, then `kill -9`; first calls of the new process fail",
            _kill_after_sends,
            4,
        ),
        Fault("kill two", "`kill -9` of two replicas at once, started one after the other", _kill_two, 2),
        Fault("kill all", "`kill -9` of all replicas at once", _kill_all),
        Fault("roll", "SIGTERM to a replica under load, then its start", _roll, 3),
        Fault("freeze", "SIGSTOP of a replica until its lease is long over, then SIGCONT", _freeze),
        Fault("pause", "SIGSTOP of a replica for up to 4 s, then SIGCONT", _pause, 2),
        Fault("database killed", "`kill -9` of PostgreSQL with all its processes, then its start", _database_killed, 2),
        Fault("database restarted", "a fast shutdown of PostgreSQL, then its start", _database_restarted),
        Fault("cut off", "all connections of a replica to the database break, and new ones, for up to 8 s", _cut, 2),
        Fault(
            "cut off silently",
            "a replica's packets to the database vanish for up to 18 s; then those in flight arrive late, or are lost",
            _silence,
        ),
        Fault(
            "disk full",
            "the database's disk is full for up to 4 s",
            _disk_full,
            possible=lambda cluster: cluster.server.has_own_disk,
        ),
        Fault(
            "wrong clock",
            "a replica is killed, takes webhooks with a clock an hour off, is killed and runs with the right one",
            _clock,
            possible=lambda _: wrong_clock() is not None,
        ),
        Fault(
            "storm",
            "10 to 40 % of all calls meet 429, 500, 503, a timeout, a broken connection or half an answer",
            _storm,
            4,
        ),
        Fault(
            "duplicates and delays",
            "webhooks reach a second replica as well, at once or later, and some are overtaken by later ones",
            _mischief,
            3,
        ),
        Fault(
            "gateway drops",
            "Discord's gateway drops connections, asks to reconnect, closes with an error, or falls silent",
            _gateway,
            2,
        ),
    )
}
