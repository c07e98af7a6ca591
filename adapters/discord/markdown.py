"""Converts what Discord users write to Markdown; it is Markdown already, except for Discord's tokens. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_TOKEN = re.compile(
    r"<(?:@!?(?P<user>\d{1,20})|@&(?P<role>\d{1,20})|#(?P<channel>\d{1,20})|a?:(?P<emoji>\w{1,64}):\d{1,20}"
    r"|t:(?P<time>-?\d{1,13})(?::(?P<style>[A-Za-z]))?|/(?P<command>[^:<>\n]{1,100}):\d{1,20})>"
)

_KINDS = ("user", "role", "channel", "emoji", "time", "command")
_WITH_SECONDS = frozenset("TS")
"""Styles of a timestamp that show seconds (API reference, Timestamp Styles). An unknown style shows none."""


def readable(written: str, names: Mapping[str, str]) -> str:
    """Replace Discord's tokens outside of code with what people read. ``names`` are those of people, channels and roles
    by id."""
    if "<" not in written:
        return written
    parts = _CODE.split(written)
    for at in range(0, len(parts), 2):
        parts[at] = _TOKEN.sub(lambda match: _readable(match, names), parts[at])
    return "".join(parts)


def without_bot(content: str, bot: str, role: str) -> str:
    """Return the content without its mentions of the bot, each removed with one of the blanks beside it."""
    for token in (f"<@{bot}>" if bot else "", f"<@!{bot}>" if bot else "", f"<@&{role}>" if role else ""):
        if token and token in content:
            content = content.replace(f" {token}", "").replace(f"{token} ", "").replace(token, "")
    return content


def _readable(match: re.Match[str], names: Mapping[str, str]) -> str:
    kind = next(name for name in _KINDS if match[name] is not None)
    value = match[kind]
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
            return _moment(value, precise=match["style"] in _WITH_SECONDS)


def _moment(value: str, *, precise: bool) -> str:
    """Return a timestamp as a date, with seconds where Discord shows them. A relative time becomes a date too, because
    it is read later."""
    try:
        at = datetime.fromtimestamp(int(value), UTC)
        return at.strftime("%Y-%m-%d %H:%M:%S UTC" if precise else "%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return value
