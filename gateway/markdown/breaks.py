"""Ranks the places where a part of Markdown may end.

Places between blocks (also between list items and table rows) win if they leave the part at least half full; then
lines, sentences and words of a running paragraph; then any place between blocks; and only then the inside of a fence,
of an item, of a word. What a cut opens, the part closes and the next part opens again: a fence with its info string,
a table with its header rows, a quote.
"""

import re
import unicodedata
from enum import IntEnum
from typing import NamedTuple

from gateway.markdown import tables
from gateway.markdown.blocks import Fence, Kind, Line, scan_lines
from gateway.markdown.inline import scan_inline


class Rank(IntEnum):
    """Kinds of places where a part may end, best first."""

    BLOCK = 0
    ITEM = 1
    NESTED = 2
    ROW = 3
    LINE = 4
    SENTENCE = 5
    WORD = 6
    TITLE = 7
    """Right behind a heading: between blocks, but the heading would be separated from its text."""
    INNER_BLOCK = 8
    INNER_LINE = 9
    INNER_SENTENCE = 10
    INNER_WORD = 11


_RUNNING = (Rank.SENTENCE, Rank.WORD, Rank.INNER_SENTENCE, Rank.INNER_WORD)
"""The ranks of places in the middle of a line."""


class Break(NamedTuple):
    """A place where a part may end."""

    rank: Rank
    at: int
    """Offset in the window at which the next part's own text begins."""
    fence: Fence | None = None
    """The fenced code block that is cut: it is closed here and opened again in the next part. None outside of one."""
    prefix: str = ""
    """What else the next part begins with: a table's header rows, or quote marks."""


_SENTENCE = re.compile(r"(?<=[.!?…])[\"')\]*_]*+\s++|(?<=[。！？])")  # noqa: RUF001 - the full-width marks are meant
_WORD = re.compile(r"\s++")
_QUOTE = re.compile(r"(?:[ \t]*+>)++[ \t]?")


class Window:
    """The start of the remaining text, scanned line by line for places to cut."""

    def __init__(self, text: str, skip: int, limit: int, tables: int | None) -> None:
        self.text = text
        self.skip = skip
        """Number of characters at the start that were repeated from the previous part; a cut must be behind them."""
        self.limit = limit
        self.fence: Fence | None = None
        self.stop: int | None = None
        """Offset of the first table that exceeds the number allowed; None while there is none."""
        self._breaks: list[Break] = []
        self._fence_body = 0
        self._table = ""
        """The header rows of the table being scanned; empty outside of one."""
        self._table_body = 0
        self._row = False
        """Whether the last line of the window looks like a table's row, which may be the first."""
        self._tables_left = tables
        self._list: int | None = None
        """The indent of the list being scanned; None outside of one."""
        self._block = 0
        """Offset at which the paragraph, list item or row being scanned began."""
        self._line = 0
        self._end = 0
        """Offset at which the last line that is not blank ended, without the blanks at its end."""
        self._title: int | None = None
        """Offset of the headings right before the current line; None if there are none."""
        self._scan()

    # The methods below scan the window for places where a part may end.

    def _scan(self) -> None:
        blank, before, closed = True, False, False
        for line in scan_lines(self.text):
            self._line = line.start
            if line.kind in (Kind.CODE, Kind.CLOSING):
                blank = closed = self._in_fence(line)
                before = False
            elif line.kind is Kind.BLANK:
                self._leave_fence()
                if closed:
                    self._add(Rank.ITEM if self._list is None else Rank.INNER_BLOCK, line.start)
                blank, before, closed, self._table = True, False, False, ""
                self._row = self._row and line.start == len(self.text)
            else:
                self._leave_fence()
                row = tables.like_row(self.text[line.content : line.end])
                self._in_text(line, blank, first_row=row and not before)
                if self.stop is not None:
                    return
                self._row = before = row
                blank, closed = False, False
            if line.content < line.end:
                self._end = line.start + len(self.text[line.start : line.end].rstrip())

    def _leave_fence(self) -> None:
        if self.fence is not None and self._line > self._fence_body - 1:
            self.fence = None  # the quote that the code block was in has ended

    def _in_fence(self, line: Line) -> bool:
        """Scan a line of a fenced code block and return whether it closes the block. A closing line that the window
        cuts off does not, because it may turn out to be code."""
        if line.kind is Kind.CLOSING and not (line.end == len(self.text) and len(self.text) > self.limit):
            self.fence = None
            self._block = line.end + 1
            return True
        if line.start > self._fence_body:
            self._add(Rank.INNER_LINE, line.start, fence=self._seam())
        return False

    def _in_text(self, line: Line, blank: bool, *, first_row: bool) -> None:
        at, kind = line.start, line.kind
        if kind in (Kind.ROW, Kind.DELIMITER):
            if at > self._table_body:
                self._add(Rank.ROW, at, prefix=self._header())
            self._block = at
            return
        self._table = ""
        title, opened, table = kind is Kind.HEADING, kind is Kind.OPENING, kind is Kind.HEADER
        item = line.item >= 0
        lazy = not (blank or opened or table)
        inner = self._list is not None and not item and not title and (lazy or self.text[at] in " \t")
        if not inner and not item:
            self._list = None
        starts = blank or title or opened or table or first_row or item or kind is Kind.RULE
        if kind is not Kind.UNDERLINE:
            self._add_before(line, inner=inner, starts=starts, apart=blank or title)
        if table and not self._begin_table(line):
            return
        if item:
            self._list = line.item if self._list is None else min(self._list, line.item)
        if opened:
            self.fence, self._fence_body = line.fence, line.end + 1
        if starts and not inner:
            self._block = at
        self._title = (at if self._title is None else self._title) if title else None

    def _begin_table(self, line: Line) -> bool:
        """Remember the table's header rows; return False for a table that exceeds the number allowed."""
        if self._tables_left is not None:
            if not self._tables_left:
                self.stop = line.start if self._title is None else self._title
                return False
            self._tables_left -= 1
        end = self.text.find("\n", line.end + 1)
        end = len(self.text) if end < 0 else end
        self._table = f"{self.text[line.start : end]}\n"
        self._table_body = end + 1
        return True

    def _add_before(self, line: Line, *, inner: bool, starts: bool, apart: bool) -> None:
        """Add the place before a line of text."""
        if line.item >= 0:
            rank = Rank.NESTED if self._list is not None and line.item > self._list + 1 else Rank.ITEM
        elif inner:
            rank = Rank.INNER_BLOCK if starts else Rank.INNER_LINE
        elif starts:
            rank = Rank.BLOCK if apart else Rank.ITEM
        else:
            rank = Rank.LINE
        self._add(Rank.TITLE if self._title is not None else rank, line.start)

    def _add(
        self, rank: Rank, at: int, *, end: int | None = None, fence: Fence | None = None, prefix: str = ""
    ) -> None:
        """Add a place, if a part can end there. ``end`` is where the part's text ends; by default the end of the line
        before."""
        end = self._end if end is None else end
        if end > self.skip and end + _room(fence) <= self.limit:
            self._breaks.append(Break(rank, at, fence, prefix))

    def _header(self) -> str:
        """Return the header rows for the next part; empty if they would fill more than half of it."""
        return self._table if len(self._table) <= self.limit // 2 else ""

    def _seam(self) -> Fence | None:
        """Return the open fence; None if closing and reopening it would take more than half of a part."""
        if self.fence is None or _room(self.fence) + len(self.fence.opener) + 1 > self.limit // 2:
            return None
        return self.fence

    # The methods below choose among the places.

    def choose(self) -> Break:
        """Return the best place to end the part."""
        best = self._choose()
        return best._replace(prefix=self._quote(best.at)) if best.rank in _RUNNING and not best.fence else best

    def _choose(self) -> Break:
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
        """Return the ends of sentences and words in the block that the window ends in."""
        kept = len(self._breaks)
        sentence, word = (Rank.INNER_SENTENCE, Rank.INNER_WORD) if inner else (Rank.SENTENCE, Rank.WORD)
        fence = self._seam()
        start = max(self._block if self.fence is None else self._line, self.skip)
        for found in _WORD.finditer(self.text, start):
            self._add(word, found.end(), end=found.start(), fence=fence)
        if self.fence is None:
            for found in _SENTENCE.finditer(self.text, start):
                self._add(sentence, found.end(), end=found.start() + len(found[0].rstrip()))
        running, self._breaks[kept:] = self._breaks[kept:], []
        return running

    def _quote(self, at: int) -> str:
        """Return the quote marks of the line that a cut goes through; empty if there are none."""
        line = self.text.rfind("\n", 0, at) + 1
        found = _QUOTE.match(self.text, line)
        if found is None or line == at:
            return ""
        end = found.end()
        if at < end:  # the cut goes through the quote marks, between which are only blanks
            end = self.text.rfind(">", line, at) + 1
            end += bool(line < end < at)
        return self.text[line:end] if end - line <= self.limit // 2 else ""

    def _best_inline(self, places: list[Break]) -> Break | None:
        """Return the best place that leaves the part half full, outside of links, code and emphasis where possible."""
        if self.fence is not None:
            return _best(places, self.limit // 2)
        found = scan_inline(self.text[self._block :], unfinished=True)
        ranges = [(each.start, each.end) for each in found.spans]
        ranges += [(begun.start, len(self.text) + 1) for begun in found.open]
        clean = _outside(places, sorted(ranges), self._block)
        return _best(clean, self.limit // 2) or _best(clean, self.limit // 8) or _best(places, self.limit // 2)

    def _hard(self) -> Break:
        """Return a place in the middle of a word, but not in the middle of what a reader sees as one character."""
        fence = self._seam()
        at = max(self.limit - _room(fence), self.skip + 1)
        least = max(self.skip + 1, at - 32)
        whole = next((place for place in range(at, least - 1, -1) if not _joined(self.text, place)), at)
        return Break(Rank.INNER_WORD, whole, fence)


def _room(fence: Fence | None) -> int:
    """Return the number of characters needed to close the fence."""
    return 0 if fence is None else len(fence.closer) + 1


def _outside(places: list[Break], ranges: list[tuple[int, int]], start: int) -> list[Break]:
    """Return the places that are in none of the ranges, which count from ``start``."""
    clean: list[Break] = []
    reach = next_range = 0
    for place in sorted(places, key=lambda each: each.at):
        at = place.at - start
        while next_range < len(ranges) and ranges[next_range][0] < at:
            reach = max(reach, ranges[next_range][1])
            next_range += 1
        if at >= reach:
            clean.append(place)
    return clean


def _best(places: list[Break], least: int) -> Break | None:
    """Return the last place of the best rank at ``least`` or behind it; None if there is none."""
    far = [place for place in places if place.at >= least]
    return min(far, key=lambda place: (place.rank, -place.at), default=None)


def _joined(text: str, at: int) -> bool:
    """Return whether the characters around ``at`` form one grapheme (the common cases, not all of UAX 29)."""
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
    # A flag is a pair of regional indicators, so one belongs to an odd number of them before it.
    first = at
    while first and 0x1F1E6 <= ord(text[first - 1]) <= 0x1F1FF:
        first -= 1
    return (at - first) % 2 == 1
