"""Cuts Markdown into parts a platform takes, without breaking what a reader sees.

Theory. A part is cut out of a *window*: the next ``limit + 1`` characters, and nothing behind them. So a cut, once
made, is the same however long the text grows, and a streamed answer never moves what was already sealed. The price
is that a block is judged without knowing its end: a code fence that does not fit behind what precedes it moves to
the next part, even when it turns out too long for that one too.
"""

import re
from typing import NamedTuple

from gateway.markdown.blocks import Fence
from gateway.markdown.breaks import Window


class _Cut(NamedTuple):
    """Where the next part begins in the text, and what is put in front of it."""

    pos: int = 0
    prefix: str = ""
    fence: Fence | None = None
    """The fenced code block that was cut; None outside of one."""


_ROWS = re.compile(r"^[ \t>]*+[|:-][-|: \t]*+$", re.MULTILINE)
"""Matches what may be a table's delimiter row. Counting these is cheaper than scanning, and never counts too few
tables."""


def split(text: str, limit: int, *, tables: int | None = None) -> list[str]:
    """Return the text in parts of at most ``limit`` characters, with at most ``tables`` tables each; [] for a blank
    text.

    Greedy and prefix-stable: all parts but the last stay the same when text is appended.
    """
    if len(text) <= limit and (tables is None or "|" not in text):
        return [text] if text and not text.isspace() else []
    return Splitter(limit, tables=tables).parts(text)


_SOLID = re.compile(r"\S")


class Splitter:
    """Splits a text that grows, as ``split`` does, without reading again the parts that are complete."""

    def __init__(self, limit: int, *, tables: int | None = None) -> None:
        if limit < 1:
            raise ValueError(f"a part holds at least one character, not {limit}")
        self.limit = limit
        self.tables = None if tables is None else max(1, tables)
        self._sealed: list[str] = []
        self._head = ""
        """The beginning of the text that decided all cuts so far."""
        self._cut = _Cut()

    def copy(self) -> "Splitter":
        """Return a splitter that continues from the same parts."""
        made = Splitter(self.limit, tables=self.tables)
        made._sealed, made._head, made._cut = list(self._sealed), self._head, self._cut
        return made

    def unread(self, text: str) -> int:
        """Return the smallest number of characters that ``parts`` would read of the text."""
        return len(text) - self._cut.pos

    def parts(self, text: str) -> list[str]:
        """Return all parts of the text."""
        if not text or text.isspace():
            return []
        if self._sealed and not text.startswith(self._head):
            self._sealed, self._head, self._cut = [], "", _Cut()
        while True:
            cut = _resume(text, self._cut)
            if cut.pos >= len(text):
                return list(self._sealed)
            rest = self._rest(text, cut)
            if rest is not None:
                return [*self._sealed, cut.prefix + rest]
            part, self._cut = _take(text, cut, self.limit, self.tables)
            if part:
                self._sealed.append(part)
            end = cut.pos + self.limit + 1 - len(cut.prefix)
            # Blanks behind a full part need no cut: this one was decided by the text up to the next other character.
            solid = _SOLID.search(text, end - 1)
            self._head = text[: end if solid is None else solid.end()]

    def _rest(self, text: str, cut: _Cut) -> str | None:
        """Return the text behind the cut, if one part can hold it; else None."""
        room = self.limit - len(cut.prefix)
        if len(text) - cut.pos <= room:
            rest = text[cut.pos :]
        elif _SOLID.search(text, cut.pos + room) is None:
            rest = text[cut.pos : cut.pos + room].rstrip()
        else:
            return None
        if self.tables is None or len(_ROWS.findall(rest)) + bool(cut.prefix) <= self.tables:
            return rest
        return rest if Window(cut.prefix + rest, len(cut.prefix), self.limit, self.tables).stop is None else None


def _resume(text: str, cut: _Cut) -> _Cut:
    """Skip the blank lines behind a cut. A code block of which only the closing fence is left is skipped as well."""
    if not cut.pos:
        return cut
    pos = cut.pos
    while pos < len(text):
        end = text.find("\n", pos)
        line = text[pos : end if end >= 0 else None]
        behind = end + 1 if end >= 0 else len(text)
        if line and not line.isspace():
            if cut.fence is not None and cut.fence.closed_by(line):
                return _resume(text, _Cut(behind))
            break
        pos = behind
    return cut._replace(pos=pos)


def _take(text: str, cut: _Cut, limit: int, tables: int | None) -> tuple[str, _Cut]:
    """Return the next part, and where the part after it begins."""
    skip = len(cut.prefix)
    window = Window(cut.prefix + text[cut.pos : cut.pos + limit + 1 - skip], skip, limit, tables)
    chosen = window.choose()
    following = _Cut(cut.pos + chosen.at - skip, chosen.prefix, chosen.fence)
    if window.text[skip : chosen.at].isspace():
        return "", following
    head = window.text[: chosen.at].rstrip()
    if chosen.fence is None:
        return head, following
    return f"{head}\n{chosen.fence.closer}", following._replace(prefix=f"{chosen.fence.opener}\n")
