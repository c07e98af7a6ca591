"""Block Kit's rules, as Slack enforces them on messages and modals.

Numbers: https://docs.slack.dev/reference/block-kit (blocks and elements), the SDK's own validators, and for the
total of about 13,200 characters the report slackapi/bolt-js#2509. ``check_*`` raise ``ApiError``; messages follow
Slack's ``[ERROR] … [json-pointer:…]`` form.
"""

from collections.abc import Callable, Iterable
from typing import Any

from adapters.slack.emulation.values import JSON, ApiError

MAX_MESSAGE_BLOCKS = 50
MAX_VIEW_BLOCKS = 100
MAX_TOTAL_TEXT = 13_200
MAX_MARKDOWN = 12_000
MAX_TABLE_TEXT = 10_000

_SELECTS = frozenset({"static_select", "external_select", "users_select", "conversations_select", "channels_select"})
_MULTI_SELECTS = frozenset(f"multi_{kind}" for kind in _SELECTS)
_PICKERS = frozenset({"datepicker", "timepicker", "datetimepicker"})
_INPUTS = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input"})
_CHOICES = frozenset({"checkboxes", "radio_buttons"})
_ACTIONS = frozenset({"button", "overflow", "workflow_button"}) | _SELECTS | _PICKERS | _CHOICES
_ACCESSORIES = _ACTIONS | _MULTI_SELECTS | {"image"}
_INPUT_ELEMENTS = _INPUTS | _SELECTS | _MULTI_SELECTS | _PICKERS | _CHOICES | {"file_input"}
_ICONS = frozenset({"trash"})
_STYLES = frozenset({"primary", "danger"})
_TASK_STATES = frozenset({"pending", "in_progress", "complete", "error"})


class _Checker:
    """Collects what is wrong with one set of blocks."""

    def __init__(self, surface: str) -> None:
        self.surface = surface
        self.errors: list[str] = []
        self.block_ids: set[str] = set()
        self.total = 0
        self.markdown = 0
        self.table_text = 0
        self.tables = 0
        self.charts = 0

    def fail(self, text: str, at: str) -> None:
        self.errors.append(f"[ERROR] {text} [json-pointer:{at}]")

    def string(
        self, value: Any, at: str, *, most: int, least: int = 1, required: bool = True, counted: bool = False
    ) -> None:
        if value is None:
            if required:
                self.fail(f"missing required field: {at.rpartition('/')[2]}", at.rpartition("/")[0])
            return
        if not isinstance(value, str):
            self.fail(f"must provide a string; got {type(value).__name__}", at)
        elif len(value) < least:
            self.fail(f"must be more than {least - 1} characters", at)
        elif len(value) > most:
            self.fail(f"must be less than {most + 1} characters", at)
        elif counted:
            self.total += len(value)

    def text(
        self, value: Any, at: str, *, most: int = 3000, plain: bool = False, required: bool = True, counted: bool = True
    ) -> None:
        if value is None:
            if required:
                self.fail(f"missing required field: {at.rpartition('/')[2]}", at.rpartition("/")[0])
            return
        if not isinstance(value, dict):
            self.fail("must provide an object", at)
            return
        kind = value.get("type")
        if kind != "plain_text" and (plain or kind != "mrkdwn"):
            self.fail(f"unsupported type: {kind}" if kind else "missing required field: type", f"{at}/type")
        elif kind == "mrkdwn" and "emoji" in value:
            self.fail("must not have additional property: emoji", at)
        self.string(value.get("text"), f"{at}/text", most=most, counted=counted)

    def items(self, value: Any, at: str, *, most: int, least: int = 1) -> list[Any]:
        if not isinstance(value, list):
            self.fail(f"missing required field: {at.rpartition('/')[2]}", at.rpartition("/")[0])
            return []
        if len(value) < least:
            self.fail(f"no less than {least} items allowed", at)
        if len(value) > most:
            self.fail(f"no more than {most} items allowed", at)
        return value

    def blocks(self, blocks: Iterable[Any], at: str = "/blocks", *, nested: bool = False) -> None:
        for index, block in enumerate(blocks):
            here = f"{at}/{index}"
            if not isinstance(block, dict):
                self.fail("must provide an object", here)
                continue
            kind = block.get("type")
            check = _BLOCKS.get(kind) if isinstance(kind, str) else None
            if check is None or (kind == "input" and self.surface == "message" and nested):
                self.fail(f"unsupported type: {kind}" if kind else "missing required field: type", f"{here}/type")
                continue
            if self.surface == "modal" and kind in _MESSAGE_ONLY:
                self.fail(f"unsupported type: {kind}", f"{here}/type")
                continue
            block_id = block.get("block_id")
            if block_id is not None:
                self.string(block_id, f"{here}/block_id", most=255)
                if block_id in self.block_ids:
                    self.fail(f"`block_id` {block_id} already exists", f"{here}/block_id")
                self.block_ids.add(str(block_id))
            check(self, block, here)

    def elements(self, elements: list[Any], allowed: frozenset[str], at: str) -> None:
        seen: set[str] = set()
        for index, element in enumerate(elements):
            here = f"{at}/{index}"
            self.element(element, allowed, here)
            action = element.get("action_id") if isinstance(element, dict) else None
            if isinstance(action, str):
                if action in seen:
                    self.fail(f"`action_id` {action} already exists for this block", f"{here}/action_id")
                seen.add(action)

    def element(self, element: Any, allowed: frozenset[str], at: str) -> None:
        if not isinstance(element, dict):
            self.fail("must provide an object", at)
            return
        kind = element.get("type")
        if kind not in allowed:
            self.fail(f"unsupported type: {kind}" if kind else "missing required field: type", f"{at}/type")
            return
        if kind != "image":
            self.string(element.get("action_id"), f"{at}/action_id", most=255, required=False)
        self.text(element.get("placeholder"), f"{at}/placeholder", most=150, plain=True, required=False, counted=False)
        if "confirm" in element:
            self.confirm(element["confirm"], f"{at}/confirm")
        check = _ELEMENTS.get(kind)
        if check is not None:
            check(self, element, at)

    def confirm(self, value: Any, at: str) -> None:
        if not isinstance(value, dict):
            self.fail("must provide an object", at)
            return
        for name, most in (("title", 100), ("confirm", 30), ("deny", 30)):
            self.text(value.get(name), f"{at}/{name}", most=most, plain=True, required=False, counted=False)
        self.text(value.get("text"), f"{at}/text", most=300, counted=False)

    def options(self, element: JSON, at: str, *, most: int = 100, least: int = 1, value_most: int = 150) -> None:
        seen: set[str] = set()
        for index, option in enumerate(self.items(element.get("options"), f"{at}/options", most=most, least=least)):
            here = f"{at}/options/{index}"
            if not isinstance(option, dict):
                self.fail("must provide an object", here)
                continue
            rich = element.get("type") in _CHOICES
            self.text(option.get("text"), f"{here}/text", most=75, plain=not rich)
            self.text(option.get("description"), f"{here}/description", most=75, plain=not rich, required=False)
            self.string(option.get("value"), f"{here}/value", most=value_most)
            value = str(option.get("value"))
            if value in seen:
                self.fail(f"option value {value} already exists", f"{here}/value")
            seen.add(value)


def _section(c: _Checker, b: JSON, at: str) -> None:
    if b.get("text") is None and not b.get("fields"):
        c.fail("must have at least one of: text, fields", at)
    c.text(b.get("text"), f"{at}/text", required=False)
    if b.get("fields") is not None:
        for index, item in enumerate(c.items(b["fields"], f"{at}/fields", most=10)):
            c.text(item, f"{at}/fields/{index}", most=2000)
    if b.get("accessory") is not None:
        c.element(b["accessory"], _ACCESSORIES, f"{at}/accessory")


def _header(c: _Checker, b: JSON, at: str) -> None:
    c.text(b.get("text"), f"{at}/text", most=150, plain=True)


def _divider(c: _Checker, b: JSON, at: str) -> None:
    del c, b, at


def _image(c: _Checker, b: JSON, at: str) -> None:
    if ("image_url" in b) == ("slack_file" in b):
        c.fail("must have exactly one of: image_url, slack_file", at)
    c.string(b.get("image_url"), f"{at}/image_url", most=3000, required=False)
    c.string(b.get("alt_text"), f"{at}/alt_text", most=2000)
    c.text(b.get("title"), f"{at}/title", most=2000, plain=True, required=False)


def _actions(c: _Checker, b: JSON, at: str) -> None:
    allowed = _ACTIONS | _MULTI_SELECTS
    c.elements(c.items(b.get("elements"), f"{at}/elements", most=25), allowed, f"{at}/elements")


def _context(c: _Checker, b: JSON, at: str) -> None:
    for index, item in enumerate(c.items(b.get("elements"), f"{at}/elements", most=10)):
        here = f"{at}/elements/{index}"
        if isinstance(item, dict) and item.get("type") == "image":
            _image(c, item, here)
        else:
            c.text(item, here)


def _context_actions(c: _Checker, b: JSON, at: str) -> None:
    allowed = frozenset({"feedback_buttons", "icon_button"})
    c.elements(c.items(b.get("elements"), f"{at}/elements", most=5), allowed, f"{at}/elements")


def _markdown(c: _Checker, b: JSON, at: str) -> None:
    c.string(b.get("text"), f"{at}/text", most=MAX_MARKDOWN, counted=True)
    c.markdown += len(b["text"]) if isinstance(b.get("text"), str) else 0
    if c.markdown > MAX_MARKDOWN >= len(str(b.get("text"))):
        c.fail(f"markdown blocks must be less than {MAX_MARKDOWN + 1} characters together", f"{at}/text")


def _input(c: _Checker, b: JSON, at: str) -> None:
    c.text(b.get("label"), f"{at}/label", most=2000, plain=True)
    c.text(b.get("hint"), f"{at}/hint", most=2000, plain=True, required=False)
    if c.surface == "message" and isinstance(b.get("element"), dict) and b["element"].get("type") == "file_input":
        c.fail("unsupported type: file_input", f"{at}/element/type")
    c.element(b.get("element"), _INPUT_ELEMENTS, f"{at}/element")


def _rich_text(c: _Checker, b: JSON, at: str) -> None:
    kinds = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
    for index, item in enumerate(c.items(b.get("elements"), f"{at}/elements", most=1000, least=0)):
        if not isinstance(item, dict) or item.get("type") not in kinds:
            c.fail("unsupported rich text element", f"{at}/elements/{index}")
    c.total += _rich_length(b)


def _rich_length(value: Any) -> int:
    if isinstance(value, dict):
        text = value.get("text")
        own = len(text) if isinstance(text, str) else 0
        return own + sum(_rich_length(v) for v in value.get("elements", ()))
    return 0


def _table(c: _Checker, b: JSON, at: str) -> None:
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
            if isinstance(column, dict) and column.get("align", "left") not in ("left", "center", "right"):
                c.fail("invalid align", f"{at}/column_settings/{i}/align")


def _chart(c: _Checker, b: JSON, at: str) -> None:
    c.charts += 1
    if c.charts > 2:
        c.fail("no more than 2 data_visualization blocks allowed", at)
    c.string(b.get("title"), f"{at}/title", most=50, required=False)


def _task_card(c: _Checker, b: JSON, at: str) -> None:
    c.string(b.get("task_id"), f"{at}/task_id", most=255)
    c.string(b.get("title"), f"{at}/title", most=3000, counted=True)
    if b.get("status", "pending") not in _TASK_STATES:
        c.fail("invalid status", f"{at}/status")


def _plan(c: _Checker, b: JSON, at: str) -> None:
    c.string(b.get("title"), f"{at}/title", most=3000, counted=True)
    for index, task in enumerate(b.get("tasks") or ()):
        _task_card(c, task, f"{at}/tasks/{index}")


def _alert(c: _Checker, b: JSON, at: str) -> None:
    c.text(b.get("text"), f"{at}/text")
    if b.get("level", "default") not in ("default", "info", "warning", "error", "success"):
        c.fail("invalid level", f"{at}/level")


def _card(c: _Checker, b: JSON, at: str) -> None:
    for name, most in (("title", 150), ("subtitle", 150), ("body", 200)):
        c.text(b.get(name), f"{at}/{name}", most=most, required=False)
    if b.get("actions") is not None:
        c.elements(c.items(b["actions"], f"{at}/actions", most=25), _ACTIONS, f"{at}/actions")


def _carousel(c: _Checker, b: JSON, at: str) -> None:
    for index, card in enumerate(c.items(b.get("elements"), f"{at}/elements", most=10)):
        if isinstance(card, dict):
            _card(c, card, f"{at}/elements/{index}")


def _container(c: _Checker, b: JSON, at: str) -> None:
    c.text(b.get("title"), f"{at}/title", most=150, required="rich_text_title" not in b)
    c.text(b.get("subtitle"), f"{at}/subtitle", most=150, required=False)
    children = c.items(b.get("child_blocks"), f"{at}/child_blocks", most=10)
    c.blocks(children, f"{at}/child_blocks", nested=True)


def _video(c: _Checker, b: JSON, at: str) -> None:
    c.text(b.get("title"), f"{at}/title", most=199, plain=True)
    for name in ("alt_text", "video_url", "thumbnail_url"):
        c.string(b.get(name), f"{at}/{name}", most=3000)


_BLOCKS: dict[str, Callable[[_Checker, JSON, str], None]] = {
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
_MESSAGE_ONLY = frozenset(
    {"context_actions", "markdown", "table", "data_table", "data_visualization", "task_card", "plan", "carousel"}
)


def _button(c: _Checker, e: JSON, at: str) -> None:
    c.text(e.get("text"), f"{at}/text", most=75, plain=True)
    c.string(e.get("value"), f"{at}/value", most=2000, least=0, required=False)
    c.string(e.get("url"), f"{at}/url", most=3000, required=False)
    c.string(e.get("accessibility_label"), f"{at}/accessibility_label", most=75, required=False)
    if "style" in e and e["style"] not in _STYLES:
        c.fail(f"invalid style: {e['style']}", f"{at}/style")


def _feedback(c: _Checker, e: JSON, at: str) -> None:
    for name in ("positive_button", "negative_button"):
        button = e.get(name)
        if not isinstance(button, dict):
            c.fail(f"missing required field: {name}", at)
            continue
        c.text(button.get("text"), f"{at}/{name}/text", most=75, plain=True)
        c.string(button.get("value"), f"{at}/{name}/value", most=2000)
        c.string(button.get("accessibility_label"), f"{at}/{name}/accessibility_label", most=75, required=False)


def _icon_button(c: _Checker, e: JSON, at: str) -> None:
    if e.get("icon") not in _ICONS:
        c.fail(f"invalid icon: {e.get('icon')}", f"{at}/icon")
    c.text(e.get("text"), f"{at}/text", most=75, plain=True)
    c.string(e.get("value"), f"{at}/value", most=2000, required=False)


def _overflow(c: _Checker, e: JSON, at: str) -> None:
    c.options(e, at, most=5)


def _choices(c: _Checker, e: JSON, at: str) -> None:
    c.options(e, at, most=10)


def _static_select(c: _Checker, e: JSON, at: str) -> None:
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


def _file_input(c: _Checker, e: JSON, at: str) -> None:
    most = e.get("max_files", 10)
    if not isinstance(most, int) or not 1 <= most <= 10:
        c.fail("max_files must be between 1 and 10", f"{at}/max_files")
    if "filetypes" in e:
        c.items(e["filetypes"], f"{at}/filetypes", most=100)


def _text_input(c: _Checker, e: JSON, at: str) -> None:
    for name, least in (("min_length", 0), ("max_length", 1)):
        value = e.get(name)
        if value is not None and (not isinstance(value, int) or not least <= value <= 3000):
            c.fail(f"must be between {least} and 3000", f"{at}/{name}")
    c.string(e.get("initial_value"), f"{at}/initial_value", most=3000, least=0, required=False)


def _number_input(c: _Checker, e: JSON, at: str) -> None:
    if not isinstance(e.get("is_decimal_allowed"), bool):
        c.fail("missing required field: is_decimal_allowed", at)


_ELEMENTS: dict[str, Callable[[_Checker, JSON, str], None]] = {
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
    "image": _image,
}


def check_message(blocks: Any) -> list[JSON]:
    """The blocks of a message, or the error Slack answers with."""
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    checker = _Checker("message")
    if len(blocks) > MAX_MESSAGE_BLOCKS:
        checker.fail(f"no more than {MAX_MESSAGE_BLOCKS} items allowed", "/blocks")
    checker.blocks(blocks)
    if checker.errors:
        raise ApiError("invalid_blocks", errors=_plain(checker), response_metadata={"messages": checker.errors})
    if checker.tables > 1:
        only = "[ERROR] only_one_table_allowed [json-pointer:/blocks]"
        raise ApiError("invalid_attachments", response_metadata={"messages": [only]})
    if checker.table_text > MAX_TABLE_TEXT:
        long = f"[ERROR] table cells must be less than {MAX_TABLE_TEXT + 1} characters together [json-pointer:/blocks]"
        raise ApiError("invalid_blocks", response_metadata={"messages": [long]})
    if checker.total > MAX_TOTAL_TEXT:
        raise ApiError("msg_blocks_too_long")
    return [{"block_id": f"b{index}", **block} for index, block in enumerate(blocks)]


def _plain(checker: _Checker) -> list[str]:
    return [message.removeprefix("[ERROR] ") for message in checker.errors]


def check_view(view: Any) -> JSON:
    """A modal (or home tab) as given, or the error Slack answers with."""
    if not isinstance(view, dict):
        raise ApiError("invalid_arguments", response_metadata={"messages": ["[ERROR] missing required field: view"]})
    kind = view.get("type")
    c = _Checker("modal")
    if kind not in ("modal", "home"):
        c.fail(f"unsupported type: {kind}" if kind else "missing required field: type", "/view/type")
    if kind == "modal":
        c.text(view.get("title"), "/view/title", most=24, plain=True)
    c.text(view.get("submit"), "/view/submit", most=24, plain=True, required=False)
    c.text(view.get("close"), "/view/close", most=24, plain=True, required=False)
    c.string(view.get("private_metadata"), "/view/private_metadata", most=3000, least=0, required=False)
    c.string(view.get("callback_id"), "/view/callback_id", most=255, least=0, required=False)
    c.string(view.get("external_id"), "/view/external_id", most=255, least=0, required=False)
    blocks = c.items(view.get("blocks"), "/view/blocks", most=MAX_VIEW_BLOCKS, least=0)
    c.blocks(blocks, "/view/blocks")
    inputs = any(isinstance(b, dict) and b.get("type") == "input" for b in blocks)
    if kind == "modal" and inputs and view.get("submit") is None:
        c.fail("missing required field: submit (the view has input blocks)", "/view")
    if c.errors:
        raise ApiError("invalid_arguments", response_metadata={"messages": c.errors})
    return {**view, "blocks": [{"block_id": f"b{i}", **block} for i, block in enumerate(blocks)]}
