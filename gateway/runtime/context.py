"""Which turn the running code belongs to."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.runtime.turn import Turn

current_turn: ContextVar[Turn | None] = ContextVar("gateway_turn", default=None)


class OutsideTurn(RuntimeError):
    """Something that talks to a conversation was used where there is none."""

    def __init__(self) -> None:
        super().__init__("this works only inside a handler (or a task started by one): there is no conversation here")


def require_turn() -> Turn:
    """The running turn; raises ``OutsideTurn`` outside of one."""
    turn = current_turn.get()
    if turn is None:
        raise OutsideTurn
    return turn
