"""Converts Slack's blocks to Markdown: every block that carries words, including those of other apps' messages.
Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from adapters.fields import Json, items, obj, text
from adapters.slack.mrkdwn import from_mrkdwn
from adapters.slack.rich_text import from_rich_text, link

_DEEPEST = 8
"""Levels to which blocks of an unknown kind are searched for words."""
_COLUMNS = 20
"""Cells up to which the rows of a table are filled up; a table of Slack's has no more columns."""
_ALIGNED = {"left": ":---", "center": ":---:", "right": "---:"}


def from_blocks(blocks: Iterable[Json], bot_user: str = "") -> str:
    """Return the blocks' words, a paragraph for each block; empty where they have none. The mention of ``bot_user`` is
    left out."""
    drawn = [_block(block, bot_user, 0) for block in blocks]
    return "\n\n".join([each for each in drawn if each.strip()])


def _block(block: Json, bot_user: str, depth: int) -> str:
    kind = block.get("type")
    if kind == "rich_text":
        return from_rich_text(block, bot_user)
    draw = _KINDS.get(kind) if isinstance(kind, str) else None
    return draw(block, bot_user) if draw else _other(block, bot_user, depth)


def words(value: object, bot_user: str = "") -> str:
    """Return a text object (``mrkdwn`` or ``plain_text``), or a plain string in its place, as Markdown."""
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        return ""
    body = cast(Json, value)
    written = text(body, "text")
    return from_mrkdwn(written, bot_user) if body.get("type") == "mrkdwn" else written


def _section(block: Json, bot_user: str) -> str:
    lines = [words(block.get("text"), bot_user)]
    lines += [words(field, bot_user) for field in items(block, "fields")]
    if accessory := obj(block, "accessory"):
        lines.append(_element(accessory, bot_user))
    return "\n".join([line for line in lines if line.strip()])


def _header(block: Json, bot_user: str) -> str:
    title = " ".join(words(block.get("text"), bot_user).split())
    return f"## {title}" if title else ""


def _context(block: Json, bot_user: str) -> str:
    return " ".join([each for element in items(block, "elements") if (each := _element(element, bot_user)).strip()])


def _element(element: Json, bot_user: str) -> str:
    """Return the words of an element inside a block: a picture, a button with a link, or a text. Other controls have
    none."""
    match element.get("type"):
        case "image":
            return _picture(element)
        case "mrkdwn" | "plain_text":
            return words(element, bot_user)
        case _:
            label, url = words(element.get("text")), text(element, "url")
            return link(label, url) if label and url else ""


def _picture(element: Json) -> str:
    alt = " ".join((text(element, "alt_text") or words(element.get("title"))).split())
    url = text(element, "image_url")
    return f"!{link(alt, url)}" if url else alt


def _image(block: Json, bot_user: str) -> str:
    title, picture = words(block.get("title")).strip(), _picture(block)
    return "\n".join([line for line in (title, picture) if line]) if title not in picture else picture


def _video(block: Json, bot_user: str) -> str:
    title, url = words(block.get("title")).strip(), text(block, "title_url") or text(block, "video_url")
    lines = [link(title, url) if title and url else title or url, words(block.get("description"))]
    author = " ".join([each for each in (text(block, "author_name"), text(block, "provider_name")) if each])
    return "\n".join([line for line in (*lines, author) if line.strip()])


def _markdown(block: Json, bot_user: str) -> str:
    return words(block.get("text"))


def _nothing(block: Json, bot_user: str) -> str:
    return ""


def _table(block: Json, bot_user: str) -> str:
    """Return a table as a GitHub table whose first row is the header. Rows that are shorter than others are filled
    up."""
    given: Any = block.get("rows")
    rows = [_row(row, bot_user) for row in given] if isinstance(given, list) else []
    rows = [row for row in rows if row]
    if not rows:
        return ""
    width = max(map(len, rows))
    settings: Any = block.get("column_settings")
    columns = [_align(each) for each in settings[:width]] if isinstance(settings, list) else []
    rule = (columns + ["---"] * width)[:width]
    lines = [_line([*rows[0], *[""] * (width - len(rows[0]))])]
    lines += [_line([*row, *[""] * (min(width, _COLUMNS) - len(row))]) for row in rows[1:]]
    caption = words(block.get("caption"))
    table = "\n".join([lines[0], _line(rule), *lines[1:]])
    return f"{caption}\n\n{table}" if caption else table


def _align(setting: object) -> str:
    align = cast(Json, setting).get("align") if isinstance(setting, dict) else None
    return _ALIGNED.get(align, "---") if isinstance(align, str) and align != "left" else "---"


def _row(row: object, bot_user: str) -> list[str]:
    return [_cell(cell, bot_user) for cell in row] if isinstance(row, list) else []


def _cell(cell: object, bot_user: str) -> str:
    if not isinstance(cell, dict):
        return _escaped(str(cell)) if isinstance(cell, str | int | float) else ""
    body = cast(Json, cell)
    if body.get("type") == "rich_text" or "elements" in body:
        return _escaped(from_rich_text(body, bot_user))
    value = body.get("value")
    number = str(value) if isinstance(value, int | float) else value if isinstance(value, str) else ""
    return _escaped(words(body, bot_user) or number)


def _escaped(cell: str) -> str:
    return "<br>".join(cell.strip().replace("|", "\\|").splitlines())


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


_INSIDE = (
    *("title", "subtitle", "label", "text", "body", "description", "details", "output", "caption"),
    *("fields", "elements", "blocks", "child_blocks", "items", "cards", "tasks"),
)
"""Fields in which blocks of unknown kinds may have their words."""


def _other(block: Json, bot_user: str, depth: int) -> str:
    if depth > _DEEPEST:
        return ""
    found: list[str] = []
    for name in _INSIDE:
        value = block.get(name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict) and each.get("type") not in ("mrkdwn", "plain_text"):
                found.append(_block(cast(Json, each), bot_user, depth + 1))
            else:
                found.append(words(each, bot_user))
    return "\n".join([each for each in found if each.strip()])


_KINDS: dict[str, Callable[[Json, str], str]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _context,
    "context_actions": _nothing,
    "divider": _nothing,
    "file": _nothing,
    "image": _image,
    "video": _video,
    "markdown": _markdown,
    "table": _table,
    "data_table": _table,
}
