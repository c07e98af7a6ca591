"""What ``python -m benchmarks history`` measures, and its tables."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.history import databases, export, growth, http, pages
from benchmarks.history.http import HttpPages
from benchmarks.history.pages import Pages
from benchmarks.report import aligned, verdict
from benchmarks.results import Results
from benchmarks.rounds import say
from benchmarks.values import Plan

FEW = 1_000
"""Threads where few are kept."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is written before it is measured."""

    threads: int = 10_000
    """Threads of twenty steps, to be listed."""
    conversations: int = 100_000
    """Conversations that are kept while events come."""
    exported: int = 2_000
    """Threads of one person, to be exported."""


@dataclass(slots=True)
class History:
    """All that was measured about history."""

    sizes: Sizes
    pages: list[Pages] = field(default_factory=list)
    http: list[HttpPages] = field(default_factory=list)
    """Pages over HTTP, with few threads and with many."""
    exports: dict[int, float] = field(default_factory=dict)
    """The peak memory of an export in MiB, by the number of threads."""
    events: Results | None = None

    def text(self) -> str:
        """Return the tables of pages and of exports."""
        head = ("", "threads", "list_threads ms", "bare SQL ms", "x", "search ms", "for nothing ms")
        rows: list[Sequence[str]] = [head]
        for each in self.pages:
            times = (each.layer_ms, each.bare_ms, each.layer_ms / each.bare_ms, each.search_ms, each.nowhere_ms)
            rows.append((each.database, str(each.threads), *(f"{value:.2f}" for value in times)))
        targets: list[Sequence[str]] = [("target", "limit", "measured", "")]
        for few, many in zip(self.pages[::2], self.pages[1::2], strict=True):
            name, ratio, grown = many.database, many.layer_ms / many.bare_ms, many.layer_ms / few.layer_ms
            at = f"list_threads on {name} over {many.threads} threads"
            targets.append((f"{at}, to bare SQL", "<= 2 x", f"{ratio:.2f} x", verdict(ratio <= 2)))
            targets.append((f"{at}, to {few.threads}", "<= 1.3 x", f"{grown:.2f} x", verdict(grown <= 1.3)))
        over_http: list[Sequence[str]] = [
            (
                "threads",
                "GET /v1/threads ms",
                "bare SQL ms",
                "GET /healthz ms",
                "in the middle",
                "of a person",
                "counted",
            )
        ]
        for read in self.http:
            ms = (read.page_ms, read.bare_ms, read.healthy_ms, read.middle_ms, read.person_ms, read.counted_ms)
            over_http.append((str(read.threads), *(f"{value:.2f}" for value in ms)))
        short, long = self.http
        at = f"GET /v1/threads over {long.threads} threads"
        beyond = (long.page_ms - long.healthy_ms) / long.bare_ms
        targets.append((f"{at}, beyond GET /healthz, to bare SQL", "", f"{beyond:.1f} x", ""))
        for what, ratio in (
            ("", long.page_ms / short.page_ms),
            (" in the middle", long.middle_ms / short.middle_ms),
            (" of a person", long.person_ms / short.person_ms),
        ):
            targets.append((f"{at}{what}, to {short.threads}", "<= 1.3 x", f"{ratio:.2f} x", verdict(ratio <= 1.3)))
        (small, less), (large, more) = self.exports.items()
        title = f"peak memory of an export of {large} threads, to {small} ({less:.0f} MB)"
        targets.append((title, "<= 1.1 x", f"{more / less:.2f} x", verdict(more <= 1.1 * less)))
        return "\n\n".join(("== history", aligned(rows), aligned(over_http), aligned(targets)))

    def as_json(self) -> dict[str, Any]:
        """Return the measurements as JSON; those of events are with the platforms."""
        return {
            "pages": [asdict(each) for each in self.pages],
            "http": [asdict(each) for each in self.http],
            "export_peak_mb": self.exports,
        }


async def measure(sizes: Sizes, plan: Plan) -> History:
    """Measure pages and searches on both databases, exports, and events where many conversations are kept."""
    found = History(sizes)
    for name, database in (("SQLite", databases.sqlite), ("PostgreSQL", databases.postgresql)):
        for threads in (FEW, sizes.threads):
            async with database() as url:
                if url is None:
                    say(f"!!! SKIPPED history on {name}: no server answers; TEST_DATABASE_URL names another one")
                    break
                say(f"history: {threads} threads on {name}")
                await databases.fill(url, threads=threads, steps=pages.STEPS)
                await asyncio.sleep(1)  # the server's own upkeep after so much was written
                found.pages.append(await pages.measure(name, url, threads=threads, rounds=40 * plan.rounds))
    for threads in (FEW, sizes.threads):
        say(f"history: {threads} threads over HTTP")
        found.http.append(await http.measure(threads=threads, rounds=40 * plan.rounds, core=plan.server_core))
    for threads in (max(1, sizes.exported // 100), sizes.exported):
        say(f"history: an export of {threads} threads")
        found.exports[threads] = await export.peak_mb(threads)
    found.events = await growth.events(plan, many=sizes.conversations)
    return found
