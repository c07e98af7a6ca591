"""Headings: those that begin with ``#``, and those that are underlined; and the lines that only look like an underline.

A line of dashes right below text is a heading's underline in Markdown, but people and models often mean a rule by it.
It is taken for a heading's where it stands below one short line that reads like a title, else for a rule.
"""

from typing import NamedTuple

from gateway.markdown.blocks import Kind
from gateway.markdown.parts import Prose

_SENTENCE = tuple(".!?:;,…。！？：；，")  # noqa: RUF001 - the full-width marks are meant
_LEAST = 3
"""Signs of an underline, or of a rule: fewer are what they look like."""
_TITLE = 80
"""Characters of the longest line that dashes below it make a heading of."""


class Heading(NamedTuple):
    """A line of its own importance; 1 is the highest level."""

    level: int
    text: str
    lead: str
    """What stands before it: the marker of an item, marks of quotes, blanks."""


def heading(part: Prose) -> Heading | None:
    """The heading a part is."""
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
    """Whether the part ends in a rule that stands right below its text."""
    if part.block.kind is not Kind.UNDERLINE:
        return False
    *lines, last = part.block.lines
    if not part.content(last).startswith("-" * _LEAST):
        return False
    words = part.content(lines[0]).strip()
    return len(lines) > 1 or len(words) > _TITLE or words.endswith(_SENTENCE)


def _without_closing(words: str) -> str:
    """Marks behind a heading belong to it only with a blank before them: C# keeps its own."""
    bare = words.rstrip("#")
    return bare.rstrip() if not bare or bare[-1] in " \t" else words
