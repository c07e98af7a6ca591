"""Converts rich text, in which Slack's clients send what people write, to Markdown. Pure."""

import re
from collections.abc import Iterable
from itertools import pairwise

from adapters.fields import Json, items, obj, text

_DEEPEST = 6
"""Levels of a list; Slack's editor has this many."""
_MARKS = (("bold", "**"), ("italic", "_"), ("strike", "~~"))
_BACKTICKS = re.compile(r"`+")
_ADDRESS = re.compile(r"^[ \u00a0]*[:,](?=[\s/]|$)")
"""What comes between a name and what is said to it: ``@bot: hello``, but not ``@bot :wave:``."""
_PLAIN_ADDRESS = re.compile(r"[^\s()<>]*+(?:\([^\s()<>]*+\)[^\s()<>]*+)*+")
"""Addresses that need no angle brackets in a Markdown link."""


def from_rich_text(block: Json, bot_user: str = "") -> str:
    """Return a ``rich_text`` block as Markdown. The mention of ``bot_user`` is left out."""
    elements = items(block, "elements")
    if len(elements) == 1:  # nearly every message
        return _element(elements[0], bot_user, level=0)
    drawn: list[tuple[Json, str]] = []
    level = -1
    for each in elements:
        # A list that is indented more than the one before it allows would read as code.
        level = min(_indent(each), level + 1) if each.get("type") == "rich_text_list" else -1
        drawn.append((each, _element(each, bot_user, level=max(level, 0))))
    drawn = [(each, written) for each, written in drawn if written or each.get("type") == "rich_text_section"]
    if not drawn:
        return ""
    gaps = [_gap(before, after) + written for (before, _), (after, written) in pairwise(drawn)]
    return drawn[0][1] + "".join(gaps)


def _gap(before: Json, after: Json) -> str:
    """Return what goes between two elements, so that Markdown does not read the second as a part of the first."""
    kind, following = before.get("type"), after.get("type")
    if kind in ("rich_text_list", "rich_text_quote") and following in ("rich_text_section", "rich_text_quote"):
        return "\n\n"
    if following == "rich_text_list" and kind != "rich_text_list" and _first(after) != 1:
        return "\n\n"  # only a list that begins with 1 may interrupt a paragraph
    return "\n"


def _element(element: Json, bot_user: str, *, level: int) -> str:
    match element.get("type"):
        case "rich_text_preformatted":
            return fenced(_inline(items(element, "elements"), bot_user, code=True), text(element, "language"))
        case "rich_text_quote":
            return quoted(_inline(items(element, "elements"), bot_user))
        case "rich_text_list":
            return _list(element, bot_user, level)
        case _:
            return _inline(items(element, "elements"), bot_user)


def _indent(element: Json) -> int:
    indent = element.get("indent")
    return indent if isinstance(indent, int) and 0 < indent < _DEEPEST else 0


def _first(element: Json) -> int:
    offset = element.get("offset")
    return offset + 1 if isinstance(offset, int) and 0 <= offset < 100_000 else 1


def _list(element: Json, bot_user: str, level: int) -> str:
    ordered = element.get("style") == "ordered"
    lines: list[str] = []
    for number, item in enumerate(items(element, "elements"), start=_first(element)):
        head = f"{'    ' * level}{f'{number}.' if ordered else '-'} "
        said = _inline(items(item, "elements"), bot_user)
        lines.append(head + said.replace("\n", "\n" + " " * len(head)))
    return "\n".join(lines)


def _inline(elements: Iterable[Json], bot_user: str, *, code: bool = False) -> str:
    out: list[str] = []
    for each in elements:
        if bot_user and each.get("type") == "user" and text(each, "user_id") == bot_user:
            out.append("")
            continue
        span = _span(each, code=code)
        # With a mention one of the blanks around it is removed, and at the beginning the colon behind it.
        if out and not out[-1]:
            if not any(out):
                span = _ADDRESS.sub("", span)
            if not any(out) or out[-2].endswith(" "):
                span = span.removeprefix(" ")
        out.append(span)
    return "".join(out)


def _span(element: Json, *, code: bool) -> str:
    match element.get("type"):
        case "text":
            written = text(element, "text")
        case "link":
            return _link(element, code=code)
        case "user":
            written = f"@{text(element, 'user_id')}"
        case "usergroup":
            written = f"@{text(element, 'usergroup_id')}"
        case "channel":
            written = f"#{text(element, 'channel_id')}"
        case "broadcast":
            written = f"@{text(element, 'range')}"
        case "emoji":
            written = _emoji(element)
        case "date":
            written = text(element, "fallback") or str(element.get("timestamp") or "")
        case "color":
            written = text(element, "value")
        case "team":
            written = f"@{text(element, 'team_id')}"
        case _:
            written = text(element, "text") or text(element, "fallback")
    return written if code or "style" not in element else styled(written, obj(element, "style"))


def _link(element: Json, *, code: bool) -> str:
    url, label, style = text(element, "url"), text(element, "text"), obj(element, "style")
    if code:
        return label or url
    if not label or label == url or url.removeprefix("mailto:") == label:
        return label or url
    inner = inline_code(label) if style.get("code") is True else label
    return styled(link(inner, url), {name: value for name, value in style.items() if name != "code"})


def _emoji(element: Json) -> str:
    try:
        drawn = "".join(chr(int(point, 16)) for point in text(element, "unicode").split("-"))
    except (ValueError, OverflowError):
        drawn = ""
    return drawn or f":{text(element, 'name')}:"


def styled(written: str, style: Json) -> str:
    """Return the words with their marks. Marks go directly around the words, not around blanks beside them (``**
    bold**`` is no Markdown), and not across lines."""
    marks = [mark for name, mark in _MARKS if style.get(name) is True]
    code = style.get("code") is True
    if not marks and not code:
        return written
    opening, closing = "".join(reversed(marks)), "".join(marks)
    return "\n".join([_marked(line, opening, closing, code=code) for line in written.split("\n")])


def _marked(line: str, opening: str, closing: str, *, code: bool) -> str:
    core = line.strip()
    if not core:
        return line
    at = line.index(core)
    return f"{line[:at]}{opening}{inline_code(core) if code else core}{closing}{line[at + len(core) :]}"


def _longest_run(written: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(written)), default=0) if "`" in written else 0


def inline_code(written: str) -> str:
    """Return inline code, whatever backticks it contains."""
    if "`" not in written:
        return f"`{written}`"
    ticks = "`" * (_longest_run(written) + 1)
    pad = " " if written.startswith("`") or written.endswith("`") else ""
    return f"{ticks}{pad}{written}{pad}{ticks}"


def fenced(body: str, language: str = "") -> str:
    """Return a code block, whatever backticks it contains."""
    fence = "`" * max(3, _longest_run(body) + 1)
    info = language if language.isalnum() else ""
    return f"{fence}{info}\n{body}\n{fence}"


def quoted(written: str) -> str:
    """Return the Markdown as a block quote."""
    return "\n".join([f"> {line}".rstrip() for line in written.split("\n")])


def link(label: str, url: str) -> str:
    """Return a Markdown link, also where the label contains brackets or the address contains blanks or open
    parentheses."""
    if "[" in label or "]" in label:
        label = label.replace("[", "\\[").replace("]", "\\]")
    if not _PLAIN_ADDRESS.fullmatch(url):
        url = f"<{url.replace('<', '%3C').replace('>', '%3E')}>"
    return f"[{label}]({url})"
