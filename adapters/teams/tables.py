"""Tables as Teams shows them: an Adaptive Card's table, else aligned text."""

from typing import Any

from adapters import gfm
from adapters.gfm import Table


def has_table(markdown: str) -> bool:
    """Whether there is a table in it."""
    return "|" in markdown and any(isinstance(part, Table) for part in gfm.parts(markdown))


def element(table: Table) -> dict[str, Any]:
    """As the element of a card; a cell's Markdown stays as it was."""
    rows = [{"type": "TableRow", "cells": [_cell(text) for text in row]} for row in table.rows]
    columns = [{"width": 1, "horizontalCellContentAlignment": align.capitalize()} for align in table.align]
    return {"type": "Table", "firstRowAsHeader": True, "gridStyle": "default", "columns": columns, "rows": rows}


def _cell(text: str) -> dict[str, Any]:
    return {"type": "TableCell", "items": [{"type": "TextBlock", "text": text or " ", "wrap": True}]}


def as_text(table: Table) -> str:
    """The rows with padded columns, for where no table can be shown; as it was written where padding makes it long."""
    widths = gfm.column_widths(table.rows)
    if (sum(widths) + 2 * len(widths)) * len(table.rows) > 2 * len(table.source) + 1_000:
        return table.source
    return "\n".join(gfm.padded(table.rows, table.align))
