"""The outbox: changes of a history that is kept elsewhere, until the data layer there has taken them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from gateway.model import Record


class OutboxItem(NamedTuple):
    """What one turn left for a history elsewhere."""

    seq: int
    """The place among all items; those of a conversation are delivered in this order."""
    conversation: str
    records: Sequence[Record]
    put_at: float
    """When it was put in, in seconds since the epoch."""
    attempts: int = 0
    """How many deliveries of it failed."""
    not_before: float = 0.0
    """When it is due again, in seconds since the epoch."""
    error: str | None = None
    """Why the last one failed."""


class OutboxSize(NamedTuple):
    """How much waits in the outbox."""

    waiting: int
    """The number of items."""
    oldest: float | None
    """When the first of them was put in, in seconds since the epoch; None if there is none."""


class LayerStatus(NamedTuple):
    """What ``/readyz`` shows of the data layer."""

    waiting: int
    """Turns that are not delivered yet."""
    oldest_seconds: float | None
    """For how long the first of them has been waiting; None if there is none."""
    delivered: int
    """Turns delivered since the start."""
    failures: int
    """Deliveries that failed since the start, each try counted."""
    problem: str | None
    """Why something that waits could not be delivered; None where the layer takes all."""


class Outbox(Protocol):
    """Hands on, in the order of each conversation, what turns left with ``Outcome.outbox``.

    An item stays until ``delivered`` is told of it, so after a crash it is handed on again.
    """

    def on_outbox(self, wake: Callable[[], None]) -> None:
        """Have ``wake`` called, on the event loop, whenever this process has put something in."""
        ...

    async def due(self, *, now: float, limit: int) -> Sequence[OutboxItem]:
        """Return the first item of each conversation, if it is due at ``now`` (epoch seconds): the oldest ``limit`` of
        them, fewer where they are large."""
        ...

    async def delivered(self, items: Sequence[OutboxItem], *, limit: int) -> Sequence[OutboxItem]:
        """Delete items of one conversation, and return its next ones, ``limit`` at most, fewer where they are large."""
        ...

    async def postpone(self, item: OutboxItem, *, error: str, not_before: float) -> None:
        """Count a failed delivery of an item, which is due again at ``not_before`` (epoch seconds)."""
        ...

    async def failed(self, *, limit: int) -> Sequence[OutboxItem]:
        """Return items whose delivery failed, without their records, oldest first. Slow: it looks through all items."""
        ...

    async def drop_failed(self, items: Sequence[OutboxItem]) -> int:
        """Delete items whose delivery failed, without delivering them. Returns how many there were."""
        ...

    async def outbox_size(self) -> OutboxSize:
        """Return how much waits."""
        ...
