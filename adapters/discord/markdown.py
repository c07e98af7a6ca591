"""What Discord users write -> Markdown. Theirs is Markdown already: what has to be made readable are its tokens."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from adapters.fields import Json, items, obj, text

_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_TOKEN = re.compile(
    r"<(?:@!?(?P<user>\d{1,20})|@&(?P<role>\d{1,20})|#(?P<channel>\d{1,20})|a?:(?P<emoji>\w{1,64}):\d{1,20}"
    r"|t:(?P<time>-?\d{1,13})(?::[tTdDfFR])?|/(?P<command>[^:<>\n]{1,100}):\d{1,20})>"
)


def to_markdown(message: Json, *, bot: str, role: str = "", names: Mapping[str, str] | None = None) -> str:
    """A message's text, the bot's own mention removed. ``names`` are those of the channels and roles it mentions."""
    content = text(message, "content")
    if "<" not in content:
        return content.strip() or _without_words(message)
    known = dict(names or {})
    for user in items(message, "mentions"):
        known[text(user, "id")] = (
            text(obj(user, "member"), "nick") or text(user, "global_name") or text(user, "username")
        )
    content = _without_bot(content, bot, role)
    parts = _CODE.split(content)
    for at in range(0, len(parts), 2):
        parts[at] = _TOKEN.sub(lambda match: _readable(match, known), parts[at])
    return "".join(parts).strip() or _without_words(message)


def _without_bot(content: str, bot: str, role: str) -> str:
    """Take out each mention of the bot, and one of the blanks around it."""
    for token in (f"<@{bot}>", f"<@!{bot}>", f"<@&{role}>" if role else ""):
        if token and token in content:
            content = content.replace(f" {token}", "").replace(f"{token} ", "").replace(token, "")
    return content


def _readable(match: re.Match[str], names: Mapping[str, str]) -> str:
    kind, value = match.lastgroup, match[match.lastgroup or 0]
    match kind:
        case "user" | "role":
            return f"@{names.get(value) or value}"
        case "channel":
            return f"#{names.get(value) or value}"
        case "emoji":
            return f":{value}:"
        case "command":
            return f"/{value}"
        case _:
            return _moment(value)


def _moment(value: str) -> str:
    try:
        return datetime.fromtimestamp(int(value), UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return value


def _without_words(message: Json) -> str:
    """A forwarded message's text; a poll's question with its answers; else the names of stickers."""
    forwarded = [to_markdown(obj(each, "message"), bot="") for each in items(message, "message_snapshots")]
    if any(forwarded):
        return "\n".join(forwarded).strip()
    if question := text(obj(obj(message, "poll"), "question"), "text"):
        answers = [f"- {text(obj(answer, 'poll_media'), 'text')}" for answer in items(obj(message, "poll"), "answers")]
        return "\n".join([question, *answers])
    return " ".join(f":{text(sticker, 'name')}:" for sticker in items(message, "sticker_items"))
