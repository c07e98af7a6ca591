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
    """Where the next part starts in the text, and what it opens with."""

    pos: int = 0
    prefix: str = ""
    fence: Fence | None = None
    """The code fence the cut went through."""


_ROWS = re.compile(r"^[ \t>]*+[|:-][-|: \t]*+$", re.MULTILINE)
"""Candidates for delimiter rows: counting them is cheaper than scanning, and never too low."""


def split(text: str, limit: int, *, tables: int | None = None) -> list[str]:
    """The text in parts of at most ``limit`` characters, with at most ``tables`` tables each; [] for a blank text.

    Greedy and prefix-stable: all parts but the last stay the same when text is appended.
    """
    if len(text) <= limit and (tables is None or "|" not in text):
        return [text] if text and not text.isspace() else []
    return Splitter(limit, tables=tables).parts(text)


_SOLID = re.compile(r"\S")


class Splitter:
    """``split`` for a text that grows: sealed parts are not looked at again."""

    def __init__(self, limit: int, *, tables: int | None = None) -> None:
        if limit < 1:
            raise ValueError(f"a part holds at least one character, not {limit}")
        self.limit = limit
        self.tables = None if tables is None else max(1, tables)
        self._sealed: list[str] = []
        self._head = ""
        """The text all cuts so far were made from."""
        self._cut = _Cut()

    def copy(self) -> "Splitter":
        """One that goes on from the same parts."""
        made = Splitter(self.limit, tables=self.tables)
        made._sealed, made._head, made._cut = list(self._sealed), self._head, self._cut
        return made

    def unread(self, text: str) -> int:
        """How many characters of the text ``parts`` would look at, at least."""
        return len(text) - self._cut.pos

    def parts(self, text: str) -> list[str]:
        """All parts of ``text``."""
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
            # What is only blanks behind a full part needs no cut: the text that made this one goes on with more.
            solid = _SOLID.search(text, end - 1)
            self._head = text[: end if solid is None else solid.end()]

    def _rest(self, text: str, cut: _Cut) -> str | None:
        """The text behind the cut if one part can hold it."""
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
    """Skip the blank lines behind a cut; a code fence of which only its end is left needs no further part."""
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
    """The next part and where the one after it starts."""
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
