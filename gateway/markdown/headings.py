"""Recognises headings, those that begin with ``#`` and those that are underlined, and lines that only look like an
underline.

A line of dashes right below text is a heading's underline in Markdown, but people and models often mean a rule by it.
It is taken for an underline below a single short line that reads like a title, else for a rule.
"""

from typing import NamedTuple

from gateway.markdown.blocks import Kind
from gateway.markdown.parts import Prose

_SENTENCE = tuple(".!?:;,…。！？：；，")  # noqa: RUF001 - the full-width marks are meant
_LEAST = 3
"""Smallest number of ``=`` or ``-`` that is taken for an underline or a rule; fewer are plain text."""
_TITLE = 80
"""Largest number of characters in a line that dashes below it make a heading of."""


class Heading(NamedTuple):
    """A heading; level 1 is the highest."""

    level: int
    text: str
    lead: str
    """The text before the heading: the marker of a list item, quote marks, blanks."""


def heading(part: Prose) -> Heading | None:
    """Return the heading in a part; None for a part that is no heading."""
    first = part.block.lines[0]
    lead = part.source[: first.content - first.start]
    if part.block.kind is Kind.HEADING:
        words = part.content(first)
        marks = len(words) - len(words.lstrip("#"))
        return Heading(marks, _without_closing(words[marks:].strip()), lead)
    if part.block.kind is not Kind.UNDERLINE or below_text(part):
        return None
    underline = part.content(part.block.lines[-1]).rstrip()
    if len(underline) < _LEAST:
        return None
    lines = [part.content(line).strip() for line in part.block.lines[:-1]]
    return Heading(1 if underline.startswith("=") else 2, " ".join(lines), lead)


def below_text(part: Prose) -> bool:
    """Return whether the part is a text with a rule, and no underline, right below it."""
    if part.block.kind is not Kind.UNDERLINE:
        return False
    *lines, last = part.block.lines
    if not part.content(last).startswith("-" * _LEAST):
        return False
    words = part.content(lines[0]).strip()
    return len(lines) > 1 or len(words) > _TITLE or words.endswith(_SENTENCE)


def _without_closing(words: str) -> str:
    """Return a heading without the ``#`` that close it. They close it only behind a blank, so that C# keeps its own."""
    bare = words.rstrip("#")
    return bare.rstrip() if not bare or bare[-1] in " \t" else words
