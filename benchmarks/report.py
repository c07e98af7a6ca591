"""Writes the results as tables with the targets, and as JSON."""

import math
from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks.results import Results, calls_each
from benchmarks.values import Account

_COLUMNS = ("cpu_ms", "p50_ms", "p99_ms", "rate", "idle_mb", "loaded_mb", "start_s")


def text(every: Sequence[Results]) -> str:
    """Return what ``make bench`` prints: for each platform a table, the targets, and what became of the events."""
    parts: list[str] = []
    for results in every:
        parts += [f"== {results.platform.name}", _table(results), _targets(results), _books(results)]
    return "\n\n".join(part for part in parts if part)


def as_json(every: Sequence[Results]) -> dict[str, Any]:
    """Return medians, ratios and accounts as JSON, by platform."""
    return {results.platform.name: _platform(results) for results in every}


def _platform(results: Results) -> dict[str, Any]:
    return {
        "subjects": {
            key: {
                "median": {name: median(getattr(run, name) for run in runs) for name in _COLUMNS},
                "peer": results.platform.subjects[key].peer,
                "x_peer": results.cpu_ratio(key),
                "open": [
                    {"rate": run.rate, "p50_ms": run.p50_ms, "p99_ms": run.p99_ms} for run in results.open.get(key, [])
                ],
            }
            for key, runs in results.closed.items()
        },
        "targets": [
            {"target": target.title, "limit": target.limit, "value": results.value(target)}
            for target in results.platform.targets
        ],
        "rest_bytes": results.rest.bytes_each if results.rest else None,
        "calls": {key: calls_each(accounts) for key, accounts in results.accounts().items()},
        "exact": results.exact(),
        "skipped": results.skipped,
    }


def _table(results: Results) -> str:
    rate = next((runs[0].rate for runs in results.open.values()), None)
    latency = results.platform.latency
    head = [
        "",
        "CPU ms/event",
        "x",
        "of",
        f"{latency} p50 ms",
        "p99 ms",
        "events/s",
        "idle MB",
        "after load",
        "start s",
    ]
    rows = [[*head, f"p99 ms at {rate:.0f}/s" if rate else ""]]
    for key, runs in results.closed.items():
        cpu, p50, p99, speed, idle, loaded, start = (median(getattr(run, name) for run in runs) for name in _COLUMNS)
        opened = results.open.get(key, [])
        subject = results.platform.subjects[key]
        rows.append(
            [
                subject.title,
                f"{cpu:.3f}",
                f"{results.cpu_ratio(key):.2f}",
                subject.peer,
                _ms(p50),
                _ms(p99),
                f"{speed:.0f}",
                f"{idle:.0f}",
                f"{loaded:.0f}",
                f"{start:.2f}",
                _ms(median(run.p99_ms for run in opened)) if opened else "over capacity" if rate else "",
            ]
        )
    return aligned(rows) if len(rows) > 1 else ""


def _ms(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f}"


def _targets(results: Results) -> str:
    rows = [["target", "limit", "measured", ""]]
    for target in results.platform.targets:
        value = results.value(target)
        if value is not None:
            rows.append([target.title, f"<= {target.limit:g} x", f"{value:.2f} x", verdict(value <= target.limit)])
    if results.rest and results.platform.growth:
        value, tolerance = results.rest.bytes_each, results.platform.growth.tolerance
        title = f"memory of {results.platform.growth.title} ({results.rest.more} of them)"
        rows.append([title, f"0 (+-{tolerance}) B", f"{value:.0f} B", verdict(value <= tolerance)])
    return aligned(rows) if len(rows) > 1 else ""


def _books(results: Results) -> str:
    lines = [f"SKIPPED {results.platform.subjects[key].title}: {why}" for key, why in results.skipped.items()]
    width = max((len(key) for key in results.accounts()), default=0)
    for key, accounts in results.accounts().items():
        sent, lost, doubled = (sum(numbers) for numbers in zip(*map(_figures, accounts), strict=True))
        refused = sum((account.refused for account in accounts), start=type(accounts[0].refused)())
        exact = verdict(all(account.exact for account in accounts))
        calls = ", ".join(f"{method} {count:.2f}" for method, count in calls_each(accounts).items() if count >= 0.005)
        lines.append(
            f"{key:{width}} {exact}  sent {sent}, lost {lost}, doubled {doubled}, refused {dict(refused) or 0}"
            f"; calls per event: {calls or 'none'}"
        )
    return "\n".join(lines)


def _figures(account: Account) -> tuple[int, int, int]:
    return len(account.sent), account.lost, account.doubled


def verdict(good: bool) -> str:
    """Return the word for whether a target is reached."""
    return "PASS" if good else "FAIL"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as lines of columns, the first on the left, the others on the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines: list[str] = []
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
