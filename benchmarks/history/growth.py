"""Measures what an event costs on Slack where many conversations are kept, beside where few are."""

from contextlib import AsyncExitStack
from dataclasses import replace

from benchmarks.bots import ECHO
from benchmarks.history import databases
from benchmarks.platform import Subject, Target, keyed, ours
from benchmarks.results import Results
from benchmarks.rounds import Wanted, measure, say
from benchmarks.slack.platform import SLACK
from benchmarks.values import Plan

FEW = 1_000
"""Conversations that are kept where few are, before the first round."""
STEPS = 2
"""Messages of each: what was said, and the answer."""


async def events(plan: Plan, *, many: int) -> Results:
    """Measure an event where ``FEW`` conversations are kept and where ``many`` are, in interleaved rounds. Both
    databases stay from round to round: what is kept grows by the events.

    Args:
        plan: The runs.
        many: How many conversations are kept where many are.
    """
    async with AsyncExitStack() as stack:
        subjects: list[Subject] = []
        for key, count in (("few", FEW), ("many", many)):
            url = await stack.enter_async_context(databases.sqlite())
            say(f"history: writing {count} conversations")
            await databases.fill(url, threads=count, steps=STEPS, elements=False)
            subjects.append(
                ours(key, f"ours, {count} kept conversations", ECHO, peer="few", environment={"DATABASE_URL": url})
            )
        platform = replace(
            SLACK,
            name="history, events on slack",
            subjects=keyed(*subjects),
            targets=(
                Target(
                    f"CPU per event at {many} kept conversations, to {FEW}",
                    "few",
                    1.1,
                    of=lambda run: run.cpu_ms,
                    subject="many",
                ),
            ),
            growth=None,
            fixed_rate=False,
        )
        return await measure(platform, replace(plan, concurrency=SLACK.concurrency), Wanted(rest=False))
