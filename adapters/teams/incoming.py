"""What Teams users write -> Markdown: mentions readable, the bot's own taken out, markup undone."""

import html
import re
from collections.abc import Mapping
from functools import lru_cache

from adapters.fields import Json, items, obj, text

_AT = re.compile(r"<at\b[^<>]{0,200}>([^<>]{0,300})</at>")
_BLANK = r"(?: |&nbsp;|\xa0)?"
"""Goes with a mention that is taken out: else two would be left."""
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#39;": "'", "&nbsp;": " "}
_ENTITY = re.compile("|".join(_ENTITIES))
_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|h[1-6]|pre|blockquote)>", re.IGNORECASE)
_ITEM = re.compile(r"<li\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_MARKS: Mapping[str, str] = {"strong": "**", "b": "**", "em": "_", "i": "_", "s": "~~", "strike": "~~", "code": "`"}
_STYLE = re.compile(r"<(/?)(strong|b|em|i|s|strike|code)\s*>", re.IGNORECASE)
_LINK = re.compile(r"<a\b[^<>]{0,500}?\bhref=\"([^\"<>]{0,2000})\"[^<>]{0,500}>([^<>]{0,2000})</a>", re.IGNORECASE)


def to_markdown(activity: Json) -> str:
    """A message's text. ``plain`` is taken as it stands, but for the entities that Teams leaves in it."""
    written = text(activity, "text")
    if "<at" in written:
        written = _mentions(activity, written)
    if text(activity, "textFormat") in ("xml", "html"):
        written = _markup(written)
    elif "&" in written:
        written = _ENTITY.sub(lambda found: _ENTITIES[found[0]], written)
    return written.replace("\r\n", "\n").replace("\xa0", " ").strip()


def mentions(activity: Json, who: str) -> bool:
    """Whether a message mentions this id."""
    return any(_is_mention(each, who) for each in items(activity, "entities"))


def _is_mention(entity: Json, who: str) -> bool:
    return text(obj(entity, "mentioned"), "id") == who and text(entity, "type").lower() == "mention"


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


def _markup(written: str) -> str:
    """The simple HTML of ``textFormat`` xml."""
    written = _LINK.sub(r"[\2](\1)", written)
    written = _STYLE.sub(lambda found: _MARKS[found[2].lower()], written)
    written = _ITEM.sub("- ", _BREAK.sub("\n", written))
    return html.unescape(_TAG.sub("", written))
