"""Ids of what a handler makes, the same when its turn runs again after a crash."""

import uuid

from gateway.runtime.context import current_turn


def derived_id() -> str:
    """Return the next id of the running turn, the same in every run of it; a random one outside of a turn."""
    turn = current_turn.get()
    return turn.new_id(turn.next_number()) if turn is not None else str(uuid.uuid4())
