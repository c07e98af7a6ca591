"""Markdown as a Teams message takes it, and what a model wrote kept from notifying people. Pure.

A text message knows no headings (docs bots/how-to/format-your-bot-messages): they become bold lines. A mention is
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
_HALF = re.compile(r" {0,3}#{1,6}(?:[ \t].*)?$| {1,3}$")
"""The beginning of a line that may turn out to be a heading."""
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


def to_teams(text: str) -> str:
    """Headings as bold lines, outside of code."""
    return "\n".join(_lines(text.split("\n"))) if "#" in text else text


def _lines(lines: list[str]) -> list[str]:
    fence = ""
    shown: list[str] = []
    for line in lines:
        opened = _FENCE.match(line)
        if fence:
            if opened and opened[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif opened:
            fence = opened[1]
        elif (found := heading(line)) is not None:
            words = found.text.replace("**", "").strip()
            line = f"**{words}**" if words else ""
        shown.append(line)
    return shown


def streamed(text: str) -> str:
    """What of a growing text can be shown already. It only ever grows with the text: Teams takes nothing back.

    The last line waits while it may become a heading, its end while it may become a mention.
    """
    whole, newline, last = text.rpartition("\n")
    if _HALF.match(last):
        return to_teams(safe(whole)) + newline if whole or newline else ""
    tail = _HALF_TAG.search(last)
    return to_teams(safe(text[: len(text) - len(last) + tail.start()] if tail else text))
