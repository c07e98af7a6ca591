"""Tells what each line of a Markdown text is: a line of code, a row of a table, the first line of an item."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from gateway.markdown import tables

DEPTH = 24
"""Levels of nested quotes and list items that are told apart; what is nested deeper is text of the innermost one."""


class Kind(Enum):
    """What a line of Markdown is."""

    BLANK = "blank"
    TEXT = "text"
    HEADING = "heading"
    """A heading that begins with ``#``."""
    UNDERLINE = "underline"
    """The line of ``=`` or ``-`` that makes a heading of the paragraph above it (a setext heading)."""
    RULE = "rule"
    OPENING = "opening"
    """The first line of a fenced code block."""
    CODE = "code"
    CLOSING = "closing"
    INDENTED = "indented"
    """A line that is code because it is indented by four blanks."""
    HEADER = "header"
    """The first row of a table."""
    DELIMITER = "delimiter"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Fence:
    """The line that opened a fenced code block, in its parts."""

    lead: str
    """The text that keeps a line of the block in its quote or list item: quote marks and blanks."""
    mark: str
    info: str
    indent: int = 0
    """Columns between the block's list item or quote and the marks of the fence."""

    @property
    def opener(self) -> str:
        """The line that opens the block again in the next part."""
        return f"{self.lead}{self.mark}{self.info}"

    @property
    def closer(self) -> str:
        """The line that closes the block."""
        return f"{self.lead}{self.mark}"

    def closed_by(self, line: str) -> bool:
        """Return whether the line closes the block: nothing but marks of this fence, and enough of them."""
        return self.ended_by(line.strip(" \t>"))

    def ended_by(self, bare: str) -> bool:
        """Return whether the line, without the blanks and quote marks around it, closes the block."""
        return len(bare) >= len(self.mark) and not bare.strip(self.mark[0])


class Line(NamedTuple):
    """A line of a text; offsets count from the start of the text."""

    kind: Kind
    start: int
    end: int
    """Offset of the line's end, without its line break."""
    content: int
    """Offset at which the line's own text begins, behind blanks and the marks of quotes and list items."""
    starts: bool
    """Whether the line begins a block, rather than continuing the one above it."""
    item: int
    """The column of the last marker of a list item on this line; -1 for none."""
    items: int
    """Number of list items the line is in."""
    quotes: int
    """Number of quotes the line is in."""
    fence: Fence | None = None
    """The fenced code block the line belongs to; None outside of one."""


class Block(NamedTuple):
    """Lines that belong together: a paragraph with its underline, a code block, a table, a run of blank lines."""

    kind: Kind
    """The kind of the block's first line; a paragraph with an underline is ``UNDERLINE``."""
    lines: tuple[Line, ...]

    @property
    def start(self) -> int:
        return self.lines[0].start

    @property
    def end(self) -> int:
        return self.lines[-1].end


_BLANKS = re.compile(r"[ \t]*+")
_MARKER = re.compile(r"(?:[-*+]|(\d{1,9})[.)])(?=[ \t]|$)")
_RULE = re.compile(r"(?:(?:-[ \t]*+){3,}+|(?:\*[ \t]*+){3,}+|(?:_[ \t]*+){3,}+)$")
_HEADING = re.compile(r"#{1,6}(?=[ \t]|$)")
_UNDERLINE = re.compile(r"(?:=++|-++)[ \t]*+$")
_FENCE = re.compile(r"(?P<mark>`{3,}+(?=[^`]*+$)|~{3,}+)(?P<info>.*+)$")
_NOT_LEAD = re.compile(r"[^ \t>]")
_QUOTE = -1
"""The entry for a quote among the open containers; the entry for a list item is the number of columns its content is
indented by."""


class Scanner:
    """Tells what each line of a text is, in one pass. When ``lines`` has ended, ``fence`` is the fenced code block that
    is still open, or None."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.fence: Fence | None = None
        self._containers: list[int] = []
        self._last_quote = -1
        """The index of the innermost quote among the containers; -1 for none."""
        self._paragraph = False
        """Whether the previous line belongs to a paragraph that may continue."""
        self._table = False
        self._delimiter = False
        """Whether the current line is known to be a table's delimiter row."""
        self._indented = False
        self._begun = False
        """Whether a line that is not blank was seen."""

    def lines(self) -> Iterator[Line]:
        """Yield the lines in order."""
        text, start, size = self.text, 0, len(self.text)
        while start <= size:
            end = text.find("\n", start)
            if end < 0:
                end = size
            yield self._line(start, end)
            start = end + 1

    def _line(self, start: int, end: int) -> Line:
        text = self.text
        at, column = self._skip(start, 0, end)
        base = matched = 0
        for container in self._containers:
            if container == _QUOTE:
                if at >= end or column - base > 3 or text[at] != ">":
                    break
                at, column, base = self._behind_quote(at, column, end)
            elif at < end:
                if column - base < container:
                    break
                base += container
            matched += 1
        if self.fence is not None:
            if matched > self._last_quote:
                return self._in_fence(self.fence, start, end, at, column - base)
            self.fence = None  # the quote that the code block was in has ended
        if at >= end:
            return self._blank(start, end, matched)
        return self._text(start, end, at, column, base, matched)

    def _skip(self, at: int, column: int, end: int) -> tuple[int, int]:
        """Return the offset and the column behind the blanks."""
        found = _BLANKS.match(self.text, at, end)
        behind = at if found is None else found.end()
        if behind == at:
            return at, column
        if self.text.find("\t", at, behind) < 0:
            return behind, column + behind - at
        for character in self.text[at:behind]:
            column += 4 - column % 4 if character == "\t" else 1
        return behind, column

    def _behind_quote(self, at: int, column: int, end: int) -> tuple[int, int, int]:
        """Return the offset and column of the text behind a quote mark, and the column from which its indent counts."""
        base = column + 1
        if at + 1 < end and self.text[at + 1] in " \t":
            base += 1
        at, column = self._skip(at + 1, column + 1, end)
        return at, column, base

    def _in_fence(self, fence: Fence, start: int, end: int, at: int, indent: int) -> Line:
        kind = Kind.CODE
        if indent <= max(3, fence.indent) and self.text.startswith(fence.mark, at, end):
            bare = self.text[at:end].rstrip(" \t")
            if fence.ended_by(bare):
                self.fence, kind = None, Kind.CLOSING
        return self._made(kind, start, end, at, starts=False, fence=fence)

    def _blank(self, start: int, end: int, matched: int) -> Line:
        if matched <= self._last_quote:
            self._close(matched)
        self._paragraph = self._table = False
        return self._made(Kind.BLANK, start, end, end, starts=False)

    def _text(self, start: int, end: int, at: int, column: int, base: int, matched: int) -> Line:
        text = self.text
        here = len(self._containers)
        lazy = matched < here
        """Whether the line is outside of the open containers, where only a paragraph may continue."""
        marker, delimiter = -1, self._delimiter
        self._delimiter = False
        while not delimiter and at < end and column - base < 4 and len(self._containers) < DEPTH:
            character = text[at]
            if character == ">":
                self._enter(_QUOTE, matched)
                at, column, base = self._behind_quote(at, column, end)
            elif character in "-*+0123456789" and (found := self._marker(at, end, lazy=lazy)) is not None:
                behind, behind_column = self._skip(found.end(), column + found.end() - at, end)
                blanks = behind_column - column - (found.end() - at)
                width = column - base + found.end() - at + (blanks if 0 < blanks < 5 and behind < end else 1)
                marker = column
                self._enter(width, matched)
                at, column, base = behind, behind_column, base + width
            else:
                break
            matched = len(self._containers)
            lazy = False
        kind, starts = self._leaf(at, end, column - base, lazy=lazy, delimiter=delimiter)
        if lazy and starts:
            self._close(matched)
        self._settle(kind, empty=at >= end)
        if kind is Kind.OPENING:
            self._open(start, end, at, column - base)
        return self._made(kind, start, end, at, starts=starts or marker >= 0, item=marker, fence=self.fence)

    def _marker(self, at: int, end: int, *, lazy: bool) -> re.Match[str] | None:
        """Return the marker of a list item that begins here; None if there is none."""
        found = _MARKER.match(self.text, at, end)
        if found is None or (self.text[at] in "-*" and _RULE.match(self.text, at, end) is not None):
            return None
        if self._paragraph and not lazy:
            # Within a paragraph a number is more often the end of a sentence, and a dash an underline.
            behind = _BLANKS.match(self.text, found.end(), end)
            if found[1] not in (None, "1") or behind is None or behind.end() >= end:
                return None
        return found

    def _enter(self, container: int, matched: int) -> None:
        if len(self._containers) > matched:
            self._close(matched)
        if container == _QUOTE:
            self._last_quote = len(self._containers)
        self._containers.append(container)
        self._paragraph = self._table = self._indented = False

    def _close(self, matched: int) -> None:
        del self._containers[matched:]
        if self._last_quote >= matched:
            self._last_quote = next((n for n in range(matched - 1, -1, -1) if self._containers[n] == _QUOTE), -1)
        self._paragraph = self._table = self._indented = False

    def _leaf(self, at: int, end: int, indent: int, *, lazy: bool, delimiter: bool) -> tuple[Kind, bool]:
        """Return what the text of the line is, and whether it begins a block."""
        text = self.text
        if at >= end:
            return Kind.TEXT, True  # the empty first line of an item or a quote
        character = text[at]
        if character in "`~" and (indent < 4 or self._containers or not self._begun) and _FENCE.match(text, at, end):
            return Kind.OPENING, True
        if delimiter:
            return Kind.DELIMITER, False
        if indent >= 4 and not self._paragraph:
            return Kind.INDENTED, not self._indented or lazy
        if indent < 4:
            if character == "#" and _HEADING.match(text, at, end):
                return Kind.HEADING, True
            if character in "=-" and self._paragraph and not lazy and _UNDERLINE.match(text, at, end):
                return Kind.UNDERLINE, False
            if character in "-*_" and _RULE.match(text, at, end):
                return Kind.RULE, True
        if text.find("|", at, end) >= 0:
            if self._table and not lazy:
                return Kind.ROW, False
            if not (lazy and self._paragraph) and self._opens_table(at, end):
                return Kind.HEADER, True
        return Kind.TEXT, not self._paragraph

    def _opens_table(self, at: int, end: int) -> bool:
        following = end + 1
        if following >= len(self.text):
            return False
        stop = self.text.find("\n", following)
        stop = len(self.text) if stop < 0 else stop
        following, _ = self._skip(following, 0, stop)
        for _ in range(self._containers.count(_QUOTE)):
            if not self.text.startswith(">", following):
                return False
            following, _ = self._skip(following + 1, 0, stop)
        self._delimiter = tables.opens(self.text[at:end], self.text[following:stop])
        return self._delimiter

    def _settle(self, kind: Kind, *, empty: bool) -> None:
        self._begun = True
        self._paragraph = kind is Kind.TEXT and not empty
        self._indented = kind is Kind.INDENTED
        self._table = kind in (Kind.DELIMITER, Kind.ROW)

    def _open(self, start: int, end: int, at: int, indent: int) -> None:
        found = _FENCE.match(self.text, at, end)
        assert found is not None
        # The block that is opened again in the next part is no new list item, so the marker becomes indent.
        lead = _NOT_LEAD.sub(" ", self.text[start:at])
        self.fence = Fence(lead=lead, mark=found["mark"], info=found["info"].rstrip(), indent=indent)

    def _made(
        self, kind: Kind, start: int, end: int, at: int, *, starts: bool, item: int = -1, fence: Fence | None = None
    ) -> Line:
        quotes = self._containers.count(_QUOTE) if self._last_quote >= 0 else 0
        return Line(kind, start, end, at, starts, item, len(self._containers) - quotes, quotes, fence)


def scan_lines(text: str) -> Iterator[Line]:
    """Yield each line of the text, with what it is."""
    return Scanner(text).lines()


def scan_blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of the text; their lines joined by line breaks are the text again."""
    held: list[Line] = []
    for line in scan_lines(text):
        if held and not _goes_on(held[-1], line):
            yield _block(held)
            held = []
        held.append(line)
    yield _block(held)


_CODE = (Kind.CODE, Kind.CLOSING)


def _goes_on(before: Line, line: Line) -> bool:
    if line.kind is Kind.BLANK:
        return before.kind is Kind.BLANK
    if line.kind in _CODE:
        return True
    return not line.starts and before.kind is not Kind.BLANK and before.kind is not Kind.CLOSING


def _block(held: list[Line]) -> Block:
    kind = Kind.UNDERLINE if held[-1].kind is Kind.UNDERLINE else held[0].kind
    return Block(kind, tuple(held))
