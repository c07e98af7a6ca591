"""Keeps model output from notifying people: makes Slack's mention syntax inert unless the mention is allowed.

The rule has two forms. In ``text`` (Slack's mrkdwn) every ``<`` is escaped, so only what is allowed stays live. In
Markdown entities are not decoded inside code, so there the ``<`` stays and a zero-width space after it breaks the
syntax: it reads the same, and only real mention tokens are touched (``<div>``, ``a < b`` stay exact).

Code is unchanged, so that it can be copied: a bare ``@here`` notifies nobody there, since names are linked only where
``link_names`` asks for it, which the gateway never does, and a token such as ``<!here>`` in what Slack reads as code is
text. Where it is not certain that Slack reads it as code (HTML beside it, a fence of tildes or an unclosed one,
indented code), such tokens are broken in code as well.
"""

import re

from gateway.markdown.code import CodeRange, code_ranges, open_code
from gateway.model import AllowedMentions

_BREAK = "\u200b"
_EVERYONE = ("channel", "here", "everyone", "group")
_BROADCAST = "|".join(_EVERYONE)

# Written as an entity or with a backslash, ``<`` may become ``<`` when Markdown is read, so it is broken as well.
_OPEN = r"(?:<|&(?i:lt|#0*60|#x0*3c);)\\?"
_TOKEN = re.compile(
    rf"(?P<open>{_OPEN})(?:(?P<all>!(?i:{_BROADCAST})\b)|(?P<group>!(?i:subteam)\^)|@(?P<user>[UWB][A-Z0-9]++))"
    r"|(?<!\w)@(?P<bare>(?i:channel|here|everyone))\b"
)
_TAIL = re.compile(r"[^<>\n]{0,255}+>")
"""The rest of an allowed token: its label and its end."""
_HTML = re.compile(r"<(?:/?[A-Za-z]|\?|!(?:--|\[|[A-Z]))")
_BROKEN = re.compile(rf"(?:{_OPEN}|@){_BREAK}")
_SPECIAL = re.compile(r"[&<>]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def _prefixes(*words: str) -> list[str]:
    """Return every beginning of the words, longest first."""
    return sorted({word[:end] for word in words for end in range(1, len(word) + 1)}, key=len, reverse=True)


def _open_tail() -> re.Pattern[str]:
    """Return the pattern of what, at the end of a piece of a stream, may become a mention with the next piece."""
    words = (*(f"!{word}" for word in _EVERYONE), "!subteam^")
    opened = "|".join(re.escape(prefix) for prefix in _prefixes(*words))
    entity = r"&(?:l(?:t;?)?|#x?[0-9a-f]{0,6};?)?"
    bare = "|".join(_prefixes(*_EVERYONE[:3]))
    return re.compile(rf"(?:(?:<|{entity})\\?(?:{opened}|@[UWB]?)?|(?<!\w)@(?:{bare})?)$", re.IGNORECASE)


_OPEN_TAIL = _open_tail()
_LONGEST_TAIL = 24
"""Characters that the beginning of a mention may have."""


def _allowed(match: re.Match[str], mentions: AllowedMentions) -> bool:
    if match["all"] or match["bare"]:
        return mentions.everyone
    if match["group"]:
        return mentions.groups
    users = mentions.users
    return users if isinstance(users, bool) else match["user"] in users


def escape(text: str) -> str:
    """Escape Slack's control characters as entities."""
    return _SPECIAL.sub(lambda match: _ENTITIES[match[0]], text) if _SPECIAL.search(text) else text


def safe_text(text: str, mentions: AllowedMentions) -> str:
    """Return the text for a ``text`` field: everything is escaped but the mentions that are allowed."""
    if "@" not in text and "!" not in text:
        return escape(text)
    parts: list[str] = []
    end = 0
    code = _Code(code_ranges(text))
    for match in _TOKEN.finditer(text):
        if match.start() < end or (match["bare"] and code.at(match.start()) is not None):
            continue
        parts.append(escape(text[end : match.start()]))
        end = match.end()
        tail = None if match["bare"] else _TAIL.match(text, end)
        if _allowed(match, mentions) and (tail or match["bare"]):
            end = tail.end() if tail else end
            parts.append(text[match.start() : end])
        elif match["bare"]:
            parts.append(f"@{_BREAK}{match['bare']}")
        else:
            parts.append(escape(match[0]))
    parts.append(escape(text[end:]))
    return "".join(parts)


def safe_markdown(text: str, mentions: AllowedMentions) -> str:
    """Return the text for a ``markdown`` block or a table cell: mention tokens that are not allowed are broken,
    everything else is unchanged."""
    if "@" not in text and "!" not in text:
        return text
    return _mended(text, 0, len(text), mentions)


def _mended(text: str, start: int, end: int, mentions: AllowedMentions) -> str:
    """Return a piece of the text made safe; the rest of the text tells where code is."""
    code = _Code(code_ranges(text))
    html = _HTML.search(text)
    behind = len(text) if html is None else html.start()

    def mend(match: re.Match[str]) -> str:
        inside = code.at(match.start())
        if inside is not None and (match["bare"] or (inside.certain and match.start() < behind)):
            return match[0]
        if _allowed(match, mentions):
            return match[0]
        cut = len(match["open"] or "@")
        return f"{match[0][:cut]}{_BREAK}{match[0][cut:]}"

    pieces: list[str] = []
    for match in _TOKEN.finditer(text, 0, end):
        if match.start() >= start:
            pieces += (text[start : match.start()], mend(match))
            start = match.end()
    return "".join([*pieces, text[start:end]])


class _Code:
    """The code ranges of a text, looked up at places in ascending order."""

    def __init__(self, ranges: list[CodeRange]) -> None:
        self._ranges = ranges
        self._next = 0

    def at(self, place: int) -> CodeRange | None:
        """Return the code range a place is in; None outside of code."""
        while self._next < len(self._ranges) and self._ranges[self._next].end <= place:
            self._next += 1
        found = self._ranges[self._next] if self._next < len(self._ranges) else None
        return found if found is not None and found.start <= place else None


def narrowed(safe: str) -> str:
    """Return the same text with signs that only look like ``<`` and ``@`` instead of what ``safe_markdown`` put in, for
    a text with so many mentions that breaking them made it too long."""
    return _BROKEN.sub(lambda match: "＠" if match[0][0] == "@" else "‹", safe)  # noqa: RUF001


def safe_piece(text: str, sent: int) -> tuple[str, int]:
    """Return what of a growing text can be sent behind its first ``sent`` characters, and how many characters are
    sent then. What may still become a mention waits, and so does a mention of which it is not clear whether it is
    in code."""
    if "@" not in text and "!" not in text and "<" not in text and "&" not in text:
        return text[sent:], len(text)
    tail = _OPEN_TAIL.search(text, max(sent, len(text) - _LONGEST_TAIL))
    cut = tail.start() if tail else len(text)
    if (doubtful := open_code(text)) is not None:
        for match in _TOKEN.finditer(text, doubtful.start):
            if doubtful.inline or not match["bare"]:
                cut = min(cut, match.start())
                break
    cut = max(cut, sent)
    return _mended(text, sent, cut, AllowedMentions()), cut


def last_piece(text: str, sent: int, end: int) -> str:
    """Return the last piece of a text that is complete."""
    return _mended(text, sent, min(end, len(text)), AllowedMentions())
