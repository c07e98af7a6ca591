"""Tables as Slack shows them: its native table, or aligned text in a code block."""

import re
from collections.abc import Iterator
from typing import Any

from adapters import gfm
from adapters.gfm import Table
from adapters.slack.limits import TABLE_COLUMNS, TABLE_ROWS, TABLE_TEXT

_INLINE = re.compile(
    r"(?P<code>`+)(?P<code_text>.+?)(?P=code)"
    r"|\[(?P<label>[^\[\]]+)\]\((?P<url>https?://[^\s()]+)\)"
    r"|(?P<bold>\*\*|__)(?P<bold_text>\S(?:.*?\S)?)(?P=bold)"
    r"|~~(?P<strike_text>\S(?:.*?\S)?)~~"
    r"|(?<![\w*])\*(?P<italic_text>[^\s*](?:[^*]*[^\s*])?)\*(?![\w*])"
)


def split(markdown: str) -> Iterator[str | Table]:
    """The Markdown between tables, code and all, and the tables, in order."""
    text: list[str] = []
    for part in gfm.parts(markdown):
        if not isinstance(part, Table):
            text.append(part if isinstance(part, str) else part.source)
            continue
        if any(each.strip() for each in text):
            yield "\n".join(text)
        text = []
        yield part
    if any(each.strip() for each in text):
        yield "\n".join(text)


def fits(table: Table) -> bool:
    """Whether it can be Slack's table block."""
    text = sum(len(cell) or 1 for row in table.rows for cell in row)
    return len(table.rows) <= TABLE_ROWS and len(table.align) <= TABLE_COLUMNS and text <= TABLE_TEXT


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
    """Slack's table block; the caller has seen that it fits (``fits``)."""
    return {
        "type": "table",
        "rows": [[_cell(cell) for cell in row] for row in table.rows],
        "column_settings": [{"align": align, "is_wrapped": True} for align in table.align],
    }


def aligned(table: Table, *, limit: int) -> str:
    """The table as a code block with padded columns, or with its source where padding would pass ``limit``."""
    body = "\n".join(gfm.padded(table.rows, table.align))
    if len(body) > limit:
        body = table.source
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", body)), default=0))
    return f"{fence}\n{body}\n{fence}"
