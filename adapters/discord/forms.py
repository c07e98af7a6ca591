"""Converts a ``Form`` to a Discord modal, and a submitted modal to values. Pure.

Nothing is stored between the two: the modal's ``custom_id`` carries the form's token, an input's the field's kind and
id. A number has no input of its own, so its bounds travel along, and the entered text is checked before the submission
is accepted.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, assert_never

from adapters.discord import controls
from adapters.discord.fields import file_name
from adapters.discord.limits import (
    CUSTOM_ID,
    DESCRIPTION,
    LABEL,
    MODAL_FIELDS,
    MODAL_TITLE,
    OPTION,
    OPTIONS,
    PLACEHOLDER,
    TEXT_INPUT,
    UPLOADS,
)
from adapters.discord.render import characters
from adapters.fields import Json, items, obj, text
from gateway.errors import Rejected
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
)

Component = dict[str, Any]
"""A component of a message or modal, as Discord's JSON has it."""

_ROW, _SELECT, _TEXT, _LABEL, _UPLOAD, _CHECKBOX = 1, 3, 4, 18, 19, 23
"""Component types (Component reference)."""


def modal(form: Form) -> Component:
    """Return the modal for a form. Raises ``Rejected`` naming what does not fit into a modal."""
    if not 1 <= len(form.fields) <= MODAL_FIELDS:
        raise Rejected(f"form {form.title!r} has {len(form.fields)} fields; a Discord modal has 1 to {MODAL_FIELDS}")
    return {
        "custom_id": controls.write(controls.FORM, form.token),
        "title": cut(form.title, MODAL_TITLE),
        "components": [_label(field) for field in form.fields],
    }


def cut(words: str, limit: int) -> str:
    """Return the words, shortened to ``limit`` characters; never an empty text."""
    words = characters(words).strip() or "…"
    return words if len(words) <= limit else words[: limit - 1] + "…"


def _label(field: FormField) -> Component:
    label: Component = {"type": _LABEL, "label": cut(field.label, LABEL), "component": _input(field)}
    if note := _note(field):
        label["description"] = cut(note, DESCRIPTION)
    return label


def _note(field: FormField) -> str:
    """Return the text below a field's label: the rest of a long label, the bounds of a number, the endings of files."""
    if len(field.label) > LABEL:
        return field.label
    match field:
        case NumberField(minimum=low, maximum=high) if low is not None or high is not None:
            return _bounds(low, high)
        case FileField(extensions=endings) if endings:
            return ", ".join(f".{ending.lstrip('.').lower()}" for ending in endings)
        case _:
            return ""


def _bounds(low: float | None, high: float | None) -> str:
    if low is None:
        return f"up to {high:g}"
    return f"{low:g} or more" if high is None else f"{low:g} to {high:g}"


def _id(kind: str, field: FormField, *more: str) -> str:
    id = "|".join((kind, *more, field.id))
    if len(id) > CUSTOM_ID:
        raise Rejected(f"field {field.id[:80]!r}: its id has {len(field.id)} characters, Discord takes fewer")
    return id


def _input(field: FormField) -> Component:
    match field:
        case TextField():
            return _text_input(field)
        case SelectField():
            return _select(field)
        case NumberField(minimum=low, maximum=high):
            bounds = ["" if bound is None else f"{bound:.15g}" for bound in (low, high)]
            number: Component = {
                "type": _TEXT,
                "custom_id": _id("n", field, *bounds),
                "style": 1,
                "required": field.required,
                "max_length": 40,
            }
            if field.initial is not None:
                number["value"] = f"{field.initial:.15g}"
            return number
        case SwitchField():
            return {"type": _CHECKBOX, "custom_id": _id("b", field), "default": field.initial}
        case DateField():
            day: Component = {
                "type": _TEXT,
                "custom_id": _id("t", field),
                "style": 1,
                "required": field.required,
                "max_length": 10,
                "placeholder": "YYYY-MM-DD",
            }
            if field.initial:
                day["value"] = field.initial
            return day
        case FileField():
            return {
                "type": _UPLOAD,
                "custom_id": _id("f", field),
                "min_values": 1 if field.required else 0,
                "max_values": max(1, min(field.max_files, UPLOADS)),
                "required": field.required,
            }
        case _:
            assert_never(field)


def _text_input(field: TextField) -> Component:
    found: Component = {
        "type": _TEXT,
        "custom_id": _id("t", field),
        "style": 2 if field.multiline else 1,
        "required": field.required,
        "max_length": max(1, min(field.max_length or TEXT_INPUT, TEXT_INPUT)),
    }
    if field.initial:
        found["value"] = characters(field.initial)[: found["max_length"]]
    if field.placeholder:
        found["placeholder"] = cut(field.placeholder, PLACEHOLDER)
    return found


def _select(field: SelectField) -> Component:
    if not 1 <= len(field.options) <= OPTIONS:
        raise Rejected(f"field {field.id!r} has {len(field.options)} options; a Discord select has 1 to {OPTIONS}")
    options: list[Component] = []
    for value, label in field.options:
        if not 1 <= len(value) <= OPTION:
            raise Rejected(f"field {field.id!r}: an option's value has {len(value)} characters, Discord takes {OPTION}")
        option: Component = {"value": value, "label": cut(label, OPTION)}
        if value in (field.initial if field.multiple else field.initial[:1]):
            option["default"] = True
        options.append(option)
    return {
        "type": _SELECT,
        "custom_id": _id("m" if field.multiple else "s", field),
        "options": options,
        "min_values": 1 if field.required else 0,
        "max_values": len(options) if field.multiple else 1,
        "required": field.required,
    }


class _Entry(NamedTuple):
    """One input of a submitted modal."""

    kind: str
    field: str
    bounds: tuple[str, str]
    given: Json


def _entries(submitted: Json) -> Iterator[_Entry]:
    for label in items(submitted, "components"):
        # Older modals have an action row around each input.
        for given in [obj(label, "component")] if "component" in label else items(label, "components"):
            kind, _, rest = text(given, "custom_id").partition("|")
            if kind == "n":
                low, _, rest = rest.partition("|")
                high, _, rest = rest.partition("|")
                yield _Entry(kind, rest, (low, high), given)
            elif kind in _VALUES:
                yield _Entry(kind, rest, ("", ""), given)


def values_of(submitted: Json) -> tuple[dict[str, FormValue], list[tuple[str, Json]]]:
    """Return the values by field id, and each uploaded file (Discord's attachment object) with its field's id.

    The value of a file field is the names of its files.
    """
    values: dict[str, FormValue] = {}
    files: list[tuple[str, Json]] = []
    attachments = obj(obj(submitted, "resolved"), "attachments")
    for entry in _entries(submitted):
        if entry.kind == "f":
            uploaded = [obj(attachments, id) for id in _strings(entry.given)]
            uploaded = [file for file in uploaded if file]
            files += [(entry.field, file) for file in uploaded]
            values[entry.field] = tuple(file_name(file) for file in uploaded)
        else:
            values[entry.field] = _VALUES[entry.kind](entry.given)
    return values, files


def problems_of(submitted: Json) -> dict[str, str]:
    """Return what is wrong with the entered numbers, by field id."""
    found: dict[str, str] = {}
    for entry in _entries(submitted):
        if entry.kind != "n" or not text(entry.given, "value").strip():
            continue
        value, (low, high) = _number(entry.given), (_float(bound) for bound in entry.bounds)
        if value is None:
            found[entry.field] = "that is not a number"
        elif (low is not None and value < low) or (high is not None and value > high):
            found[entry.field] = _bounds(low, high)
    return found


def _strings(given: Json) -> Sequence[str]:
    values = given.get("values")
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _float(value: str) -> float | None:
    try:
        number = float(value.strip().replace(",", "."))
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _number(given: Json) -> float | None:
    return _float(text(given, "value"))


_VALUES: dict[str, Callable[[Json], FormValue]] = {
    "t": lambda given: text(given, "value") or None,
    "n": _number,
    "s": lambda given: next(iter(_strings(given)), None),
    "m": lambda given: tuple(_strings(given)),
    "b": lambda given: given.get("value") is True,
    "f": lambda given: tuple(_strings(given)),
}
