"""Counts what people and workspaces ask of the bot, against the bounds of ``[limits]``."""

from dataclasses import dataclass
from typing import Literal

from gateway.model import ConversationEnded, ConversationStarted, Event, MessageDeleted, QuotaReached, StopRequested
from gateway.ports import Cluster
from gateway.runtime.limits import Limits
from gateway.runtime.rate import Rate
from gateway.tables import LimitsTable, Rates

_FREE = (StopRequested, MessageDeleted, ConversationStarted, ConversationEnded)
"""What is never counted: it asks the bot for less, or begins what the first message pays for."""
_SECONDS = {"messages_per_minute": 60.0, "messages_per_hour": 3_600.0}


@dataclass(frozen=True, slots=True)
class _Bound:
    scope: Literal["person", "workspace"]
    limit: str
    rate: Rate

    def name(self, event: Event) -> str:
        return event.user.key if self.scope == "person" else f"{event.ref.platform}:{event.ref.workspace}"


class Quotas:
    """The bounds of each person and each workspace. Replicas share them out: each allows an equal part."""

    def __init__(self, table: LimitsTable, *, limits: Limits, cluster: Cluster | None = None) -> None:
        """Make them with nothing counted.

        Args:
            table: The bounds.
            limits: Where a bound that is met is reported.
            cluster: The replicas that share the bounds; None for this one alone.
        """
        self.is_open = table.is_open
        """Whether there is no bound."""
        self._limits = limits
        self._bounds = [
            *_bounds("person", table.person, cluster),
            *_bounds("workspace", table.workspace, cluster),
        ]

    def take(self, event: Event) -> QuotaReached | None:
        """Count an event, unless a bound is reached: then that bound is returned, of several the one that lasts
        longest."""
        if not event.user.id or isinstance(event, _FREE):
            return None
        waits = [(bound.rate.wait(bound.name(event)), bound) for bound in self._bounds]
        wait, reached = max(waits, key=lambda each: each[0], default=(0.0, None))
        if reached is not None and wait > 0:
            what = f"{reached.rate.most} {reached.limit.replace('_', ' ')} of one {reached.scope}; more are refused"
            self._limits.met(f"limits.{reached.scope}.{reached.limit}", what)
            return QuotaReached(
                scope=reached.scope,
                limit=reached.limit,
                most=reached.rate.most,
                retry_after=wait,
                platform=event.ref.platform,
                workspace=event.ref.workspace,
            )
        for _, bound in waits:
            bound.rate.take(bound.name(event))
        return None


def _bounds(scope: Literal["person", "workspace"], rates: Rates, cluster: Cluster | None) -> list[_Bound]:
    found = {"messages_per_minute": rates.messages_per_minute, "messages_per_hour": rates.messages_per_hour}
    return [
        _Bound(scope, limit, Rate(most, seconds=_SECONDS[limit], cluster=cluster))
        for limit, most in found.items()
        if most
    ]
