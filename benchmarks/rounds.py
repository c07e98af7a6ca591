"""Measures one platform: its subjects in interleaved rounds, because ratios hold within one run only."""

import sys
from dataclasses import dataclass

from benchmarks.measure import Bench
from benchmarks.platform import Platform, Subject
from benchmarks.results import Results
from benchmarks.server import DidNotStart
from benchmarks.values import Plan


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which measurements to make."""

    tables: bool = True
    rest: bool = True
    fixed_rate: bool = True
    subjects: frozenset[str] | None = None
    """The keys of the subjects to measure; None for all."""
    rate: float | None = None
    """Events a second at the fixed rate; None for half of the gateway's capacity."""
    growth: tuple[int, int] | None = None
    """Numbers of events in the two batches of the memory measurement; None for the platform's own numbers."""
    rest_after: float = 2.0
    """Seconds without a message after which a session leaves memory."""


async def measure(platform: Platform, plan: Plan, wanted: Wanted) -> Results:
    """Make the wanted measurements of a platform."""
    results = Results(platform, plan)
    async with platform.drive(plan) as driver:
        rounds = Rounds(Bench(plan, driver), platform, plan, results)
        subjects = [s for s in platform.subjects.values() if wanted.subjects is None or s.key in wanted.subjects]
        if wanted.tables:
            await rounds.closed(subjects)
            if wanted.fixed_rate and platform.fixed_rate:
                await rounds.open(wanted.rate)
        if wanted.rest:
            await rounds.rest(wanted)
    return results


class Rounds:
    """Makes one platform's runs and writes them into ``results``."""

    def __init__(self, bench: Bench, platform: Platform, plan: Plan, results: Results) -> None:
        self._bench = bench
        self._platform = platform
        self._plan = plan
        self._results = results

    async def closed(self, subjects: list[Subject]) -> None:
        """Measure the subjects at full load."""
        results = self._results
        for number in range(self._plan.rounds):
            turn = number % max(1, len(subjects))
            for subject in subjects[turn:] + subjects[:turn]:
                if subject.key in results.skipped:
                    continue
                self._say(f"round {number + 1} of {self._plan.rounds}, full load: {subject.title}")
                try:
                    run = await self._bench.closed(subject)
                except DidNotStart as error:
                    self._skip(subject, error)
                else:
                    results.closed.setdefault(subject.key, []).append(run)
        results.closed = {s.key: results.closed[s.key] for s in subjects if s.key in results.closed}

    async def open(self, rate: float | None) -> None:
        """Measure at ``rate``, by default half of the gateway's capacity. A subject with less capacity than that is
        left out."""
        capacity = {key: min(run.rate for run in runs) for key, runs in self._results.closed.items()}
        if not capacity:
            return
        rate = rate or capacity.get("ours", min(capacity.values())) / 2
        for number in range(self._plan.rounds):
            for key in capacity:
                if capacity[key] > rate:
                    subject = self._platform.subjects[key]
                    self._say(f"round {number + 1} of {self._plan.rounds}, {rate:.0f} events/s: {subject.title}")
                    self._results.open.setdefault(key, []).append(await self._bench.open(subject, rate))

    async def rest(self, wanted: Wanted) -> None:
        """Measure what stays in memory after the sessions rest."""
        growth = self._platform.growth
        if growth is None or growth.subject in self._results.skipped:
            return
        if wanted.growth:
            growth = growth._replace(first=wanted.growth[0], more=wanted.growth[1])
        subject = self._platform.subjects[growth.subject]
        self._say(f"memory of {growth.title}: {growth.first} of them, then {growth.more} more")
        try:
            self._results.rest = await self._bench.rest(subject, growth, rest_after=wanted.rest_after)
        except DidNotStart as error:
            self._skip(subject, error)

    def _skip(self, subject: Subject, error: DidNotStart) -> None:
        self._results.skipped[subject.key] = str(error)
        self._say(f"!!! SKIPPED {subject.title}: it did not start: {error}")

    def _say(self, line: str) -> None:
        say(f"{self._platform.name}: {line}")


def say(line: str) -> None:
    """Print a line of progress to standard error, apart from the results."""
    print(line, file=sys.stderr, flush=True)
