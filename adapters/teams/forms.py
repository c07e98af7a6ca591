"""Converts a ``Form`` to an Adaptive Card in a dialog, and its submission to values. Pure.

The card carries the form itself: a submission then says what its strings mean (Teams sends every input as text), and
one that is not accepted can be shown again with what was typed.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any, assert_never

from pydantic import ValidationError

from adapters.fields import Json, obj
from adapters.shortening import cut
from adapters.teams.card import VERSION, attachment, escaped
from adapters.teams.limits import DIALOG_TITLE, HINT, PLACEHOLDER
from adapters.teams.names import FORM
from gateway.errors import Unsupported
from gateway.model import (
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

Element = dict[str, Any]
"""An element of an Adaptive Card."""

_INPUT = "gw:"
"""The prefix of the id of an input, before the field's id, so that no field is taken for something else in the card's
data."""


def dialog(
    form: Form, *, values: Mapping[str, FormValue] | None = None, errors: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the answer to ``task/fetch`` or ``task/submit`` that shows the form; ``values`` are what was typed
    before."""
    shown = {
        "title": cut(form.title, DIALOG_TITLE),
        "height": "medium",
        "width": "medium",
        "card": attachment(_card(form, values or {}, errors or {})),
    }
    return {"task": {"type": "continue", "value": shown}}


def _card(form: Form, values: Mapping[str, FormValue], errors: Mapping[str, str]) -> Element:
    body: list[Element] = []
    ids = {field.id for field in form.fields}
    for name, error in errors.items():
        if name not in ids:
            body.append(_complaint(error))
    for field in form.fields:
        body.append(_input(field, values))
        if field.hint.strip():
            body.append(_hint(field.hint))
        if field.id in errors:
            body.append(_complaint(errors[field.id]))
    submit = {
        "type": "Action.Submit",
        "title": form.submit_label,
        "data": {FORM: to_json(form)},
    }
    return {"type": "AdaptiveCard", "version": VERSION, "body": body, "actions": [submit]}


def _complaint(error: str) -> Element:
    return {"type": "TextBlock", "text": escaped(error), "color": "Attention", "wrap": True, "spacing": "Small"}


def _hint(hint: str) -> Element:
    said = escaped(cut(" ".join(hint.split()), HINT))
    return {"type": "TextBlock", "text": said, "isSubtle": True, "size": "Small", "wrap": True, "spacing": "None"}


def _input(field: FormField, values: Mapping[str, FormValue]) -> Element:
    element: Element = {"id": _INPUT + field.id, "label": field.label}
    typed = values.get(field.id)
    initial: str | float | None
    match field:
        case TextField():
            element |= {"type": "Input.Text", "isMultiline": field.multiline, "isRequired": field.required}
            if field.placeholder:
                element["placeholder"] = field.placeholder[:PLACEHOLDER]
            if field.max_length is not None:
                element["maxLength"] = max(1, field.max_length)
            initial = typed if isinstance(typed, str) else field.initial
        case NumberField():
            element |= {"type": "Input.Number", "isRequired": field.required}
            bounds = {"min": field.minimum, "max": field.maximum}
            element |= {name: bound for name, bound in bounds.items() if bound is not None}
            initial = typed if isinstance(typed, float) else field.initial
        case SwitchField():
            on = typed if isinstance(typed, bool) else field.initial
            # The box shows its title; a label above it would say the same twice.
            element = {"type": "Input.Toggle", "id": element["id"], "title": field.label}
            initial = "true" if on else "false"
        case SelectField():
            element |= _choices(field)
            chosen = typed if isinstance(typed, tuple) else (typed,) if isinstance(typed, str) else field.initial
            initial = ",".join(_packed(each) for each in chosen)
        case DateField():
            element |= {"type": "Input.Date", "isRequired": field.required}
            element |= {name: day for name, day in {"min": field.minimum, "max": field.maximum}.items() if day}
            initial = typed if isinstance(typed, str) else field.initial
        case FileField():
            raise Unsupported("Teams has no file fields: ask for the file as an attachment in the chat")
        case _:
            assert_never(field)
    if element.get("isRequired"):
        element["errorMessage"] = f"{field.label}: please fill this in"
    if initial not in (None, ""):
        element["value"] = initial
    return element


def _choices(field: SelectField) -> Element:
    return {
        "type": "Input.ChoiceSet",
        "isMultiSelect": field.multiple,
        # A list to pick several from opens on some clients only.
        "style": "expanded" if field.multiple or field.style == "buttons" else "compact",
        "isRequired": field.required,
        "choices": [{"title": label, "value": _packed(value)} for value, label in field.options],
    }


def _packed(value: str) -> str:
    """Return an option's value in a form that Teams can list: several values come back joined by commas."""
    return value.replace("%", "%25").replace(",", "%2C")


def _unpacked(value: str) -> str:
    return value.replace("%2C", ",").replace("%25", "%")


def form_in(data: Json) -> Form | None:
    """Return the form a submission belongs to; None if it is none of the adapter's."""
    try:
        return from_json(Form, obj(data, FORM))
    except ValidationError:
        return None


def values_in(data: Json, form: Form) -> dict[str, FormValue]:
    """Return the entered values, by field id."""
    return {field.id: _value(field, data.get(_INPUT + field.id)) for field in form.fields}


def _value(field: FormField, given: Any) -> FormValue:
    """Return one entered value. Teams sends text; other clients of the protocol send numbers and booleans as such."""
    written = given if isinstance(given, str) else "" if given is None else str(given)
    match field:
        case NumberField():
            try:
                number = float(written)
            except ValueError:
                return None
            return number if isfinite(number) else None
        case SwitchField():
            return written.lower() == "true"
        case SelectField():
            chosen = tuple(_unpacked(each) for each in written.split(",") if each)
            return chosen if field.multiple else chosen[0] if chosen else None
        case TextField():
            return written
        case DateField():
            return written or None
        case FileField():
            return None
        case _:
            assert_never(field)
