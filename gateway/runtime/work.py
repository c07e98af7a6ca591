"""What a conversation has to do in this process now, as an operator sees it."""

from typing import Literal, NamedTuple

WorkState = Literal["runs", "asks", "pauses", "waits"]
"""What the turn at the head of a conversation does: it runs, waits for a person's answer, or pauses before it is run
again; ``waits`` where none has begun."""


class ConversationWork(NamedTuple):
    """The turns of one conversation that run or wait in this process."""

    conversation: str
    """``ConversationRef.key``."""
    state: WorkState
    delivery: str | None
    """The key of the delivery whose turn is at the head; None where none has begun."""
    person: str
    """Whose turn that is (``UserRef.key``); empty where it is nobody's."""
    received_at: float | None
    """When that delivery arrived, in seconds since the epoch."""
    attempts: int
    """How many of its turns failed."""
    beside: int
    """How many turns run beside it, because it waits for an answer."""
    waiting: int
    """How many deliveries wait in memory for their turn."""
    more: bool
    """Whether further ones wait in the store."""
