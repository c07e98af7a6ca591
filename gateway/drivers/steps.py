"""What a person did, as a value: an action of the playground's page in the words of ``Driver``."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.drivers.values import FieldInput, File, Place

Verb = Literal[
    "says",
    "edits",
    "deletes",
    "reacts",
    "clicks",
    "selects",
    "submits",
    "gives_feedback",
    "runs",
    "stops",
    "opens",
    "downloads",
    "other",
]
"""What was done, as the method of ``gateway.testing.User`` that does it; ``other`` for what no method does."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a person did."""

    verb: Verb
    person: str
    """Who did it, by first name."""
    place: Place
    """Where: for a message in a channel that begins a thread, the channel."""
    text: str = ""
    """What was written, the label, the reaction, the command, the file's name, or what ``other`` was."""
    message: str = ""
    """The id of the message it is about; empty where it is about none."""
    files: Sequence[File] = ()
    """Files that were sent."""
    values: Mapping[str, FieldInput] = field(default_factory=dict[str, FieldInput])
    """What was entered into a form, by the labels of its fields."""
    on: bool = True
    """Whether a reaction was added, or a thumb points up."""


def files_of(given: Sequence[Mapping[str, str]]) -> list[File]:
    """Return the files in an action of the page. Raises ``ValueError`` for one that is not base64."""
    unknown = "application/octet-stream"
    return [
        File(each["name"], base64.b64decode(each["data"], validate=True), each.get("mime") or unknown) for each in given
    ]


def entered(value: Any, labels: Mapping[str, str] | None = None) -> FieldInput | None:
    """Return what was entered into a field, None where it was left empty.

    Args:
        value: What the page sent: a text, an option's value, a list of them, a switch, or files.
        labels: The labels of the field's options by their values.
    """
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, list):
        if isinstance(value[0], dict):
            return files_of(value)
        value = value[0] if len(value) == 1 else ", ".join(map(str, value))
    if isinstance(value, bool | float | int):
        return value
    return (labels or {}).get(str(value), str(value))
