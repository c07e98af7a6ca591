"""Converts a ``Form`` to a Slack modal, and a submitted modal to values. Pure.

A modal's ``private_metadata`` carries the form's token and the conversation it was opened from, so nothing has to be
stored for a submission. A field's id is its ``block_id``: by it Slack assigns an error to its field.
"""

import json
from collections.abc import Callable
from typing import Any, assert_never, cast

from adapters.fields import Json, items, obj, text
from adapters.slack.controls import grouped
from adapters.slack.limits import (
    CHOICES,
    FILE_INPUT_FILES,
    FORM_OPTIONS,
    HINT,
    INPUT_LABEL,
    MODAL_TITLE,
    OPTION_LABEL,
    OPTION_VALUE,
    PLACEHOLDER,
    PRIVATE_METADATA,
    TEXT_INPUT,
)
from adapters.slack.text_objects import plain
from gateway.errors import Rejected
from gateway.model import (
    ConversationRef,
    DateField,
    FileField,
    Form,
    FormField,
    FormValue,
    NumberField,
    SelectField,
    SwitchField,
    TextField,
    from_json,
    to_json,
)

FORM = "gw:form"
"""The ``callback_id`` of the adapter's modals."""
_INPUT = "gw:input"
_CHOICES = "gw:choices"
"""The ``action_id`` of checkboxes of which several are chosen; a switch is a checkbox as well."""
_ON = "on"

Element = dict[str, Any]
"""A Block Kit element."""


def view(form: Form, ref: ConversationRef) -> dict[str, Any]:
    """Return the modal for a form opened from a conversation. Raises ``Rejected`` naming what does not fit into a
    modal."""
    state = json.dumps({"t": form.token, "r": to_json(ref, sparse=True)}, separators=(",", ":"))
    if len(state) > PRIVATE_METADATA:
        raise Rejected(f"form {form.title!r}: its token has {len(form.token)} characters, a Slack modal carries fewer")
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": state,
        "title": plain(form.title, MODAL_TITLE),
        "submit": plain(form.submit_label, MODAL_TITLE),
        "close": plain("Cancel", MODAL_TITLE),
        "blocks": [_block(field) for field in form.fields],
    }


def _block(field: FormField) -> Element:
    element, optional = _element(field)
    element["action_id"] = _CHOICES if isinstance(field, SelectField) and element["type"] == "checkboxes" else _INPUT
    label = plain(field.label, INPUT_LABEL)
    block: Element = {"type": "input", "block_id": field.id, "label": label, "element": element}
    if optional:
        block["optional"] = True
    if hint := _hint(field):
        block["hint"] = plain(hint, HINT)
    return block


def _hint(field: FormField) -> str:
    """Return the line below a field; that of a day names its bounds, which Slack's date picker does not know."""
    bounds = (field.minimum, field.maximum) if isinstance(field, DateField) else (None, None)
    said = " ".join([f"{name} {day}" for name, day in zip(("From", "to"), bounds, strict=True) if day])
    return " ".join(
        [part for part in (field.hint.strip(), f"({said})" if said and field.hint.strip() else said) if part]
    )


def _element(field: FormField) -> tuple[Element, bool]:
    """Return the input for a field, and whether it may be left empty."""
    match field:
        case TextField():
            return _text_input(field), not field.required
        case SelectField():
            return _select(field), not field.required
        case NumberField():
            return _number(field), not field.required
        case SwitchField():
            option = _option(_ON, field.label)
            box: Element = {"type": "checkboxes", "options": [option]}
            if field.initial:
                box["initial_options"] = [option]
            return box, True
        case DateField():
            day: Element = {"type": "datepicker"}
            if field.initial:
                day["initial_date"] = field.initial
            return day, not field.required
        case FileField():
            drop: Element = {"type": "file_input", "max_files": max(1, min(field.max_files, FILE_INPUT_FILES))}
            if field.extensions:
                drop["filetypes"] = [extension.lstrip(".").lower() for extension in field.extensions]
            return drop, not field.required
        case _:
            assert_never(field)


def _text_input(field: TextField) -> Element:
    element: Element = {"type": "plain_text_input", "multiline": field.multiline}
    if field.initial:
        element["initial_value"] = field.initial[:TEXT_INPUT]
    if field.placeholder:
        element["placeholder"] = plain(field.placeholder, PLACEHOLDER)
    if field.max_length is not None:
        element["max_length"] = max(1, min(field.max_length, TEXT_INPUT))
    return element


def _number(field: NumberField) -> Element:
    whole = field.step is not None and float(field.step).is_integer()
    element: Element = {"type": "number_input", "is_decimal_allowed": not whole}
    bounds = {"min_value": field.minimum, "max_value": field.maximum, "initial_value": field.initial}
    element.update({name: f"{value:.15g}" for name, value in bounds.items() if value is not None})
    return element


def _option(value: str, label: str) -> Element:
    return {"text": plain(label, OPTION_LABEL), "value": value}


def _select(field: SelectField) -> Element:
    long = next((value for value, _ in field.options if len(value) > OPTION_VALUE), None)
    if long is not None:
        raise Rejected(f"field {field.id!r}: an option's value has {len(long)} characters, Slack takes {OPTION_VALUE}")
    if len(field.options) > FORM_OPTIONS:
        raise Rejected(f"field {field.id!r}: a Slack form holds at most {FORM_OPTIONS} options of one select")
    options = [_option(value, label) for value, label in field.options]
    element: Element = {"type": "multi_static_select" if field.multiple else "static_select"}
    element |= grouped(options)
    if field.style == "buttons" and len(options) <= CHOICES:
        element = {"type": "checkboxes" if field.multiple else "radio_buttons", "options": options}
    chosen = [option for option in options if option["value"] in field.initial]
    if chosen and field.multiple:
        element["initial_options"] = chosen
    elif chosen:
        element["initial_option"] = chosen[0]
    return element


def _state(submitted: Json) -> Json:
    try:
        state: Any = json.loads(text(submitted, "private_metadata") or "{}")
    except (ValueError, RecursionError):
        return {}
    return cast(Json, state) if isinstance(state, dict) else {}


def token_of_view(submitted: Json) -> str:
    """Return the token of a submitted form."""
    return text(_state(submitted), "t")


def ref_of_view(submitted: Json) -> ConversationRef | None:
    """Return the conversation the form was opened from; None if the modal is not one of the adapter's."""
    ref = obj(_state(submitted), "r")
    try:
        return from_json(ConversationRef, ref)
    except ValueError:
        return None


def values_of_view(submitted: Json) -> tuple[dict[str, FormValue], list[tuple[str, Json]]]:
    """Return the values by field id, and each uploaded file (Slack's own file object) with its field's id.

    The value of a file field is the names of its files.
    """
    values: dict[str, FormValue] = {}
    files: list[tuple[str, Json]] = []
    for field, block in obj(obj(submitted, "state"), "values").items():
        given = cast(Json, block) if isinstance(block, dict) else {}
        state = obj(given, _INPUT)
        if chosen := obj(given, _CHOICES):
            values[field] = tuple(text(option, "value") for option in items(chosen, "selected_options"))
        elif text(state, "type") == "file_input":
            uploaded = list(items(state, "files"))
            files += [(field, file) for file in uploaded]
            values[field] = tuple(text(file, "name") for file in uploaded)
        elif read := _VALUES.get(text(state, "type")):
            values[field] = read(state)
    return values, files


def _number_value(state: Json) -> FormValue:
    try:
        return float(text(state, "value"))
    except ValueError:
        return None


_VALUES: dict[str, Callable[[Json], FormValue]] = {
    "plain_text_input": lambda state: text(state, "value") or None,
    "number_input": _number_value,
    "static_select": lambda state: text(obj(state, "selected_option"), "value") or None,
    "radio_buttons": lambda state: text(obj(state, "selected_option"), "value") or None,
    "datepicker": lambda state: text(state, "selected_date") or None,
    "multi_static_select": lambda state: tuple(text(option, "value") for option in items(state, "selected_options")),
    "checkboxes": lambda state: any(text(option, "value") == _ON for option in items(state, "selected_options")),
}
