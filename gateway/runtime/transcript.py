"""The transcript of a turn: what it leaves for the history. It is written with the turn's outcome, or not at all."""

from collections.abc import Collection
from typing import Literal

from gateway.model import (
    ElementRecord,
    FeedbackRecord,
    Record,
    Removed,
    StepEdited,
    StepRecord,
    ThreadNamed,
    UserRecord,
)


class Transcript:
    """The records of one turn, the last one of each thing."""

    __slots__ = ("_records",)

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], Record] = {}

    def __bool__(self) -> bool:
        return bool(self._records)

    def user(self, record: UserRecord) -> None:
        """Keep a person beside the one whose turn it is."""
        self._records["user", record.identifier] = record

    def step(self, record: StepRecord) -> None:
        """Keep a message or a step as it is now."""
        self._records["step", record.id] = record

    def element(self, record: ElementRecord) -> None:
        """Keep an element as it is now."""
        self._records["element", record.id] = record

    def feedback(self, record: FeedbackRecord) -> None:
        """Keep what a person thinks of a message."""
        self._records["feedback", record.id] = record

    def name(self, named: ThreadNamed) -> None:
        """Give the thread another title."""
        self._records["thread", named.id] = named

    def remove(self, removed: Removed) -> None:
        """Forget a step, an element or a feedback, of this turn or of an earlier one."""
        self._records[removed.noun, removed.id] = removed

    def edit(self, edited: StepEdited) -> None:
        """Change the text of a message: of the record in this transcript, else of the one that is kept."""
        known = self._records.get(("step", edited.id))
        self._records["step", edited.id] = (
            known._replace(output=edited.output) if isinstance(known, StepRecord) else edited
        )

    def has(self, noun: Literal["step", "element"], id: str) -> bool:
        """Return whether the step or the element with this id is in the transcript, so that only it can change it."""
        return (noun, id) in self._records

    def without_contents(self, keys: Collection[str]) -> None:
        """Note that the contents with these keys are not kept: their elements are, without them."""
        for key, record in self._records.items():
            if isinstance(record, ElementRecord) and record.object_key in keys:
                self._records[key] = record._replace(object_key=None)

    def records(self) -> list[Record]:
        """Return all records, in the order in which the things they are about came up first."""
        return list(self._records.values())
