"""Converts what Teams users write to Markdown and the messages it refers to: mentions readable, the bot's own removed.

Teams sends a message twice: as text, which has lost where links lead, what is quoted and whatever was in ``<...>``, and
as an HTML copy among the attachments. So the copy is read where there is one.
"""

import html
import re
from functools import lru_cache
from typing import Literal

from adapters.fields import Json, items, obj, text
from adapters.teams import markup
from gateway.model import Reference

_AT = re.compile(r"<at\b[^<>]{0,200}>([^<>]{0,300})</at>")
_BLANK = r"(?: |&nbsp;|\xa0)?"
"""A blank that is removed together with a mention, since two would be left otherwise."""
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#39;": "'", "&nbsp;": " "}
_ENTITY = re.compile("|".join(_ENTITIES))
_PLAIN = re.compile(r"<(p|div)>([^<]*+(?:<span\b[^<>]*+>[^<]*+</span>[^<]*+)*+)</\1>\s*")
"""An HTML copy that says no more than one paragraph of words and mentions: nearly all do, and a parser would take ten
times as long for them."""
_SPAN = re.compile(r"<span\b([^<>]*)>([^<]*)</span>((?:&nbsp;|[ \xa0])?)")
_MENTION = 'itemtype="http://schema.skype.com/Mention"'
_NUMBER = re.compile(r'\bitemid="(\d{1,4})"')
_NO_QUOTES: tuple[markup.Quote, ...] = ()
_BLANKS = re.compile(r"[ \t\r\n]+")
_QUOTED = re.compile(r"<quoted\s+messageId=\"([^\"<>]{0,200})\"\s*(?:/>|>(?:</quoted>)?) ?", re.IGNORECASE)
"""The placeholder in the text where a quoted message is shown."""


def to_markdown(activity: Json) -> str:
    """Return a message's words, without those it quotes."""
    return read(activity)[0]


def read(activity: Json) -> tuple[str, tuple[Reference, ...]]:
    """Return a message's words as Markdown, and the messages it refers to, which are not part of them. Never raises."""
    copy = _html_copy(activity)
    said, quotes = "", _NO_QUOTES
    plain = _PLAIN.fullmatch(copy)
    if plain is not None:
        said = plain[2] if "<" not in plain[2] else _without_spans(activity, plain[2])
        said = _BLANKS.sub(" ", said)
        said = html.unescape(said) if "&" in said else said
    elif copy and (found := _marked_up(activity, copy)) is not None:
        said, quotes = found
    said = said.replace("\xa0", " ").strip()
    if not said and not quotes:
        said, quotes = _from_text(activity)
    return said, _references(activity, quotes)


def mentions(activity: Json, who: str) -> bool:
    """Return whether a message mentions this id."""
    return any(_is_mention(each, who) for each in items(activity, "entities"))


def _is_mention(entity: Json, who: str) -> bool:
    return text(obj(entity, "mentioned"), "id") == who and text(entity, "type").lower() == "mention"


# The functions below read the HTML copy.


def _html_copy(activity: Json) -> str:
    for attachment in items(activity, "attachments") if "attachments" in activity else ():
        if text(attachment, "contentType").lower() == "text/html":
            return text(attachment, "content")
    return ""


def _marked_up(activity: Json, markup_of: str) -> markup.Read | None:
    """Read the HTML copy; None for HTML beyond the limits of ``markup``."""
    names = _NamesOfBot(activity)
    pictures = any(text(each, "contentType").lower().startswith("image/") for each in items(activity, "attachments"))
    return markup.read(markup_of, mention=names.said, shows_pictures=pictures)


def _without_spans(activity: Json, words: str) -> str:
    """Return a paragraph's words, still escaped, with its mentions readable and the bot's own removed."""
    names = _NamesOfBot(activity)

    def said(span: re.Match[str]) -> str:
        about, inside, blank = span.groups()
        if _MENTION not in about or not inside.strip():
            return f"{inside}{blank}"
        number = _NUMBER.search(about)
        name = " ".join((html.unescape(inside) if "&" in inside else inside).split())
        if not names.said(name, number[1] if number is not None else ""):
            # Of the blanks on both sides of a removed mention, one is removed with it.
            alone = not span.start() or words.endswith((" ", "\n", "\xa0", "&nbsp;"), 0, span.start())
            return "" if alone else blank
        return f"@{inside.strip().lstrip('@')}{blank}"

    return _SPAN.sub(said, words)


class _NamesOfBot:
    """Tells the bot's own mentions from those of others: by their name, else by their place among the entities."""

    def __init__(self, activity: Json) -> None:
        me = text(obj(activity, "recipient"), "id")
        mentioned = [each for each in items(activity, "entities") if text(each, "type").lower() == "mention"]
        self._is_me = [_is_mention(each, me) for each in mentioned]
        mine = [each for each, is_me in zip(mentioned, self._is_me, strict=True) if is_me]
        self._names = {name for each in mine for name in _names_in(each)}

    def said(self, name: str, number: str) -> str:
        """Return the text for a mention; empty for the bot's own."""
        if name.lstrip("@") in self._names:
            return ""
        at = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else len(self._is_me)
        if not self._names and at < len(self._is_me) and self._is_me[at]:
            return ""
        return f"@{name.lstrip('@')}"


def _names_in(entity: Json) -> list[str]:
    """Return the ways in which the text may spell a mention."""
    name, tag = text(obj(entity, "mentioned"), "name"), text(entity, "text")
    spelt = [name] if name else []
    if tag != f"<at>{name}</at>" and (found := _AT.fullmatch(tag)) is not None:
        spelt.append(html.unescape(found[1]))
    return [plain for each in spelt if (plain := " ".join(each.split()).lstrip("@"))]


# The functions below read the text.


def _from_text(activity: Json) -> tuple[str, tuple[markup.Quote, ...]]:
    """Read ``text`` where there is no HTML copy. A text with ``textFormat`` ``plain`` is unchanged but for the entities
    and placeholders that Teams leaves in it."""
    written = text(activity, "text")
    if text(activity, "textFormat") in ("xml", "html"):
        found = _marked_up(activity, written)
        if found is not None:
            return found.markdown.replace("\xa0", " ").strip(), found.quotes
    if "<at" in written:
        written = _mentions(activity, written)
    if "<quoted" in written:
        written = _QUOTED.sub("", written)
    if "&" in written:
        written = _ENTITY.sub(lambda found: _ENTITIES[found[0]], written)
    return written.replace("\r\n", "\n").replace("\xa0", " ").strip(), ()


def _mentions(activity: Json, written: str) -> str:
    me = text(obj(activity, "recipient"), "id")
    for entity in items(activity, "entities"):
        if not _is_mention(entity, me):
            continue
        tag = text(entity, "text")
        if tag.startswith("<at") and tag in written:
            written = _as_spelt(tag).sub("", written)
        elif name := text(obj(entity, "mentioned"), "name"):  # the entity may do without it, or spell it another way
            written = _by_name(name).sub("", written)
    return _AT.sub(lambda found: f"@{found[1].lstrip('@')}", written) if "<at" in written else written


@lru_cache(maxsize=64)  # of nearly always the same bot
def _as_spelt(tag: str) -> re.Pattern[str]:
    return re.compile(re.escape(tag) + _BLANK)


def _by_name(name: str) -> re.Pattern[str]:
    return re.compile(rf"<at\b[^<>]{{0,200}}>(?:{re.escape(name)}|{re.escape(html.escape(name))})</at>{_BLANK}")


# The functions below read what the message refers to.


def _references(activity: Json, quotes: tuple[markup.Quote, ...]) -> tuple[Reference, ...]:
    """Return the quotes of the HTML copy and those of the entities; a message that both name comes once, with the
    longer of its texts."""
    found: dict[str, Reference] = {}
    for quote in quotes:
        kind: Literal["reply", "forward"] = "forward" if quote.kind == "Forward" else "reply"
        _put(found, Reference(kind=kind, message_id=quote.message_id or None, author=quote.author, text=quote.text))
    for entity in items(activity, "entities") if "entities" in activity else ():
        if text(entity, "type") == "quotedReply":
            _put(found, _quoted(obj(entity, "quotedReply")))
    written = text(activity, "text")
    if "<quoted" in written:
        for placeholder in _QUOTED.finditer(written):
            if placeholder[1] not in found:
                _put(found, Reference(kind="reply", message_id=placeholder[1] or None))
    return tuple(found.values())[: markup.MAX_QUOTES]


def _put(found: dict[str, Reference], reference: Reference) -> None:
    name = reference.message_id or f"without an id: {len(found)}"
    known = found.get(name)
    if known is None or len(known.text) < len(reference.text):
        found[name] = reference


def _quoted(data: Json) -> Reference:
    """Return the reference in a ``quotedReply`` entity (Teams SDK, class *QuotedReplyData*), which has no more than the
    id of a deleted message."""
    return Reference(
        kind="reply",
        message_id=text(data, "messageId") or None,
        author=text(data, "senderName"),
        text=text(data, "preview").strip(),
    )
