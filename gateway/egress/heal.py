"""Makes half-written Markdown presentable while it streams.

Only the end of a text can be half written: an open code fence, or the last block (a paragraph, an item, a row). Markup
that has begun is ended, markup of which too little is there to show is left out until the rest comes. Complete
Markdown comes back as it is, so healing the final text changes nothing.
"""

import re
from itertools import pairwise
from typing import NamedTuple

from gateway.egress import markdown

_FENCES = re.compile(r"^.*(?:```|~~~).*$", re.MULTILINE)
_LONE = re.compile(r"[ \t]*(?:(?P<bullet>[-*+])|(?P<number>\d{1,9})[.)])(?:[ \t]+(?:\[[ xX]?\]?)?)?$")
"""A list item of which only the marker (and perhaps a checkbox) is there."""
_BARE_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]*$")
_HALF_FENCE = re.compile(r"(?:[ \t]*>)*[ \t]*(?:`{1,2}|~{1,2})$")
_HALF_RULE = re.compile(r"[ \t]*(?:-{1,2}|={1,2}|\*{1,2}|_{1,2})[ \t]*$")
_DASHES = re.compile(r"[ \t]*\|?[-:| \t]*$")
_RUN = re.compile(r"(?:`+|\*+|_+|~+)$")


def heal(text: str) -> str:
    """The text with its unfinished end closed or left out. Never raises."""
    open_fence = _open_fence(text)
    if open_fence is not None:
        return _close_fence(text, open_fence)
    kept = _drop_unfinished_lines(text)
    start = _last_block(kept)
    block = kept[start:]
    healed = _heal_inline(block)
    return text if healed == block and len(kept) == len(text) else kept[:start] + healed


class _OpenFence(NamedTuple):
    fence: markdown.Fence
    start: int
    """Where the line that opens it begins."""
    body: int
    """Where its content begins."""


def _open_fence(text: str) -> _OpenFence | None:
    """The code fence the text ends in."""
    if "```" not in text and "~~~" not in text:
        return None
    current: _OpenFence | None = None
    for found in _FENCES.finditer(text):
        line = found.group()
        if current is not None:
            left = ">" in current.fence.lead and not _all_quoted(text[current.body : found.start()])
            if not left and not current.fence.left_by(line):
                if current.fence.closed_by(line):
                    current = None
                continue
        fence = markdown.fence(line)
        current = _OpenFence(fence, found.start(), found.end() + 1) if fence is not None else None
    if current is not None and ">" in current.fence.lead and not _all_quoted(text[current.body :]):
        return None
    return current


def _all_quoted(text: str) -> bool:
    return all(line.lstrip().startswith(">") for line in text.removesuffix("\n").split("\n") if line)


def _close_fence(text: str, found: _OpenFence) -> str:
    body = text[found.body :]
    lines = body.split("\n")
    bare = lines[-1].strip(" \t>")
    if bare and len(bare) < len(found.fence.mark) and not bare.strip(found.fence.mark[0]):
        lines.pop()  # the beginning of the closing line
    if not "".join(lines).strip(" \t>"):
        return text[: found.start].rstrip()
    return text[: found.body] + "\n".join(lines).removesuffix("\n") + f"\n{found.fence.closer}"


def _drop_unfinished_lines(text: str) -> str:
    """Without the last lines if they do not yet show what they will be."""
    start = text.rfind("\n") + 1
    line = text[start:]
    before = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : start - 1] if start else ""
    if not line.strip():
        # The line is finished: only a header row can still wait for what comes below it.
        if not start or "|" not in before or line:
            return text
        header = text.rfind("\n", 0, start - 1) + 1
        return text[:header].rstrip("\n") if _dangling_header(text[: start - 1]) else text
    if _HALF_FENCE.match(line) or _BARE_HEADING.match(line) or _lone_marker(line, before):
        return text[:start].rstrip("\n")
    if before.strip() and _HALF_RULE.match(line):
        return text[:start].rstrip("\n")  # under a line of text it would make a heading of it
    if markdown.maybe_header(line):
        return _drop_table_head(text, start, line, before)
    return text


def _lone_marker(line: str, before: str) -> bool:
    found = _LONE.match(line)
    if found is None:
        return False
    # A number may as well end a sentence that began a line above.
    return found["bullet"] is not None or not before.strip() or markdown.ITEM.match(before) is not None


def _drop_table_head(text: str, start: int, line: str, before: str) -> str:
    if _DASHES.match(line) and markdown.maybe_header(before) and not markdown.opens_table(before, line):
        above = text[: start - 1]
        if _dangling_header(above):
            return above[: above.rfind("\n") + 1].rstrip("\n")
    return text[:start].rstrip("\n") if _dangling_header(text) else text


def _dangling_header(text: str) -> bool:
    """Whether the last line is a table's header row with no table around it."""
    lines: list[str] = []
    end = len(text)
    while True:
        start = text.rfind("\n", 0, end) + 1
        line = text[start:end]
        if not line.strip() or (lines and "|" not in line):
            break
        lines.append(line)
        if not start:
            break
        end = start - 1
    lines.reverse()
    if not lines or not markdown.maybe_header(lines[-1]):
        return False
    inside = any(markdown.opens_table(above, below) for above, below in pairwise(lines))
    return not inside


def _last_block(text: str) -> int:
    """Where the block the text ends in begins: inline markup does not reach over its edges."""
    end = len(text.rstrip())
    while end > 0:
        start = text.rfind("\n", 0, end) + 1
        line = text[start:end]
        if not line.strip():
            return end + 1
        if markdown.fence(line) is not None:
            return end + 1
        if markdown.ITEM.match(line) or markdown.HEADING.match(line) or "|" in line:
            return start
        end = start - 1
    return 0


def _heal_inline(block: str) -> str:
    if markdown.RULE.match(block) or markdown.SETEXT.match(block):
        return block
    body = block.rstrip()
    opened = markdown.spans(body).open
    link = opened[-1] if opened and opened[-1].mark == "](" else None
    if link is not None:
        # ``inner`` is where the label ends; the label starts behind ``[`` or ``![``.
        label = body[link.start : link.inner].lstrip("!").removeprefix("[")
        body = body[: link.start] + label
        opened = opened[:-1]
    elif (tail := _RUN.search(body)) is not None:
        body, opened = _without_half_run(body, tail.group(), opened)
    if not opened:
        return block if body == block.rstrip() else body
    return _close(body, opened) + block[len(block.rstrip()) :]


def _without_half_run(body: str, run: str, opened: list[markdown.Open]) -> tuple[str, list[markdown.Open]]:
    """Take marks off the end that are the beginning of something, or the first half of an end."""
    start = len(body) - len(run)
    if opened and opened[-1].inner == len(body):
        return body[:start].rstrip(), opened[:-1]  # begun with nothing in it yet
    if run[0] != "~" and not opened and len(run) <= 3 and (not start or body[start - 1].isspace()):
        return body[:start].rstrip(), opened
    if opened and opened[-1].mark[0] == run[0] and run[0] in "`~" and len(run) < len(opened[-1].mark):
        return body[:start], opened  # half of what ends it; of asterisks the scan has counted each
    return body, opened


def _close(body: str, opened: list[markdown.Open]) -> str:
    for each in reversed(opened):
        if each.inner >= len(body):
            body = body[: each.start].rstrip()
        else:
            body += each.mark
    return body
