"""Renders a card as Slack's ``container`` block: a box with a title, words, named values and a picture. Pure."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from adapters.shortening import cut
from adapters.slack.limits import (
    ALT_TEXT,
    CARDS,
    CHILD_BLOCKS,
    CONTAINER_TITLE,
    FIELD_TEXT,
    FIELDS,
    IMAGE_URL,
    SECTION_TEXT,
)
from adapters.slack.mentions import safe_text
from adapters.slack.text_objects import Block, label, plain, to_mrkdwn
from gateway.errors import RefusedForm
from gateway.model import AllowedMentions, Card

_NOTHING = AllowedMentions()


def card_blocks(cards: Sequence[Card], room: int) -> list[Block]:
    """Return a block for each card. Raises ``RefusedForm`` for cards that do not fit into ``room`` characters or into
    Slack's limits: as text, which can go on in another message, they do."""
    if len(cards) > CARDS:
        raise RefusedForm(f"a message has at most {CARDS} cards", ["cards"])
    blocks = [_card(card) for card in cards]
    if sum(map(_size, blocks)) > room:
        raise RefusedForm("the cards have no place beside a text of this length", ["cards"])
    return blocks


def _card(card: Card) -> Block:
    words = to_mrkdwn(card.text)
    if len(words) > SECTION_TEXT:
        raise RefusedForm(f"a card's text has at most {SECTION_TEXT} characters, this one {len(words)}", ["cards"])
    inside: list[Block] = [_section(words)] if words.strip() else []
    for at in range(0, len(card.facts), FIELDS):
        fields = [{"type": "mrkdwn", "text": _fact(*fact)} for fact in card.facts[at : at + FIELDS]]
        inside.append({"type": "section", "fields": fields})
    if card.image_url is not None:
        inside.append(_picture(card, card.image_url))
    if len(inside) > CHILD_BLOCKS:
        raise RefusedForm(f"a card has room for {len(card.facts)} values in text only", ["cards"])
    title = cut(" ".join(card.title.split()), CONTAINER_TITLE)
    return {
        "type": "container",
        "title": plain(title, CONTAINER_TITLE),
        "child_blocks": inside or [{"type": "divider"}],
    }


def _section(words: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


def _fact(name: str, value: str) -> str:
    name = safe_text(" ".join(name.split()), _NOTHING).replace("*", "∗")  # noqa: RUF001
    return cut(f"*{name}*\n{safe_text(value, _NOTHING)}", FIELD_TEXT)


def _picture(card: Card, url: str) -> Block:
    if urlsplit(url).scheme not in ("http", "https") or len(url) > IMAGE_URL or re.search(r"[\s<>]", url):
        raise RefusedForm(f"{url[:80]!r} is no http(s) address of up to {IMAGE_URL} characters", ["cards"])
    return {"type": "image", "image_url": url, "alt_text": label(card.title or "Picture", ALT_TEXT)}


def _size(block: Block) -> int:
    """Return the characters of a card, with something for each of its parts."""
    found = len(block["title"]["text"])
    for child in block["child_blocks"]:
        texts = [child["text"]] if child["type"] == "section" and "text" in child else child.get("fields", [])
        found += 60 + sum(len(each["text"]) for each in texts)
    return found
