"""``python -m benchmarks``: measure, print the table. Fails only when an event was lost or answered twice, never for
being slow: a benchmark is not a timed test."""

import argparse
import asyncio
import gc
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import uvloop

from benchmarks import report
from benchmarks.fake_slack import FakeSlack
from benchmarks.measure import Bench, Plan
from benchmarks.report import Results
from benchmarks.subjects import FLOOR, OURS, SUBJECTS, DidNotStart, Subject


def main() -> int:
    options = _parser().parse_args()
    plan = Plan(
        events=options.events,
        warmup=options.warmup,
        rounds=options.rounds,
        concurrency=options.concurrency,
        threads=options.threads,
        seconds=options.seconds,
    )
    if (load := os.getloadavg()[0]) > 0.5:
        say(f"!!! The machine is not idle (load {load:.1f}): CPU ratios hold, latencies and rates mean little")
    gc.disable()  # a pause of the generator would look like one of the server
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        results = runner.run(measure(options, _pinned(plan)))
    print(report.text(results))
    if options.json:
        options.json.write_text(json.dumps(report.as_json(results), indent=2) + "\n", encoding="utf-8")
    if OURS.key in results.skipped or FLOOR.key in results.skipped:
        say("!!! Not every subject was measured: see SKIPPED above")
    return 0 if results.exact() else 1


async def measure(options: argparse.Namespace, plan: Plan) -> Results:
    """Everything asked for, in one go: ratios hold within one run only."""
    slack = FakeSlack()
    server = await slack.start()
    bench, results = Bench(plan, slack), Results(plan)
    if "echo" in options.what:
        subjects = [SUBJECTS[key] for key in options.subjects]
        await _closed(bench, subjects, plan.rounds, results)
        if not options.no_open:
            await _open(bench, plan.rounds, options.rate, results)
    if "rest" in options.what and OURS.key not in results.skipped:
        say(f"rest: 2 x {options.conversations} conversations")
        try:
            results.rest = await bench.rest(options.conversations, rest_after=options.rest_after)
        except DidNotStart as error:
            results.skipped[OURS.key] = str(error)
    server.close()
    return results


async def _closed(bench: Bench, subjects: list[Subject], rounds: int, results: Results) -> None:
    for number in range(rounds):
        for subject in subjects[number % len(subjects) :] + subjects[: number % len(subjects)]:
            if subject.key in results.skipped:
                continue
            say(f"round {number + 1} of {rounds}, full load: {subject.title}")
            try:
                run = await bench.closed(subject)
            except DidNotStart as error:
                results.skipped[subject.key] = str(error)
                say(f"!!! SKIPPED {subject.title}: it did not start: {error}")
            else:
                results.closed.setdefault(subject.key, []).append(run)
    results.closed = {s.key: results.closed[s.key] for s in subjects if s.key in results.closed}


async def _open(bench: Bench, rounds: int, rate: float | None, results: Results) -> None:
    """At half of what ours can do; a subject that can do less than that is left out."""
    capacity = {key: min(run.rate for run in runs) for key, runs in results.closed.items()}
    if not capacity:
        return
    rate = rate or capacity.get(OURS.key, min(capacity.values())) / 2
    for number in range(rounds):
        for key in capacity:
            if capacity[key] > rate:
                say(f"round {number + 1} of {rounds}, {rate:.0f} events/s: {SUBJECTS[key].title}")
                results.open.setdefault(key, []).append(await bench.open(SUBJECTS[key], rate))


def _pinned(plan: Plan) -> Plan:
    """The harness on the last core, the server on the first."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        say("!!! One core only: the server shares it with the load generator; latencies mean little")
        return plan
    os.sched_setaffinity(0, {cores[-1]})
    return replace(plan, server_core=cores[0])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    plan = Plan()
    parser.add_argument("what", nargs="*", default=["echo", "rest"], help="echo (the table), rest (idle memory); both")
    parser.add_argument("--events", type=int, default=plan.events, help="measured events per run (%(default)s)")
    parser.add_argument("--warmup", type=int, default=plan.warmup, help="events before them (%(default)s)")
    parser.add_argument("--rounds", type=int, default=plan.rounds, help="interleaved rounds (%(default)s)")
    parser.add_argument("--concurrency", type=int, default=plan.concurrency, help="closed-loop senders (%(default)s)")
    parser.add_argument("--threads", type=int, default=plan.threads, help="spread over N threads; 0: one per event")
    parser.add_argument("--seconds", type=float, default=plan.seconds, help="length of a fixed-rate run (%(default)s)")
    parser.add_argument("--rate", type=float, help="events/s of it (half of what ours can do)")
    parser.add_argument("--no-open", action="store_true", help="leave the fixed-rate runs out")
    parser.add_argument(
        "--subjects", type=lambda text: text.split(","), default=list(SUBJECTS), help=f"of {','.join(SUBJECTS)}"
    )
    parser.add_argument("--conversations", type=int, default=20_000, help="that come to rest (%(default)s)")
    parser.add_argument("--rest-after", type=float, default=2.0, help="seconds until a session rests (%(default)s)")
    parser.add_argument("--json", type=Path, help="also write the results there")
    return parser


def say(line: str) -> None:
    """Progress, apart from the result."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
