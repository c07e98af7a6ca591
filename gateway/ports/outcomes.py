"""How turns end: what a turn leaves behind, and the writes that store it."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from gateway.model import Record
from gateway.ports.inbox import Lease
from gateway.ports.journals import EffectRecord
from gateway.ports.sessions import SessionRecord


class Outcome(NamedTuple):
    """What a turn leaves behind when it ends, however it ends. The store writes all of it in one transaction."""

    session: SessionRecord | None = None
    """The session to save; None when it did not change."""
    journal: bool = True
    """Whether the store may hold effects of the delivery. They are dropped when the delivery is done (``finish``,
    ``answer``) and kept while it can run again (``fail``, ``bury``)."""
    posted: Collection[str] = ()
    """Ids of the messages that the turn posted, so that no other turn takes one for its own (see ``Inbox.posted``)."""
    records: Sequence[Record] = ()
    """Changes of the history that the store itself keeps."""
    outbox: Sequence[Record] = ()
    """Changes of a history that is kept elsewhere; the store hands them on (see ``Outbox``)."""


NO_OUTCOME = Outcome()
"""The outcome of a turn that changed no session. Its journal, if it has one, is dropped when the delivery is done."""


class Outcomes(Protocol):
    """Stores how turns end. Only ``gateway.runtime.outcome`` calls these methods, except ``keep``.

    Each of them writes an ``Outcome`` and the new state of the delivery in one transaction, and raises ``Fenced`` and
    writes nothing if the lease is stale.
    """

    async def finish(self, lease: Lease, key: str, outcome: Outcome = NO_OUTCOME, *, soon: bool = False) -> None:
        """Mark the delivery done. ``soon`` says that another turn waits for it: the write then waits for no other
        write whose commit it could share."""
        ...

    async def answer(self, lease: Lease, ask: EffectRecord, outcome: Outcome = NO_OUTCOME, *, answered_by: str) -> None:
        """Record an ask's answer and mark the delivery that brought it (``answered_by``) done."""
        ...

    async def fail(
        self, lease: Lease, key: str, outcome: Outcome = NO_OUTCOME, *, error: str, not_before: float
    ) -> None:
        """Count a failed attempt; the delivery stays open and is due again at ``not_before`` (epoch seconds)."""
        ...

    async def bury(self, lease: Lease, key: str, outcome: Outcome = NO_OUTCOME, *, error: str) -> None:
        """Give the delivery up: it becomes a dead letter with this error."""
        ...

    async def keep(self, lease: Lease, key: str, outcome: Outcome) -> None:
        """Write what the turn of a delivery leaves so far, while it goes on: it waits for an answer, maybe for days."""
        ...
