"""Reads GFM's tables: which lines open one, the cells of a row, and columns aligned in a fixed-width font."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal

Align = Literal["left", "center", "right"]

_DELIMITER = re.compile(r"[ \t]*+\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+$")
_PIPE = re.compile(r"\\.|(\|)", re.DOTALL)


def opens(header: str, delimiter: str) -> bool:
    """Return whether these two lines begin a table."""
    return (
        "|" in header
        and ("|" in delimiter or ":" in delimiter)
        and _DELIMITER.match(delimiter) is not None
        and len(cells(header)) == len(cells(delimiter))
    )


def like_row(line: str) -> bool:
    """Return whether the line would be a table's header row if a delimiter row followed."""
    return line.lstrip().startswith("|")


def cells(row: str) -> list[str]:
    r"""Return the cells of a row, without the blanks around them; ``\|`` in a cell is a bar."""
    row = row.strip()
    if row.startswith("|"):
        row = row[1:]
    found, start = list[str](), 0
    for end in _bars(row):
        found.append(row[start:end])
        start = end + 1
    if not found or row[start:].strip():
        found.append(row[start:])
    return [cell.strip().replace("\\|", "|") for cell in found]


def _bars(row: str) -> Iterator[int]:
    """Return the offsets of the bars that separate cells."""
    if "\\" in row:
        return (found.start() for found in _PIPE.finditer(row) if found[1])
    return (at for at, character in enumerate(row) if character == "|")


def alignment(delimiter: str) -> tuple[Align, ...]:
    """Return how a table's columns are aligned, read from its delimiter row."""
    return tuple(_aligned(cell) for cell in cells(delimiter))


def _aligned(cell: str) -> Align:
    if cell.endswith(":"):
        return "center" if cell.startswith(":") else "right"
    return "left"


def padded(rows: Sequence[Sequence[str]], align: Sequence[Align]) -> list[str]:
    """Return the rows as lines whose columns are aligned in a fixed-width font."""
    widths = column_widths(rows)
    return [_line(row, widths, align) for row in rows]


def column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the width of each column of the padded rows."""
    return [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]


def _width(text: str) -> int:
    """Return the width of a text in a fixed-width font, where an ideograph takes two columns and an accent none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(1 for character in text if unicodedata.combining(character))


def _line(row: Sequence[str], widths: Sequence[int], align: Sequence[Align]) -> str:
    found: list[str] = []
    for cell, width, how in zip(row, widths, align, strict=True):
        room = width - _width(cell)
        left = {"left": 0, "right": room, "center": room // 2}[how]
        found.append(" " * left + cell + " " * (room - left))
    return "  ".join(found).rstrip()
