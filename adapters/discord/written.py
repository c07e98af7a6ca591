"""Writes text the way Discord's clients show it. Pure."""

import re

from adapters.discord import dialect, tables
from gateway.markdown.parts import Part, Prose, parts

EMPTY = "\u200b"
"""What stands where Discord takes no empty text and nothing shall be seen."""

_MARKS = re.compile(r"([\\`*_~|<>\[\]#])")
_MARKUP = re.compile(
    r"\||__|\]\(|~~~|````|&|<[bB][rR]|#{4}|^(?: {4}|\t| {0,3}(?:=++|-++)[ \t]*+$|[> ]*+```)", re.MULTILINE
)
"""Markup that Discord may show differently; a text without any of it is sent unchanged."""


def characters(text: str) -> str:
    """Return text that can be encoded: a model may write half of a surrogate pair."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def cut(words: str, limit: int) -> str:
    """Return the words, shortened to ``limit`` characters; never an empty text."""
    words = characters(words).strip() or "…"
    return words if len(words) <= limit else words[: limit - 1] + "…"


def literal(words: str, limit: int | None = None) -> str:
    """Return plain words as Markdown that shows just them on one line, shortened to ``limit`` characters of Markdown;
    never an empty text."""
    shown = _MARKS.sub(r"\\\1", " ".join(characters(words).split())) or EMPTY
    if limit is None or len(shown) <= limit:
        return shown
    shown = shown[: limit - 1]
    odd = (len(shown) - len(shown.rstrip("\\"))) % 2
    return f"{shown[: len(shown) - odd]}…"


def markdown(text: str, limit: int) -> str:
    """Return Markdown as Discord shows it: Discord's dialect in prose, one kind of fence, no tables. The result has at
    most ``limit`` characters where the text has."""
    text = characters(text)
    if not _MARKUP.search(text):
        return text
    found = list(parts(text))
    shown = _shown(text, found, limit, terse=False)
    return shown if len(shown) <= limit else _shown(text, found, limit, terse=True)


def _shown(text: str, found: list[Part], limit: int, *, terse: bool) -> str:
    prose = [dialect.prose(part, text, terse=terse) if isinstance(part, Prose) else None for part in found]
    room = (
        limit
        - len(text)
        - sum(len(new) - len(part.source) for part, new in zip(found, prose, strict=True) if new is not None)
    )
    blocks: list[str] = []
    for part, new in zip(found, prose, strict=True):
        if isinstance(part, Prose):
            blocks.append(new or "")
            continue
        block = tables.shown(part, limit=len(part.source) + max(room, 0))
        room -= len(block) - len(part.source)
        blocks.append(block)
    return "\n".join(blocks)
