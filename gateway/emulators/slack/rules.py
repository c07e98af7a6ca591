"""The rules of Block Kit, block by block and element by element.

Numbers: https://docs.slack.dev/reference/block-kit (blocks and elements) and the SDK's own validators.
"""

import re
from urllib.parse import urlsplit

from gateway.emulators.common.values import JSON
from gateway.emulators.slack.checker import CHOICES, Checker, Rule, among

MAX_MARKDOWN = 12_000
"""Characters in all ``markdown`` blocks of one message (Block Kit reference, markdown block)."""
MAX_TABLE_TEXT = 10_000
"""Characters in the cells of all tables of one message (observed, not documented)."""

_SELECTS = frozenset({"static_select", "external_select", "users_select", "conversations_select", "channels_select"})
_MULTI_SELECTS = frozenset(f"multi_{kind}" for kind in _SELECTS)
_PICKERS = frozenset({"datepicker", "timepicker", "datetimepicker"})
_INPUTS = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input"})
_ACTIONS = frozenset({"button", "overflow", "workflow_button"}) | _SELECTS | _PICKERS | CHOICES
_ACCESSORIES = _ACTIONS | _MULTI_SELECTS | {"image"}
_INPUT_ELEMENTS = _INPUTS | _SELECTS | _MULTI_SELECTS | _PICKERS | CHOICES | {"file_input"}
_ICONS = frozenset({"trash"})
_STYLES = frozenset({"primary", "danger"})
_CHILDREN = frozenset({"actions", "context", "divider", "header", "image", "section", "table", "video"})
"""What a container may hold: what its reference names and what users report Slack to take, both."""
_TASK_STATES = frozenset({"pending", "in_progress", "complete", "error"})


def _section(c: Checker, b: JSON, at: str) -> None:
    if b.get("text") is None and not b.get("fields"):
        c.fail("must have at least one of: text, fields", at)
    c.text(b.get("text"), f"{at}/text", required=False)
    if b.get("fields") is not None:
        for index, item in enumerate(c.items(b["fields"], f"{at}/fields", most=10)):
            c.text(item, f"{at}/fields/{index}", most=2000)
    if b.get("accessory") is not None:
        c.element(b["accessory"], _ACCESSORIES, f"{at}/accessory")


def _header(c: Checker, b: JSON, at: str) -> None:
    c.text(b.get("text"), f"{at}/text", most=150, plain=True)


def _divider(c: Checker, b: JSON, at: str) -> None:
    del c, b, at


def _out_of_reach(url: object) -> bool:
    """Return whether Slack, which fetches every image, cannot reach a URL because its host is a private name."""
    host = urlsplit(url).hostname if isinstance(url, str) else None
    return host is not None and host.endswith((".internal", ".local"))


def _image(c: Checker, b: JSON, at: str) -> None:
    if ("image_url" in b) == ("slack_file" in b):
        c.fail("must have exactly one of: image_url, slack_file", at)
    c.string(b.get("image_url"), f"{at}/image_url", most=3000, required=False)
    if _out_of_reach(b.get("image_url")):
        c.fail("downloading image failed", f"{at}/image_url")
    c.string(b.get("alt_text"), f"{at}/alt_text", most=2000)
    c.text(b.get("title"), f"{at}/title", most=2000, plain=True, required=False)


def _actions(c: Checker, b: JSON, at: str) -> None:
    allowed = _ACTIONS | _MULTI_SELECTS
    c.elements(c.items(b.get("elements"), f"{at}/elements", most=25), allowed, f"{at}/elements")


def _context(c: Checker, b: JSON, at: str) -> None:
    for index, item in enumerate(c.items(b.get("elements"), f"{at}/elements", most=10)):
        here = f"{at}/elements/{index}"
        if isinstance(item, dict) and item.get("type") == "image":
            _image(c, item, here)
        else:
            c.text(item, here)


def _context_actions(c: Checker, b: JSON, at: str) -> None:
    allowed = frozenset({"feedback_buttons", "icon_button"})
    c.elements(c.items(b.get("elements"), f"{at}/elements", most=5), allowed, f"{at}/elements")


def _markdown(c: Checker, b: JSON, at: str) -> None:
    c.string(b.get("text"), f"{at}/text", most=MAX_MARKDOWN, counted=True)
    c.markdown += len(b["text"]) if isinstance(b.get("text"), str) else 0
    if c.markdown > MAX_MARKDOWN >= len(str(b.get("text"))):
        c.fail(f"markdown blocks must be less than {MAX_MARKDOWN + 1} characters together", f"{at}/text")


def _input(c: Checker, b: JSON, at: str) -> None:
    c.text(b.get("label"), f"{at}/label", most=2000, plain=True)
    c.text(b.get("hint"), f"{at}/hint", most=2000, plain=True, required=False)
    if c.surface == "message" and isinstance(b.get("element"), dict) and b["element"].get("type") == "file_input":
        c.fail("unsupported type: file_input", f"{at}/element/type")
    c.element(b.get("element"), _INPUT_ELEMENTS, f"{at}/element")


def _rich_text(c: Checker, b: JSON, at: str) -> None:
    kinds = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
    for index, item in enumerate(c.items(b.get("elements"), f"{at}/elements", most=1000, least=0)):
        if not isinstance(item, dict) or item.get("type") not in kinds:
            c.fail("unsupported rich text element", f"{at}/elements/{index}")
    c.total += _rich_length(b)


def _rich_length(value: object) -> int:
    if isinstance(value, dict):
        text = value.get("text")
        own = len(text) if isinstance(text, str) else 0
        return own + sum(_rich_length(v) for v in value.get("elements", ()))
    return 0


def _table(c: Checker, b: JSON, at: str) -> None:
    c.tables += 1
    kinds = ("raw_text", "rich_text", "raw_number") if b.get("type") == "data_table" else ("raw_text", "rich_text")
    data = b.get("type") == "data_table"
    for r, row in enumerate(c.items(b.get("rows"), f"{at}/rows", most=101 if data else 100, least=2 if data else 1)):
        for i, cell in enumerate(c.items(row, f"{at}/rows/{r}", most=20)):
            here = f"{at}/rows/{r}/{i}"
            kind = cell.get("type") if isinstance(cell, dict) else None
            if kind not in kinds:
                c.fail(f"unsupported type: {kind}", f"{here}/type")
            elif kind == "raw_text":
                c.string(cell.get("text"), f"{here}/text", most=MAX_TABLE_TEXT)
                c.table_text += len(str(cell.get("text") or ""))
            elif kind == "rich_text":
                length = _rich_length(cell)
                if not length and not cell.get("elements"):
                    c.fail("must have at least one element", f"{here}/elements")
                c.table_text += length
    settings = b.get("column_settings")
    if settings is not None:
        for i, column in enumerate(c.items(settings, f"{at}/column_settings", most=20, least=0)):
            if isinstance(column, dict) and not among(column.get("align", "left"), ("left", "center", "right")):
                c.fail("invalid align", f"{at}/column_settings/{i}/align")


def _chart(c: Checker, b: JSON, at: str) -> None:
    c.charts += 1
    if c.charts > 2:
        c.fail("no more than 2 data_visualization blocks allowed", at)
    c.string(b.get("title"), f"{at}/title", most=50, required=False)


def _task_card(c: Checker, b: JSON, at: str) -> None:
    c.string(b.get("task_id"), f"{at}/task_id", most=255)
    c.string(b.get("title"), f"{at}/title", most=3000, counted=True)
    if not among(b.get("status", "pending"), _TASK_STATES):
        c.fail("invalid status", f"{at}/status")
    for name in ("details", "output"):
        if b.get(name) is not None:
            _rich_text_in(c, b[name], f"{at}/{name}")


def _rich_text_in(c: Checker, value: object, at: str) -> None:
    """A ``rich_text`` entity inside of another block, which Slack wants to say something."""
    if not isinstance(value, dict) or value.get("type") != "rich_text":
        c.fail("must provide a rich_text object", at)
    elif not value.get("elements"):
        c.fail("must have at least one element", f"{at}/elements")
    else:
        _rich_text(c, value, at)


def _plan(c: Checker, b: JSON, at: str) -> None:
    c.string(b.get("title"), f"{at}/title", most=3000, counted=True)
    seen: set[str] = set()
    for index, task in enumerate(c.items(b.get("tasks") or [], f"{at}/tasks", most=100, least=0)):
        if isinstance(task, dict):
            _task_card(c, task, f"{at}/tasks/{index}")
            if str(task.get("task_id")) in seen:
                c.fail("task_id already exists", f"{at}/tasks/{index}/task_id")
            seen.add(str(task.get("task_id")))
        else:
            c.fail("must provide an object", f"{at}/tasks/{index}")


def _alert(c: Checker, b: JSON, at: str) -> None:
    c.text(b.get("text"), f"{at}/text")
    if not among(b.get("level", "default"), ("default", "info", "warning", "error", "success")):
        c.fail("invalid level", f"{at}/level")


def _card(c: Checker, b: JSON, at: str) -> None:
    for name, most in (("title", 150), ("subtitle", 150), ("body", 200)):
        c.text(b.get(name), f"{at}/{name}", most=most, required=False)
    if not any(b.get(name) for name in ("hero_image", "title", "actions", "body")):
        c.fail("must have at least one of: hero_image, title, actions, body", at)
    for name in ("hero_image", "icon"):
        if isinstance(b.get(name), dict):
            _image(c, b[name], f"{at}/{name}")
    if b.get("actions") is not None:
        c.elements(c.items(b["actions"], f"{at}/actions", most=25), _ACTIONS, f"{at}/actions")


def _carousel(c: Checker, b: JSON, at: str) -> None:
    for index, card in enumerate(c.items(b.get("elements"), f"{at}/elements", most=10)):
        if isinstance(card, dict):
            _card(c, card, f"{at}/elements/{index}")


def _container(c: Checker, b: JSON, at: str) -> None:
    c.text(b.get("title"), f"{at}/title", most=150, required="rich_text_title" not in b)
    c.text(b.get("subtitle"), f"{at}/subtitle", most=150, required=False)
    if b.get("is_collapsible") is True and b.get("has_header_divider") is True:
        c.fail("has_header_divider cannot be set when is_collapsible is true", at)
    children = c.items(b.get("child_blocks"), f"{at}/child_blocks", most=10)
    for index, child in enumerate(children):
        kind = child.get("type") if isinstance(child, dict) else None
        if not among(kind, _CHILDREN):
            c.fail(f"unsupported type: {kind}", f"{at}/child_blocks/{index}/type")
    c.blocks(children, f"{at}/child_blocks", nested=True)


def _video(c: Checker, b: JSON, at: str) -> None:
    c.text(b.get("title"), f"{at}/title", most=199, plain=True)
    for name in ("alt_text", "video_url", "thumbnail_url"):
        c.string(b.get(name), f"{at}/{name}", most=3000)


BLOCKS: dict[str, Rule] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "image": _image,
    "actions": _actions,
    "context": _context,
    "context_actions": _context_actions,
    "markdown": _markdown,
    "input": _input,
    "rich_text": _rich_text,
    "table": _table,
    "data_table": _table,
    "data_visualization": _chart,
    "task_card": _task_card,
    "plan": _plan,
    "alert": _alert,
    "card": _card,
    "carousel": _carousel,
    "container": _container,
    "video": _video,
}
"""The rule of each block type."""
MESSAGE_ONLY = frozenset(
    {"context_actions", "markdown", "table", "data_table", "data_visualization", "task_card", "plan", "carousel"}
)
"""Block types that modals and the Home tab do not accept."""


def _button(c: Checker, e: JSON, at: str) -> None:
    c.text(e.get("text"), f"{at}/text", most=75, plain=True)
    c.string(e.get("value"), f"{at}/value", most=2000, least=0, required=False)
    c.string(e.get("url"), f"{at}/url", most=3000, required=False)
    c.string(e.get("accessibility_label"), f"{at}/accessibility_label", most=75, required=False)
    if "style" in e and not among(e["style"], _STYLES):
        c.fail(f"invalid style: {e['style']}", f"{at}/style")


def _feedback(c: Checker, e: JSON, at: str) -> None:
    for name in ("positive_button", "negative_button"):
        button = e.get(name)
        if not isinstance(button, dict):
            c.fail(f"missing required field: {name}", at)
            continue
        c.text(button.get("text"), f"{at}/{name}/text", most=75, plain=True)
        c.string(button.get("value"), f"{at}/{name}/value", most=2000)
        c.string(button.get("accessibility_label"), f"{at}/{name}/accessibility_label", most=75, required=False)


def _icon_button(c: Checker, e: JSON, at: str) -> None:
    if not among(e.get("icon"), _ICONS):
        c.fail(f"invalid icon: {e.get('icon')}", f"{at}/icon")
    c.text(e.get("text"), f"{at}/text", most=75, plain=True)
    c.string(e.get("value"), f"{at}/value", most=2000, required=False)


def _overflow(c: Checker, e: JSON, at: str) -> None:
    c.options(e, at, most=5)


def _choices(c: Checker, e: JSON, at: str) -> None:
    c.options(e, at, most=10)


def _static_select(c: Checker, e: JSON, at: str) -> None:
    groups = e.get("option_groups")
    if groups is None:
        c.options(e, at)
        return
    if "options" in e:
        c.fail("must have exactly one of: options, option_groups", at)
    for index, group in enumerate(c.items(groups, f"{at}/option_groups", most=100)):
        if isinstance(group, dict):
            c.text(group.get("label"), f"{at}/option_groups/{index}/label", most=75, plain=True)
            c.options(group, f"{at}/option_groups/{index}")


def _file_input(c: Checker, e: JSON, at: str) -> None:
    most = e.get("max_files", 10)
    if not isinstance(most, int) or not 1 <= most <= 10:
        c.fail("max_files must be between 1 and 10", f"{at}/max_files")
    if "filetypes" in e:
        c.items(e["filetypes"], f"{at}/filetypes", most=100)


def _text_input(c: Checker, e: JSON, at: str) -> None:
    for name, least in (("min_length", 0), ("max_length", 1)):
        value = e.get(name)
        if value is not None and (not isinstance(value, int) or not least <= value <= 3000):
            c.fail(f"must be between {least} and 3000", f"{at}/{name}")
    c.string(e.get("initial_value"), f"{at}/initial_value", most=3000, least=0, required=False)


def _datepicker(c: Checker, e: JSON, at: str) -> None:
    day = e.get("initial_date")
    if day is not None and not (isinstance(day, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", day)):
        c.fail("must be a date in the format YYYY-MM-DD", f"{at}/initial_date")


def _number_input(c: Checker, e: JSON, at: str) -> None:
    if not isinstance(e.get("is_decimal_allowed"), bool):
        c.fail("missing required field: is_decimal_allowed", at)


ELEMENTS: dict[str, Rule] = {
    "button": _button,
    "feedback_buttons": _feedback,
    "icon_button": _icon_button,
    "overflow": _overflow,
    "checkboxes": _choices,
    "radio_buttons": _choices,
    "static_select": _static_select,
    "multi_static_select": _static_select,
    "file_input": _file_input,
    "plain_text_input": _text_input,
    "number_input": _number_input,
    "datepicker": _datepicker,
    "image": _image,
}
"""The rule of each element type; a type that is not listed has no rule of its own."""
