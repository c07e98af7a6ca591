"""How turns end. ``write_outcome`` is the one function that tells the store, so whatever has to happen at the end of
every turn (history rows, metrics, replicas) is added here and nowhere else."""

from dataclasses import dataclass
from typing import TypeAlias, assert_never

from gateway.ports import NO_OUTCOME, EffectRecord, Lease, Outcome, Outcomes


@dataclass(frozen=True, slots=True)
class Finished:
    """The delivery is done."""

    soon: bool = False
    """Whether another turn of the conversation waits for it, so the store shall not delay the commit."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The delivery answered an ask of another turn: it is done, and the ask's answer is recorded with it."""

    ask: EffectRecord


@dataclass(frozen=True, slots=True)
class Failed:
    """The turn failed and will run again."""

    error: str
    not_before: float
    """Seconds since the epoch before which it does not run again."""


@dataclass(frozen=True, slots=True)
class Buried:
    """The delivery is given up and becomes a dead letter."""

    error: str


Ending: TypeAlias = Finished | Answered | Failed | Buried
"""What becomes of a delivery."""

FINISHED = Finished()
"""The delivery is done, and nothing waits for it."""


async def write_outcome(
    store: Outcomes, lease: Lease, key: str, ending: Ending = FINISHED, outcome: Outcome = NO_OUTCOME
) -> None:
    """Write how the turn of the delivery ``key`` ended and what it leaves behind, in one transaction.

    Returns when that is durable. Raises ``Fenced`` if the lease is stale, ``StoreFailed`` if the store cannot write; in
    both cases nothing was written.
    """
    match ending:
        case Finished():
            await store.finish(lease, key, outcome, soon=ending.soon)
        case Answered():
            await store.answer(lease, ending.ask, outcome, answered_by=key)
        case Failed():
            await store.fail(lease, key, outcome, error=ending.error, not_before=ending.not_before)
        case Buried():
            await store.bury(lease, key, outcome, error=ending.error)
        case _:
            assert_never(ending)
