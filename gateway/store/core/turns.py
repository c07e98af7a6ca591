"""The operations that run turns: on deliveries, journals and outcomes. What they do depends on who may own the data."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from gateway.store.core.codec import Row
from gateway.store.core.kind import Kind
from gateway.store.core.kinds import deliveries, journal, outcomes
from gateway.store.core.kinds.deliveries import Found, Key, Put
from gateway.store.core.kinds.outcomes import Left


class TurnKinds(NamedTuple):
    """The kinds of operations on turns; what each does is said by the method of the port that runs it."""

    put: Kind[Put, Found]
    amend: Kind[tuple[str, str, bytes], None]
    """Takes the conversation, the delivery's key and the body."""
    start: Kind[Key, bool]
    pause: Kind[Key, None]
    hand_over: Kind[None, None]
    recover: Kind[None, int]
    deaths: Kind[None, Sequence[float]]
    pending: Kind[tuple[str | None, int, float, int], list[Row]]
    """Takes the conversation, after which seq, the time and the limit."""
    posted: Kind[tuple[str, int], Collection[str]]
    states: Kind[Sequence[str], list[Row]]
    dead: Kind[int, list[Row]]
    retry: Kind[Sequence[str], int]
    drop: Kind[Sequence[str], int]
    finish: Kind[Left, None]
    finish_soon: Kind[Left, None]
    answer: Kind[tuple[Row, Left], None]
    fail: Kind[tuple[Left, str, float], None]
    bury: Kind[tuple[Left, str], None]
    keep: Kind[Left, None]
    record: Kind[tuple[str, Sequence[Row]], None]
    """Takes the conversation, and the rows of effects."""
    effects: Kind[Key, list[Row]]


SINGLE_OWNER = TurnKinds(
    put=deliveries.PUT,
    amend=deliveries.AMENDING,
    start=deliveries.STARTING,
    pause=deliveries.PAUSING,
    hand_over=deliveries.HANDING_OVER,
    recover=deliveries.RECOVER,
    deaths=deliveries.READ_DEATHS,
    pending=deliveries.READ_PENDING,
    posted=deliveries.READ_POSTED,
    states=deliveries.READ_STATES,
    dead=deliveries.READ_DEAD,
    retry=deliveries.RETRYING,
    drop=deliveries.DROPPING,
    finish=outcomes.FINISH,
    finish_soon=outcomes.FINISH_SOON,
    answer=outcomes.ANSWER,
    fail=outcomes.FAIL_TURN,
    bury=outcomes.BURY_TURN,
    keep=outcomes.KEEP,
    record=journal.RECORD,
    effects=journal.READ_EFFECTS,
)
"""The operations where one process owns the whole database."""
