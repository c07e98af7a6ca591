"""Renders tables as Slack's native table, or as aligned text in a code block."""

from collections.abc import Iterator
from typing import Any

from adapters.slack.limits import TABLE_COLUMNS, TABLE_ROWS, TABLE_TEXT
from adapters.slack.markdown import shown
from adapters.slack.text_objects import element
from gateway.markdown import tables
from gateway.markdown.code import fenced
from gateway.markdown.parts import Table, parts
from gateway.markdown.words import cell_text, read_words


def split(markdown: str) -> Iterator[str | Table]:
    """Return the Markdown between tables, as Slack reads it, and the tables, in order."""
    text: list[str] = []
    for part in parts(markdown):
        if not isinstance(part, Table):
            text.append(shown(part))
            continue
        if any(each.strip() for each in text):
            yield "\n".join(text)
        text = []
        yield part
    if any(each.strip() for each in text):
        yield "\n".join(text)


def fits(table: Table) -> bool:
    """Return whether the table fits into Slack's table block."""
    text = sum(len(cell) or 1 for row in table.rows for cell in row)
    return len(table.rows) <= TABLE_ROWS and len(table.align) <= TABLE_COLUMNS and text <= TABLE_TEXT


def _cell(cell: str) -> dict[str, Any]:
    found = read_words(cell)
    text = "".join([each.text for each in found])
    if not any(each.styles or each.target for each in found) and "\n" not in text:
        return {"type": "raw_text", "text": (text.strip() and text) or " "}
    elements = [element(each) for each in found]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def block(table: Table) -> dict[str, Any]:
    """Return Slack's table block for a table that fits (``fits``)."""
    return {
        "type": "table",
        "rows": [[_cell(cell) for cell in row] for row in table.rows],
        "column_settings": [{"align": align, "is_wrapped": True} for align in table.align],
    }


def aligned(table: Table, *, limit: int) -> str:
    """Return the table as a code block with padded columns, or with its source where padding would exceed ``limit``
    characters."""
    rows = [[cell_text(cell) for cell in row] for row in table.rows]
    block = fenced("\n".join(tables.padded(rows, table.align)))
    return block if len(block) <= limit else fenced(table.source)
