"""Measures one run of one subject: a fresh process, a warm-up, the load, and what became of every event."""

import asyncio
import itertools
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from benchmarks.load import Acks
from benchmarks.platform import Driver, Growth, Subject
from benchmarks.server import Server, serve
from benchmarks.values import Account, Closed, Open, Plan, Rest

SETTLE = 0.3
"""Seconds without load before the CPU time is read, so that work done after the replies counts too."""


class Bench:
    """Runs subjects against a platform's driver, with event numbers that are never used twice."""

    def __init__(self, plan: Plan, driver: Driver) -> None:
        self._plan = plan
        self._driver = driver
        self._numbers: Iterator[int] = itertools.count(1)

    async def closed(self, subject: Subject) -> Closed:
        """Measure the capacity: events as fast as ``concurrency`` senders and the server can."""
        account = Account()
        events = max(1, round(self._plan.events * subject.share))
        async with self._serve(subject) as server:
            idle = rss_mb(server.pid)
            await self._load(subject, server, account, max(1, round(self._plan.warmup * subject.share)))
            await asyncio.sleep(SETTLE)
            cpu, begun = cpu_seconds(server.pid), time.perf_counter()
            acks = await self._load(subject, server, account, events)
            seconds = time.perf_counter() - begun
            await asyncio.sleep(SETTLE)
            cpu = cpu_seconds(server.pid) - cpu
            loaded = rss_mb(server.pid)
            await self._driver.audit(subject)
        self._close(subject, account)
        return Closed(
            cpu_ms=cpu * 1000 / events,
            p50_ms=percentile(acks.latencies, 50) * 1000,
            p99_ms=percentile(acks.latencies, 99) * 1000,
            rate=events / seconds,
            idle_mb=idle,
            loaded_mb=loaded,
            start_s=server.start_seconds,
            account=account,
        )

    async def open(self, subject: Subject, rate: float) -> Open:
        """Measure the latency at ``rate`` events a second."""
        account = Account()
        async with self._serve(subject) as server:
            await self._load(subject, server, account, self._plan.warmup)
            await asyncio.sleep(SETTLE)
            numbers = self._take(account, round(rate * self._plan.seconds))
            acks = await self._driver.load_at(numbers, port=server.port, rate=rate)
            account.refused += acks.refused
        self._close(subject, account)
        return Open(
            rate=rate,
            p50_ms=percentile(acks.latencies, 50) * 1000,
            p99_ms=percentile(acks.latencies, 99) * 1000,
            account=account,
        )

    async def rest(self, subject: Subject, growth: Growth, *, rest_after: float) -> Rest:
        """Measure the memory after each of two batches of conversations whose sessions have come to rest."""
        account = Account()
        marks: list[float] = []
        async with self._serve(subject, rest_after=rest_after) as server:
            for count in (growth.first, growth.more):
                for begin in range(0, count, growth.burst):
                    await self._load(subject, server, account, min(growth.burst, count - begin))
                await asyncio.sleep(2 * rest_after + 1)
                marks.append(rss_mb(server.pid))
            await self._driver.audit(subject)
        self._close(subject, account)
        return Rest(growth.more, marks[0], marks[1], account)

    def _serve(self, subject: Subject, *, rest_after: float | None = None) -> AbstractAsyncContextManager[Server]:
        environment = dict(self._driver.environment)
        if rest_after is not None:
            environment["GATEWAY_SESSION_REST"] = str(rest_after)
        return serve(subject, up=self._driver.up, core=self._plan.server_core, environment=environment)

    async def _load(self, subject: Subject, server: Server, account: Account, count: int) -> Acks:
        numbers = self._take(account, count)
        acks = await self._driver.load(subject, numbers, port=server.port, concurrency=self._plan.concurrency)
        account.refused += acks.refused
        return acks

    def _take(self, account: Account, count: int) -> Sequence[int]:
        numbers = list(itertools.islice(self._numbers, count))
        account.sent += numbers
        return numbers

    def _close(self, subject: Subject, account: Account) -> None:
        """Fill in the account once the process has ended, because only then is it certain what it sent."""
        account.lost, account.doubled = self._driver.seen(subject, account.sent)
        account.calls, self._driver.fake.calls = self._driver.fake.calls, Counter()


def cpu_seconds(pid: int) -> float:
    """Return the user and system time of a process and all its threads, ended ones included, in seconds.

    It is what /proc/<pid>/stat counts in ticks of 10 ms, read in nanoseconds from the clock Linux keeps for every
    process (see clock_getcpuclockid).
    """
    return time.clock_gettime((~pid << 3) | 2)


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least ``percent`` of the values do not exceed; NaN without values."""
    if not values:
        return math.nan
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]
