"""What history keeps of messages, steps and feedback: their records, made from what a handler holds."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from gateway.model import FeedbackRecord, Removed, StepEdited, StepRecord
from gateway.runtime.history import id_of_feedback
from gateway.runtime.transcript import Transcript
from gateway.runtime.turn import Turn


def keep(
    turn: Turn,
    id: str,
    type: str,
    *,
    name: str,
    output: str,
    at: float,
    user: str | None = None,
    input: str = "",
    parent: str | None = None,
    start: str | None = None,
    end: str | None = None,
    is_error: bool = False,
    metadata: Mapping[str, Any] | None = None,
    tags: Sequence[str] | None = None,
    command: str | None = None,
    language: str | None = None,
    show_input: bool | str = False,
    default_open: bool = False,
    auto_collapse: bool = False,
) -> None:
    """Keep a message or a step as it is now. ``at`` is in seconds since the epoch; ``user`` is the identifier of the
    person who said it, by default of the person whose turn it is."""
    if not turn.services.history.on:
        return
    turn.transcript.step(
        StepRecord(
            id=id,
            thread=turn.thread_id,
            user=user if user is not None else turn.person,
            name=name,
            type=type,
            created_at=at,
            output=output,
            input=input,
            # The run, which is the parent of all others, is not kept.
            parent=None if parent is None or parent == turn.run_id else parent,
            start=start,
            end=end,
            is_error=is_error,
            metadata=metadata or {},
            tags=None if tags is None else tuple(tags),
            command=command,
            language=language,
            show_input=str(show_input).lower() if isinstance(show_input, bool) else show_input,
            default_open=default_open,
            auto_collapse=auto_collapse,
        )
    )


def forget(turn: Turn, id: str) -> None:
    """Take a message or a step out of history, with its elements and what was thought of it."""
    if turn.services.history.on:
        _whose(turn, "step", id).remove(Removed("step", id))


def forget_element(turn: Turn, id: str) -> None:
    """Take an element out of history; ``id`` is that of its row."""
    if turn.services.history.on:
        _whose(turn, "element", id).remove(Removed("element", id))


def change_text(turn: Turn, id: str, text: str) -> None:
    """Change the kept text of a message: a person edited it."""
    if turn.services.history.on:
        _whose(turn, "step", id).edit(StepEdited(id, text))


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


def _whose(turn: Turn, noun: Literal["step", "element"], id: str) -> Transcript:
    """Return the transcript that the message, or the element, is in: of a turn that still runs, which writes it later,
    or this one's."""
    running = (each for each in turn.session.transcripts if each.has(noun, id))
    return next(running, turn.transcript)
