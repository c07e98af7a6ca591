"""GFM tables and code -> code blocks as Discord has them: between three backticks, and tables as aligned text."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

Align = Literal["left", "center", "right"]

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULE = re.compile(r":?-+:?")
_PIPE = re.compile(r"(?<!\\)\|")
_MARKS = re.compile(r"(\*\*|__|~~|`)(?=[^\s`*_~])(.+?)(?<=[^\s`*_~])\1")
_LANGUAGE = re.compile(r"[\w+#.-]*")
_BREAK = "\u200b"
_LINK = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)")


class Table(NamedTuple):
    """A parsed table; ``source`` is the Markdown it came from."""

    rows: tuple[tuple[str, ...], ...]
    align: tuple[Align, ...]
    source: str


class Code(NamedTuple):
    """Fenced code; ``source`` is the Markdown it came from."""

    language: str
    body: str
    source: str


def split(markdown: str) -> Iterator[str | Code | Table]:
    """The text, the code and the tables, in order; joined by line breaks they are the Markdown again."""
    lines = markdown.split("\n")
    text: list[str] = []
    at = 0
    while at < len(lines):
        if (opened := _FENCE.match(lines[at])) is not None:
            end = _fence_end(lines, at, opened[1])
            code = _code(lines[at:end], opened[1])
        elif (table := _table(lines, at)) is not None:
            if text:
                yield "\n".join(text)
                text = []
            yield table
            at += len(table.rows) + 1
            continue
        else:
            text.append(lines[at])
            at += 1
            continue
        if text:
            yield "\n".join(text)
            text = []
        yield code
        at = end
    if text:
        yield "\n".join(text)


def _code(lines: Sequence[str], fence: str) -> Code:
    closed = len(lines) > 1 and not lines[-1].strip().strip(fence[0]) and len(lines[-1].strip()) >= len(fence)
    info = lines[0].strip().lstrip(fence[0]).strip()
    body = list(lines[1:-1] if closed else lines[1:])
    if not _LANGUAGE.fullmatch(info):
        # More than a language is the first line of the code to Discord.
        info, body = "", [info, *body]
    return Code(info, "\n".join(body), "\n".join(lines))


def _fence_end(lines: Sequence[str], start: int, fence: str) -> int:
    for at in range(start + 1, len(lines)):
        closing = _FENCE.match(lines[at])
        if closing and closing[1].startswith(fence) and not lines[at].strip().strip(fence[0]):
            return at + 1
    return len(lines)


def _table(lines: Sequence[str], at: int) -> Table | None:
    if "|" not in lines[at] or at + 1 == len(lines) or (align := _alignment(lines[at + 1])) is None:
        return None
    header = _cells(lines[at])
    if len(header) != len(align):
        return None
    end = at + 2
    while end < len(lines) and "|" in lines[end] and lines[end].strip():
        end += 1
    rows = [header, *(_cells(line) for line in lines[at + 2 : end])]
    width = len(align)
    padded = tuple(tuple((row + [""] * width)[:width]) for row in rows)
    return Table(padded, align, "\n".join(lines[at:end]))


def _cells(line: str) -> list[str]:
    parts = _PIPE.split(line.strip())
    if line.strip().startswith("|"):
        parts = parts[1:]
    if len(parts) > 1 and not parts[-1].strip():
        parts = parts[:-1]
    return [part.strip().replace("\\|", "|") for part in parts]


def _alignment(line: str) -> tuple[Align, ...] | None:
    if "-" not in line or ("|" not in line and ":" not in line):
        return None
    cells = _cells(line)
    if not cells or not all(_RULE.fullmatch(cell) for cell in cells):
        return None
    return tuple(_one(cell) for cell in cells)


def _one(cell: str) -> Align:
    if cell.endswith(":"):
        return "center" if cell.startswith(":") else "right"
    return "left"


def shown(part: Table | Code, *, limit: int) -> str:
    """It in a code block of at most ``limit`` characters: a table aligned, else as it was written; else bare."""
    if isinstance(part, Code):
        block = _block(part.body, part.language)
        return block if len(block) <= limit else part.source
    for body in (_aligned(part), part.source):
        block = _block(body)
        if len(block) <= limit:
            return block
    return part.source


def _block(body: str, language: str = "") -> str:
    # Three backticks always end a block of Discord's, however many began it.
    return f"```{language}\n{body.replace('```', f'``{_BREAK}`')}\n```"


def _plain(cell: str) -> str:
    """A cell without the marks that a code block would show."""
    return _LINK.sub(r"\1 (\2)", _MARKS.sub(r"\2", cell))


def _width(text: str) -> int:
    """Columns in a fixed-width font, where an ideograph takes two and an accent none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(1 for character in text if unicodedata.combining(character))


def _aligned(table: Table) -> str:
    rows = [[_plain(cell) for cell in row] for row in table.rows]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(table.align))]
    lines = [_line(row, widths, table.align) for row in rows]
    return "\n".join([lines[0], "  ".join("─" * width for width in widths), *lines[1:]])


def _line(row: Sequence[str], widths: Sequence[int], align: Sequence[Align]) -> str:
    cells: list[str] = []
    for cell, width, how in zip(row, widths, align, strict=True):
        room = width - _width(cell)
        left = {"left": 0, "right": room, "center": room // 2}[how]
        cells.append(" " * left + cell + " " * (room - left))
    return "  ".join(cells).rstrip()
