"""Renders an ``Outgoing`` as the body of Create Message and Edit Message. Pure.

A message is ``content``, attachments, embeds and rows of buttons. Components V2 would take more text, but such a
message can have no content and never becomes an ordinary one again, while a streamed answer begins as plain words and
gets its files and buttons last.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from adapters.discord import controls, dialect, tables
from adapters.discord.limits import AUTHOR, BUTTON_LABEL, CONTENT, EMBED_TITLE, EMBED_URL, MENTIONS, NONCE, ROW
from gateway.errors import Rejected
from gateway.markdown.parts import Part, Prose, parts
from gateway.model import AllowedMentions, Button, ConversationRef, FromUrl, Outgoing, OutgoingFile

Json = dict[str, Any]

EMPTY = "\u200b"
"""The content of a message that shows nothing: Discord takes no empty message."""

_STYLES = {"primary": 1, "default": 2, "danger": 4}
_MARKUP = re.compile(
    r"\||__|\]\(|~~~|````|&|<[bB][rR]|#{4}|^(?: {4}|\t| {0,3}(?:=++|-++)[ \t]*+$|[> ]*+```)", re.MULTILINE
)
"""Markup that Discord may show differently; a text without any of it is sent unchanged."""


def body(message: Outgoing) -> Json:
    """Return the whole message but its uploads. Every part is there, so that an edit removes what is no longer
    wanted."""
    return {
        "content": content(message),
        "embeds": [linked(file, file.source.url) for file in message.files if isinstance(file.source, FromUrl)],
        "components": rows(message),
        "allowed_mentions": allowed(message.mentions),
    }


def shows(message: Outgoing, uploads: int) -> bool:
    """Return whether the message shows anything beside its content."""
    linked = any(isinstance(file.source, FromUrl) for file in message.files)
    return bool(uploads or message.buttons or linked or message.feedback is not None)


def content(message: Outgoing) -> str:
    """Return the text, below the name of another author if there is one."""
    text = characters(message.text)
    head = f"-# {one_line(message.author)}\n" if message.author else ""
    if _MARKUP.search(text):
        text = _markdown(text, CONTENT - len(head))
    return f"{head}{text}"


def one_line(name: str) -> str:
    """Return a name on one line."""
    name = " ".join(characters(name).split())
    return name if len(name) <= AUTHOR else name[: AUTHOR - 1] + "…"


def characters(text: str) -> str:
    """Return text that can be encoded: a model may write half of a surrogate pair."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _markdown(text: str, limit: int) -> str:
    """Return Markdown as Discord shows it: Discord's dialect in prose, one kind of fence, no tables."""
    found = list(parts(text))
    shown = _shown(text, found, limit, terse=False)
    return shown if len(shown) <= limit else _shown(text, found, limit, terse=True)


def _shown(text: str, found: list[Part], limit: int, *, terse: bool) -> str:
    prose = [dialect.prose(part, text, terse=terse) if isinstance(part, Prose) else None for part in found]
    room = (
        limit
        - len(text)
        - sum(len(new) - len(part.source) for part, new in zip(found, prose, strict=True) if new is not None)
    )
    blocks: list[str] = []
    for part, new in zip(found, prose, strict=True):
        if isinstance(part, Prose):
            blocks.append(new or "")
            continue
        block = tables.shown(part, limit=len(part.source) + max(room, 0))
        room -= len(block) - len(part.source)
        blocks.append(block)
    return "\n".join(blocks)


def allowed(mentions: AllowedMentions) -> Json:
    """Return who may be notified: nobody but those allowed. A reply never notifies the author it replies to."""
    parse: list[str] = []
    found: Json = {"parse": parse, "replied_user": False}
    if mentions.users is True:
        parse.append("users")
    elif mentions.users:
        found["users"] = list(dict.fromkeys(id for id in mentions.users if id.isdigit()))[:MENTIONS]
    if mentions.groups:
        parse.append("roles")
    if mentions.everyone:
        parse.append("everyone")
    return found


def nonce(to: ConversationRef, key: str) -> str:
    """Return a send's key as a nonce: to a message sent again within minutes, Discord answers with the one it has."""
    return hashlib.blake2s(f"{to.key} {key}".encode(), digest_size=NONCE // 2).hexdigest()


def rows(message: Outgoing) -> list[Json]:
    """Return the rows of buttons, then the thumbs."""
    found = [
        {"type": 1, "components": [_button(button, place) for place, button in numbered]}
        for numbered in _rows(message.buttons)
    ]
    if message.feedback is not None:
        thumbs = [_thumb("👍", controls.GOOD, message.feedback), _thumb("👎", controls.BAD, message.feedback)]
        found.append({"type": 1, "components": thumbs})
    return found


def _rows(buttons: Sequence[Button]) -> list[list[tuple[int, Button]]]:
    numbered = list(enumerate(buttons))
    return [numbered[at : at + ROW] for at in range(0, len(numbered), ROW)]


def _button(button: Button, place: int) -> Json:
    return {
        "type": 2,
        "style": _STYLES[button.style],
        "label": label(button.label),
        "custom_id": controls.write(controls.ACTION, button.token, place),
    }


def label(words: str) -> str:
    """Return a button's label, which is never empty."""
    words = characters(words).strip() or "…"
    return words if len(words) <= BUTTON_LABEL else words[: BUTTON_LABEL - 1] + "…"


def _thumb(face: str, kind: str, token: str) -> Json:
    return {"type": 2, "style": 2, "emoji": {"name": face}, "custom_id": controls.write(kind, token)}


def linked(file: OutgoingFile, url: str) -> Json:
    """Return the embed of a file that is not uploaded: its image, or a title that links to it."""
    try:
        good = urlsplit(url).scheme in ("http", "https") and len(url) <= EMBED_URL and not re.search(r"[\s<>]", url)
    except ValueError:
        good = False
    if not good:
        raise Rejected(f"file {file.name!r}: {url[:80]!r} is no http(s) address of up to {EMBED_URL} characters")
    if file.kind == "image":
        return {"image": {"url": url}}
    return {"title": (characters(file.name).strip() or url)[:EMBED_TITLE], "url": url}
