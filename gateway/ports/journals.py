"""The journals: what each unfinished turn did on the platform, so that a re-run repeats nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from gateway.ports.inbox import Lease


class EffectRecord(NamedTuple):
    """One effect of a turn, keyed (delivery, ordinal). ``body`` is the runtime's own JSON."""

    delivery: str
    ordinal: int
    kind: Literal["message", "ask", "once"]
    body: Mapping[str, Any]


class Journals(Protocol):
    """The effects of turns that are not done."""

    async def record(self, lease: Lease, effects: Sequence[EffectRecord]) -> None:
        """Insert or replace these effects."""
        ...

    async def effects(self, delivery: str) -> Sequence[EffectRecord]:
        """Everything recorded for a delivery, by ordinal."""
        ...
