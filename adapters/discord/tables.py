"""Renders tables and code as Discord shows them: in blocks between three backticks, tables as aligned text. Pure."""

import re

from gateway.markdown import tables
from gateway.markdown.parts import Code, Table
from gateway.markdown.words import cell_text

_LANGUAGE = re.compile(r"[\w+#.-]*")
_RUNS = re.compile(r"`++")


def shown(part: Table | Code, *, limit: int) -> str:
    """Return a table or code in a code block of at most ``limit`` characters: a table aligned, else as written; as
    plain text if no block fits."""
    if isinstance(part, Code):
        block = _code(part)
        return block if len(block) <= limit else part.source
    for body in (_aligned(part), part.source):
        block = _block(body)
        if len(block) <= limit:
            return block
    return part.source


def _code(part: Code) -> str:
    """Return code in a fenced block. Discord knows no indented code and would show its indent, so that gets a fence
    too."""
    plain = _LANGUAGE.fullmatch(part.info)
    # Discord shows an info string that is more than a language as the first line of the code.
    block = _block(part.body, part.info) if plain else _block(f"{part.info}\n{part.body}")
    first, *others = block.split("\n")
    return "\n".join([part.lead + first, *(part.quote + line for line in others)])


def _block(body: str, language: str = "") -> str:
    """Return the code in a block, unchanged. Three backticks end any block of Discord's, however many began it, so a
    line that contains them goes between two blocks, as code of its own."""
    if "```" not in body:
        return f"```{language}\n{body}\n```"
    pieces: list[str] = []
    held: list[str] = []
    for line in body.split("\n"):
        if "```" not in line:
            held.append(line)
            continue
        if held:
            pieces.append("\n".join([f"```{language}", *held, "```"]))
            held = []
        pieces.append(_line_of_code(line))
    if held:
        pieces.append("\n".join([f"```{language}", *held, "```"]))
    return "\n".join(pieces)


def _line_of_code(line: str) -> str:
    runs = {len(run) for run in _RUNS.findall(line)}
    if size := next((size for size in (1, 2) if size not in runs), None):
        return f"{'`' * size} {line} {'`' * size}"
    return re.sub(r"([`*_~|\\])", r"\\\1", line)


def _aligned(table: Table) -> str:
    rows = [[cell_text(cell) for cell in row] for row in table.rows]
    first, *others = tables.padded(rows, table.align)
    return "\n".join([first, "  ".join("─" * width for width in tables.column_widths(rows)), *others])
