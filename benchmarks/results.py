"""All that was measured on one platform, and the ratios computed from it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TypeVar

from benchmarks.platform import Platform, Target
from benchmarks.values import Account, Closed, Open, Plan, Rest

Run = TypeVar("Run", Closed, Open)


@dataclass(slots=True)
class Results:
    """The results of one platform: the runs of each subject, one for each round."""

    platform: Platform
    plan: Plan
    closed: dict[str, list[Closed]] = field(default_factory=dict)
    open: dict[str, list[Open]] = field(default_factory=dict)
    rest: Rest | None = None
    skipped: dict[str, str] = field(default_factory=dict)
    """Why a subject was not measured, by its key."""

    def accounts(self) -> Mapping[str, Sequence[Account]]:
        """Return the accounts of every process that ran, by subject."""
        books = {key: [run.account for run in runs] for key, runs in self.closed.items()}
        for key, runs in self.open.items():
            books[key] = books.get(key, []) + [run.account for run in runs]
        if self.rest:
            books["rest"] = [self.rest.account]
        return books

    def exact(self) -> bool:
        """Return whether no event was lost, doubled or refused in any run."""
        return all(account.exact for accounts in self.accounts().values() for account in accounts)

    def cpu_ratio(self, key: str) -> float:
        """Return the ratio of a subject's CPU time to that of its peer."""
        peer = self.platform.subjects[key].peer
        return _ratio(self.closed[key], self.closed.get(peer, []), lambda run: run.cpu_ms)

    def value(self, target: Target) -> float | None:
        """Return the ratio measured for a target; None when it was not measured."""
        if target.of is not None:
            value = _ratio(self.closed.get(target.subject, []), self.closed.get(target.peer, []), target.of)
        else:
            assert target.of_open is not None
            value = _ratio(self.open.get(target.subject, []), self.open.get(target.peer, []), target.of_open)
        return None if math.isnan(value) else value


def calls_each(accounts: Sequence[Account]) -> Mapping[str, float]:
    """Return the number of calls to the platform per event, by method."""
    sent = sum(len(account.sent) for account in accounts)
    total = sum((account.calls for account in accounts), start=type(accounts[0].calls)())
    return {method: count / sent for method, count in total.most_common()}


def _ratio(ours: Sequence[Run], theirs: Sequence[Run], of: Callable[[Run], float]) -> float:
    """Return the median of the rounds' ratios: changes of the machine from round to round affect both sides of a ratio
    alike."""
    ratios = [of(mine) / of(other) for mine, other in zip(ours, theirs, strict=False)]
    return median(ratios) if ratios else math.nan
