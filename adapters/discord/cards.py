"""Renders what stands in embeds: linked files, cards, a plan. Pure."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from adapters.discord.limits import (
    EMBED_DESCRIPTION,
    EMBED_FIELD,
    EMBED_FIELDS,
    EMBED_NAME,
    EMBED_TITLE,
    EMBED_TOTAL,
    EMBED_URL,
    EMBEDS,
)
from adapters.discord.plans import Embed, plan_embed
from adapters.discord.written import EMPTY, characters, literal, markdown
from gateway.errors import RefusedForm, Rejected
from gateway.model import Card, FromUrl, OutgoingFile, Plan

_SHORT = 32
"""Characters up to which a card's name and value stand beside others in a row."""


def embeds(files: Sequence[OutgoingFile], cards: Sequence[Card], plan: Plan | None) -> list[Embed]:
    """Return an embed for each file given by its address and for each card, and one for the plan. Raises
    ``RefusedForm`` for what does not fit: as text, which can go on in another message, it does."""
    found = [linked(file, file.source.url) for file in files if isinstance(file.source, FromUrl)]
    found += [card_embed(card) for card in cards]
    if len(found) + (plan is not None) > EMBEDS:
        raise RefusedForm(f"a message has at most {EMBEDS} embeds", ["cards"] if cards else ["plan"])
    room = EMBED_TOTAL - sum(map(_size, found))
    if room < 0:
        raise RefusedForm(f"the embeds of a message have at most {EMBED_TOTAL} characters", ["cards"])
    if plan is not None:
        found.append(plan_embed(plan, room))
    return found


def linked(file: OutgoingFile, url: str) -> Embed:
    """Return the embed of a file that is not uploaded: its image, or a title that links to it."""
    if not _is_address(url):
        raise Rejected(f"file {file.name!r}: {url[:80]!r} is no http(s) address of up to {EMBED_URL} characters")
    if file.kind == "image":
        return {"image": {"url": url}}
    return {"title": (characters(file.name).strip() or url)[:EMBED_TITLE], "url": url}


def card_embed(card: Card) -> Embed:
    """Return the embed of a card. Raises ``RefusedForm`` for a card of which something would be lost."""
    found: Embed = {}
    words = markdown(card.text, EMBED_DESCRIPTION)
    if len(words) > EMBED_DESCRIPTION or len(card.facts) > EMBED_FIELDS:
        what = f"{EMBED_DESCRIPTION} characters and {EMBED_FIELDS} values"
        raise RefusedForm(f"a card has at most {what}, this one {len(words)} and {len(card.facts)}", ["cards"])
    if words.strip():
        found["description"] = words
    if card.facts:
        found["fields"] = [_field(name, value) for name, value in card.facts]
    if card.image_url is not None:
        if not _is_address(card.image_url):
            raise RefusedForm(f"{card.image_url[:80]!r} is no http(s) address", ["cards"])
        found["image"] = {"url": card.image_url}
    if card.title.strip() or not found:
        found["title"] = literal(card.title, EMBED_TITLE)
    return found


def _field(name: str, value: str) -> dict[str, Any]:
    lines = "\n".join(literal(line) for line in value.strip().split("\n"))
    if len(lines) > EMBED_FIELD:
        raise RefusedForm(f"a value of a card has at most {EMBED_FIELD} characters", ["cards"])
    beside = "\n" not in value.strip() and max(len(name), len(value)) <= _SHORT
    return {"name": literal(name, EMBED_NAME), "value": lines or EMPTY, "inline": beside}


def _is_address(url: str) -> bool:
    try:
        good = urlsplit(url).scheme in ("http", "https") and not re.search(r"[\s<>]", url)
    except ValueError:
        return False
    return good and len(url) <= EMBED_URL


def _size(embed: Embed) -> int:
    """Return the characters of an embed as Discord counts them."""
    fields = sum(len(each["name"]) + len(each["value"]) for each in embed.get("fields", ()))
    return len(embed.get("title", "")) + len(embed.get("description", "")) + fields
