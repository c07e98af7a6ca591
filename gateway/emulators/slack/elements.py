"""Finds a button or a field in blocks, and turns what a person entered into Slack's state values."""

from collections.abc import Iterator
from typing import Any

from gateway.emulators.common.values import JSON, PersonError

SINGLE = {"static_select", "radio_buttons", "overflow", "external_select"}
"""Elements in which a person selects one option."""
MANY = {"checkboxes", "multi_static_select", "multi_external_select"}
"""Elements in which a person selects several options."""
_VALUE_NAME = {
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "rich_text_input": "rich_text_value",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
}
_INITIAL_NAME = {
    "value": "initial_value",
    "rich_text_value": "initial_value",
    **{
        name: f"initial_{name.removeprefix('selected_')}"
        for name in _VALUE_NAME.values()
        if name.startswith("selected_")
    },
}


def interactive(blocks: list[JSON]) -> Iterator[tuple[JSON, JSON]]:
    """Yield every interactive element with its block."""
    for block in blocks:
        kind = block.get("type")
        if kind in ("actions", "context_actions"):
            for element in block.get("elements", ()):
                yield block, element
        elif kind == "section" and isinstance(block.get("accessory"), dict):
            yield block, block["accessory"]
        elif kind == "input" and isinstance(block.get("element"), dict):
            yield block, block["element"]
        elif kind == "card":
            for element in block.get("actions", ()):
                yield block, element
        elif kind == "carousel":
            yield from interactive(block.get("elements", []))
        elif kind == "container":
            yield from interactive(block.get("child_blocks", []))


def find(
    blocks: list[JSON], *, action_id: str | None, label: str | None, block_id: str | None, value: str | None
) -> tuple[JSON, JSON]:
    """Return the element a person means, with its block. Raises ``PersonError``, which lists the elements there are."""
    seen: list[str] = []
    for block, element in interactive(blocks):
        labels = _labels(element)
        seen.append(f"{element.get('action_id')} {labels}")
        if block_id is not None and block.get("block_id") != block_id:
            continue
        if action_id is not None and element.get("action_id") != action_id:
            continue
        if label is not None and label not in labels:
            continue
        if value is not None and element.get("type") == "button" and element.get("value") != value:
            continue
        return block, element
    raise PersonError(f"no such element: action_id={action_id} label={label}; there is: {'; '.join(seen) or 'nothing'}")


def _labels(element: JSON) -> list[str]:
    if element.get("type") == "feedback_buttons":
        return [element[name]["text"]["text"] for name in ("positive_button", "negative_button")]
    text = element.get("text")
    found = [text["text"]] if isinstance(text, dict) else []
    return found + [o["text"]["text"] for o in options(element)]


def options(element: JSON) -> list[JSON]:
    """Return all options of an element, those in groups too."""
    found: list[JSON] = list(element.get("options") or ())
    for group in element.get("option_groups") or ():
        found.extend(group.get("options") or ())
    return found


def option(element: JSON, value: Any) -> JSON:
    """Return the option with this value or label. Raises ``PersonError`` when there is none."""
    if isinstance(value, dict):
        value = value.get("value")
    for candidate in options(element):
        if value in (candidate.get("value"), candidate.get("text", {}).get("text")):
            return {"text": candidate["text"], "value": candidate["value"]}
    raise PersonError(f"no option {value!r}")


def used(element: JSON, *, value: Any, label: str | None) -> JSON:
    """Return what the use of an element adds to ``actions[0]``, besides the element's ids."""
    kind: str = element["type"]
    if kind == "feedback_buttons":
        for name in ("positive_button", "negative_button"):
            button = element[name]
            if value in (button["value"], name.partition("_")[0]) or (label and button["text"]["text"] == label):
                return {"text": button["text"], "value": button["value"]}
        raise PersonError(f"feedback_buttons have no value {value!r}")
    if kind in SINGLE:
        return {"selected_option": option(element, value if value is not None else label)}
    if kind in MANY:
        return {"selected_options": [option(element, v) for v in value or ()]}
    if kind in _VALUE_NAME:
        return {_VALUE_NAME[kind]: value}
    out: JSON = {}
    if "text" in element:
        out["text"] = element["text"]
    for name in ("value", "style"):
        if name in element:
            out[name] = element[name]
    return out


def initial(element: JSON) -> JSON | None:
    """Return the state of a field that nobody touched, or None for an element without state."""
    kind: str = element["type"]
    if kind in SINGLE - {"overflow"}:
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind in MANY:
        return {"type": kind, "selected_options": element.get("initial_options") or []}
    if kind == "file_input":
        return {"type": kind, "files": []}
    if kind in _VALUE_NAME:
        name = _VALUE_NAME[kind]
        return {"type": kind, name: element.get(_INITIAL_NAME[name])}
    return None


def entered(element: JSON, value: Any) -> JSON:
    """Return the state of a field that a person filled in. File inputs are not handled here."""
    kind: str = element["type"]
    if kind in SINGLE:
        return {"type": kind, "selected_option": None if value is None else option(element, value)}
    if kind in MANY:
        return {"type": kind, "selected_options": [option(element, v) for v in value or ()]}
    if kind in _VALUE_NAME:
        if kind in ("plain_text_input", "number_input") and value is not None:
            value = str(value)
        return {"type": kind, _VALUE_NAME[kind]: value if value != "" else None}
    raise PersonError(f"a {kind} cannot be filled in")


def complaint(block: JSON, element: JSON, state: JSON) -> str | None:
    """Return the message that Slack's client shows beside a field instead of sending the form, or None."""
    value: Any = next((v for k, v in state.items() if k != "type"), None)
    empty = value is None or value == [] or value == ""
    if empty:
        return None if block.get("optional") else "Please complete this required field."
    if element["type"] == "plain_text_input":
        if len(value) < element.get("min_length", 0):
            return f"Please enter at least {element['min_length']} characters."
        if len(value) > element.get("max_length", 3000):
            return f"Please enter at most {element.get('max_length', 3000)} characters."
    if element["type"] == "file_input" and len(value) > element.get("max_files", 10):
        return f"Please choose at most {element.get('max_files', 10)} files."
    if element["type"] == "number_input":
        try:
            number = float(value)
        except ValueError:
            return "Please enter a number."
        if not float(element.get("min_value", "-inf")) <= number <= float(element.get("max_value", "inf")):
            return "Please enter a number within the range."
    return None
