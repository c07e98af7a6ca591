"""Converts a ``Form`` to a Discord modal, and a submitted modal to values. Pure.

Nothing is stored between the two: the modal's ``custom_id`` carries the form's token, an input's the field's kind and
id. A number and a day have no input of their own, so their bounds travel along, and the entered text is checked before
the submission is accepted. A select with more options than a menu holds is several menus, of which one option is
picked.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple, assert_never

from adapters.discord import controls
from adapters.discord.fields import file_name, strings
from adapters.discord.limits import (
    CUSTOM_ID,
    DESCRIPTION,
    GROUP_OPTIONS,
    LABEL,
    MODAL_FIELDS,
    MODAL_TITLE,
    OPTION,
    OPTIONS,
    PLACEHOLDER,
    TEXT_INPUT,
    UPLOADS,
)
from adapters.discord.written import characters, cut
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

_SELECT, _TEXT, _LABEL, _UPLOAD, _RADIOS, _CHECKBOXES, _CHECKBOX = 3, 4, 18, 19, 21, 22, 23
"""Component types (Component reference)."""
_DAY = 10
"""Characters of a day as it is entered: 2026-11-28."""


def modal(form: Form) -> Component:
    """Return the modal for a form. Raises ``Rejected`` naming what does not fit into a modal."""
    labels = [label for field in form.fields for label in _labels(field)]
    if not 1 <= len(labels) <= MODAL_FIELDS:
        what = f"form {form.title!r} has {len(form.fields)} fields and needs {len(labels)} inputs"
        raise Rejected(f"{what}; a Discord modal has 1 to {MODAL_FIELDS}, and a menu {OPTIONS} options")
    return {
        "custom_id": controls.write(controls.FORM, form.token),
        "title": cut(form.title, MODAL_TITLE),
        "components": labels,
    }


def _labels(field: FormField) -> list[Component]:
    if not isinstance(field, SelectField) or len(field.options) <= OPTIONS:
        return [_label(field, _input(field))]
    pieces = [field.options[at : at + OPTIONS] for at in range(0, len(field.options), OPTIONS)]
    return [_piece(field, pieces, number) for number in range(len(pieces))]


def _label(field: FormField, component: Component) -> Component:
    label: Component = {"type": _LABEL, "label": cut(field.label, LABEL), "component": component}
    if note := _note(field):
        label["description"] = cut(note, DESCRIPTION)
    return label


def _note(field: FormField) -> str:
    """Return the text below a field's label: a label that is too long for its place, the bounds of a number or a day,
    the endings of files, and the hint."""
    parts = [field.label] if len(field.label) > LABEL else []
    match field:
        case NumberField(minimum=low, maximum=high) if low is not None or high is not None:
            parts.append(_bounds(*(None if bound is None else f"{bound:g}" for bound in (low, high))))
        case DateField(minimum=low, maximum=high) if low or high:
            parts.append(_bounds(low or None, high or None))
        case FileField(extensions=endings) if endings:
            parts.append(", ".join(f".{ending.lstrip('.').lower()}" for ending in endings))
        case _:
            pass
    return " · ".join([*parts, *([field.hint] if field.hint.strip() else [])])


def _bounds(low: str | None, high: str | None) -> str:
    if low is None:
        return f"up to {high}"
    return f"{low} or more" if high is None else f"{low} to {high}"


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
            shown = "" if field.initial is None else f"{field.initial:.15g}"
            return _entry(field, _id("n", field, *bounds), shown, 40)
        case SwitchField():
            return {"type": _CHECKBOX, "custom_id": _id("b", field), "default": field.initial}
        case DateField():
            bounds = [field.minimum or "", field.maximum or ""]
            return {
                **_entry(field, _id("d", field, *bounds), field.initial or "", _DAY),
                "placeholder": "YYYY-MM-DD",
            }
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


def _entry(field: NumberField | DateField, id: str, initial: str, longest: int) -> Component:
    found: Component = {"type": _TEXT, "custom_id": id, "style": 1, "required": field.required, "max_length": longest}
    return {**found, "value": initial} if initial else found


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
    least = 1 if field.multiple else 2
    if field.style == "buttons" and least <= len(field.options) <= GROUP_OPTIONS:
        return _group(field)
    return {
        "type": _SELECT,
        "custom_id": _id("m" if field.multiple else "s", field),
        **_picking(field, least=1 if field.required else 0),
    }


def _group(field: SelectField) -> Component:
    """Return radio buttons or checkboxes."""
    if field.multiple:
        chosen = _picking(field, least=1 if field.required else 0)
        return {"type": _CHECKBOXES, "custom_id": _id("c", field), **chosen}
    options = {"options": _options(field), "required": field.required}
    return {"type": _RADIOS, "custom_id": _id("r", field), **options}


def _picking(field: SelectField, *, least: int) -> Component:
    return {
        "options": _options(field),
        "min_values": least,
        "max_values": len(field.options) if field.multiple else 1,
        "required": least > 0,
    }


def _piece(field: SelectField, pieces: Sequence[tuple[tuple[str, str], ...]], number: int) -> Component:
    """Return one of the menus of a long select. None of them has to be used, so the submission is checked."""
    count, piece = f" ({number + 1}/{len(pieces)})", replace(field, options=pieces[number])
    menu = {
        "type": _SELECT,
        "custom_id": _id("M" if field.multiple else "S", field, f"{number}", "1" if field.required else ""),
        **_picking(piece, least=0),
    }
    found = _label(field, menu)
    first, last = (cut(label, DESCRIPTION // 2 - 2) for _, label in (piece.options[0], piece.options[-1]))
    return {**found, "label": cut(field.label, LABEL - len(count)) + count, "description": f"{first} … {last}"}


def _options(field: SelectField) -> list[Component]:
    options: list[Component] = []
    for value, label in field.options:
        if not 1 <= len(value) <= OPTION:
            raise Rejected(f"field {field.id!r}: an option's value has {len(value)} characters, Discord takes {OPTION}")
        option: Component = {"value": value, "label": cut(label, OPTION)}
        if value in (field.initial if field.multiple else field.initial[:1]):
            option["default"] = True
        options.append(option)
    if not options:
        raise Rejected(f"field {field.id!r} has no options")
    return options


class _Entry(NamedTuple):
    """One input of a submitted modal."""

    kind: str
    field: str
    notes: tuple[str, str]
    """The bounds of a number or a day; of a menu of several its number, and whether something has to be picked."""
    given: Json


def _entries(submitted: Json) -> Iterator[_Entry]:
    for label in items(submitted, "components"):
        # Older modals have an action row around each input.
        for given in [obj(label, "component")] if "component" in label else items(label, "components"):
            kind, _, rest = text(given, "custom_id").partition("|")
            if kind in _NOTED:
                first, _, rest = rest.partition("|")
                second, _, rest = rest.partition("|")
                yield _Entry(kind, rest, (first, second), given)
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
            uploaded = [obj(attachments, id) for id in strings(entry.given, "values")]
            uploaded = [file for file in uploaded if file]
            files += [(entry.field, file) for file in uploaded]
            values[entry.field] = tuple(file_name(file) for file in uploaded)
        elif entry.kind == "S":
            values[entry.field] = values.get(entry.field) or _VALUES["s"](entry.given)
        elif entry.kind == "M":
            earlier = values.get(entry.field)
            values[entry.field] = (*(earlier if isinstance(earlier, tuple) else ()), *strings(entry.given, "values"))
        else:
            values[entry.field] = _VALUES[entry.kind](entry.given)
    return values, files


def problems_of(submitted: Json) -> dict[str, str]:
    """Return what is wrong with the numbers and days that were entered, and with what was picked in several menus, by
    field id."""
    found: dict[str, str] = {}
    picked: dict[str, int] = {}
    for entry in _entries(submitted):
        if entry.kind in ("n", "d") and (said := text(entry.given, "value").strip()):
            problem = (_wrong_number if entry.kind == "n" else _wrong_day)(said, *entry.notes)
            if problem:
                found[entry.field] = problem
        elif entry.kind in ("S", "M"):
            picked[entry.field] = picked.get(entry.field, 0) + len(strings(entry.given, "values"))
            if entry.kind == "S" and picked[entry.field] > 1:
                found[entry.field] = "pick one option of all these menus"
    missing = {entry.field for entry in _entries(submitted) if entry.kind in ("S", "M") and entry.notes[1]}
    return found | {field: "pick an option in one of these menus" for field in missing if not picked[field]}


def _wrong_number(said: str, low: str, high: str) -> str:
    value, least, most = (_float(each) for each in (said, low, high))
    if value is None:
        return "that is not a number"
    if (least is not None and value < least) or (most is not None and value > most):
        return _bounds(*(None if bound is None else f"{bound:g}" for bound in (least, most)))
    return ""


def _wrong_day(said: str, low: str, high: str) -> str:
    try:
        day = date.fromisoformat(said).isoformat()
    except ValueError:
        return "that is no day; write it as YYYY-MM-DD"
    return _bounds(low or None, high or None) if (low and day < low) or (high and day > high) else ""


def _float(value: str) -> float | None:
    try:
        number = float(value.strip().replace(",", "."))
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _number(given: Json) -> float | None:
    return _float(text(given, "value"))


def _day(given: Json) -> str | None:
    """Return the day that was entered as an ISO date."""
    try:
        return date.fromisoformat(text(given, "value").strip()).isoformat()
    except ValueError:
        return None


_NOTED = frozenset("ndSM")
"""Kinds of inputs with two notes between the kind and the field's id."""
_VALUES: dict[str, Callable[[Json], FormValue]] = {
    "t": lambda given: text(given, "value") or None,
    "n": _number,
    "d": _day,
    "s": lambda given: next(iter(strings(given, "values")), None),
    "m": lambda given: tuple(strings(given, "values")),
    "r": lambda given: text(given, "value") or None,
    "c": lambda given: tuple(strings(given, "values")),
    "b": lambda given: given.get("value") is True,
    "f": lambda given: tuple(strings(given, "values")),
}
"""How each kind of input is read; the menus of several (``S``, ``M``) are read together."""
