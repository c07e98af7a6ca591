"""What history keeps of messages, steps and feedback: their records, made from what a handler holds."""

import time
from typing import Literal

from gateway.model import FeedbackRecord, Removed, StepEdited, StepRecord
from gateway.runtime.history import id_of_feedback
from gateway.runtime.transcript import Transcript
from gateway.runtime.turn import Turn


def keep(turn: Turn, record: StepRecord) -> None:
    """Keep a message or a step as it is now."""
    if turn.services.history.on:
        # The run, which is the parent of all others, is not kept.
        below_run = record.parent is not None and record.parent == turn.run_id
        turn.transcript.step(record._replace(parent=None) if below_run else record)


def forget(turn: Turn, id: str) -> None:
    """Take a message or a step out of history, with its elements and what was thought of it."""
    _remove(turn, "step", id)


def forget_element(turn: Turn, id: str) -> None:
    """Take an element out of history; ``id`` is that of its row."""
    _remove(turn, "element", id)


def change_text(turn: Turn, id: str, text: str) -> None:
    """Change the kept text of a message: a person edited it."""
    if turn.services.history.on:
        for transcript in _holders(turn, "step", id):
            transcript.edit(StepEdited(id, text))


def keep_feedback(turn: Turn, message: str, value: Literal[0, 1], comment: str | None) -> str:
    """Keep what the person whose turn it is thinks of a message, in place of what they thought before, and return the
    id of that."""
    id = id_of_feedback(message, turn.person)
    if turn.services.history.on:
        turn.transcript.feedback(
            FeedbackRecord(id, message, turn.thread_id, turn.person, value, comment or None, time.time())
        )
    return id


def forget_feedback(turn: Turn, message: str) -> None:
    """Forget what the person whose turn it is thinks of a message."""
    if turn.services.history.on:
        turn.transcript.remove(Removed("feedback", id_of_feedback(message, turn.person)))


def _remove(turn: Turn, noun: Literal["step", "element"], id: str) -> None:
    if turn.services.history.on:
        for transcript in _holders(turn, noun, id):
            transcript.remove(Removed(noun, id))


def _holders(turn: Turn, noun: Literal["step", "element"], id: str) -> list[Transcript]:
    """Return the transcripts that a change of a message or an element belongs into: this turn's, and those of turns
    that still run and would write it as it was."""
    running = (each for each in turn.session.transcripts if each is not turn.transcript)
    return [turn.transcript, *(each for each in running if each.has(noun, id))]
