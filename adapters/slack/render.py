"""Renders an ``Outgoing`` as the arguments of chat.postMessage and chat.update. Pure.

Plain short text is sent as ``text`` alone; anything with Markdown, buttons or feedback as blocks, with ``text`` as what
notifications and screen readers show.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from adapters.slack import tables
from adapters.slack.cards import card_blocks
from adapters.slack.controls import buttons, menus, thumbs
from adapters.slack.limits import (
    ALT_TEXT,
    IMAGE_URL,
    MARKDOWN_BLOCK_TEXT,
    MESSAGE_TEXT,
    TABLE_TEXT,
    TEXT_FALLBACK,
)
from adapters.slack.mentions import narrowed, safe_markdown, safe_text
from adapters.slack.plans import heading, plan_block
from adapters.slack.text_objects import Block, measured
from gateway.errors import Rejected
from gateway.markdown.blocks import scan_blocks
from gateway.markdown.edits import Edit, edited
from gateway.markdown.inline import block_spans
from gateway.model import AllowedMentions, FromUrl, Outgoing, OutgoingFile

METADATA_EVENT = "gateway_send"
"""The ``event_type`` of the metadata that carries a send's key."""

# Matches text that Markdown would show differently from how it is written. Both forms keep line breaks.
_MARKUP = re.compile(
    r"[*_~`\[\]|\\]|<https?:|<mailto:|&(?:\w+|#\d+);"
    r"|^[ \t]*+(?:#{1,6}\s|>|[-+]\s|\d++[.)]\s|={3,}+[ \t]*+$|-{3,}+[ \t]*+$)|^(?: {4}|\t)",
    re.MULTILINE,
)


def metadata(key: str, files: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return message metadata with the key of the send, by which it is recognised after a crash, and the keys of its
    files by Slack's ids."""
    payload: dict[str, Any] = {"key": key}
    if files:
        payload["files"] = [f"{id} {name}" for id, name in files.items()]
    return {"event_type": METADATA_EVENT, "event_payload": payload}


def content(message: Outgoing) -> dict[str, Any]:
    """Return ``text`` and, where needed, ``blocks``; uploaded files are not part of it."""
    if message.plain:
        return _text_alone(message)
    text, below = message.text, extras(message)
    if not below and len(text) <= TEXT_FALLBACK // 2 and not _MARKUP.search(text):
        shown = safe_text(text, message.mentions)
        if len(shown) <= TEXT_FALLBACK:
            return {"text": shown}
    blocks = [*body(text, message.mentions), *below]
    return {"text": fallback(message), "blocks": blocks}


def _text_alone(message: Outgoing) -> dict[str, Any]:
    shown = _mrkdwn(message.text.strip() or fallback(message), message.mentions)
    if len(shown) <= TEXT_FALLBACK:
        return {"text": shown}
    return {"markdown_text": safe_markdown(message.text, message.mentions)}


def body(text: str, mentions: AllowedMentions) -> list[Block]:
    """Return Markdown as at most three blocks: ``markdown`` blocks before and after the first table that fits into
    Slack's table block."""
    if not text.strip():
        return []
    before: list[str] = []
    after: list[str] = []
    native: list[Block] = []
    room = MARKDOWN_BLOCK_TEXT - len(text)
    safe = safe_markdown(text, mentions)
    for part in tables.split(safe if len(safe) <= MARKDOWN_BLOCK_TEXT else narrowed(safe)):
        written = after if native else before
        if isinstance(part, str):
            written.append(part.strip("\n"))
        elif not native and tables.fits(part):
            native = [tables.block(part)]
        else:
            shown = tables.aligned(part, limit=max(len(part.source), min(len(part.source) + room, TABLE_TEXT)))
            room -= max(0, len(shown) - len(part.source))
            written.append(shown)
    return [*_markdown(before), *native, *_markdown(after)]


def _markdown(parts: Sequence[str]) -> list[Block]:
    return [{"type": "markdown", "text": "\n\n".join(parts)}] if parts else []


def extras(message: Outgoing) -> list[Block]:
    """Return the blocks below the text: plan, cards, linked images and files, buttons, menus, feedback. Raises
    ``RefusedForm`` naming what does not fit into one message beside the text."""
    links = [linked(each, each.source.url) for each in message.files if isinstance(each.source, FromUrl)]
    actions = buttons(message.buttons)
    rated = [] if message.feedback is None else [thumbs(message.feedback)]
    if message.plan is None and not message.cards and not message.menus:
        return [*links, *actions, *rated]
    room = MESSAGE_TEXT - len(message.text) - measured([*links, *actions, *rated])
    chosen = menus(message.menus, room)
    cards = card_blocks(message.cards, room - measured(chosen))
    plans = [] if message.plan is None else [plan_block(message.plan, room - measured([*chosen, *cards]))]
    return [*plans, *cards, *links, *actions, *chosen, *rated]


def fallback(message: Outgoing) -> str:
    """Return the text for notifications, as mrkdwn of bounded length."""
    text = message.text.strip() or _named(message)
    cut = text if len(text) <= TEXT_FALLBACK // 2 else text[: TEXT_FALLBACK // 2 - 1] + "…"
    return _mrkdwn(cut, message.mentions)[:TEXT_FALLBACK]


def _named(message: Outgoing) -> str:
    """Return what a message without a text shows, by its titles, labels and names."""
    titles = [heading(message.plan)] if message.plan is not None else []
    titles += [card.title for card in message.cards]
    labels = [button.label for button in message.buttons] + [menu.placeholder for menu in message.menus]
    return " · ".join([each for each in (*titles, *labels) if each.strip()]) or ", ".join(
        [file.name for file in message.files]
    )


def _mrkdwn(text: str, mentions: AllowedMentions) -> str:
    """Return Markdown as mrkdwn, as far as it matters where there are no blocks."""
    if "**" not in text:
        return safe_text(text, mentions)
    bold = [span for block in scan_blocks(text) for span in block_spans(text, block) if span.kind == "strong"]
    marks = [place for span in bold for place in ((span.start, span.inner), (span.close, span.end))]
    stars = [Edit(start, end, "*") for start, end in marks if text[start] == "*"]
    return safe_text(edited(text, stars), mentions)


def linked(file: OutgoingFile, url: str) -> Block:
    """Return the block of a file that is not uploaded: an image block, else a link."""
    if urlsplit(url).scheme not in ("http", "https") or len(url) > IMAGE_URL or re.search(r"[\s<>]", url):
        raise Rejected(f"file {file.name!r}: {url[:80]!r} is no http(s) address of up to {IMAGE_URL} characters")
    name = safe_markdown(file.name, AllowedMentions())
    if file.kind == "image":
        return {"type": "image", "image_url": url, "alt_text": (name or "image")[:ALT_TEXT]}
    label = re.sub(r"([\[\]\\])", r"\\\1", name or url)
    target = url.replace("(", "%28").replace(")", "%29")
    return {"type": "markdown", "text": f"[{label}]({target})"}
