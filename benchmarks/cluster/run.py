"""What ``python -m benchmarks cluster`` measures, and its tables."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.history.databases import postgresql
from benchmarks.measure import SETTLE, Bench, cpu_seconds
from benchmarks.platform import Driver, ours
from benchmarks.report import aligned, verdict
from benchmarks.rounds import say
from benchmarks.server import serve
from benchmarks.slack.platform import SLACK
from benchmarks.values import Closed, Plan

_WAITING = Path(__file__).parent / "bots" / "waiting.py"
REPLICAS = (1, 3)
"""How many replicas are compared."""
AT_ONCE = 8
"""Turns that a replica may run at the same time (``GATEWAY_RUNNING_TURNS``): few, so that what limits is the waiting of
the handlers, and not the two or three cores on which everything runs here."""
WAIT = 0.2
"""Seconds that a handler waits."""
SECONDS = 10
"""How long one replica is busy in a round; its ceiling is ``AT_ONCE / WAIT`` turns a second."""


@dataclass(slots=True)
class Scaling:
    """All that was measured about several replicas."""

    rates: dict[int, list[float]] = field(default_factory=dict[int, list[float]])
    """Turns a second by the number of replicas, by round."""
    busy: dict[int, list[float]] = field(default_factory=dict[int, list[float]])
    """Cores that the replicas kept busy, by round."""
    sqlite_ms: list[float] = field(default_factory=list[float])
    """Milliseconds of CPU time per event on SQLite, by round."""
    postgresql_ms: list[float] = field(default_factory=list[float])
    """The same on PostgreSQL."""
    wrong: int = 0
    """How many events were lost, refused, or answered twice."""

    def text(self) -> str:
        """Return the tables."""
        one, three = (median(self.rates[n]) for n in REPLICAS)
        rows = [("replicas", "turns/s", "cores busy")]
        rows += [(str(n), f"{median(self.rates[n]):.1f}", f"{median(self.busy[n]):.2f}") for n in REPLICAS]
        sqlite, postgres = median(self.sqlite_ms), median(self.postgresql_ms)
        costs = [
            ("CPU ms per event", ""),
            ("on SQLite", f"{sqlite:.3f}"),
            ("on PostgreSQL", f"{postgres:.3f}"),
        ]
        targets = [
            ("target", "limit", "measured", ""),
            ("turns of three replicas, to one", ">= 2.4 x", f"{three / one:.2f} x", verdict(three >= 2.4 * one)),
            (
                "CPU per event on PostgreSQL, to SQLite",
                "<= 1.5 x",
                f"{postgres / sqlite:.2f} x",
                verdict(postgres <= 1.5 * sqlite),
            ),
            ("events lost, refused or doubled", "0", str(self.wrong), verdict(self.wrong == 0)),
        ]
        return "\n\n".join(("== cluster", aligned(rows), aligned(costs), aligned(targets)))

    def as_json(self) -> dict[str, Any]:
        """Return the medians as JSON."""
        return {
            "turns_per_second": {str(n): median(self.rates[n]) for n in REPLICAS},
            "cores_busy": {str(n): median(self.busy[n]) for n in REPLICAS},
            "sqlite_ms": median(self.sqlite_ms),
            "postgresql_ms": median(self.postgresql_ms),
            "wrong": self.wrong,
        }


async def measure(plan: Plan) -> Scaling | None:
    """Measure one replica beside three, and an event on SQLite beside one on PostgreSQL, in interleaved rounds. None
    where no PostgreSQL answers."""
    found, numbers = Scaling(), itertools.count(1)
    async with SLACK.drive(plan) as driver:
        bench = Bench(plan, driver)
        for number in range(plan.rounds):
            say(f"cluster: round {number + 1} of {plan.rounds}")
            for replicas in REPLICAS:
                if not await _turns(found, driver, numbers, replicas):
                    return None
            await _costs(found, bench)
    return found


async def _turns(found: Scaling, driver: Driver, numbers: Iterator[int], replicas: int) -> bool:
    """Have replicas take as many turns as they can, on a new database; note their rate. False without PostgreSQL."""
    count = round(SECONDS * AT_ONCE / WAIT) * replicas
    async with postgresql() as url, AsyncExitStack() as stack:
        if url is None:
            return False
        environment = {**driver.environment, **_shared(stack, url), "GATEWAY_RUNNING_TURNS": str(AT_ONCE)}
        subject = ours("waiting", f"{replicas} replicas", _WAITING, peer="waiting", environment=environment)
        servers = [
            await stack.enter_async_context(serve(subject, up=driver.up, core=None, environment={}))
            for _ in range(replicas)
        ]
        sent = list(itertools.islice(numbers, count))
        cpu, begun = sum(cpu_seconds(server.pid) for server in servers), time.perf_counter()
        shares = [
            driver.load(subject, sent[n::replicas], port=server.port, concurrency=16)
            for n, server in enumerate(servers)
        ]
        acks = await asyncio.gather(*shares)
        seconds = time.perf_counter() - begun
        await asyncio.sleep(SETTLE)
        cpu = sum(cpu_seconds(server.pid) for server in servers) - cpu
    lost, doubled = driver.seen(subject, sent)
    found.wrong += lost + doubled + sum((each.refused for each in acks), Counter[str]()).total()
    found.rates.setdefault(replicas, []).append(count / seconds)
    found.busy.setdefault(replicas, []).append(cpu / seconds)
    return True


async def _costs(found: Scaling, bench: Bench) -> None:
    """Measure the CPU time of an event on SQLite and on PostgreSQL."""
    subject = SLACK.subjects["ours"]
    found.sqlite_ms.append(_exact(found, await bench.closed(subject)))
    async with postgresql() as url, AsyncExitStack() as stack:
        assert url is not None
        shared = replace(subject, key="postgresql", environment=_shared(stack, url))
        found.postgresql_ms.append(_exact(found, await bench.closed(shared)))


def _exact(found: Scaling, run: Closed) -> float:
    found.wrong += run.account.lost + run.account.doubled + run.account.refused.total()
    return run.cpu_ms


def _shared(stack: AsyncExitStack, url: str) -> Mapping[str, str]:
    """Return what replicas share: the database, and a folder for blobs that is removed at the end."""
    blobs = stack.enter_context(TemporaryDirectory(prefix="bench-blobs-"))
    return {"DATABASE_URL": url, "BLOB_URL": Path(blobs).as_uri()}
