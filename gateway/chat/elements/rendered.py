"""What elements add to a message, and what the text of the message says of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.egress.degrade import literal
from gateway.model import Capabilities, Card, OutgoingFile


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

    An attachment that the text does not mention is named in a line below, and so is one of which there is more to say.
    The text itself stays as it was written. Raises what ``render`` raises.
    """
    texts, listed = list[str](), list[str]()
    files, cards = list[OutgoingFile](), list[Card]()
    for part in parts:
        rendered = await part.render(limits)
        texts.append(rendered.text)
        files += rendered.files
        cards += rendered.cards
        if rendered.files and (rendered.note or (part.attached and not mentions(text, part.name))):
            listed.append(f"{literal(part.name)}, {rendered.note}" if rendered.note else literal(part.name))
    if listed:
        texts.append(f"📎 {' · '.join(listed)}")
    return Rendered(text="\n\n".join(each for each in (text, *texts) if each), files=tuple(files), cards=tuple(cards))


def mentions(text: str, name: str) -> bool:
    """Return whether the text has the name in it, and not only as a part of other words."""
    return bool(name.strip()) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
