"""What is measured on Teams, and the targets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.bots import ECHO, SLOW
from benchmarks.platform import Platform, Subject, Target, keyed, ours
from benchmarks.teams.activities import Signer, requests
from benchmarks.teams.fake import FakeTeams
from benchmarks.values import Plan
from benchmarks.webhooks import Webhooks

_BOTS = Path(__file__).parent / "bots"


@asynccontextmanager
async def _drive(plan: Plan) -> AsyncIterator[Webhooks]:
    signer = Signer()
    fake = FakeTeams(signer)
    async with await fake.start():
        url = fake.service_url
        token = signer.token(url)
        yield Webhooks(
            fake,
            fake.environment,
            lambda numbers, port: requests(numbers, service_url=url, token=token, threads=plan.threads, port=port),
        )


TEAMS = Platform(
    name="teams",
    subjects=keyed(
        Subject("floor", "floor: Starlette + aiohttp", [str(_BOTS / "floor.py"), "{port}"], "floor"),
        Subject("cloud", "botbuilder CloudAdapter", [str(_BOTS / "cloud.py"), "{port}"], "floor", share=0.125),
        ours("ours", "ours", ECHO, peer="floor"),
        ours("slow", "ours, a handler takes 0.5 s", SLOW, peer="floor"),
    ),
    targets=(
        Target("CPU per activity, to the floor", "floor", 2.5, of=lambda run: run.cpu_ms),
        Target("webhook p99, to the floor", "floor", 1.5, of=lambda run: run.p99_ms),
        Target("webhook p99, slow handler, to the floor", "floor", 1.5, of=lambda run: run.p99_ms, subject="slow"),
    ),
    drive=_drive,
    latency="ack",
    concurrency=16,
)
