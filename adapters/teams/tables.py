"""Renders tables as an Adaptive Card's table, or as aligned text."""

from typing import Any

from gateway.markdown import tables
from gateway.markdown.edits import Edit, edited
from gateway.markdown.inline import scan_inline
from gateway.markdown.parts import Table, parts
from gateway.markdown.words import cell_text


def has_table(markdown: str) -> bool:
    """Return whether Markdown contains a table."""
    return "|" in markdown and any(isinstance(part, Table) for part in parts(markdown))


def element(table: Table) -> dict[str, Any]:
    """Return the table as an element of a card; the Markdown in its cells is unchanged."""
    rows = [{"type": "TableRow", "cells": [_cell(text) for text in row]} for row in table.rows]
    columns = [{"width": 1, "horizontalCellContentAlignment": align.capitalize()} for align in table.align]
    return {"type": "Table", "firstRowAsHeader": True, "gridStyle": "default", "columns": columns, "rows": rows}


def _cell(cell: str) -> dict[str, Any]:
    if "<" in cell:
        breaks = [span for span in scan_inline(cell).spans if span.kind == "break"]
        cell = edited(cell, [Edit(span.start, span.end, "\n\n") for span in breaks])
    return {"type": "TableCell", "items": [{"type": "TextBlock", "text": cell or " ", "wrap": True}]}


def as_text(table: Table) -> str:
    """Return the rows with padded columns, for where no table can be shown; the table's source where padding makes it
    long."""
    rows = [[cell_text(cell) for cell in row] for row in table.rows]
    widths = tables.column_widths(rows)
    if (sum(widths) + 2 * len(widths)) * len(rows) > 2 * len(table.source) + 1_000:
        return table.source
    return "\n".join(tables.padded(rows, table.align))
