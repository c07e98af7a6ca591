"""What is measured on Slack, and the targets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.bots import ECHO
from benchmarks.platform import Growth, Platform, Subject, Target, keyed, ours
from benchmarks.slack.events import signed_events
from benchmarks.slack.fake import FakeSlack
from benchmarks.values import Plan
from benchmarks.webhooks import Webhooks

_BOTS = Path(__file__).parent / "bots"


@asynccontextmanager
async def _drive(plan: Plan) -> AsyncIterator[Webhooks]:
    fake = FakeSlack()
    async with await fake.start():
        yield Webhooks(
            fake,
            fake.environment,
            lambda numbers, port: signed_events(numbers, threads=plan.threads, port=port),
        )


SLACK = Platform(
    name="slack",
    subjects=keyed(
        Subject("floor", "floor: Starlette + aiohttp", [str(_BOTS / "floor.py"), "{port}"], "floor"),
        Subject("bolt", "raw slack-bolt", [str(_BOTS / "bolt.py"), "{port}"], "floor"),
        Subject(
            "shared", "slack-bolt + shared session", [str(_BOTS / "bolt.py"), "{port}", "--shared-session"], "floor"
        ),
        ours("ours", "ours", ECHO, peer="floor"),
        ours("unkept", "ours, without history", ECHO, peer="floor", environment={"GATEWAY_HISTORY": "off"}),
        ours("metrics", "ours, with metrics", ECHO, peer="ours", environment={"GATEWAY_METRICS_PORT": "0"}),
        ours("traces", "ours, with a trace of every event", ECHO, peer="ours", environment={"GATEWAY_TRACES": "on"}),
        ours(
            "sampled",
            "ours, with a trace of every tenth event",
            ECHO,
            peer="ours",
            environment={
                "GATEWAY_TRACES": "on",
                "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
                "OTEL_TRACES_SAMPLER_ARG": "0.1",
            },
        ),
    ),
    targets=(
        Target("CPU per event, to the floor (must)", "floor", 2.2, of=lambda run: run.cpu_ms),
        Target("CPU per event, to the floor (goal)", "floor", 2.0, of=lambda run: run.cpu_ms),
        Target("CPU per event, to the same without history", "unkept", 1.25, of=lambda run: run.cpu_ms),
        Target("CPU per event with metrics, to without", "ours", 1.05, of=lambda run: run.cpu_ms, subject="metrics"),
        Target("CPU per event with traces, to without", "ours", 1.15, of=lambda run: run.cpu_ms, subject="traces"),
        Target("CPU per event with sampled traces", "ours", 1.15, of=lambda run: run.cpu_ms, subject="sampled"),
        Target("ack p99 at full load, to the same without history", "unkept", 1.25, of=lambda run: run.p99_ms),
        Target("ack p99 at full load, to the floor", "floor", 1.2, of=lambda run: run.p99_ms),
        Target("ack p99 at a fixed rate, to the floor", "floor", 1.2, of_open=lambda run: run.p99_ms),
        Target("start time, to raw slack-bolt", "bolt", 2.0, of=lambda run: run.start_s),
        Target("idle memory, to raw slack-bolt", "bolt", 1.3, of=lambda run: run.idle_mb),
    ),
    drive=_drive,
    latency="ack",
    concurrency=32,
    growth=Growth("ours", "a resting conversation", first=20_000, more=150_000, burst=10_000, tolerance=100),
    fixed_rate=True,
)
