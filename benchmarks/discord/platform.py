"""What is measured on Discord, and the targets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.bots import ECHO
from benchmarks.discord.driver import Dispatches
from benchmarks.discord.fake import FakeDiscord
from benchmarks.discord.gateway import FakeGateway
from benchmarks.platform import Growth, Platform, Subject, Target, keyed, ours
from benchmarks.values import Plan

_BOTS = Path(__file__).parent / "bots"
_QUICK = 2.5
"""Share of events for the counting subjects. Counting is quick, so they get more messages, which come in one flood: the
dearest case for the gateway."""


@asynccontextmanager
async def _drive(plan: Plan) -> AsyncIterator[Dispatches]:
    gateway = FakeGateway(threads=plan.threads)
    fake = FakeDiscord(gateway.dispatch)
    async with await gateway.start(), await fake.start():
        yield Dispatches(fake, gateway, threads=plan.threads)


DISCORD = Platform(
    name="discord",
    subjects=keyed(
        Subject("raw", "raw discord.py, counts", [str(_BOTS / "raw.py")], "raw", share=_QUICK, silent=True),
        ours("ours", "ours, counts", _BOTS / "count.py", peer="raw", share=_QUICK, silent=True),
        Subject("raw-echo", "raw discord.py, echoes", [str(_BOTS / "raw.py"), "--echo"], "raw-echo"),
        ours("ours-echo", "ours, echoes", ECHO, peer="raw-echo"),
    ),
    targets=(
        Target("CPU per inbound message, to raw discord.py", "raw", 6.0, of=lambda run: run.cpu_ms),
        Target("start time, to raw discord.py", "raw", 1.3, of=lambda run: run.start_s),
    ),
    drive=_drive,
    latency="reply",
    concurrency=32,
    growth=Growth("ours", "a message received", first=20_000, more=200_000, burst=250, tolerance=50),
)
