"""Renders a message with buttons or tables as an Adaptive Card. Pure.

Teams splits an activity with both text and a card in two, and then returns no id to edit or delete by (docs
bots/how-to/conversations/conversation-messages). So a message is text, or it is a card with the text in it; never both.
A card's Markdown knows bold, italic, lists and links; headings, code and tables become elements of their own. A line
ends at a blank one, or inside of a list (docs task-modules-and-cards/cards/cards-format).
"""

import re
from collections.abc import Sequence
from typing import Any

from adapters.teams import tables
from adapters.teams.markdown import top_heading
from adapters.teams.names import CARD
from gateway.markdown.blocks import Kind
from gateway.markdown.headings import Heading, below_text
from gateway.markdown.parts import Code, Prose, Table, parts

VERSION = "1.5"
"""The newest version of Adaptive Cards that Teams shows to everyone."""

Element = dict[str, Any]
"""An element of an Adaptive Card, or a card."""

_SIZES = ("Large", "Medium", "Default")
_SPECIAL = re.compile(r"([\\`*_\[\]])")
_IN_LIST = re.compile(r"[ \t]+\S|[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
"""A line of a list: an item, or what is indented below one."""
_BLANKS = re.compile(r"^ +| {2,}", re.MULTILINE)
_TAB = 4


def card(body: Sequence[Element], mentions: Sequence[Element] = ()) -> Element:
    """Return the card with these elements; ``mentions`` are live in it."""
    extras: Element = {"width": "Full"}
    if mentions:
        extras["entities"] = list(mentions)
    return {"type": "AdaptiveCard", "version": VERSION, "body": list(body), "msteams": extras}


def attachment(content: Element) -> Element:
    """Return a card as an attachment."""
    return {"contentType": CARD, "content": content}


def elements(text: str) -> list[Element]:
    """Return Markdown as elements of a card."""
    found: list[Element] = []
    lines: list[str] = []
    for part in parts(text):
        if isinstance(part, Prose) and part.block.kind is not Kind.BLANK and top_heading(part) is None:
            lines += _paragraph(part)
            continue
        found += _text(lines)
        lines = []
        match part:
            case Table():
                found.append(tables.element(part))
            case Code():
                found += _text([part.lead.strip(" \t>")])
                found.append(_code(part.body))
            case _:
                title = top_heading(part)
                found += [] if title is None else [_heading(title)]
    return found + _text(lines)


def _paragraph(part: Prose) -> list[str]:
    above, newline, rule = part.source.rpartition("\n")
    return [*above.split("\n"), "", rule] if newline and below_text(part) else part.source.split("\n")


def _text(lines: Sequence[str]) -> list[Element]:
    written = _broken(lines).strip("\n")
    return [block(written)] if written.strip() else []


def block(written: str) -> Element:
    """Return Markdown as one element, as it is written."""
    return {"type": "TextBlock", "text": written, "wrap": True}


def _broken(lines: Sequence[str]) -> str:
    """Return the lines so that a card shows them one below another."""
    shown: list[str] = []
    for at, line in enumerate(lines):
        shown.append(line.rstrip())
        inside = at + 1 < len(lines) and _IN_LIST.match(line) and _IN_LIST.match(lines[at + 1])
        shown.append("\n" if inside else "\n\n" if line.strip() else "")
    return "".join(shown)


def _heading(title: Heading) -> Element:
    size = _SIZES[min(title.level, len(_SIZES)) - 1]
    style = {"weight": "Bolder", "size": size, "style": "heading"}
    return {"type": "TextBlock", "text": title.text or " ", "wrap": True, **style}


def _code(text: str) -> Element:
    # Clients show several blanks as one, and those before a line not at all.
    spaced = _BLANKS.sub(lambda found: "\xa0" * len(found[0]), text.expandtabs(_TAB))
    run = {"type": "TextRun", "text": spaced or " ", "fontType": "Monospace"}
    return {"type": "Container", "style": "emphasis", "items": [{"type": "RichTextBlock", "inlines": [run]}]}


def escaped(text: str) -> str:
    """Return plain text escaped for a place that reads Markdown."""
    return _SPECIAL.sub(r"\\\1", text)
