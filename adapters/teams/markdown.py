"""Converts Markdown to what a Teams message takes, and keeps model output from notifying people. Pure.

A text message knows no headings (docs bots/how-to/format-your-bot-messages): they become bold lines, also underlined
ones, and a rule right below text, which would make a heading of it, gets a blank line above. Teams joins the lines of a
paragraph, and not even a blank is left between them, so each but the last ends with a hard break. A mention is
``<at>…</at>`` with an entity beside it: one written by a model is broken, and ``<@id>``, by which a handler mentions
somebody on every platform, becomes a mention only where that is allowed. Code is unchanged: without an entity ``<at>``
notifies nobody.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from gateway.markdown.blocks import Kind, Line
from gateway.markdown.code import code_ranges, open_code
from gateway.markdown.edits import Edit, edited
from gateway.markdown.headings import Heading, below_text, heading
from gateway.markdown.parts import Prose, Table, parts
from gateway.model import AllowedMentions

_BREAK = "\u200b"
_AT = re.compile(r"<(?=/?at\b)", re.IGNORECASE)
_MENTION = re.compile(r"<@([0-9A-Za-z:._@-]{1,256}+)>")
_BRACKETS = re.compile(r"[\x00-\x20<>()\\]")
_LINES = re.compile(r"[\r\n#]")
_ITEM = re.compile(r"[ \t]*+(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_HALF = re.compile(
    r" {0,3}#{1,6}(?:[ \t].*)?$|[ \t\r]*+(?:[-*+]?|\d{1,9}[.)]?|`{1,2}|~{1,2}|(?:`{3}|~{3}).*)$"
    r"| {0,3}(?:=++|-++)[ \t]*+$"
)
"""The beginning of a line that may become a heading, its underline, a list item, a fence or nothing."""
_HALF_TAG = re.compile(r"<(?:/?(?:a|at)?)?$", re.IGNORECASE)
_TAIL = 4
"""Characters that ``_HALF_TAG`` matches at most."""
_RULE = re.compile(r" {0,3}(?:-{3,}+|\*{3,}+|_{3,}+)[ \t]*+$")
_UNDERLINE = re.compile(r"^ {0,3}(?:={3}|-{3})", re.MULTILINE)


def web(url: str) -> str:
    """Return an http(s) address as a link takes it, so that nothing in it can end the link. Empty for any other
    address."""
    try:
        known = urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return ""
    return _BRACKETS.sub(lambda found: f"%{ord(found[0]):02X}", url) if known else ""


def safe(text: str) -> str:
    """Return the text with its mentions broken, so that it notifies nobody."""
    if "<" not in text:
        return text
    return edited(text, [Edit(found.start(), found.end(), f"<{_BREAK}") for found in _outside_code(_AT, text)])


def _outside_code(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the pattern's matches in prose."""
    found = pattern.search(text)
    ranges = code_ranges(text) if found is not None else []
    next_range = 0
    for match in pattern.finditer(text):
        while next_range < len(ranges) and ranges[next_range].end <= match.start():
            next_range += 1
        if next_range == len(ranges) or ranges[next_range].start > match.start():
            yield match


def mentions_in(text: str, allowed: AllowedMentions) -> list[str]:
    """Return the ids a text may mention, each once."""
    if allowed.users is False or "<@" not in text:
        return []
    found = dict.fromkeys(match[1] for match in _outside_code(_MENTION, text))
    return [each for each in found if allowed.users is True or each in allowed.users]


def with_mentions(text: str, names: Mapping[str, str]) -> tuple[str, list[dict[str, Any]]]:
    """Return the safe text with these people's mentions live in it, and the entities that make them so."""
    text = safe(text)
    if not names:
        return text, []
    entities: dict[str, dict[str, Any]] = {}
    edits: list[Edit] = []
    for match in _outside_code(_MENTION, text):
        name = names.get(match[1])
        if name is None:
            continue
        tag = f"<at>{name}</at>"
        entities[match[1]] = {"type": "mention", "text": tag, "mentioned": {"id": match[1], "name": name}}
        edits.append(Edit(match.start(), match.end(), tag))
    return edited(text, edits), list(entities.values())


def to_teams(text: str, *, apart: bool = True) -> str:
    """Return the text with headings as bold lines and, with ``apart``, hard breaks between lines, outside of code."""
    return "\n".join(_lines(text, apart=apart)) if _LINES.search(text) else text


def _lines(text: str, *, apart: bool) -> list[str]:
    shown: list[str] = []
    goes_on = False
    """Whether Teams may join the next line with the one before it."""
    for part in parts(text):
        if not isinstance(part, Prose):
            if not isinstance(part, Table):
                shown.append(part.source)
                goes_on = False
                continue
            lines = part.source.split("\n")
        else:
            lines = list(_prose(part))
        for line in lines:
            words = apart and bool(line.strip())
            if words and goes_on and not _ITEM.match(line):
                shown[-1] = _ended(shown[-1])
            goes_on = words and _RULE.match(line) is None
            shown.append(line)
    return shown


def _prose(part: Prose) -> Iterator[str]:
    """Yield the lines of a paragraph, a heading or a rule."""
    title = top_heading(part)
    if title is not None:
        bare = title.text.replace("**", "").strip()
        yield f"**{bare}**" if bare else ""
    if title is None or part.block.kind is Kind.UNDERLINE:
        *above, last = (_line(part, line) for line in part.block.lines)
        if title is None:
            yield from above
        if (title is None and below_text(part)) or (title is not None and title.level > 1):
            yield ""
        if title is None or title.level > 1:
            yield last


def _line(part: Prose, line: Line) -> str:
    return part.source[line.start - part.block.start : line.end - part.block.start].rstrip("\r")


def top_heading(part: Prose) -> Heading | None:
    """Return the heading a part is, if it is in no list and no quote."""
    title = heading(part)
    return title if title is not None and not title.lead.strip() else None


def _ended(line: str) -> str:
    """Return the line with a hard break at its end."""
    return line if line.endswith(("  ", "\\")) else f"{line}  "


def beyond_streams(text: str) -> bool:
    """Return whether something in the text can only be shown once it is complete: a table, an underlined heading."""
    if "|" not in text and _UNDERLINE.search(text) is None:
        return False
    for part in parts(text):
        if isinstance(part, Table):
            return True
        if isinstance(part, Prose) and part.block.kind is Kind.UNDERLINE and top_heading(part) is not None:
            return True
    return False


def streamed(text: str) -> str:
    """Return what of a growing text can be shown already. The result only ever grows with the text, because Teams takes
    nothing back.

    The last line waits, and so does the end of the one before it, while it is not clear what it becomes; the last
    line's own end waits while it may become a mention, and a tag while it is not clear whether it is in code.
    """
    whole, newline, last = text.rpartition("\n")
    tail = _HALF_TAG.search(last, max(0, len(last) - _TAIL))
    clear = last[: tail.start()] if tail else last
    settled = whole if _HALF.match(clear.rstrip("\r")) else whole + newline + clear
    if "<" in settled and (doubtful := open_code(settled)) is not None and doubtful.inline:
        found = _AT.search(settled, doubtful.start)
        settled = settled if found is None else settled[: found.start()]
    return to_teams(safe(settled))
