"""Ranks the places where a part of Markdown may end.

Places between blocks (also between list items and table rows) win if they leave the part at least half full; then
lines, sentences and words of a running paragraph; then any place between blocks; and only then the inside of a fence,
of an item, of a word. What a cut opens, the part closes and the next part opens again: a fence with its info string,
a table with its header rows, a quote.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from gateway.egress import markdown


class Rank(IntEnum):
    """Where a part may end, best first."""

    BLOCK = 0
    ITEM = 1
    NESTED = 2
    ROW = 3
    LINE = 4
    SENTENCE = 5
    WORD = 6
    TITLE = 7
    """Right behind a heading: between blocks, but it leaves the heading alone."""
    INNER_BLOCK = 8
    INNER_LINE = 9
    INNER_SENTENCE = 10
    INNER_WORD = 11


class Break(NamedTuple):
    """A place where a part may end."""

    rank: Rank
    at: int
    """Where the next part's own text begins, in the window."""
    fence: markdown.Fence | None = None
    """The code fence the cut goes through: closed here, opened again in the next part."""
    prefix: str = ""
    """What else the next part opens with: a table's header rows, the mark of a quote."""


class _Marked(NamedTuple):
    """A line, and where the quote marks at its start end."""

    line: int = -1
    end: int = -1


_SENTENCE = re.compile(r"(?<=[.!?…])[\"')\]*_]*\s+|(?<=[。！？])")  # noqa: RUF001 - the full-width marks are meant
_WORD = re.compile(r"\s+")


class Window:
    """The start of the remaining text, scanned line by line for places to cut."""

    def __init__(self, text: str, skip: int, limit: int, tables: int | None) -> None:
        self.text = text
        self.skip = skip
        """Characters at the start that were carried over: a cut must be behind them."""
        self.limit = limit
        self.fence: markdown.Fence | None = None
        self.stop: int | None = None
        """The start of the first table too many."""
        self._breaks: list[Break] = []
        self._fence_body = 0
        self._table = ""
        """The header rows of the table the scan is in."""
        self._table_body = 0
        self._row = False
        """Whether the line the window ends in looks like a table's row, perhaps the first."""
        self._tables_left = tables
        self._list: int | None = None
        """The indent of the list the scan is in."""
        self._block = 0
        """Where the paragraph, item or row the scan is in began."""
        self._line = 0
        self._marked = _Marked()
        self._title: int | None = None
        """The start of the headings right before this line."""
        self._scan()

    # Scanning

    def _lines(self) -> Iterator[tuple[int, str, str | None]]:
        lines = self.text.split("\n")
        at = 0
        for index, line in enumerate(lines):
            yield at, line, lines[index + 1] if index + 1 < len(lines) else None
            at += len(line) + 1

    def _scan(self) -> None:
        blank, before, closed = True, "", False
        for at, line, after in self._lines():
            self._line = at
            if self.fence is not None and self.fence.left_by(line):
                self.fence = None
            if self.fence is not None:
                cut_off = after is None and len(self.text) > self.limit
                blank = closed = self._closes_fence(self.fence, at, line, cut_off=cut_off)
                before = ""
                continue
            if not line or line.isspace():
                if closed:
                    self._add(Rank.ITEM if self._list is None else Rank.INNER_BLOCK, at)
                blank, before, closed, self._table = True, "", False, ""
                self._row = self._row and at == len(self.text)
                continue
            if self._table and "|" not in line:
                self._table = ""
            self._in_text(at, line, after, blank, before)
            if self.stop is not None:
                return
            blank, before, closed = False, line, False
            self._row = markdown.maybe_header(line)

    def _closes_fence(self, fence: markdown.Fence, at: int, line: str, *, cut_off: bool) -> bool:
        """A line of code, or the one that ends it (not if the window cuts it off: it may turn out to be code)."""
        if fence.closed_by(line) and not cut_off:
            self.fence = None
            self._block = at + len(line) + 1
            return True
        if at > self._fence_body:
            self._add(Rank.INNER_LINE, at, fence=self._seam())
        return False

    def _in_text(self, at: int, line: str, after: str | None, blank: bool, before: str) -> None:
        if self._table:
            if at > self._table_body:
                self._add(Rank.ROW, at, prefix=self._header())
            self._block = at
            return
        title = markdown.HEADING.match(line) is not None
        opened = markdown.fence(line)
        table = after is not None and markdown.opens_table(line, after)
        item = None if markdown.RULE.match(line) else markdown.ITEM.match(line)
        lazy = not (blank or opened or table)
        inner = self._list is not None and not item and not title and (lazy or line[0] in " \t")
        if not inner and not item:
            self._list = None
        row = markdown.maybe_header(line) and not markdown.maybe_header(before)
        starts = bool(blank or title or opened or table or row or item)
        self._add_before(at, line, item, inner, starts, blank or title, before)
        if table:
            assert after is not None
            if self._tables_left is not None:
                if not self._tables_left:
                    self.stop = at if self._title is None else self._title
                    return
                self._tables_left -= 1
            self._table = f"{line}\n{after}\n"
            self._table_body = at + len(self._table)
        if item:
            indent = len(item["indent"].expandtabs(4))
            self._list = indent if self._list is None else min(self._list, indent)
        if opened is not None:
            self.fence, self._fence_body = opened, at + len(line) + 1
        if starts and not inner:
            self._block = at
        self._title = (at if self._title is None else self._title) if title else None

    def _add_before(
        self, at: int, line: str, item: re.Match[str] | None, inner: bool, starts: bool, apart: bool, before: str
    ) -> None:
        """The place before a line of text."""
        if item is not None:
            nested = self._list is not None and len(item["indent"].expandtabs(4)) > self._list + 1
            rank = Rank.NESTED if nested else Rank.ITEM
        elif inner:
            rank = Rank.INNER_BLOCK if starts else Rank.INNER_LINE
        elif starts:
            rank = Rank.BLOCK if apart else Rank.ITEM
        else:
            rank = Rank.LINE
        if self._title is not None:
            rank = Rank.TITLE
        if before and markdown.SETEXT.match(line) and item is None:
            return
        self._add(rank, at)

    def _add(
        self, rank: Rank, at: int, *, end: int | None = None, fence: markdown.Fence | None = None, prefix: str = ""
    ) -> None:
        """Note a place, if a part can end there. ``end`` is where its text ends, if the caller knows."""
        if end is None:
            end = at
            while end > self.skip and self.text[end - 1].isspace():
                end -= 1
        if end > self.skip and end + _room(fence) <= self.limit:
            self._breaks.append(Break(rank, at, fence, prefix))

    def _header(self) -> str:
        """The header rows for the next part, unless they would fill it."""
        return self._table if len(self._table) <= self.limit // 2 else ""

    def _seam(self) -> markdown.Fence | None:
        """The open fence, unless closing it and opening it again would fill a part."""
        if self.fence is None or _room(self.fence) + len(self.fence.opener) + 1 > self.limit // 2:
            return None
        return self.fence

    # Choosing

    def choose(self) -> Break:
        """The best place to end the part."""
        if self.stop is not None and self.stop > self.skip:
            return Break(Rank.BLOCK, self.stop)
        half = self.limit // 2
        between = [found for found in self._breaks if found.rank <= Rank.ROW]
        best = _best(between, half)
        if best is not None:
            return best
        atomic = self.fence is not None or self._list is not None or bool(self._table) or self._row
        running = self._running(inner=atomic)
        lines = [found for found in self._breaks if found.rank == Rank.LINE]
        titles = [found for found in self._breaks if found.rank == Rank.TITLE]
        inside = [found for found in self._breaks if found.rank > Rank.TITLE]
        blocks = [found for found in inside if found.rank == Rank.INNER_BLOCK]
        if not atomic:
            best = self._best_inline([*lines, *running])
            if best is not None:
                return best
        return (
            (between[-1] if between else None)
            or (titles[-1] if titles else None)
            or (blocks[-1] if blocks and self.fence is not None else None)
            or (self._best_inline([*inside, *running]) if atomic else None)
            or max([*lines, *inside, *running], key=lambda found: found.at, default=None)
            or self._hard()
        )

    def _running(self, *, inner: bool) -> list[Break]:
        """Sentence and word ends of the text the window ends in."""
        kept = len(self._breaks)
        sentence, word = (Rank.INNER_SENTENCE, Rank.INNER_WORD) if inner else (Rank.SENTENCE, Rank.WORD)
        fence = self._seam()
        start = max(self._block if self.fence is None else self._line, self.skip)
        line = self.text.rfind("\n", 0, start) + 1
        quoted = self.fence is None and markdown.QUOTE.match(self.text, line) is not None
        for found in _WORD.finditer(self.text, start):
            prefix = self._quote(found.end()) if quoted else ""
            self._add(word, found.end(), end=found.start(), fence=fence, prefix=prefix)
        if self.fence is None:
            for found in _SENTENCE.finditer(self.text, start):
                prefix = self._quote(found.end()) if quoted else ""
                self._add(sentence, found.end(), prefix=prefix)
        running, self._breaks[kept:] = self._breaks[kept:], []
        return running

    def _quote(self, at: int) -> str:
        """The quote marks of the line a cut goes through."""
        line = self.text.rfind("\n", 0, at) + 1
        if line != self._marked.line:  # once a line, not once a word: a line may be nothing but marks
            marks = markdown.QUOTE.match(self.text, line)
            self._marked = _Marked(line, line if marks is None else marks.end())
        end = self._marked.end
        if at < end:  # through the marks themselves, between which are only blanks
            end = self.text.rfind(">", line, at) + 1
            end += bool(line < end < at)
        return self.text[line:end] if end - line <= self.limit // 2 else ""

    def _best_inline(self, places: list[Break]) -> Break | None:
        """The best place that leaves the part half full, outside links, code and emphasis where that can be had."""
        if self.fence is not None:
            return _best(places, self.limit // 2)
        found = markdown.spans(self.text[self._block :])
        ranges = [(start + self._block, end + self._block) for start, end in found.closed]
        ranges += [(begun.start + self._block, len(self.text) + 1) for begun in found.open]
        clean = [place for place in places if not any(start < place.at < end for start, end in ranges)]
        return _best(clean, self.limit // 2) or _best(clean, self.limit // 8) or _best(places, self.limit // 2)

    def _hard(self) -> Break:
        """Through the middle of a word, but not of a character as a reader knows it."""
        fence = self._seam()
        at = max(self.limit - _room(fence), self.skip + 1)
        least = max(self.skip + 1, at - 32)
        whole = next((place for place in range(at, least - 1, -1) if not _joined(self.text, place)), at)
        return Break(Rank.INNER_WORD, whole, fence)


def _room(fence: markdown.Fence | None) -> int:
    """Characters it takes to close the fence."""
    return 0 if fence is None else len(fence.closer) + 1


def _best(places: list[Break], least: int) -> Break | None:
    """The last of the best rank that lies at ``least`` or behind."""
    far = [place for place in places if place.at >= least]
    return min(far, key=lambda place: (place.rank, -place.at), default=None)


def _joined(text: str, at: int) -> bool:
    """Whether the characters around ``at`` form one grapheme (the cases that occur, not all of UAX 29)."""
    if at >= len(text):
        return False
    char, before = text[at], text[at - 1]
    if char < "\u0300":
        return char == "\n" and before == "\r"
    if char == "\u200d" or before == "\u200d" or unicodedata.combining(char):
        return True
    code = ord(char)
    if 0xFE00 <= code <= 0xFE0F or 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F or code == 0x20E3:
        return True
    if not 0x1F1E6 <= code <= 0x1F1FF:
        return unicodedata.category(char) in ("Mc", "Me", "Mn")
    # Flags are pairs of regional indicators: joined behind an odd number of them.
    first = at
    while first and 0x1F1E6 <= ord(text[first - 1]) <= 0x1F1FF:
        first -= 1
    return (at - first) % 2 == 1
