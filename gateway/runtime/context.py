"""The context variable that holds the turn to which the running code belongs."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.runtime.turn import Turn

current_turn: ContextVar[Turn | None] = ContextVar("gateway_turn", default=None)
"""The turn to which the running code belongs, None outside of turns."""


class OutsideTurn(RuntimeError):
    """Something that needs a conversation was used outside of a turn."""

    def __init__(self) -> None:
        super().__init__("this works only inside a handler (or a task started by one): there is no conversation here")


def require_turn() -> Turn:
    """Return the running turn. Raises ``OutsideTurn`` outside of one."""
    turn = current_turn.get()
    if turn is None:
        raise OutsideTurn
    return turn
