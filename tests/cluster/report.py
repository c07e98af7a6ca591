"""Writes docs/reliability.md: what was done to a cluster, and what became of every message."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from gateway import __version__
from tests.cluster.chaos import Tally
from tests.cluster.failover import Failover
from tests.cluster.faults import FAULTS

PAGE = Path(__file__).parent.parent.parent / "docs" / "reliability.md"
PLATFORMS = {"slack": "Slack", "discord": "Discord", "teams": "Teams"}

HEAD = """# Reliability

What several replicas on one PostgreSQL were made to endure, and what became of every message. `make chaos` runs it and
writes this page; nothing here is written by hand.

A cluster is run for real: {replicas} replicas as processes, a PostgreSQL server with `fsync` on, a balancer that asks
every replica's `/readyz` each {poll:g} s and retries no request, and between each replica and the database a proxy that
can be cut. Slack, Discord and Teams are the emulators of `gateway/emulators`. On each of them four people write at the
same time, in direct messages and in threads, one of them several messages at once; the bot answers in several messages,
streams, asks with buttons, and counts in `user_session` what it was sent. Meanwhile one fault after the other meets the
cluster. In the end everything must stand: each answer of each message that was taken, exactly once, in the order of the
messages, with the right number, and no stream still open.
"""

REPEAT = """
## Repeating it

```
make chaos ARGS="{arguments}"
```

The seed repeats what happens in which order; the moments depend on the machine. One round alone is repeated with
`--round N`. The short form runs with the tests (`tests/cluster/test_chaos.py`); `make chaos ARGS=--help` lists the
knobs. Faults that a machine cannot do are left out and said: a full disk needs the right to mount one, a wrong clock
needs libfaketime.
"""

DOUBT = """
Teams' exception is the documented one ([teams.md](teams.md)): Teams offers no way to ask whether a send without a clear
answer arrived. Such a message may stand twice, and a turn to which it happens twice fails. On Slack the gateway looks,
on Discord a nonce keeps the second one away.
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What the page is about."""

    tally: Tally
    failover: Failover | None
    arguments: str
    seed: str
    rounds: int
    replicas: int
    postgres: str
    poll: float


def page(run: Run) -> str:
    """Return the page for a run."""
    parts = [HEAD.format(replicas=run.replicas, poll=run.poll), _machine(run), _accounts(run.tally), DOUBT]
    parts += [_faults(run.tally), _sockets(run.tally)]
    if run.failover is not None:
        parts.append(_failover(run.failover))
    return "".join([*parts, REPEAT.format(arguments=run.arguments)])


def _machine(run: Run) -> str:
    minutes = run.tally.seconds / 60
    return (
        f"\n{run.tally.kills} times a replica was killed, in {run.rounds} rounds of {minutes:.0f} minutes together, "
        f"with seed {run.seed}: bot gateway {__version__}, Python {platform.python_version()}, "
        f"PostgreSQL {run.postgres}, {os.cpu_count()} cores, on which people, platforms, database and replicas run "
        "together.\n"
    )


def _accounts(tally: Tally) -> str:
    accounts = [tally.accounts[name] for name in PLATFORMS]
    rows = [
        ("messages written", [each.messages for each in accounts]),
        ("answers lost", [each.lost.total() for each in accounts]),
        ("answers doubled", [each.doubled.total() for each in accounts]),
        ("conversations out of order", [len(each.disordered) for each in accounts]),
        ("conversations whose counter is wrong", [len(each.miscounted) for each in accounts]),
        ("streams left open", [len(each.streaming) for each in accounts]),
        ("documented exception: sent twice", [each.doubts for each in accounts]),
        ("documented exception: turns that failed", [each.failed for each in accounts]),
    ]
    return "\n## What stood in the end\n\n" + _table(("", *PLATFORMS.values()), rows)


def _faults(tally: Tally) -> str:
    rows = [(name, [fault.does, tally.faults[name]]) for name, fault in FAULTS.items() if tally.faults[name]]
    text = "\n## What happened\n\n" + _table(("fault", "what it is", "times"), rows)
    if left := [name for name in FAULTS if not tally.faults[name]]:
        text += f"\nNot in this run: {', '.join(left)}.\n"
    statuses = ", ".join(f"{count} with {status}" for status, count in sorted(tally.webhooks.items()))
    text += (
        f"\nThe balancer answered webhooks {statuses}: 502 where a replica died with the request in its hands, 503\n"
    )
    text += "where none was ready. Slack sends those again; on Teams the person sees that the message was not taken.\n"
    if tally.ended:
        text += f"{tally.ended} times a replica ended by itself and was started again.\n"
    return text


def _sockets(tally: Tally) -> str:
    return (
        f"\nDiscord's shard identified {tally.identifies} times (once a round at its start) and resumed its session "
        f"{tally.resumes} times; two sockets of it were open for {tally.longest_overlap:.2f} s at the longest.\n"
    )


def _failover(found: Failover) -> str:
    rows = [
        ("`kill -9`: until the turn has started again elsewhere", _seconds(found.killed)),
        ("SIGSTOP: until the turn has started again elsewhere", _seconds(found.frozen)),
        ("SIGTERM under load: the longest that a message waited for its answer", _seconds(found.terminated)),
    ]
    return (
        "\n## Taking over\n\n"
        + _table(("", "median", "longest", "samples"), rows)
        + f"\nWhile replicas ended by SIGTERM one after the other, {found.webhooks} webhooks arrived; "
        f"{found.refused} were refused.\n"
    )


def _seconds(samples: Sequence[float]) -> list[object]:
    if not samples:
        return ["", "", 0]
    return [f"{median(samples):.2f} s", f"{max(samples):.2f} s", len(samples)]


def _table(head: Sequence[str], rows: Sequence[tuple[str, Sequence[object]]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {name} | {' | '.join(str(value) for value in values)} |" for name, values in rows]
    return "\n".join(lines) + "\n"
