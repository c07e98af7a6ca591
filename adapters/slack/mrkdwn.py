"""Converts mrkdwn, Slack's own markup of plain texts, to Markdown. Pure."""

import re

from adapters.slack.rich_text import fenced, inline_code, link

_TOKEN = re.compile(r"<([^<>\n]+)>")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_BOLD = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])")
_STRIKE = re.compile(r"(?<![\w~])~(?=[^\s~])([^~\n]+?)(?<=[^\s~])~(?![\w~])")


def unescape(value: str) -> str:
    """Replace Slack's three entities with the characters they stand for."""
    if "&" not in value:
        return value
    return value.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def from_mrkdwn(value: str, bot_user: str = "") -> str:
    """Return mrkdwn as Markdown: tokens made readable, ``*bold*`` and ``~strike~`` respelled outside of code. The
    mention of ``bot_user`` is left out, with the colon behind it where the text begins with it."""
    if bot_user and bot_user in value:
        mention = rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>"
        value = re.sub(rf"\A\s*{mention}\s*[:,](?=[\s/]|\Z)", "", value)
        value = re.sub(rf" ?{mention}", "", value)
    if "`" not in value:
        return _prose(value)
    parts = _CODE.split(value)
    for at, part in enumerate(parts):
        parts[at] = _code(part, parts[at - 1], parts[at + 1]) if at % 2 else _prose(part)
    return "".join(parts)


def _prose(part: str) -> str:
    if "<" in part:
        part = _TOKEN.sub(lambda match: _token(match[1]), part)
    if "*" in part:
        part = _BOLD.sub(r"**\1**", part)
    if "~" in part:
        part = _STRIKE.sub(r"~~\1~~", part)
    return unescape(part)


def _code(part: str, before: str, after: str) -> str:
    """Return code unchanged. Code of several lines becomes a block, whose fences are on lines of their own in
    Markdown."""
    ticks = 3 if part.startswith("```") and len(part) > 6 else 1
    body = part[ticks:-ticks]
    if "<" in body:
        body = _TOKEN.sub(lambda match: _address(match[1]), body)
    if "&" in body:
        body = unescape(body)
    if "\n" not in body:
        return f"{part[:ticks]}{body}{part[:ticks]}" if "`" not in body else inline_code(body)
    block = fenced(body.removeprefix("\n").removesuffix("\n"))
    lead = "" if not before or before.endswith("\n") else "\n"
    return f"{lead}{block}{'' if not after or after.startswith(chr(10)) else chr(10)}"


def _address(inner: str) -> str:
    """Return the words of a token inside code, where links do not exist."""
    target, _, label = inner.partition("|")
    return _token(inner) if target[:1] in "@#!" else label or target


def _token(inner: str) -> str:
    target, _, label = inner.partition("|")
    kind, rest = target[:1], target[1:]
    if kind == "@":
        return f"@{label or rest}"
    if kind == "#":
        return f"#{label or rest}"
    if kind == "!":
        name, _, argument = rest.partition("^")
        if name == "subteam":
            return label if label.startswith("@") else f"@{label or argument}"
        return label if name == "date" and label else f"@{label or name}"
    if not label or label in (target, target.removeprefix("mailto:"), target.removeprefix("tel:")):
        return label or target
    if target.partition("://")[2] == label:
        return target
    return link(label, target)
