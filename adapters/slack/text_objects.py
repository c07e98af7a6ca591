"""Writes Markdown as Slack's text objects (``plain_text``, ``mrkdwn``, ``rich_text``), in which no mention is live.
Pure."""

from typing import Any, cast

from adapters.shortening import cut
from adapters.slack.limits import BUTTON_LABEL
from adapters.slack.mentions import safe_markdown, safe_text
from gateway.markdown.code import fenced
from gateway.markdown.headings import heading
from gateway.markdown.parts import Code, Prose, Table, parts
from gateway.markdown.tables import padded
from gateway.markdown.words import Words, cell_text, read_words
from gateway.model import AllowedMentions

Block = dict[str, Any]
"""A Block Kit block, element or text object."""

_WORDS = ("text", "title", "description")

_STYLES = {"strong": "bold", "emphasis": "italic", "strike": "strike", "code": "code"}
_MARKS = {"strong": "*", "emphasis": "_", "strike": "~", "code": "`"}
_LINKS = ("http://", "https://", "mailto:")


def measured(value: object) -> int:
    """Return the characters of text in blocks, as Slack counts them for a message."""
    if isinstance(value, list):
        return sum([measured(each) for each in cast(list[object], value)])
    if not isinstance(value, dict):
        return 0
    given = cast(Block, value)
    return sum(
        [len(given[key]) if key in _WORDS and isinstance(given[key], str) else measured(given[key]) for key in given]
    )


def label(text: str, limit: int) -> str:
    """Return the text of a label, which cannot be empty: at most ``limit`` characters, an ellipsis for no text."""
    return cut(text.strip() or "…", limit)


def plain(text: str, limit: int = BUTTON_LABEL) -> Block:
    """Return a ``plain_text`` object."""
    return {"type": "plain_text", "text": label(text, limit), "emoji": True}


def to_mrkdwn(markdown: str) -> str:
    """Return Markdown as mrkdwn, in which nobody is mentioned: headings are bold, tables aligned code."""
    return "\n".join([_part(part) for part in parts(markdown)]).strip("\n")


def _part(part: Prose | Code | Table) -> str:
    if isinstance(part, Code):
        return safe_text(fenced(part.body), AllowedMentions())
    if isinstance(part, Table):
        rows = [[cell_text(cell) for cell in row] for row in part.rows]
        return safe_text(fenced("\n".join(padded(rows, part.align))), AllowedMentions())
    if (found := heading(part)) is not None:
        return f"*{safe_text(''.join(each.text for each in read_words(found.text)), AllowedMentions())}*"
    start = part.block.start
    lines: list[str] = []
    for line in part.block.lines:
        lead = part.source[line.start - start : line.content - start]
        lines.append(_lead(lead) + "".join([_words(each) for each in read_words(part.content(line))]))
    return "\n".join(lines)


def _lead(lead: str) -> str:
    """Return the marks in front of a line: a bullet for a list item's, quote marks and numbers as they are."""
    return "".join(["•" if sign in "-*+" else sign for sign in lead])


def _words(words: Words) -> str:
    shown = safe_text(words.text, AllowedMentions())
    if words.target.lower().startswith(_LINKS):
        url = words.target.replace("|", "%7C").replace(">", "%3E").replace("&", "&amp;")
        shown = f"<{url}|{shown.replace('|', '¦')}>" if shown.strip() else shown
    inside = shown.strip()
    if not inside or not words.styles:
        return shown
    before = shown[: len(shown) - len(shown.lstrip())]
    behind = shown[len(shown.rstrip()) :]
    marks = "".join([_MARKS[style] for style in sorted(words.styles, reverse=True)])
    return f"{before}{marks}{inside}{marks[::-1]}{behind}"


def element(words: Words) -> Block:
    """Return words as an element of rich text, in their style."""
    style = {_STYLES[each]: True for each in sorted(words.styles)}
    shown: Block = {"type": "text", "text": words.text}
    if words.target.lower().startswith(_LINKS):
        shown = {"type": "link", "url": words.target, "text": words.text}
    return {**shown, "style": style} if style else shown


def rich_text(markdown: str, limit: int) -> Block:
    """Return a ``rich_text`` block that shows Markdown, cut at ``limit`` characters of its source: code as code, the
    rest as lines."""
    elements: list[Block] = []
    lines: list[Block] = []

    def flush() -> None:
        if any(each["text"].strip() for each in lines):
            elements.append({"type": "rich_text_section", "elements": list(lines)})
        lines.clear()

    for part in parts(cut(safe_markdown(markdown.strip(), AllowedMentions()), limit)):
        if isinstance(part, Prose):
            if lines:
                lines.append({"type": "text", "text": "\n"})
            words = "\n".join([part.content(line) for line in part.block.lines])
            lines += [element(each) for each in read_words(words) if each.text]
            continue
        flush()
        body = part.body if isinstance(part, Code) else part.source
        if body.strip():
            shown: Block = {"type": "text", "text": body}
            elements.append({"type": "rich_text_preformatted", "elements": [shown]})
    flush()
    return {"type": "rich_text", "elements": elements}
