"""Keeps what a model wrote from notifying people: makes Slack's mention syntax inert unless it is allowed.

Two spellings of the same rule. In ``text`` (Slack's mrkdwn) every ``<`` is escaped, so only what is allowed stays
live. In Markdown entities are not decoded inside code, so there the ``<`` stays and a zero-width space after it
breaks the syntax: it reads the same, and only real mention tokens are touched (``<div>``, ``a < b`` stay exact).
"""

import re

from gateway.model import AllowedMentions

_BREAK = "\u200b"
_EVERYONE = ("channel", "here", "everyone", "group")
_BROADCAST = "|".join(_EVERYONE)

# Written as entity or with a backslash, ``<`` is still ``<`` once Markdown is read: broken as well, to be sure.
_OPEN = r"(?:<|&(?i:lt|#0*60|#x0*3c);)\\?"
_TOKEN = re.compile(
    rf"(?P<open>{_OPEN})(?:(?P<all>!(?i:{_BROADCAST})\b)|(?P<group>!(?i:subteam)\^)|@(?P<user>[UWB][A-Z0-9]+))(?P<tail>[^<>\n]*>)?"
    r"|(?<!\w)@(?P<bare>(?i:channel|here|everyone))\b"
)
_BROKEN = re.compile(rf"(?:{_OPEN}|@){_BREAK}")
_SPECIAL = re.compile(r"[&<>]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def _prefixes(*words: str) -> list[str]:
    """Every beginning of the words, longest first."""
    return sorted({word[:end] for word in words for end in range(1, len(word) + 1)}, key=len, reverse=True)


def _open_tail() -> re.Pattern[str]:
    """What, at the end of a piece of a stream, may become a mention with the next piece."""
    words = (*(f"!{word}" for word in _EVERYONE), "!subteam^")
    opened = "|".join(re.escape(prefix) for prefix in _prefixes(*words))
    entity = r"&(?:l(?:t;?)?|#x?[0-9a-f]{0,6};?)?"
    bare = "|".join(_prefixes(*_EVERYONE[:3]))
    return re.compile(rf"(?:(?:<|{entity})\\?(?:{opened}|@[UWB]?)?|(?<!\w)@(?:{bare})?)$", re.IGNORECASE)


_OPEN_TAIL = _open_tail()


def _allowed(match: re.Match[str], mentions: AllowedMentions) -> bool:
    if match["all"] or match["bare"]:
        return mentions.everyone
    if match["group"]:
        return mentions.groups
    users = mentions.users
    return users if isinstance(users, bool) else match["user"] in users


def escape(text: str) -> str:
    """Slack's control characters as entities."""
    return _SPECIAL.sub(lambda match: _ENTITIES[match[0]], text) if _SPECIAL.search(text) else text


def safe_text(text: str, mentions: AllowedMentions) -> str:
    """For a ``text`` field: everything escaped but the mentions that are allowed."""
    if "@" not in text and "!" not in text:
        return escape(text)
    parts: list[str] = []
    end = 0
    for match in _TOKEN.finditer(text):
        parts.append(escape(text[end : match.start()]))
        whole, tail = match[0], match["tail"] or ""
        if _allowed(match, mentions) and (tail or match["bare"]):
            parts.append(whole)
        elif match["bare"]:
            parts.append(f"@{_BREAK}{match['bare']}")
        else:
            # What follows in a token that is none may itself mention.
            parts.append(escape(whole.removesuffix(tail)) + safe_text(tail, mentions))
        end = match.end()
    parts.append(escape(text[end:]))
    return "".join(parts)


def safe_markdown(text: str, mentions: AllowedMentions) -> str:
    """For a ``markdown`` block or a table cell: mention tokens that are not allowed are broken, all else is kept."""
    if "@" not in text and "!" not in text:
        return text

    def mend(match: re.Match[str]) -> str:
        tail, cut = match["tail"] or "", len(match["open"] or "@")
        head, rest = match[0].removesuffix(tail), _TOKEN.sub(mend, tail)
        return f"{head}{rest}" if _allowed(match, mentions) else f"{head[:cut]}{_BREAK}{head[cut:]}{rest}"

    return _TOKEN.sub(mend, text)


def narrowed(safe: str) -> str:
    """The same without what ``safe_markdown`` put in: signs that only look like ``<`` and ``@``, for a text with so
    many mentions that breaking them made it too long."""
    return _BROKEN.sub(lambda match: "＠" if match[0][0] == "@" else "‹", safe)  # noqa: RUF001


def safe_delta(held: str, delta: str) -> tuple[str, str]:
    """A piece of a stream: what can be sent now, and the tail to hold until it is clear that it opens no mention."""
    text = held + delta
    tail = _OPEN_TAIL.search(text)
    cut = tail.start() if tail else len(text)
    return safe_markdown(text[:cut], AllowedMentions()), text[cut:]
