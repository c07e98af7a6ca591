"""Markdown as a Teams message takes it, and what a model wrote kept from notifying people. Pure.

A text message knows no headings (docs bots/how-to/format-your-bot-messages): they become bold lines. It joins the lines
of a paragraph, and not even a blank is left between them, so each but the last ends with a hard break. A mention is
``<at>…</at>`` with an entity beside it: written by a model it is broken, and ``<@id>``, which is how a handler mentions
somebody on every platform, becomes one only where that is allowed.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from gateway.model import AllowedMentions

_BREAK = "\u200b"
_AT = re.compile(r"<(?=/?at\b)", re.IGNORECASE)
_MENTION = re.compile(r"<@([0-9A-Za-z:._@-]{1,256})>")
_BRACKETS = re.compile(r"[\x00-\x20<>()\\]")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})(?:[ \t]|$)")
_LINES = re.compile(r"[\r\n#]")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_HALF = re.compile(r" {0,3}#{1,6}(?:[ \t].*)?$|[ \t\r]*(?:[-*+]?|\d{1,9}[.)]?|`{1,2}|~{1,2})$")
"""The beginning of a line that may turn out to be a heading, a list's item, a fence or nothing."""
_HALF_TAG = re.compile(r"<(?:/?(?:a|at)?)?$", re.IGNORECASE)


def web(url: str) -> str:
    """An http(s) address as a link takes it: nothing in it can end the link. Empty for any other."""
    try:
        known = urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return ""
    return _BRACKETS.sub(lambda found: f"%{ord(found[0]):02X}", url) if known else ""


def safe(text: str) -> str:
    """Nobody is mentioned by it."""
    return _AT.sub(f"<{_BREAK}", text) if "<" in text else text


def mentions_in(text: str, allowed: AllowedMentions) -> list[str]:
    """The ids a text may mention, each once."""
    if allowed.users is False or "<@" not in text:
        return []
    found = dict.fromkeys(match[1] for match in _MENTION.finditer(text))
    return [each for each in found if allowed.users is True or each in allowed.users]


def with_mentions(text: str, names: Mapping[str, str]) -> tuple[str, list[dict[str, Any]]]:
    """The safe text with these people's mentions live in it, and the entities that make them so."""
    text = safe(text)
    if not names:
        return text, []
    entities: dict[str, dict[str, Any]] = {}

    def live(match: re.Match[str]) -> str:
        name = names.get(match[1])
        if name is None:
            return match[0]
        tag = f"<at>{name}</at>"
        entities[match[1]] = {"type": "mention", "text": tag, "mentioned": {"id": match[1], "name": name}}
        return tag

    return _MENTION.sub(live, text), list(entities.values())


class Heading(NamedTuple):
    """A line of its own importance; 1 is the highest level."""

    level: int
    text: str


def heading(line: str) -> Heading | None:
    """The heading a line is."""
    found = _HEADING.match(line) if "#" in line else None
    if found is None:
        return None
    words = line[found.end() :].strip()
    bare = words.rstrip("#")
    # Marks behind it belong to it only with a blank before them: C# keeps its own.
    return Heading(len(found["marks"]), bare.rstrip() if not bare or bare[-1] in " \t" else words)


def to_teams(text: str, *, apart: bool = True) -> str:
    """Headings as bold lines, and lines kept ``apart``, outside of code."""
    return "\n".join(_lines(text.split("\n"), apart)) if _LINES.search(text) else text


def _lines(lines: list[str], apart: bool) -> list[str]:
    fence = ""
    shown: list[str] = []
    goes_on = False
    """Whether the line before is one that this may be joined with."""
    for line in lines:
        line = line.rstrip("\r")
        opened = _FENCE.match(line)
        words = False
        if fence:
            if opened and opened[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif opened:
            fence = opened[1]
        else:
            if (found := heading(line)) is not None:
                bare = found.text.replace("**", "").strip()
                line = f"**{bare}**" if bare else ""
            words = apart and bool(line.strip())
            if words and goes_on and not _ITEM.match(line):
                shown[-1] = _ended(shown[-1])
        goes_on = words
        shown.append(line)
    return shown


def _ended(line: str) -> str:
    """With a hard break at its end."""
    return line if line.endswith(("  ", "\\")) else f"{line}  "


def streamed(text: str) -> str:
    """What of a growing text can be shown already. It only ever grows with the text: Teams takes nothing back.

    The last line waits, and the end of the one before it, while it is not clear what it becomes; its own end while it
    may become a mention.
    """
    whole, newline, last = text.rpartition("\n")
    tail = _HALF_TAG.search(last)
    clear = last[: tail.start()] if tail else last
    return to_teams(safe(whole if _HALF.match(clear.rstrip("\r")) else whole + newline + clear))
