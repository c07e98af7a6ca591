"""GFM tables: found in Markdown, never inside code; shown as an Adaptive Card's table, else as aligned text."""

import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

Align = Literal["Left", "Center", "Right"]

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULE = re.compile(r" *\|?(?: *:?-+:? *\|)* *:?-+:? *\|? *")
_PIPE = re.compile(r"(?<!\\)\|")


class Table(NamedTuple):
    """Rows of cells, the first of them the header."""

    rows: list[list[str]]
    align: list[Align]
    source: str
    """The Markdown it came from."""


class Code(NamedTuple):
    """A fenced block."""

    text: str
    language: str
    source: str


Part = str | Table | Code


def parts(markdown: str) -> Iterator[Part]:
    """What a text is made of, in order: Markdown, tables and fenced code."""
    if "|" not in markdown and "```" not in markdown and "~~~" not in markdown:
        yield markdown
        return
    lines = markdown.split("\n")
    plain: list[str] = []
    at = 0
    while at < len(lines):
        end, part = _block(lines, at)
        if part is None:
            plain.append(lines[at])
            at += 1
            continue
        if "".join(plain).strip():
            yield "\n".join(plain)
        plain = []
        yield part
        at = end
    if "".join(plain).strip():
        yield "\n".join(plain)


def has_table(markdown: str) -> bool:
    """Whether there is a table in it."""
    return "|" in markdown and any(isinstance(part, Table) for part in parts(markdown))


def _block(lines: list[str], at: int) -> tuple[int, Part | None]:
    line = lines[at]
    opened = _FENCE.match(line)
    if opened:
        return _code(lines, at, opened[1])
    if "|" in line and at + 1 < len(lines) and (align := _alignment(lines[at + 1])):
        header = _cells(line)
        if len(header) == len(align):
            return _table(lines, at, header, align)
    return at, None


def _code(lines: list[str], at: int, fence: str) -> tuple[int, Code]:
    end = at + 1
    while end < len(lines) and not _closes(lines[end], fence):
        end += 1
    language = lines[at].strip().strip(fence[0]).strip()
    source = "\n".join(lines[at : end + 1])
    return end + 1, Code("\n".join(lines[at + 1 : end]), language, source)


def _closes(line: str, fence: str) -> bool:
    bare = line.strip()
    return len(bare) >= len(fence) and not bare.strip(fence[0])


def _table(lines: list[str], at: int, header: list[str], align: list[Align]) -> tuple[int, Table]:
    end = at + 2
    while end < len(lines) and "|" in lines[end]:
        end += 1
    width = len(header)
    rows = [header]
    for line in lines[at + 2 : end]:
        cells = _cells(line)[:width]
        rows.append(cells + [""] * (width - len(cells)))
    return end, Table(rows, align, "\n".join(lines[at:end]))


def _cells(line: str) -> list[str]:
    line = line.strip()
    found = _PIPE.split(line.removeprefix("|"))
    if len(found) > 1 and not found[-1].strip():
        found.pop()
    return [cell.strip().replace("\\|", "|") for cell in found]


def _alignment(line: str) -> list[Align] | None:
    if "|" not in line or not _RULE.fullmatch(line):
        return None
    return [_aligned(cell) for cell in _cells(line)]


def _aligned(cell: str) -> Align:
    if cell.endswith(":"):
        return "Center" if cell.startswith(":") else "Right"
    return "Left"


def element(table: Table) -> dict[str, Any]:
    """As the element of a card; a cell's Markdown stays as it was."""
    rows = [{"type": "TableRow", "cells": [_cell(text) for text in row]} for row in table.rows]
    columns = [{"width": 1, "horizontalCellContentAlignment": align} for align in table.align]
    return {"type": "Table", "firstRowAsHeader": True, "gridStyle": "default", "columns": columns, "rows": rows}


def _cell(text: str) -> dict[str, Any]:
    return {"type": "TableCell", "items": [{"type": "TextBlock", "text": text or " ", "wrap": True}]}


def as_text(table: Table) -> str:
    """The rows with padded columns, for where no table can be shown; as it was written where padding makes it long."""
    widths = [max(len(row[column]) for row in table.rows) for column in range(len(table.align))]
    if (sum(widths) + 2 * len(widths)) * len(table.rows) > 2 * len(table.source) + 1_000:
        return table.source
    columns = list(zip(widths, table.align, strict=True))
    return "\n".join(
        "  ".join(_padded(cell, width, align) for cell, (width, align) in zip(row, columns, strict=True)).rstrip()
        for row in table.rows
    )


def _padded(cell: str, width: int, align: Align) -> str:
    match align:
        case "Right":
            return cell.rjust(width)
        case "Center":
            return cell.center(width)
        case _:
            return cell.ljust(width)
