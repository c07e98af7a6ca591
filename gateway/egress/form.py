"""Makes a message plainer when a platform refuses its form (a table, a card, a picture), so that its words arrive."""

import re
from dataclasses import replace
from typing import get_args

import structlog

from gateway.egress.degrade import without_cards, without_menus, without_plan
from gateway.errors import FormPart, RefusedForm
from gateway.markdown.blocks import Block, Kind, scan_blocks
from gateway.model import ConversationRef, FromUrl, Outgoing

_ALL: frozenset[FormPart] = frozenset(get_args(FormPart))
_ORNAMENTS: frozenset[FormPart] = frozenset({"pictures", "tables", "cards", "plan", "feedback"})
"""The parts dropped first where the platform does not say which one it refuses. Buttons are not among them, because a
question needs them."""
_NOT_LEAD = re.compile(r"[^ \t>]")

log = structlog.get_logger(__name__)


class MessageForm:
    """The form in which one message is sent. It becomes plainer in at most two steps: first without the parts that the
    platform named, then as text alone."""

    __slots__ = ("_plain", "_refused", "_to")

    def __init__(self, to: ConversationRef) -> None:
        self._to = to
        self._refused: frozenset[FormPart] = frozenset()
        self._plain = False

    def refuse(self, error: RefusedForm, message: Outgoing) -> None:
        """Make the form plainer after the platform refused it. Raises the platform's error when it is text alone
        already."""
        if self._plain:
            raise error
        before = self.message(message)
        self._refused |= error.parts or _ORNAMENTS
        if self.message(message) == before:
            self._refused, self._plain = _ALL, True
        what = "text alone" if self._plain else f"no {', '.join(sorted(error.parts or _ORNAMENTS))}"
        log.warning("message.form_refused", conversation=self._to.key, plainer=what, error=str(error))

    def text(self, text: str) -> str:
        """Return the text, with its tables as code if the platform refused tables."""
        return tables_as_code(text) if "tables" in self._refused else text

    def message(self, message: Outgoing) -> Outgoing:
        """Return the message without the parts that the platform refused: pictures become links, tables code, cards and
        plans text, menus buttons, buttons words."""
        if not self._refused:
            return message
        if "cards" in self._refused:
            message = without_cards(message)
        if "plan" in self._refused:
            message = without_plan(message)
        if "menus" in self._refused:
            message = without_menus(message)
        parts = [self.text(message.text)]
        if message.buttons and "buttons" in self._refused:
            parts.append(" · ".join(f"**{button.label}**" for button in message.buttons))
            message = replace(message, buttons=())
        if message.files and "pictures" in self._refused:
            parts += [_link(file.name, file.source.url) for file in message.files if isinstance(file.source, FromUrl)]
            files = tuple(file for file in message.files if not isinstance(file.source, FromUrl))
            message = replace(message, files=files)
        if "feedback" in self._refused:
            message = replace(message, feedback=None)
        return replace(message, text="\n\n".join(part for part in parts if part), plain=self._plain)


def _link(name: str, url: str) -> str:
    label = name.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return f"[{label or url}]({url.replace('(', '%28').replace(')', '%29').replace(' ', '%20')})"


def tables_as_code(text: str) -> str:
    """Return the text with its tables inside code fences, which every platform shows in columns."""
    if "|" not in text:
        return text
    shown: list[str] = []
    for block in scan_blocks(text):
        source = text[block.start : block.end]
        shown.append(_fenced(source, text, block) if block.kind is Kind.HEADER else source)
    return "\n".join(shown)


def _fenced(source: str, text: str, block: Block) -> str:
    first = block.lines[0]
    opening = text[first.start : first.content]
    lead = _NOT_LEAD.sub(" ", opening)  # a list item's marker stands on its first line only
    fence = "```"
    while fence in source:
        fence += "`"
    return f"{opening}{fence}\n{lead}{source[len(opening) :]}\n{lead}{fence}"
