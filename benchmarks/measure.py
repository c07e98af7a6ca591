"""One measured run of one subject: a fresh process, a warm-up, the load, the account of every event."""

import asyncio
import itertools
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.events import signed_events
from benchmarks.fake_slack import FakeSlack
from benchmarks.load import Acks, closed_loop, open_loop
from benchmarks.subjects import OURS, Server, Subject, serve

QUIET = 10.0
"""Seconds without a single reply after which those still missing count as lost."""
SETTLE = 0.3
"""Seconds of silence before the CPU is read, so that work put off until after the reply counts too."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The knobs."""

    events: int = 4000
    warmup: int = 500
    rounds: int = 3
    concurrency: int = 32
    threads: int = 0
    """Spread the events over so many threads; 0 for a thread each."""
    seconds: float = 4.0
    """Length of the open loop."""
    server_core: int | None = None


@dataclass(slots=True)
class Account:
    """What became of the events sent to one process."""

    sent: list[int] = field(default_factory=list)
    lost: int = 0
    doubled: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    """Web API calls, by method."""

    @property
    def exact(self) -> bool:
        """Every event was taken and has exactly one reply."""
        return not (self.lost or self.doubled or self.refused)


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed-loop run."""

    cpu_ms: float
    """User and system time of the server process per event, all threads."""
    p50_ms: float
    p99_ms: float
    rate: float
    """Events a second, from the first request to the last reply."""
    idle_mb: float
    loaded_mb: float
    start_s: float
    account: Account


@dataclass(frozen=True, slots=True)
class Open:
    """An open-loop run."""

    rate: float
    p50_ms: float
    p99_ms: float
    account: Account


@dataclass(frozen=True, slots=True)
class Rest:
    """What conversations leave behind in memory once their sessions rest."""

    conversations: int
    first_mb: float
    """RSS after as many conversations as in the measured batch had come and gone to rest before it."""
    last_mb: float
    account: Account

    @property
    def bytes_each(self) -> float:
        """RSS per conversation of the second batch; the first has paid for the allocator's high-water mark."""
        return (self.last_mb - self.first_mb) * 2**20 / self.conversations


class Bench:
    """The fake Slack, and numbers that are never used twice."""

    def __init__(self, plan: Plan, slack: FakeSlack) -> None:
        self._plan = plan
        self._slack = slack
        self._numbers: Iterator[int] = itertools.count(1)

    async def closed(self, subject: Subject) -> Closed:
        """Capacity: as fast as ``concurrency`` senders and the server can."""
        plan, account = self._plan, Account()
        async with serve(subject, api_url=self._slack.url, core=plan.server_core) as server:
            idle = rss_mb(server.pid)
            await self._closed(server, account, plan.warmup)
            cpu, begun = cpu_seconds(server.pid), time.perf_counter()
            acks = await self._closed(server, account, plan.events, settle=False)
            seconds = time.perf_counter() - begun
            await asyncio.sleep(SETTLE)
            cpu = cpu_seconds(server.pid) - cpu
            loaded = rss_mb(server.pid)
        self._close(account)
        return Closed(
            cpu_ms=cpu * 1000 / plan.events,
            p50_ms=percentile(acks.latencies, 50) * 1000,
            p99_ms=percentile(acks.latencies, 99) * 1000,
            rate=plan.events / seconds,
            idle_mb=idle,
            loaded_mb=loaded,
            start_s=server.start_seconds,
            account=account,
        )

    async def open(self, subject: Subject, rate: float) -> Open:
        """Acknowledgement at a load it can bear: ``rate`` events a second."""
        plan, account = self._plan, Account()
        async with serve(subject, api_url=self._slack.url, core=plan.server_core) as server:
            await self._closed(server, account, plan.warmup)
            numbers = self._take(account, round(rate * plan.seconds))
            requests = signed_events(numbers, threads=plan.threads, port=server.port)
            acks = await open_loop(requests, port=server.port, rate=rate)
            account.refused += acks.refused
            await self._slack.wait_for(numbers, quiet=QUIET)
        self._close(account)
        return Open(
            rate=rate,
            p50_ms=percentile(acks.latencies, 50) * 1000,
            p99_ms=percentile(acks.latencies, 99) * 1000,
            account=account,
        )

    async def rest(self, conversations: int, *, rest_after: float) -> Rest:
        """Two batches of conversations, each left alone until its sessions rest."""
        plan, account = self._plan, Account()
        environment = {"GATEWAY_SESSION_REST": str(rest_after)}
        async with serve(OURS, api_url=self._slack.url, core=plan.server_core, environment=environment) as server:
            marks: list[float] = []
            for _ in range(2):
                await self._closed(server, account, conversations)
                await asyncio.sleep(2 * rest_after + 1)
                marks.append(rss_mb(server.pid))
        self._close(account)
        return Rest(conversations, marks[0], marks[1], account)

    async def _closed(self, server: Server, account: Account, count: int, *, settle: bool = True) -> Acks:
        numbers = self._take(account, count)
        requests = signed_events(numbers, threads=self._plan.threads, port=server.port)
        acks = await closed_loop(requests, port=server.port, concurrency=self._plan.concurrency)
        account.refused += acks.refused
        await self._slack.wait_for(numbers, quiet=QUIET)
        if settle:
            await asyncio.sleep(SETTLE)
        return acks

    def _take(self, account: Account, count: int) -> Sequence[int]:
        numbers = list(itertools.islice(self._numbers, count))
        account.sent += numbers
        return numbers

    def _close(self, account: Account) -> None:
        """Only when the process has ended is it certain what it sent."""
        replies = [self._slack.replies.pop(number, 0) for number in account.sent]
        account.lost = replies.count(0)
        account.doubled = sum(count - 1 for count in replies if count > 1)
        account.calls, self._slack.calls = self._slack.calls, Counter()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all its threads, dead ones included: what /proc/<pid>/stat counts in
    ticks of 10 ms, read in nanoseconds from the clock Linux keeps for every process (see clock_getcpuclockid)."""
    return time.clock_gettime((~pid << 3) | 2)


def rss_mb(pid: int) -> float:
    """Resident memory in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least ``percent`` of them do not exceed; NaN of nothing."""
    if not values:
        return math.nan
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]
