"""How much a gateway has to do now, as it is measured."""

from typing import NamedTuple


class Load(NamedTuple):
    """How much a process has to do now."""

    conversations: int
    """Conversations with work in memory."""
    waiting: int
    """Deliveries in memory whose turns have not begun."""
    running: int
    """Turns that run and do not wait for an answer."""
    asking: int
    """Turns that wait for a person's answer."""
    oldest: float | None
    """When the oldest delivery arrived (seconds since the epoch) that waits for its turn though no turn of its
    conversation runs; None where there is none."""
