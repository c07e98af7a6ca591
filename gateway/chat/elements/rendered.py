"""What elements add to a message, and how the text of the message names what is attached to it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.egress.degrade import literal
from gateway.egress.offload import offloaded
from gateway.markdown.blocks import Kind, scan_blocks
from gateway.markdown.inline import block_spans
from gateway.model import Capabilities, Card, OutgoingFile

_PLAIN = re.compile(r"(?!.*(?:\b_|_\b|__))[^\W_](?:[\w .,:()/%+-]*[\w.)%])?")
"""Text without anything that Markdown could take for markup."""
_MARKED = frozenset({"strong", "emphasis", "strike", "bracket"})
"""Constructs within which text is still shown as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What an element, or a message with its elements, shows."""

    text: str = ""
    """Markdown; of an element, that below the message's own."""
    files: tuple[OutgoingFile, ...] = ()
    cards: tuple[Card, ...] = ()
    note: str = ""
    """What the text says of the files beside the element's name, such as a page; plain text."""


class Part(Protocol):
    """An element, as far as composing a message has to know it."""

    name: str

    @property
    def attached(self) -> bool:
        """Whether the element is an attachment that the text names."""
        ...

    async def render(self, limits: Capabilities) -> Rendered:
        """Return what the element adds to a message."""
        ...


async def compose(text: str, parts: Sequence[Part], limits: Capabilities) -> Rendered:
    """Return a message's text with what its elements add to it, and their files and cards.

    An attachment is named where the text mentions it, else in a line below. Raises what ``render`` raises.
    """
    texts, listed = list[str](), list[str]()
    files, cards = list[OutgoingFile](), list[Card]()
    for part in parts:
        rendered = await part.render(limits)
        texts.append(rendered.text)
        files += rendered.files
        cards += rendered.cards
        if not rendered.files or not (part.attached or rendered.note):
            continue
        named = await offloaded(len(text), mentioning, text, part.name, rendered.note) if part.attached else None
        if named is not None:
            text = named
        else:
            listed.append(f"{words(part.name)}, {rendered.note}" if rendered.note else words(part.name))
    if listed:
        texts.append(f"📎 {' · '.join(listed)}")
    return Rendered(text="\n\n".join(each for each in (text, *texts) if each), files=tuple(files), cards=tuple(cards))


def mentioning(text: str, name: str, note: str = "") -> str | None:
    """Return the text with the first mention of a name in bold and the note behind it; None where nothing but code,
    links and parts of words have the name in them."""
    if not name.strip() or name not in text:
        return None
    found = [each.span() for each in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
    at = 0
    for block in scan_blocks(text) if found else ():
        spans = None
        while at < len(found) and found[at][1] <= block.end:
            start, end = found[at]
            at += 1
            if start < block.start or block.kind in (Kind.OPENING, Kind.INDENTED):
                continue
            spans = block_spans(text, block) if spans is None else spans
            around = [span.kind for span in spans if span.start < end and start < span.end]
            if _MARKED.issuperset(around):
                bold = not around and "*" not in text[start - 1 : start] + text[end : end + 1]
                shown = f"**{name}**" if bold else name
                return f"{text[:start]}{shown}{f' ({note})' if note else ''}{text[end:]}"
    return None


def words(text: str) -> str:
    """Return plain text as one line of Markdown that shows just that, escaped only where it needs to be."""
    line = " ".join(text.split())
    return line if _PLAIN.fullmatch(line) else literal(line)
