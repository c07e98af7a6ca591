"""``python -m benchmarks``: measures and prints the tables. It fails only when an event was lost or handled twice,
never for being slow, because a benchmark is not a timed test."""

import argparse
import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import uvloop

from benchmarks import report
from benchmarks.chatkit import run as chatkit
from benchmarks.chatkit.run import ChatKit
from benchmarks.cluster import run as cluster
from benchmarks.cluster.run import Scaling
from benchmarks.discord.platform import DISCORD
from benchmarks.history import run as history
from benchmarks.history.run import History, Sizes
from benchmarks.platform import Platform
from benchmarks.results import Results
from benchmarks.rounds import Wanted, measure, say
from benchmarks.slack.platform import SLACK
from benchmarks.teams.platform import TEAMS
from benchmarks.values import Plan

PLATFORMS = {platform.name: platform for platform in (SLACK, DISCORD, TEAMS)}


def main() -> int:
    options = _parser().parse_args()
    if (load := os.getloadavg()[0]) > 0.5:
        say(f"!!! The machine is not idle (load {load:.1f}): CPU ratios hold, latencies and rates mean little")
    plan, begun = _pinned(_plan(options)), time.monotonic()
    gc.disable()  # a pause of the load generator would be measured as one of the server
    names = options.platforms if {"echo", "rest"} & set(options.what) else []
    kept: History | None = None
    talked: ChatKit | None = None
    scaled: Scaling | None = None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        every = [runner.run(_one(PLATFORMS[name], plan, options)) for name in names]
        if "history" in options.what:
            sizes = Sizes(options.kept_threads, options.kept_conversations, options.exported_threads)
            kept = runner.run(history.measure(sizes, plan))
        if "chatkit" in options.what:
            talked = runner.run(chatkit.measure(replace(plan, concurrency=SLACK.concurrency)))
        if "cluster" in options.what:
            scaled = runner.run(cluster.measure(replace(plan, concurrency=SLACK.concurrency)))
            if scaled is None:
                say("!!! Several replicas were NOT measured: no PostgreSQL answers (TEST_DATABASE_URL names one)")
    every += [kept.events] if kept and kept.events else []
    say(f"took {time.monotonic() - begun:.0f} s")
    further = {"history": kept, "chatkit": talked, "cluster": scaled}
    print("\n\n".join((report.text(every), *(each.text() for each in further.values() if each))).lstrip())
    if options.json:
        found = report.as_json(every) | {name: each.as_json() for name, each in further.items() if each}
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if any(results.skipped for results in every):
        say("!!! Not every subject was measured: see SKIPPED above")
    right = all(each is None or each.wrong == 0 for each in (talked, scaled))
    return 0 if right and all(results.exact() for results in every) else 1


async def _one(platform: Platform, plan: Plan, options: argparse.Namespace) -> Results:
    wanted = Wanted(
        tables="echo" in options.what,
        rest="rest" in options.what,
        fixed_rate=not options.no_open,
        subjects=frozenset(options.subjects) if options.subjects else None,
        rate=options.rate,
        growth=tuple(options.growth) if options.growth else None,
        rest_after=options.rest_after,
    )
    return await measure(platform, replace(plan, concurrency=options.concurrency or platform.concurrency), wanted)


def _plan(options: argparse.Namespace) -> Plan:
    return Plan(
        events=options.events,
        warmup=options.warmup,
        rounds=options.rounds,
        threads=options.threads,
        seconds=options.seconds,
    )


def _pinned(plan: Plan) -> Plan:
    """Pin the harness to the last core and return a plan with the server on the first."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        say("!!! One core only: the server shares it with the load generator; latencies mean little")
        return plan
    os.sched_setaffinity(0, {cores[-1]})
    return replace(plan, server_core=cores[0])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    plan = Plan()
    keys = list(dict.fromkeys(key for platform in PLATFORMS.values() for key in platform.subjects))
    parser.add_argument(
        "what",
        nargs="*",
        default=["echo", "rest", "history", "chatkit", "cluster"],
        help="echo (the tables), rest (memory), history (pages, search, export, events among many kept), chatkit "
        "(requests, first token, open streams), cluster (several replicas); all",
    )
    sizes = Sizes()
    parser.add_argument("--kept-threads", type=int, default=sizes.threads, help="threads to list (%(default)s)")
    parser.add_argument(
        "--kept-conversations", type=int, default=sizes.conversations, help="kept while events come (%(default)s)"
    )
    parser.add_argument(
        "--exported-threads", type=int, default=sizes.exported, help="threads of one person to export (%(default)s)"
    )
    parser.add_argument(
        "--platforms", type=_listed(list(PLATFORMS)), default=list(PLATFORMS), help=f"of {','.join(PLATFORMS)} (all)"
    )
    parser.add_argument("--subjects", type=_listed(keys), help=f"of {','.join(keys)} (all)")
    parser.add_argument("--events", type=int, default=plan.events, help="measured events per run (%(default)s)")
    parser.add_argument("--warmup", type=int, default=plan.warmup, help="events before them (%(default)s)")
    parser.add_argument("--rounds", type=int, default=plan.rounds, help="interleaved rounds (%(default)s)")
    parser.add_argument("--concurrency", type=int, help="events under way at a time (each platform's own)")
    parser.add_argument("--threads", type=int, default=plan.threads, help="spread over N threads; 0: one per event")
    parser.add_argument("--seconds", type=float, default=plan.seconds, help="length of a fixed-rate run (%(default)s)")
    parser.add_argument("--rate", type=float, help="events/s of it (half of what ours can do)")
    parser.add_argument("--no-open", action="store_true", help="leave the fixed-rate runs out")
    parser.add_argument(
        "--growth", type=int, nargs=2, metavar=("FIRST", "MORE"), help="events whose memory is looked at"
    )
    parser.add_argument("--rest-after", type=float, default=2.0, help="seconds until a session rests (%(default)s)")
    parser.add_argument("--json", type=Path, help="also write the results there")
    return parser


def _listed(known: list[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = text.split(",")
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; there are: {', '.join(known)}")
        return names

    return parse


if __name__ == "__main__":
    sys.exit(main())
