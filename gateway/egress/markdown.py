"""The lines and spans of Markdown that ``split`` and ``heal`` must know: a scanner, not a parser.

CommonMark and GFM, as far as a cut or an unfinished end can spoil them. Everything here is pure and linear.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

_MARKER = r"(?:[-*+]|\d{1,9}[.)])"

ITEM = re.compile(rf"(?P<indent>[ \t]*)(?P<marker>{_MARKER})(?:[ \t]+|$)")
"""The first line of a list item."""
HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
"""A thematic break. It looks like a list item or like emphasis, so it must be asked for first."""
SETEXT = re.compile(r" {0,3}(?:-+|=+)[ \t]*$")
"""The underline that makes a heading of the line above it."""
QUOTE = re.compile(r"(?:[ \t]*>)+[ \t]?")
_FENCE = re.compile(rf"(?P<lead>(?:[ \t]*>)*[ \t]*(?:{_MARKER}[ \t]+)*)(?P<mark>`{{3,}}(?!.*`)|~{{3,}})(?P<info>.*)$")
_DELIMITER = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_PIPE = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Fence:
    """An open code fence."""

    lead: str
    """What keeps the block in its quote or list item: marks and indent."""
    mark: str
    info: str

    @property
    def opener(self) -> str:
        """The line that opens it again."""
        return f"{self.lead}{self.mark}{self.info}"

    @property
    def closer(self) -> str:
        return f"{self.lead}{self.mark}"

    def closed_by(self, line: str) -> bool:
        bare = line.strip(" \t>")
        return len(bare) >= len(self.mark) and not bare.strip(self.mark[0])

    def left_by(self, line: str) -> bool:
        """Whether the quote the block lives in has ended, and the block with it."""
        return ">" in self.lead and not line.lstrip().startswith(">")


def fence(line: str) -> Fence | None:
    """The fence this line opens."""
    if "```" not in line and "~~~" not in line:
        return None
    found = _FENCE.match(line)
    if found is None:
        return None
    # Opened a second time the block is no new list item: the marker becomes indent.
    lead = re.sub(r"[^ \t>]", " ", found["lead"])
    return Fence(lead=lead, mark=found["mark"], info=found["info"].rstrip())


def columns(row: str) -> int:
    """Cells in a table row."""
    bare = row.strip()
    if bare.startswith("|"):
        bare = bare[1:]
    if bare.endswith("|") and not bare.endswith("\\|"):
        bare = bare[:-1]
    return len(_PIPE.findall(bare)) + 1


def opens_table(header: str, delimiter: str) -> bool:
    """Whether these two lines start a GFM table."""
    return (
        "|" in delimiter
        and "|" in header
        and _DELIMITER.match(delimiter) is not None
        and columns(header) == columns(delimiter)
    )


def maybe_header(line: str) -> bool:
    """Whether the line is a table's header row, if a delimiter row should follow."""
    return line.lstrip().startswith("|")


class Open(NamedTuple):
    """Something inline that has begun and not ended."""

    mark: str
    """The run that opened it: backticks, asterisks, underscores, tildes; ``](`` for a link."""
    start: int
    inner: int
    """Where its content begins."""


class Spans(NamedTuple):
    """The inline constructs of one block of text."""

    closed: list[tuple[int, int]]
    open: list[Open]
    """In the order they were opened."""


_DEPTH = 64
"""Open emphases looked through for the one that ends: bounds the work on text made of nothing but marks."""
_TOKEN = re.compile(r"\\.|`+|\*+|_+|~~|!?\[|\]\(?", re.DOTALL)
_TARGET = re.compile(r"[^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)")
_HALF_TARGET = re.compile(r"(?:[^()\s]|\([^()\s]*\)?)*(?:\s+(?:\"[^\"]*\"?|'[^']*'?))?\s*$")


class _Inline:
    """One pass over a block: a simplified form of CommonMark's delimiter stack."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.closed: list[tuple[int, int]] = []
        self.emphasis: list[Open] = []
        self.brackets: list[int] = []
        self.last: list[Open] = []

    def scan(self) -> Spans:
        at = 0
        while (token := _TOKEN.search(self.text, at)) is not None:
            mark = token.group()
            if mark[0] == "`":
                at = self._code(token)
            elif mark[0] in "*_~":
                self._run(mark, token.start())
                at = token.end()
            elif mark.endswith("["):
                self.brackets.append(token.start())
                at = token.end()
            elif mark[0] == "]":
                at = self._bracket(mark, token.end())
            else:
                at = token.end()
        return Spans(self.closed, [*self.emphasis, *self.last])

    def _code(self, token: re.Match[str]) -> int:
        size = token.end() - token.start()
        end = re.compile(rf"(?<!`)`{{{size}}}(?!`)").search(self.text, token.end())
        if end is None:
            self.last.append(Open(token.group(), token.start(), token.end()))
            return len(self.text)
        self.closed.append((token.start(), end.end()))
        return end.end()

    def _bracket(self, mark: str, end: int) -> int:
        if not self.brackets:
            return end
        start = self.brackets.pop()
        if mark == "](":
            if (target := _TARGET.match(self.text, end)) is not None:
                end = target.end()
            elif _HALF_TARGET.match(self.text, end) is not None:
                self.last.append(Open("](", start, end - 2))
                return len(self.text)
        self.closed.append((start, end))
        return end

    def _run(self, mark: str, start: int) -> None:
        before = self.text[start - 1] if start else " "
        end = start + len(mark)
        after = self.text[end] if end < len(self.text) else " "
        # An asterisk between two letters or digits is far more often a product than emphasis.
        inside_word = before.isalnum() and after.isalnum()
        left, size = len(mark), 0
        if not before.isspace() and not (mark[0] == "_" and after.isalnum()):
            while left and (size := self._close(mark[0], left, end)):
                left -= size
        if left and not after.isspace() and not inside_word and (mark[0] != "_" or not before.isalnum()):
            self.emphasis.append(Open(mark[0] * left, end - left, end))

    def _close(self, char: str, left: int, end: int) -> int:
        """End the nearest emphasis of this kind with up to two of ``left`` marks; how many it took."""
        deepest = max(0, len(self.emphasis) - _DEPTH)
        for index in range(len(self.emphasis) - 1, deepest - 1, -1):
            opened = self.emphasis[index]
            if opened.mark[0] != char:
                continue
            size = 2 if left >= 2 and len(opened.mark) >= 2 else 1
            if char == "~" and size != 2:
                return 0
            del self.emphasis[index:]
            if len(opened.mark) > size:
                self.emphasis.append(Open(opened.mark[size:], opened.start, opened.inner))
            self.closed.append((opened.start, end))
            return size
        return 0


def spans(text: str) -> Spans:
    """The inline constructs of one block (a paragraph, an item, a row)."""
    return _Inline(text).scan()
