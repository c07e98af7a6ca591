"""Replaces ranges of a text, all of which are found before the first is replaced."""

from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """A replacement of the text from ``start`` to ``end`` by ``new``."""

    start: int
    end: int
    new: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with the edits made; of two that overlap, only the one that begins first."""
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits):
        if edit.start < at:
            continue
        pieces += (text[at : edit.start], edit.new)
        at = edit.end
    pieces.append(text[at:])
    return "".join(pieces)
