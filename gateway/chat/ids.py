"""Ids of what a handler makes, the same when its turn runs again after a crash."""

import uuid

from gateway.model import ConversationRef
from gateway.runtime.context import current_turn


def derived_id() -> str:
    """Return the next id of the running turn, the same in every run of it; a random one outside of a turn."""
    turn = current_turn.get()
    return turn.new_id(turn.next_number()) if turn is not None else str(uuid.uuid4())


def id_of_message(ref: ConversationRef, platform_id: str) -> str:
    """Return the id of the message that a platform knows by another id, the same whenever it is asked for.

    Args:
        ref: The conversation the message is in.
        platform_id: The platform's own id of it.
    """
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{ref.key}/{platform_id}"))
