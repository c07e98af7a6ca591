"""GFM tables: found in Markdown (never inside code), shown as Slack's native table or as aligned text."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from adapters.slack.limits import TABLE_COLUMNS, TABLE_ROWS, TABLE_TEXT

Align = Literal["left", "center", "right"]

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULE_CELL = re.compile(r":?-+:?")
_PIPE = re.compile(r"(?<!\\)\|")
_INLINE = re.compile(
    r"(?P<code>`+)(?P<code_text>.+?)(?P=code)"
    r"|\[(?P<label>[^\[\]]+)\]\((?P<url>https?://[^\s()]+)\)"
    r"|(?P<bold>\*\*|__)(?P<bold_text>\S(?:.*?\S)?)(?P=bold)"
    r"|~~(?P<strike_text>\S(?:.*?\S)?)~~"
    r"|(?<![\w*])\*(?P<italic_text>[^\s*](?:[^*]*[^\s*])?)\*(?![\w*])"
)


class Table(NamedTuple):
    """A parsed table; ``source`` is the Markdown it came from."""

    rows: tuple[tuple[str, ...], ...]
    align: tuple[Align, ...]
    source: str

    @property
    def native(self) -> bool:
        """Whether it fits Slack's table block."""
        text = sum(len(cell) or 1 for row in self.rows for cell in row)
        return len(self.rows) <= TABLE_ROWS and len(self.align) <= TABLE_COLUMNS and text <= TABLE_TEXT


def _cells(line: str) -> list[str]:
    line = line.strip()
    parts = _PIPE.split(line)
    if line.startswith("|"):
        parts = parts[1:]
    if len(parts) > 1 and not parts[-1].strip():
        parts = parts[:-1]
    return [part.strip().replace("\\|", "|") for part in parts]


def _alignment(line: str) -> tuple[Align, ...] | None:
    if "-" not in line or ("|" not in line and ":" not in line):
        return None
    cells = _cells(line)
    if not cells or not all(_RULE_CELL.fullmatch(cell) for cell in cells):
        return None

    def one(cell: str) -> Align:
        if cell.endswith(":"):
            return "center" if cell.startswith(":") else "right"
        return "left"

    return tuple(one(cell) for cell in cells)


def _row(line: str, width: int) -> tuple[str, ...]:
    cells = _cells(line)[:width]
    return tuple(cells + [""] * (width - len(cells)))


def split(markdown: str) -> Iterator[str | Table]:
    """The Markdown between tables, and the tables, in order."""
    if "|" not in markdown or "-" not in markdown:
        yield markdown
        return
    lines = markdown.split("\n")
    text: list[str] = []
    fence = ""
    at = 0
    while at < len(lines):
        line = lines[at]
        opened = _FENCE.match(line)
        if fence:
            if opened and opened[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif opened:
            fence = opened[1]
        elif "|" in line and at + 1 < len(lines) and (align := _alignment(lines[at + 1])):
            header = _cells(line)
            if len(header) == len(align):
                end = at + 2
                while end < len(lines) and "|" in lines[end] and lines[end].strip():
                    end += 1
                if any(part.strip() for part in text):
                    yield "\n".join(text)
                text = []
                rows = [tuple(header), *(_row(each, len(align)) for each in lines[at + 2 : end])]
                yield Table(tuple(rows), align, "\n".join(lines[at:end]))
                at = end
                continue
        text.append(line)
        at += 1
    if any(part.strip() for part in text):
        yield "\n".join(text)


def _inline(cell: str) -> list[dict[str, Any]]:
    """A cell's Markdown as rich-text elements: links, bold, italic, strike, code; nesting is left as written."""
    elements: list[dict[str, Any]] = []
    end = 0

    def plain(text: str) -> None:
        if text:
            elements.append({"type": "text", "text": text})

    for match in _INLINE.finditer(cell):
        plain(cell[end : match.start()])
        if match["label"]:
            elements.append({"type": "link", "url": match["url"], "text": match["label"]})
        else:
            style = next(name for name in ("code", "bold", "strike", "italic") if match[f"{name}_text"])
            elements.append({"type": "text", "text": match[f"{style}_text"], "style": {style: True}})
        end = match.end()
    plain(cell[end:])
    return elements


def _cell(text: str) -> dict[str, Any]:
    elements = _inline(text)
    if len(elements) <= 1 and not any("style" in each or "url" in each for each in elements):
        return {"type": "raw_text", "text": text or " "}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def block(table: Table) -> dict[str, Any]:
    """Slack's table block; the caller has seen that it fits (``Table.native``)."""
    return {
        "type": "table",
        "rows": [[_cell(cell) for cell in row] for row in table.rows],
        "column_settings": [{"align": align, "is_wrapped": True} for align in table.align],
    }


def aligned(table: Table, *, limit: int) -> str:
    """The table as a code block with padded columns, or with its source where padding would pass ``limit``."""
    widths = [max(len(row[column]) for row in table.rows) for column in range(len(table.align))]
    body = "\n".join(_pad(row, widths, table.align) for row in table.rows)
    if len(body) > limit:
        body = table.source
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", body)), default=0))
    return f"{fence}\n{body}\n{fence}"


def _pad(row: Sequence[str], widths: Sequence[int], align: Sequence[Align]) -> str:
    pads = {"left": str.ljust, "center": str.center, "right": str.rjust}
    return "  ".join(pads[how](cell, width) for cell, width, how in zip(row, widths, align, strict=True)).rstrip()
