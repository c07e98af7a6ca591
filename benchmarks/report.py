"""The table, the targets beside it, and the same as JSON."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, TypeVar

from benchmarks.measure import Account, Closed, Open, Plan, Rest
from benchmarks.subjects import BOLT, FLOOR, OURS, SUBJECTS

Run = TypeVar("Run", Closed, Open)

REST_TOLERANCE = 100.0
"""Bytes a resting conversation may seem to cost: 2 MB of allocator noise over 20,000 of them."""


@dataclass(slots=True)
class Results:
    """Everything that was measured, by subject, round by round."""

    plan: Plan
    closed: dict[str, list[Closed]] = field(default_factory=dict)
    open: dict[str, list[Open]] = field(default_factory=dict)
    rest: Rest | None = None
    skipped: dict[str, str] = field(default_factory=dict)
    """Subject: why it was not measured."""

    def accounts(self) -> Mapping[str, Sequence[Account]]:
        """The books of every process that ran."""
        books = {key: [run.account for run in runs] for key, runs in self.closed.items()}
        for key, runs in self.open.items():
            books[key] = books.get(key, []) + [run.account for run in runs]
        if self.rest:
            books["rest"] = [self.rest.account]
        return books

    def exact(self) -> bool:
        """Nothing was lost, doubled or refused anywhere."""
        return all(account.exact for accounts in self.accounts().values() for account in accounts)


@dataclass(frozen=True, slots=True)
class Target:
    """Something to reach, as a ratio to a peer measured in the same rounds."""

    title: str
    peer: str
    limit: float
    of: Callable[[Closed], float] | None = None
    of_open: Callable[[Open], float] | None = None


TARGETS = (
    Target("CPU per event, to the floor (must)", FLOOR.key, 2.2, of=lambda run: run.cpu_ms),
    Target("CPU per event, to the floor (goal)", FLOOR.key, 2.0, of=lambda run: run.cpu_ms),
    Target("ack p99 at full load, to the floor", FLOOR.key, 1.2, of=lambda run: run.p99_ms),
    Target("ack p99 at a fixed rate, to the floor", FLOOR.key, 1.2, of_open=lambda run: run.p99_ms),
    Target("start time, to raw slack-bolt", BOLT.key, 2.0, of=lambda run: run.start_s),
    Target("idle memory, to raw slack-bolt", BOLT.key, 1.3, of=lambda run: run.idle_mb),
)


def text(results: Results) -> str:
    """What ``make bench`` prints."""
    parts = [_table(results), _targets(results), _books(results)]
    return "\n\n".join(part for part in parts if part)


def as_json(results: Results) -> dict[str, Any]:
    """Medians, ratios and books."""
    return {
        "subjects": {
            key: {
                "median": {name: median(getattr(run, name) for run in runs) for name in _COLUMNS},
                "x_floor": _cpu_ratio(results, key),
                "open": [{"rate": run.rate, "p50_ms": run.p50_ms, "p99_ms": run.p99_ms} for run in _open(results, key)],
            }
            for key, runs in results.closed.items()
        },
        "targets": [
            {"target": target.title, "limit": target.limit, "value": _value(results, target)} for target in TARGETS
        ],
        "rest_bytes": results.rest.bytes_each if results.rest else None,
        "calls": {key: _calls(accounts) for key, accounts in results.accounts().items()},
        "exact": results.exact(),
        "skipped": results.skipped,
    }


_COLUMNS = ("cpu_ms", "p50_ms", "p99_ms", "rate", "idle_mb", "loaded_mb", "start_s")


def _table(results: Results) -> str:
    rate = next((runs[0].rate for runs in results.open.values()), None)
    head = ["", "CPU ms/event", "x floor", "ack p50 ms", "p99 ms", "events/s", "idle MB", "after load", "start s"]
    rows = [[*head, f"p99 ms at {rate:.0f}/s" if rate else ""]]
    for key, runs in results.closed.items():
        cpu, p50, p99, speed, idle, loaded, start = (median(getattr(run, name) for run in runs) for name in _COLUMNS)
        opened = _open(results, key)
        rows.append(
            [
                SUBJECTS[key].title,
                f"{cpu:.3f}",
                f"{_cpu_ratio(results, key):.2f}",
                f"{p50:.1f}",
                f"{p99:.1f}",
                f"{speed:.0f}",
                f"{idle:.0f}",
                f"{loaded:.0f}",
                f"{start:.2f}",
                f"{median(run.p99_ms for run in opened):.1f}" if opened else "over capacity" if rate else "",
            ]
        )
    return _aligned(rows) if len(rows) > 1 else ""


def _targets(results: Results) -> str:
    rows = [["target", "limit", "measured", ""]]
    for target in TARGETS:
        value = _value(results, target)
        if value is not None:
            rows.append([target.title, f"<= {target.limit:g} x", f"{value:.2f} x", _verdict(value <= target.limit)])
    if results.rest:
        value = results.rest.bytes_each
        title = f"memory of a resting conversation ({results.rest.conversations} of them)"
        rows.append([title, f"0 (+-{REST_TOLERANCE:.0f}) B", f"{value:.0f} B", _verdict(value <= REST_TOLERANCE)])
    return _aligned(rows) if len(rows) > 1 else ""


def _books(results: Results) -> str:
    lines = [f"SKIPPED {SUBJECTS[key].title}: {why}" for key, why in results.skipped.items()]
    for key, accounts in results.accounts().items():
        sent, lost, doubled = (sum(numbers) for numbers in zip(*map(_figures, accounts), strict=True))
        refused = sum((account.refused for account in accounts), start=type(accounts[0].refused)())
        verdict = _verdict(all(account.exact for account in accounts))
        calls = ", ".join(f"{method} {count:.2f}" for method, count in _calls(accounts).items() if count >= 0.005)
        lines.append(
            f"{key:7} {verdict}  sent {sent}, lost {lost}, doubled {doubled}, refused {dict(refused) or 0}"
            f"; calls per event: {calls or 'none'}"
        )
    return "\n".join(lines)


def _figures(account: Account) -> tuple[int, int, int]:
    return len(account.sent), account.lost, account.doubled


def _calls(accounts: Sequence[Account]) -> dict[str, float]:
    sent = sum(len(account.sent) for account in accounts)
    total = sum((account.calls for account in accounts), start=type(accounts[0].calls)())
    return {method: count / sent for method, count in total.most_common()}


def _open(results: Results, key: str) -> Sequence[Open]:
    return results.open.get(key, [])


def _cpu_ratio(results: Results, key: str) -> float:
    return _ratio(results.closed[key], results.closed.get(FLOOR.key, []), lambda run: run.cpu_ms)


def _value(results: Results, target: Target) -> float | None:
    if target.of is not None:
        value = _ratio(results.closed.get(OURS.key, []), results.closed.get(target.peer, []), target.of)
    else:
        assert target.of_open is not None
        value = _ratio(_open(results, OURS.key), _open(results, target.peer), target.of_open)
    return None if math.isnan(value) else value


def _ratio(ours: Sequence[Run], theirs: Sequence[Run], of: Callable[[Run], float]) -> float:
    """The median of the rounds' ratios: what drifts from round to round touches both sides of each alike."""
    ratios = [of(mine) / of(other) for mine, other in zip(ours, theirs, strict=False)]
    return median(ratios) if ratios else math.nan


def _verdict(good: bool) -> str:
    return "PASS" if good else "FAIL"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines: list[str] = []
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
