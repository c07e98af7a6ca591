"""Divides a text into the parts that platforms show in different ways: prose, code, tables."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.markdown import tables
from gateway.markdown.blocks import Block, Kind, Line, scan_blocks
from gateway.markdown.tables import Align


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph, a heading, a rule or blank lines; also a table in a quote, which stays as it was written."""

    source: str
    block: Block
    """The part's lines; their offsets count from the start of the whole text."""

    def content(self, line: Line) -> str:
        """Return a line of the part without the marks of quotes and list items."""
        start = self.block.start
        return self.source[line.content - start : line.end - start]


@dataclass(frozen=True, slots=True)
class Code:
    """A code block, fenced or indented."""

    source: str
    info: str
    """The text behind the marks of the opening fence, usually a language."""
    body: str
    """The code, without the indent that belongs to its list item or quote."""
    lead: str
    """The text before the opening fence: the marker of a list item, quote marks, blanks."""
    fence: str
    """The marks of the opening fence; empty for indented code."""
    closed: bool
    """Whether a closing fence ends the code."""
    quote: str
    """The quote marks that each line of the code begins with."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: rows with as many cells as ``align`` has entries, the header first."""

    source: str
    rows: tuple[tuple[str, ...], ...]
    align: tuple[Align, ...]


Part = Prose | Code | Table


def parts(text: str) -> Iterator[Part]:
    """Yield the parts of the text in order; their sources joined by line breaks are the text again."""
    for block in _joined(scan_blocks(text)):
        source = text[block.start : block.end]
        if block.kind is Kind.OPENING:
            yield _fenced(text, block, source)
        elif block.kind is Kind.INDENTED and not block.lines[0].quotes:
            yield Code(source, "", source, "", "", closed=True, quote="")
        elif block.kind is Kind.HEADER and not block.lines[0].quotes and block.lines[0].item < 0:
            yield _table(text, block, source)
        else:
            yield Prose(source, block)


def _joined(blocks: Iterator[Block]) -> Iterator[Block]:
    """Yield the blocks, where blank lines between two pieces of indented code belong to the code."""
    code: list[Line] = []
    blank: Block | None = None
    for block in blocks:
        indented = block.kind is Kind.INDENTED and not block.lines[0].quotes
        if code and block.kind is Kind.BLANK:
            blank = block
            continue
        if code and not indented:
            yield Block(Kind.INDENTED, tuple(code))
            code = []
        if blank is not None:
            if code:
                code += blank.lines
            else:
                yield blank
            blank = None
        if indented:
            code += block.lines
        else:
            yield block
    if code:
        yield Block(Kind.INDENTED, tuple(code))
    if blank is not None:
        yield blank


def _fenced(text: str, block: Block, source: str) -> Code:
    first, lines = block.lines[0], block.lines[1:]
    fence = first.fence
    assert fence is not None
    closed = bool(lines) and lines[-1].kind is Kind.CLOSING
    body = lines[:-1] if closed else lines
    indent = len(fence.lead) - len(fence.lead.rstrip(" \t"))
    quote = fence.lead[: len(fence.lead) - indent]
    return Code(
        source=source,
        info=fence.info.strip(),
        body="\n".join([_code_line(text, line, indent, quoted=bool(quote)) for line in body]),
        lead=text[first.start : first.content],
        fence=fence.mark,
        closed=closed,
        quote=f"{quote} " if quote else "",
    )


def _code_line(text: str, line: Line, indent: int, *, quoted: bool) -> str:
    """Return a line of code without the indent of its fence."""
    start = line.start
    if quoted:
        start = text.rfind(">", line.start, line.content) + 1
    return text[min(line.content, start + indent) : line.end]


def _table(text: str, block: Block, source: str) -> Table:
    header, delimiter, *others = [text[line.content : line.end] for line in block.lines]
    align = tables.alignment(delimiter)
    width = len(align)
    rows = [tables.cells(header), *(tables.cells(row)[:width] for row in others)]
    return Table(source, tuple(tuple(row + [""] * (width - len(row))) for row in rows), align)
