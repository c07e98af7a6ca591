"""``python -m tests.cluster``: chaos on a cluster for as long as wanted, and the page that says what came of it."""

import argparse
import asyncio
import math
import shlex
import sys
import tempfile
import time
from pathlib import Path

from tests.cluster import report
from tests.cluster.balancer import POLL
from tests.cluster.chaos import Tally, chaos_round, outcome
from tests.cluster.failover import Failover, measure
from tests.cluster.faults import FAULTS
from tests.cluster.server import programs, version


def main() -> int:
    options = _parser().parse_args()
    if programs() is None:
        print("There is no initdb: install a PostgreSQL server (Debian: postgresql)", file=sys.stderr)
        return 2
    return asyncio.run(_run(options))


async def _run(options: argparse.Namespace) -> int:
    total, rounds = Tally(), 0
    until = time.monotonic() + options.minutes * 60
    while total.kills < options.kills and (options.round is None or rounds == 0) and time.monotonic() < until:
        number = rounds if options.round is None else options.round
        wanted = min(options.kills - total.kills, options.kills_a_round)
        print(f"--- round {number}: at least {wanted} kills")
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            tally = await chaos_round(
                Path(folder),
                seed=f"{options.seed} {number}",
                kills=wanted,
                replicas=options.replicas,
                only=options.only,
                pause=options.pause,
            )
        for name, line in outcome(tally).items():
            print(f"    {name}: {line}")
        total.add(tally)
        rounds += 1
        if tally.wrong:
            print(f"!!! wrong in round {number}: {tally.wrong}")
            if not options.go_on:
                break
    failover: Failover | None = None
    if options.failover and not total.wrong:
        print(f"--- failover, {options.failover} times each")
        with tempfile.TemporaryDirectory(prefix="failover-") as folder:
            failover = await measure(Path(folder), samples=options.failover, replicas=options.replicas)
    run = report.Run(
        total, failover, _repeating(options), options.seed, rounds, options.replicas, await version(), POLL
    )
    if options.page is not None:
        options.page.write_text(report.page(run), encoding="utf-8")
        print(f"wrote {options.page}")
    return 1 if total.wrong else 0


def _repeating(options: argparse.Namespace) -> str:
    """Return the arguments that repeat what was chosen."""
    said = ["--kills", str(options.kills), "--kills-a-round", str(options.kills_a_round), "--seed", options.seed]
    said += [] if options.replicas == 3 else ["--replicas", str(options.replicas)]
    said += [] if options.only == list(FAULTS) else ["--only", *options.only]
    return shlex.join(said)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="replicas killed at least (20)")
    parser.add_argument("--kills-a-round", type=int, default=50, help="kills before everything is counted (50)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no round after so many minutes")
    parser.add_argument("--round", type=int, help="run only the round of this number")
    parser.add_argument("--seed", default="7", help="repeats the choices (7)")
    parser.add_argument("--replicas", type=int, default=3, help="number of replicas (3)")
    parser.add_argument("--pause", type=float, default=1.0, help="most seconds between two messages of a person (1)")
    parser.add_argument("--failover", type=int, default=3, help="samples of each takeover; 0 for none (3)")
    parser.add_argument(
        "--go-on", action="store_true", help="do not end at the first round in which something is wrong"
    )
    parser.add_argument(
        "--only", nargs="+", default=list(FAULTS), choices=list(FAULTS), help="the faults to choose from"
    )
    parser.add_argument("--page", type=Path, default=report.PAGE, help="where to write the page (docs/reliability.md)")
    parser.add_argument("--no-page", dest="page", action="store_const", const=None, help="write none")
    return parser


if __name__ == "__main__":
    sys.exit(main())
