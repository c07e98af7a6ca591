"""Converts Markdown prose to Discord's dialect of it. Pure.

In Discord's Markdown two underscores underline, two bars hide what is between them, a link whose label is an address is
shown as written, only web addresses can be linked, entities and ``<br>`` are plain characters, and headings have three
levels and no underlined form (https://support.discord.com/hc/articles/210298617). Code is left alone.
"""

import html
import re
from collections.abc import Iterator

from gateway.markdown.blocks import Kind
from gateway.markdown.edits import Edit, edited
from gateway.markdown.headings import heading
from gateway.markdown.inline import Span, block_spans
from gateway.markdown.parts import Prose
from gateway.markdown.words import plain_text

_BARS = re.compile(r"\|\|++")
_MARKS = frozenset("\\`*_~|<>[]()#")
_NAMED = re.compile(r"[A-Za-z][A-Za-z0-9_]*+$")
_DUNDERS = frozenset(
    {
        *(
            "all",
            "annotations",
            "builtins",
            "call",
            "class",
            "contains",
            "debug",
            "del",
            "delitem",
            "dict",
            "dir",
            "doc",
        ),
        *(
            "enter",
            "eq",
            "exit",
            "file",
            "future",
            "getattr",
            "getitem",
            "hash",
            "import",
            "init",
            "iter",
            "len",
            "main",
        ),
        *("module", "name", "new", "next", "path", "pycache", "qualname", "repr", "setattr", "setitem", "slots", "str"),
        *("init_subclass", "post_init", "version"),
    }
)
"""Python's names that are written between two underscores on each side."""
_ADDRESS = re.compile(r"(?:https?://|www\.)\S++$", re.IGNORECASE)


def prose(part: Prose, text: str, *, terse: bool) -> str:
    """Return the part of the text in Discord's dialect; with ``terse`` the result is never longer than the input."""
    kind = part.block.kind
    if kind in (Kind.BLANK, Kind.RULE):
        return part.source
    start = part.block.start
    edits = [Edit(edit.start - start, edit.end - start, edit.new) for edit in _edits(text, part, terse=terse)]
    title = heading(part)
    if title is None:
        return edited(part.source, edits)
    return _heading(part, edits, title.level)


def _heading(part: Prose, edits: list[Edit], level: int) -> str:
    """Return a heading with its mark in front of it; below the third level a bold line."""
    first = part.block.lines[0]
    lead = first.content - first.start
    if part.block.kind is Kind.UNDERLINE:
        end = part.block.lines[-1].start - part.block.start - 1
        words = edited(part.source[:end], edits)
        return f"{words[:lead]}{'#' * level} {' '.join(words[lead:].split(chr(10)))}"
    words = edited(part.source, edits)
    if level <= 3:
        return words
    bare = words[lead:].lstrip("#").strip()
    closing = bare.rstrip("#")
    bare = closing.rstrip() if closing.endswith((" ", "\t")) else bare
    # The result is shorter by at least one character, so a text within the limit stays within it.
    return f"{words[:lead]}{bare if '**' in bare or not bare else f'**{bare}**'}"


def _edits(text: str, part: Prose, *, terse: bool) -> Iterator[Edit]:
    spans = block_spans(text, part.block)
    untouched: list[tuple[int, int]] = []
    """Addresses, code and tokens, in which nothing is changed."""
    for span in spans:
        if span.kind in ("code", "url", "token", "escape"):
            untouched.append((span.start, span.end))
        elif span.kind in ("link", "image"):
            untouched.append((span.close, span.end))
        yield from _edit(text, span, terse=terse)
    at = 0
    for found in _BARS.finditer(text, part.block.start, part.block.end):
        while at < len(untouched) and untouched[at][1] <= found.start():
            at += 1
        if at == len(untouched) or untouched[at][0] > found.start():
            yield Edit(found.start(), found.end(), _parted(len(found[0]), terse=terse))


def _parted(count: int, *, terse: bool) -> str:
    """Return a run of bars that hides nothing."""
    return "‖" * (count // 2) + "|" * (count % 2) if terse else "\\|" * count


def _edit(text: str, span: Span, *, terse: bool) -> Iterator[Edit]:
    match span.kind:
        case "strong" if text[span.start : span.inner] == "__":
            yield from _bold(text, span, terse=terse)
        case "link" | "image":
            yield from _link(text, span)
        case "entity":
            meant = html.unescape(text[span.start : span.end])
            yield Edit(span.start, span.end, f"\\{meant}" if meant in _MARKS else meant)
        case "break":
            yield Edit(span.start, span.end, "\n")
        case _:
            pass


def _bold(text: str, span: Span, *, terse: bool) -> Iterator[Edit]:
    inside = text[span.inner : span.close]
    behind = text[span.end : span.end + 2]
    name = _NAMED.match(inside) is not None and (
        inside in _DUNDERS
        or text[span.start - 1 : span.start] == "."
        or behind[:1] in ("(", "[")
        or (behind[:1] == "." and behind[1:].isalnum())
    )
    if not name:
        yield Edit(span.start, span.inner, "**")
        yield Edit(span.close, span.end, "**")
    elif not terse:
        yield Edit(span.start, span.inner, "\\_\\_")
        yield Edit(span.close, span.end, "\\_\\_")


def _link(text: str, span: Span) -> Iterator[Edit]:
    label = plain_text(text[span.inner : span.close]).strip()
    target = span.target
    shown = target.removeprefix("mailto:").removeprefix("tel:")
    linkable = target.lower().startswith(("http://", "https://"))
    if shown != target or (linkable and (not label or _ADDRESS.match(label))):
        same = not label or label.rstrip("/") == shown.rstrip("/") or shown.partition("://")[2].rstrip("/") == label
        yield Edit(span.start, span.end, shown if same else f"{label} ({shown})")
    elif span.kind == "image":
        yield Edit(span.start, span.inner, "[")
