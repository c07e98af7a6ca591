"""Tables and code as Discord shows them: in blocks between three backticks, tables as aligned text."""

import re

from adapters import gfm
from adapters.gfm import Code, Table

_MARKS = re.compile(r"(\*\*|__|~~|`)(?=[^\s`*_~])(.+?)(?<=[^\s`*_~])\1")
_LINK = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)")
_LANGUAGE = re.compile(r"[\w+#.-]*")
_BREAK = "\u200b"


def shown(part: Table | Code, *, limit: int) -> str:
    """It in a code block of at most ``limit`` characters: a table aligned, else as it was written; else bare."""
    if isinstance(part, Code):
        # More than a language is the first line of the code to Discord.
        plain = _LANGUAGE.fullmatch(part.info)
        block = _block(part.body, part.info) if plain else _block(f"{part.info}\n{part.body}")
        return block if len(block) <= limit else part.source
    for body in (_aligned(part), part.source):
        block = _block(body)
        if len(block) <= limit:
            return block
    return part.source


def _block(body: str, language: str = "") -> str:
    # Three backticks always end a block of Discord's, however many began it.
    return f"```{language}\n{body.replace('```', f'``{_BREAK}`')}\n```"


def _aligned(table: Table) -> str:
    rows = [[_plain(cell) for cell in row] for row in table.rows]
    lines = gfm.padded(rows, table.align)
    return "\n".join([lines[0], "  ".join("─" * width for width in gfm.column_widths(rows)), *lines[1:]])


def _plain(cell: str) -> str:
    """A cell without the marks that a code block would show."""
    return _LINK.sub(r"\1 (\2)", _MARKS.sub(r"\2", cell))
