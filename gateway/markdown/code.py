"""Finds code in a text, and puts text into a fenced block, whatever backticks it contains."""

import re
from typing import NamedTuple

from gateway.markdown.blocks import Block, Kind, scan_blocks
from gateway.markdown.inline import block_spans, scan_inline

_RUNS = re.compile(r"`++")


def longest_run(text: str) -> int:
    """Return the length of the longest run of backticks in the text."""
    return max((len(run) for run in _RUNS.findall(text)), default=0)


def fenced(text: str, info: str = "") -> str:
    """Return the text as a fenced code block."""
    fence = "`" * max(3, 1 + longest_run(text))
    return f"{fence}{info}\n{text}\n{fence}"


class CodeRange(NamedTuple):
    """The range of a piece of code, including its marks."""

    start: int
    end: int
    certain: bool
    """Whether every Markdown parser takes it for code: between backticks on one line, or between two fences of
    backticks."""


def code_ranges(text: str) -> list[CodeRange]:
    """Return the ranges of code in the text: fenced, indented and inline."""
    if "`" not in text and "~~~" not in text and "    " not in text and "\t" not in text:
        return []
    return [found for block in scan_blocks(text) for found in _in_block(text, block)]


class OpenCode(NamedTuple):
    """The end of a growing text, where that is code or may turn out to be."""

    start: int
    inline: bool
    """True for a code span, which is code only if it is closed later; False for a fenced block."""


def open_code(text: str) -> OpenCode | None:
    """Return the open code at the end of a text that is still being written; None if there is none."""
    if "`" not in text and "~~~" not in text:
        return None
    *_, block = scan_blocks(text)
    first, last = block.lines[0], block.lines[-1]
    if block.kind is Kind.OPENING:
        return None if last.kind is Kind.CLOSING else OpenCode(block.start, inline=False)
    if block.kind not in (Kind.TEXT, Kind.HEADING, Kind.HEADER, Kind.UNDERLINE):
        return None
    start = last.content if block.kind is Kind.HEADER else first.content
    if "`" in text[start:] and "|" in text[last.start :]:
        return OpenCode(start, inline=True)  # whether it is a row of a table is known only by the line below it
    opened = [each.start for each in scan_inline(text[start:], unfinished=True).open if each.mark[0] == "`"]
    return OpenCode(start + opened[0], inline=True) if opened else None


def _certain(text: str, block: Block) -> bool:
    first, last = block.lines[0], block.lines[-1]
    fence, body = first.fence, block.lines[1:-1]
    if last.kind is not Kind.CLOSING or fence is None or fence.mark[0] == "~" or fence.indent > 3 or first.quotes:
        return False
    width = len(fence.lead) - fence.indent
    # A line of code that is indented too little for its list item ends the item, and the code, for a strict parser.
    return not width or (
        "\t" not in fence.lead
        and all(not text[line.start : min(line.start + width, line.end)].strip() for line in body)
    )


def _in_block(text: str, block: Block) -> list[CodeRange]:
    if block.kind is Kind.OPENING:
        return [
            CodeRange(block.lines[0].end, block.end, _certain(text, block))
        ]  # the info string is not part of the code
    if block.kind is Kind.INDENTED:
        return [CodeRange(block.start, block.end, certain=False)]
    if "`" not in text[block.start : block.end]:
        return []
    return [
        CodeRange(span.start, span.end, "\n" not in text[span.start : span.end])
        for span in block_spans(text, block)
        if span.kind == "code"
    ]
