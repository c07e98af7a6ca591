"""What Slack users write -> Markdown: from the rich-text blocks of their client, else from ``text`` (mrkdwn)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from adapters.fields import Json, items, obj, text

_TOKEN = re.compile(r"<([^<>\n]+)>")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_BOLD = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])")
_STRIKE = re.compile(r"(?<![\w~])~(?=[^\s~])([^~\n]+?)(?<=[^\s~])~(?![\w~])")
_STYLES = (("code", "`"), ("bold", "**"), ("italic", "_"), ("strike", "~~"))


def unescape(value: str) -> str:
    """Slack's three entities back to characters."""
    if "&" not in value:
        return value
    return value.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def to_markdown(message: Json, bot_user: str) -> str:
    """A message's text as Markdown, the bot's own mention removed; below it the messages it forwards, as quotes."""
    written = _written(message, bot_user)
    forwarded = [_quote(each) for each in shares(message)] if "attachments" in message else []
    return "\n\n".join([each for each in (written, *forwarded) if each]) if forwarded else written


def shares(message: Json) -> list[Json]:
    """The messages that a message forwards. Slack has them among the attachments, not in the text."""
    return [each for each in items(message, "attachments") if each.get("is_share") is True]


def _quote(share: Json) -> str:
    """A forwarded message: who wrote it, and what."""
    inside = [obj(each, "message") for each in items(share, "message_blocks")]
    blocks = [block for each in inside for block in items(each, "blocks")]
    said = _written({"text": text(share, "text"), "blocks": blocks}, "")
    author = text(share, "author_name") or text(share, "author_subname")
    lines = [f"{author}:"] if author else []
    return "\n".join(f"> {line}".rstrip() for line in (*lines, *said.split("\n"))) if said else ""


def _written(message: Json, bot_user: str) -> str:
    blocks = items(message, "blocks")
    if blocks and all([block.get("type") == "rich_text" for block in blocks]):
        rendered = "\n".join([_rich(each, bot_user) for block in blocks for each in items(block, "elements")]).strip()
        if rendered:
            return rendered
    return from_mrkdwn(text(message, "text"), bot_user).strip()


def from_mrkdwn(value: str, bot_user: str) -> str:
    """Slack's mrkdwn as Markdown: tokens made readable, ``*bold*`` and ``~strike~`` respelled outside code."""
    if bot_user:
        value = re.sub(rf" ?<@{re.escape(bot_user)}(?:\|[^<>]*)?>", "", value)
    parts = _CODE.split(value)
    for at, part in enumerate(parts):
        part = _TOKEN.sub(lambda match: _token(match[1]), part)
        if at % 2 == 0:
            part = _STRIKE.sub(r"~~\1~~", _BOLD.sub(r"**\1**", part))
        parts[at] = unescape(part)
    return "".join(parts)


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
    return f"[{label}]({target})"


def _rich(element: Json, bot_user: str) -> str:
    """One element of a rich-text block, as lines."""
    match element.get("type"):
        case "rich_text_section":
            return _inline(items(element, "elements"), bot_user)
        case "rich_text_preformatted":
            code = _inline(items(element, "elements"), bot_user, code=True)
            language = text(element, "language")
            return f"```{language}\n{code}\n```"
        case "rich_text_quote":
            quoted = _inline(items(element, "elements"), bot_user)
            return "\n".join(f"> {line}" for line in quoted.split("\n"))
        case "rich_text_list":
            return _list(element, bot_user)
        case _:
            return ""


def _list(element: Json, bot_user: str) -> str:
    indent, offset = element.get("indent"), element.get("offset")
    pad = "    " * (indent if isinstance(indent, int) and 0 < indent < 10 else 0)
    first = offset + 1 if isinstance(offset, int) and 0 <= offset < 100_000 else 1
    ordered = element.get("style") == "ordered"
    lines: list[str] = []
    for number, item in enumerate(items(element, "elements"), start=first):
        marker = f"{number}." if ordered else "-"
        lines.append(f"{pad}{marker} {_inline(items(item, 'elements'), bot_user)}")
    return "\n".join(lines)


def _inline(elements: Iterable[Json], bot_user: str, *, code: bool = False) -> str:
    out: list[str] = []
    for each in elements:
        if each.get("type") == "user" and text(each, "user_id") == bot_user:
            out.append("")
            continue
        span = _span(each, code=code)
        # A removed mention takes one of the blanks around it along.
        if out and not out[-1] and (len(out) == 1 or out[-2].endswith(" ")):
            span = span.removeprefix(" ")
        out.append(span)
    return "".join(out)


def _span(element: Json, *, code: bool) -> str:
    match element.get("type"):
        case "text":
            written = text(element, "text")
            return written if code or "style" not in element else _styled(written, obj(element, "style"))
        case "link":
            url, label = text(element, "url"), text(element, "text")
            if code or not label or label == url or url.removeprefix("mailto:") == label:
                return label or url
            return f"[{label}]({url})"
        case "user":
            return f"@{text(element, 'user_id')}"
        case "usergroup":
            return f"@{text(element, 'usergroup_id')}"
        case "channel":
            return f"#{text(element, 'channel_id')}"
        case "broadcast":
            return f"@{text(element, 'range')}"
        case "emoji":
            return _emoji(element)
        case "date":
            return text(element, "fallback")
        case "color":
            return text(element, "value")
        case _:
            return text(element, "text")


def _emoji(element: Json) -> str:
    try:
        drawn = "".join(chr(int(point, 16)) for point in text(element, "unicode").split("-"))
    except (ValueError, OverflowError):
        drawn = ""
    return drawn or f":{text(element, 'name')}:"


def _styled(written: str, style: Mapping[str, Any]) -> str:
    """Marks go around the words, not around the blanks beside them: ``** bold**`` is no Markdown."""
    core = written.strip()
    if not style or not core:
        return written
    at = written.index(core)
    marks = [mark for name, mark in _STYLES if style.get(name) is True]
    marked = core
    for mark in marks:
        marked = f"{mark}{marked}{mark}"
    return written[:at] + marked + written[at + len(core) :]
