"""Tells observers of the runs of turns, each of its beginning and once of its end."""

import time
from collections.abc import Generator
from contextlib import contextmanager

from gateway.runtime.queued import QueuedDelivery
from gateway.telemetry.observer import (
    Observer,
    StepBegun,
    StepEnded,
    TurnBegun,
    TurnEnded,
    TurnOutcome,
    TurnWaits,
    error_text,
)


def tell_begun(observers: Observer, queued: QueuedDelivery, person: str) -> None:
    """Tell that a run of the delivery's turn begins; ``person`` is the key of the user whose turn it is."""
    queued.began = time.perf_counter()
    ref, now = queued.event.ref, time.time()
    observers.turn_begun(
        TurnBegun(
            ref.platform,
            ref.key,
            queued.key,
            queued.event.kind,
            queued.attempts + 1,
            queued.received_at,
            max(0.0, now - queued.received_at),
            person,
        )
    )


def tell_waits(observers: Observer, queued: QueuedDelivery, *, begins: bool) -> None:
    """Tell that the turn of the delivery begins to wait for an answer, or goes on."""
    ref = queued.event.ref
    observers.turn_waits(TurnWaits(ref.platform, ref.key, queued.key, begins))


def tell_ended(
    observers: Observer, queued: QueuedDelivery, outcome: TurnOutcome, error: BaseException | str | None = None
) -> None:
    """Tell how a run of the delivery's turn ended; ``error`` is what was raised, or says why it was given up."""
    began, queued.began = queued.began, None
    ref = queued.event.ref
    observers.turn_ended(
        TurnEnded(
            ref.platform,
            ref.key,
            queued.key,
            queued.event.kind,
            queued.attempts + 1,
            outcome,
            0.0 if began is None else time.perf_counter() - began,
            error_text(error) if isinstance(error, BaseException) else error or "",
        )
    )


@contextmanager
def told_step(observers: Observer, queued: QueuedDelivery, step: str, name: str) -> Generator[None]:
    """Tell that a hook or a handler of the bot runs within the block, for the turn of this delivery.

    Args:
        observers: Who is told.
        queued: The delivery.
        step: The id of the run (``Turn.run_id``).
        name: What is called, such as ``on_chat_start``.
    """
    conversation, began = queued.event.ref.key, time.perf_counter()
    error = ""
    observers.step_begun(StepBegun(conversation, queued.key, step, None, name, "run"))
    try:
        yield
    except BaseException as raised:
        error = type(raised).__name__
        raise
    finally:
        seconds = time.perf_counter() - began
        observers.step_ended(StepEnded(conversation, queued.key, step, name, "run", seconds, error))
