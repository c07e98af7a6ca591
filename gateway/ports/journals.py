"""The journals: what each unfinished turn did on its platform, so that a re-run does not repeat it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from gateway.ports.inbox import Lease


class EffectRecord(NamedTuple):
    """One effect of a turn, such as a posted message. Its key is the delivery's key and the effect's ordinal in the
    turn; ``body`` is JSON that only the runtime reads."""

    delivery: str
    ordinal: int
    kind: Literal["message", "ask", "once"]
    body: Mapping[str, Any]


class Journals(Protocol):
    """Stores the effects of turns whose delivery is not done."""

    async def record(self, lease: Lease, effects: Sequence[EffectRecord]) -> None:
        """Insert these effects, or replace those with the same keys. Raises ``Fenced`` if the lease is stale."""
        ...

    async def effects(self, conversation: str, delivery: str) -> Sequence[EffectRecord]:
        """Return all effects recorded for a delivery of a conversation (``ConversationRef.key``), in the
        order of their ordinals."""
        ...
