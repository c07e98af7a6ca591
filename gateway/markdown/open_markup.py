"""Makes half-written Markdown presentable while it streams.

Only the end of a text can be half written: an open code fence, or the last block (a paragraph, an item, a row). Markup
that has begun is ended, markup of which too little is there to show is left out until the rest comes. Complete
Markdown comes back as it is, so closing what is open in the final text changes nothing.
"""

import re

from gateway.markdown import tables
from gateway.markdown.blocks import Fence, Kind, Line, Scanner
from gateway.markdown.inline import Open, scan_inline

_LONE = re.compile(r"[ \t]*+(?:(?P<bullet>[-*+])|(?P<number>\d{1,9})[.)])(?:[ \t]++(?:\[[ xX]?\]?)?)?$")
"""Matches a list item of which only the marker (and perhaps a checkbox) is there."""
_BARE_HEADING = re.compile(r"#{1,6}[ \t]*+$")
_HALF_FENCE = re.compile(r"(?:`{1,2}|~{1,2})$")
_HALF_RULE = re.compile(r"(?:-{1,2}|={1,2}|\*{1,2}|_{1,2})[ \t]*+$")
_DASHES = re.compile(r"\|?[-:| \t]*+$")
_RUNS = "`*_~"
_ALONE = (Kind.RULE, Kind.UNDERLINE, Kind.INDENTED, Kind.DELIMITER)
"""Kinds of lines in which no inline markup can be open."""


def close_open_markup(text: str) -> str:
    """Return the text with its unfinished end closed or left out. Never raises."""
    scanner = Scanner(text)
    lines = list(scanner.lines())
    if scanner.fence is not None:
        return _close_fence(text, lines, scanner.fence)
    kept, end = _drop_unfinished_lines(text, lines)
    while kept and kept[-1].kind is Kind.BLANK:
        kept.pop()
    if not kept:
        return text[:end]
    start = _block_start(kept)
    return text[:end] if start is None else text[:start] + _close_inline(text[start:end])


def _block_start(lines: list[Line]) -> int | None:
    """Return the offset at which the inline text of the last block begins; None where there is none."""
    if lines[-1].kind in _ALONE or lines[-1].kind is Kind.CLOSING:
        return None
    if lines[-1].kind in (Kind.HEADER, Kind.ROW):
        return lines[-1].content
    at = len(lines) - 1
    while at and not lines[at].starts:
        at -= 1
    return lines[at].content


def _close_fence(text: str, lines: list[Line], fence: Fence) -> str:
    opening = max(at for at, line in enumerate(lines) if line.kind is Kind.OPENING)
    last = lines[-1]
    bare = text[last.content : last.end].rstrip(" \t")
    body = lines[opening + 1 :]
    if body and bare and len(bare) < len(fence.mark) and not bare.strip(fence.mark[0]):
        body.pop()  # it may become the line that closes the block
    if not any(line.content < line.end for line in body):
        return text[: lines[opening].start].rstrip()
    end = body[-1].end
    return f"{text[:end].removesuffix(chr(10))}\n{fence.closer}"


def _drop_unfinished_lines(text: str, lines: list[Line]) -> tuple[list[Line], int]:
    """Return the lines without the last ones that do not yet show what they will be, and the offset at which they
    end."""
    last = lines[-1]
    if last.kind is Kind.BLANK:
        # The line before is complete; only a table's header row still needs the line below it.
        if len(lines) > 1 and last.start == len(text) and _waits_for_table(text, lines[-2]):
            return _without(text, lines, 2)
        return lines, len(text)
    before = lines[-2] if len(lines) > 1 else None
    under_words = before is not None and before.kind is not Kind.BLANK
    words = text[last.content : last.end]
    if _HALF_FENCE.match(words) or _BARE_HEADING.match(words) or _lone_marker(text, last, before):
        return _without(text, lines, 1)
    if under_words and _HALF_RULE.match(words):
        return _without(text, lines, 1)  # below a line of text it would make that line a heading
    if before is not None and _waits_for_table(text, before) and _DASHES.match(words) and last.kind is Kind.TEXT:
        return _without(text, lines, 2)
    return _without(text, lines, 1) if _waits_for_table(text, last) else (lines, len(text))


def _without(text: str, lines: list[Line], count: int) -> tuple[list[Line], int]:
    end = lines[-count].start
    while end and text[end - 1] == "\n":
        end -= 1
    return lines[:-count], end


def _lone_marker(text: str, line: Line, before: Line | None) -> bool:
    found = _LONE.match(text, line.start + _quoted(text, line), line.end)
    if found is None:
        return False
    # A number may also be the end of a sentence that began on the line above.
    return found["bullet"] is not None or before is None or before.kind is Kind.BLANK or before.item >= 0


def _quoted(text: str, line: Line) -> int:
    """Return the number of characters of the quote marks that the line begins with."""
    return text.rfind(">", line.start, line.content) + 1 - line.start if line.quotes else 0


def _waits_for_table(text: str, line: Line) -> bool:
    """Return whether the line looks like a table's header row while no table has begun."""
    return line.kind is Kind.TEXT and tables.like_row(text[line.content : line.end])


def _close_inline(block: str) -> str:
    body = block.rstrip()
    opened = scan_inline(body, unfinished=True).open
    if opened and opened[-1].mark == "](":
        # ``inner`` is where the label ends; the label begins behind ``[`` or ``![``.
        link = opened.pop()
        label = body[link.start : link.inner].removeprefix("!").removeprefix("[")
        body = body[: link.start] + label
    elif body and body[-1] in _RUNS:
        body, opened = _without_half_run(body, opened)
    if not opened:
        return block if body == block.rstrip() else body
    return _close(body, opened) + block[len(block.rstrip()) :]


def _without_half_run(body: str, opened: list[Open]) -> tuple[str, list[Open]]:
    """Remove marks at the end that begin a construct without content, or are the first half of a closing run."""
    start = len(body.rstrip(body[-1]))
    run = body[start:]
    if opened and opened[-1].inner == len(body):
        return body[:start].rstrip(), opened[:-1]  # it has begun and has no content yet
    if run[0] != "~" and not opened and len(run) <= 3 and (not start or body[start - 1].isspace()):
        return body[:start].rstrip(), opened
    if opened and opened[-1].mark[0] == run[0] and run[0] in "`~" and len(run) < len(opened[-1].mark):
        return body[:start], opened  # half of the closing run; the scan has counted single asterisks already
    return body, opened


def _close(body: str, opened: list[Open]) -> str:
    ends: list[str] = []
    for each in reversed(opened):
        if each.inner >= len(body):
            body = body[: each.start].rstrip()
        else:
            ends.append(each.mark)
    return body + "".join(ends)
