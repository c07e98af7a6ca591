"""Renders ``Outgoing.cards``: boxes with a title, words, named values and a picture. Pure."""

from collections.abc import Sequence

from adapters.shortening import cut
from adapters.teams.card import Element, elements, escaped
from adapters.teams.limits import BOX_BYTES, BOX_TITLE, PICTURE_URL
from adapters.teams.markdown import safe, web
from adapters.teams.sizes import utf16_bytes
from gateway.errors import RefusedForm
from gateway.model import Card


def box_elements(cards: Sequence[Card]) -> list[Element]:
    """Return a container for each card. Raises ``RefusedForm`` for cards that are too large together: as text, which
    can go on in another message, they have room."""
    made = [_box(card) for card in cards]
    if made and utf16_bytes(made) > BOX_BYTES:
        raise RefusedForm(f"cards of one message have {BOX_BYTES // 1024} KB at most", ["cards"])
    return made


def _box(card: Card) -> Element:
    title = " ".join(card.title.split())
    inside: list[Element] = []
    if title:
        written = plain(cut(title, BOX_TITLE))
        inside.append({"type": "TextBlock", "text": written, "wrap": True, "weight": "Bolder", "size": "Medium"})
    inside += elements(safe(card.text)) if card.text.strip() else []
    if card.facts:
        facts = [{"title": plain(name) or "…", "value": plain(value) or "…"} for name, value in card.facts]
        inside.append({"type": "FactSet", "facts": facts})
    if card.image_url is not None:
        inside.append(_picture(card.image_url, title))
    return {"type": "Container", "style": "emphasis", "items": inside or [{"type": "TextBlock", "text": "…"}]}


def _picture(url: str, title: str) -> Element:
    link = web(url)
    if not link.startswith("https:") or len(link) > PICTURE_URL:
        raise RefusedForm(f"{url[:80]!r} is no https address of up to {PICTURE_URL} characters", ["cards"])
    return {"type": "Image", "url": link, "altText": title or "Picture"}


def plain(text: str) -> str:
    """Return plain text as a card shows it, in which nobody is mentioned."""
    return safe(escaped(text))
