"""What ``python -m benchmarks chatkit`` measures, and its tables."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.bots import ECHO
from benchmarks.chatkit.client import KEY, Client, Streamed, connected
from benchmarks.measure import SETTLE, Bench, cpu_seconds, percentile, rss_mb
from benchmarks.platform import Subject, ours
from benchmarks.report import aligned, verdict
from benchmarks.rounds import say
from benchmarks.server import Server, serve
from benchmarks.slack.platform import SLACK
from benchmarks.values import Plan

_BOTS = Path(__file__).parent / "bots"
_ENVIRONMENT = {
    "GATEWAY_API_KEYS": KEY,
    "GATEWAY_API_RATE": "0",
    "GATEWAY_MAX_CONNECTIONS": "5000",
    "GATEWAY_CONNECTIONS_PER_ADDRESS": "5000",
}
REQUESTED = ours("chatkit", "ours, a ChatKit request", ECHO, peer="slack", environment=_ENVIRONMENT)
STREAMING = ours("stream", "ours, streamed", _BOTS / "streaming.py", peer="bare", environment=_ENVIRONMENT)
BARE = Subject("bare", "bare Starlette", [str(_BOTS / "bare.py"), "{port}"], "bare")

STREAMS = 1_000
"""Streams that are open at the same time."""
_AT_ONCE = 50
"""Streams that are being opened at the same time."""


@dataclass(slots=True)
class ChatKit:
    """All that was measured about ChatKit."""

    slack_ms: list[float] = field(default_factory=list)
    """Milliseconds of CPU time per Slack event, by round."""
    request_ms: list[float] = field(default_factory=list)
    """Milliseconds of CPU time per request, by round."""
    wrong: int = 0
    """How many requests got another answer than the right one."""
    first_ms: list[float] = field(default_factory=list)
    """Median milliseconds until the first token, by round."""
    bare_ms: list[float] = field(default_factory=list)
    """The same of the bare endpoint."""
    idle_mb: float = 0.0
    open_mb: float = 0.0
    """MiB of resident memory with ``STREAMS`` open streams."""

    def text(self) -> str:
        """Return the tables."""
        slack, request = median(self.slack_ms), median(self.request_ms)
        first, bare = median(self.first_ms), median(self.bare_ms)
        rows = [
            ("", "measured"),
            ("CPU ms per Slack event", f"{slack:.3f}"),
            ("CPU ms per ChatKit request", f"{request:.3f}"),
            ("first token, bare Starlette, ms", f"{bare:.2f}"),
            ("first token, ours, ms", f"{first:.2f}"),
            ("idle MB", f"{self.idle_mb:.0f}"),
            (f"MB with {STREAMS} open streams", f"{self.open_mb:.0f}"),
        ]
        targets = [
            ("target", "limit", "measured", ""),
            (
                "CPU per request, to a Slack event",
                "<= 1.5 x",
                f"{request / slack:.2f} x",
                verdict(request <= 1.5 * slack),
            ),
            ("first token, to bare Starlette", "<= 2 x", f"{first / bare:.2f} x", verdict(first <= 2 * bare)),
            (f"memory of {STREAMS} streams", "<= 200 MB", f"{self.open_mb:.0f} MB", verdict(self.open_mb <= 200)),
            ("wrong answers", "0", str(self.wrong), verdict(self.wrong == 0)),
        ]
        return "\n\n".join(("== chatkit", aligned(rows), aligned(targets)))

    def as_json(self) -> dict[str, Any]:
        """Return the medians as JSON."""
        return {
            "slack_ms": median(self.slack_ms),
            "request_ms": median(self.request_ms),
            "first_ms": median(self.first_ms),
            "bare_ms": median(self.bare_ms),
            "idle_mb": self.idle_mb,
            "open_mb": self.open_mb,
            "wrong": self.wrong,
        }


async def measure(plan: Plan) -> ChatKit:
    """Measure requests beside Slack events and the first token beside a bare endpoint, in interleaved rounds, and the
    memory of open streams."""
    found, numbers = ChatKit(), itertools.count(1)
    async with SLACK.drive(plan) as driver:
        bench = Bench(plan, driver)
        for number in range(plan.rounds):
            say(f"chatkit: round {number + 1} of {plan.rounds}")
            found.slack_ms.append((await bench.closed(SLACK.subjects["ours"])).cpu_ms)
            await _requests(plan, found, numbers)
            await _first_tokens(plan, found)
    say(f"chatkit: {STREAMS} open streams")
    await _streams(plan, found)
    return found


@asynccontextmanager
async def _running(subject: Subject, plan: Plan) -> AsyncIterator[tuple[Server, Client]]:
    async def up(port: int) -> None:
        async with connected(port) as client:
            await client.up()

    async with (
        serve(subject, up=up, core=plan.server_core, environment={}) as server,
        connected(server.port) as client,
    ):
        yield server, client


async def _requests(plan: Plan, found: ChatKit, numbers: "itertools.count[int]") -> None:
    async with _running(REQUESTED, plan) as (server, client):
        secrets = [await client.session(f"user {number}") for number in range(plan.concurrency)]

        async def load(count: int) -> None:
            waiting = iter(list(itertools.islice(numbers, count)))

            async def sender(secret: str) -> None:
                for number in waiting:
                    answer = await client.ask(secret, str(number))
                    found.wrong += answer.text != f"echo {number}"

            await asyncio.gather(*map(sender, secrets))

        await load(plan.warmup)
        await asyncio.sleep(SETTLE)
        cpu = cpu_seconds(server.pid)
        await load(plan.events)
        await asyncio.sleep(SETTLE)
        found.request_ms.append((cpu_seconds(server.pid) - cpu) * 1000 / plan.events)


async def _first_tokens(plan: Plan, found: ChatKit) -> None:
    """Ask one after another, both servers in turn, so that both meet the same moments of the machine."""
    async with _running(STREAMING, plan) as (_, client), _running(BARE, plan) as (_, bare):
        secret = await client.session("user")
        ours: list[Streamed] = []
        floor: list[Streamed] = []
        for _ in range(max(20, plan.events // 10)):
            ours.append(await client.ask(secret, "stream"))
            floor.append(await bare.ask("none", "stream"))
    found.wrong += sum(answer.first_ms is None for answer in (*ours, *floor))
    found.first_ms.append(percentile([answer.first_ms for answer in ours if answer.first_ms is not None], 50))
    found.bare_ms.append(percentile([answer.first_ms for answer in floor if answer.first_ms is not None], 50))


async def _streams(plan: Plan, found: ChatKit) -> None:
    async with _running(STREAMING, plan) as (server, client):
        found.idle_mb = rss_mb(server.pid)
        held: list[asyncio.Task[None]] = []
        for start in range(0, STREAMS, _AT_ONCE):
            begun = [asyncio.Event() for _ in range(start, min(start + _AT_ONCE, STREAMS))]
            for number, event in enumerate(begun, start):
                secret = await client.session(f"user {number}")
                held.append(asyncio.create_task(client.hold(secret, "hold", event)))
            await asyncio.wait_for(asyncio.gather(*(event.wait() for event in begun)), 60)
        found.open_mb = rss_mb(server.pid)
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)
