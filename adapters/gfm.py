"""Tables and fenced code in Markdown (GFM), for platforms that show them in a way of their own."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

Align = Literal["left", "center", "right"]

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULE = re.compile(r":?-+:?")
_PIPE = re.compile(r"(?<!\\)\|")


class Table(NamedTuple):
    """Rows of cells as wide as ``align``, the first of them the header; ``source`` is the Markdown it came from."""

    rows: tuple[tuple[str, ...], ...]
    align: tuple[Align, ...]
    source: str


class Code(NamedTuple):
    """A fenced block; ``info`` is what stands behind the opening fence, ``source`` the Markdown it came from."""

    info: str
    body: str
    source: str


def parts(markdown: str) -> Iterator[str | Code | Table]:
    """The text, the code and the tables, in order; their sources joined by line breaks are the Markdown again."""
    if "|" not in markdown and "```" not in markdown and "~~~" not in markdown:
        yield markdown
        return
    lines = markdown.split("\n")
    text: list[str] = []
    at = 0
    while at < len(lines):
        found = _code(lines, at) or _table(lines, at)
        if found is None:
            text.append(lines[at])
            at += 1
            continue
        if text:
            yield "\n".join(text)
            text = []
        yield found
        at += found.source.count("\n") + 1
    if text:
        yield "\n".join(text)


def _code(lines: Sequence[str], at: int) -> Code | None:
    opened = _FENCE.match(lines[at])
    if opened is None:
        return None
    fence = opened[1]
    end = at + 1
    while end < len(lines) and not _closes(lines[end], fence):
        end += 1
    info = lines[at].strip().lstrip(fence[0]).strip()
    return Code(info, "\n".join(lines[at + 1 : end]), "\n".join(lines[at : end + 1]))


def _closes(line: str, fence: str) -> bool:
    closing = _FENCE.match(line)
    return closing is not None and closing[1].startswith(fence) and not line.strip().strip(fence[0])


def _table(lines: Sequence[str], at: int) -> Table | None:
    if "|" not in lines[at] or at + 1 == len(lines) or (align := _alignment(lines[at + 1])) is None:
        return None
    header = _cells(lines[at])
    if len(header) != len(align):
        return None
    end = at + 2
    while end < len(lines) and "|" in lines[end]:
        end += 1
    width = len(align)
    rows = [header, *(_cells(line)[:width] for line in lines[at + 2 : end])]
    padded = tuple(tuple(row + [""] * (width - len(row))) for row in rows)
    return Table(padded, align, "\n".join(lines[at:end]))


def _cells(line: str) -> list[str]:
    found = _PIPE.split(line.strip().removeprefix("|"))
    if len(found) > 1 and not found[-1].strip():
        found.pop()
    return [cell.strip().replace("\\|", "|") for cell in found]


def _alignment(line: str) -> tuple[Align, ...] | None:
    if "-" not in line or ("|" not in line and ":" not in line):
        return None
    cells = _cells(line)
    return tuple(_one(cell) for cell in cells) if all(_RULE.fullmatch(cell) for cell in cells) else None


def _one(cell: str) -> Align:
    if cell.endswith(":"):
        return "center" if cell.startswith(":") else "right"
    return "left"


def padded(rows: Sequence[Sequence[str]], align: Sequence[Align]) -> list[str]:
    """The rows as lines of a fixed-width font, their columns under each other."""
    widths = column_widths(rows)
    return [_line(row, widths, align) for row in rows]


def column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """How wide each column of the padded rows is."""
    return [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]


def _width(text: str) -> int:
    """Columns in a fixed-width font, where an ideograph takes two and an accent none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(1 for character in text if unicodedata.combining(character))


def _line(row: Sequence[str], widths: Sequence[int], align: Sequence[Align]) -> str:
    cells: list[str] = []
    for cell, width, how in zip(row, widths, align, strict=True):
        room = width - _width(cell)
        left = {"left": 0, "right": room, "center": room // 2}[how]
        cells.append(" " * left + cell + " " * (room - left))
    return "  ".join(cells).rstrip()
