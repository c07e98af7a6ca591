"""The fields of an element ask: which input widgets its properties make, and what was filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from gateway.chat.elements.custom import IMAGES, label_of
from gateway.model.widget import (
    TEXT_LIMIT,
    Checkbox,
    DatePicker,
    InputWidget,
    MultiSelect,
    NumberInput,
    RadioGroup,
    Select,
    Tags,
    TextInput,
)
from gateway.runtime.element_form import ElementForm, is_empty

FIELDS = 25
"""Fields that a form has at most; further properties are shown and returned as they are."""
_LARGEST = 1e300
"""The size from which on a number has no field."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The properties of an element, with what was filled in so far."""

    props: Mapping[str, Any]
    form: ElementForm
    listed: bool
    """Whether the properties list the fields themselves (``fields``)."""

    @classmethod
    def of(cls, props: Mapping[str, Any], entered: Mapping[str, Any]) -> "Filled":
        """Return the element with these properties, and the values entered instead of some.

        Args:
            props: The properties.
            entered: Values by widget id.
        """
        listed = _listed(props)
        if listed is not None:
            ids = [_id(field) for field in listed]
            if twice := next((id for id in ids if ids.count(id) > 1), None):
                raise ValueError(f"two fields have the id {twice!r}; give each its own")
            widgets = [_described(field, entered) for field in listed[:FIELDS]]
            required = frozenset(_id(field) for field in listed if field.get("required"))
        else:
            made = [_widget(str(key), entered.get(str(key), value)) for key, value in props.items()]
            widgets, required = [widget for widget in made if widget is not None][:FIELDS], frozenset[str]()
        return cls(props=props, form=ElementForm(widgets, required), listed=listed is not None)

    def values(self) -> dict[str, Any]:
        """Return what the element is filled with: the values of the fields where it lists them, else all properties."""
        values = {widget.id: widget.initial for widget in self.form.widgets}
        return values if self.listed else {**self.props, **values}

    def shown(self) -> dict[str, Any]:
        """Return what the card shows."""
        if not self.listed:
            return self.values()
        others = {key: value for key, value in self.props.items() if key not in ("fields", "timeout")}
        filled = {each.label: "…" if is_empty(each.initial) else each.initial for each in self.form.widgets}
        return {**others, **filled}


def _listed(props: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """Return the fields that the properties list; None if they do not."""
    given = _list(props.get("fields"))
    if not given or not all(isinstance(each, Mapping) and _id(cast(Mapping[str, Any], each)) for each in given):
        return None
    return given


def _list(value: Any) -> list[Any]:
    return list(cast(list[Any], value)) if isinstance(value, list | tuple) else []


def _id(field: Mapping[str, Any]) -> str:
    return str(field.get("id") or field.get("name") or "")


def _described(field: Mapping[str, Any], entered: Mapping[str, Any]) -> InputWidget:
    """Return the widget of a field that the properties list. Raises ``ValueError`` for one that cannot be shown."""
    id, kind = _id(field), str(field.get("type") or "text").lower()
    label, hint = str(field.get("label") or label_of(id)), field.get("description")
    value: Any = entered.get(id, field.get("value", field.get("default")))
    labels = _options(field.get("options"))
    placeholder = field.get("placeholder")
    match kind:
        case "number" | "integer" | "float" | "range":
            return NumberInput(id, label, value, description=hint, placeholder=placeholder)
        case "checkbox" | "boolean" | "bool" | "switch" | "toggle":
            return Checkbox(id, label, bool(value), description=hint)
        case "date":
            return DatePicker(id, label, value or None, description=hint, placeholder=placeholder)
        case "radio" if labels:
            return RadioGroup(id, label, value or None, description=hint, items=labels)
        case "multiselect" if labels:
            return MultiSelect(id, label, value or [], description=hint, items=labels)
        case _ if labels:
            return Select(id, label, value or None, description=hint, items=labels)
        case "tags":
            return Tags(id, label, value or [], description=hint)
        case _:
            text = None if value is None else str(value)
            lines = kind in ("textarea", "multiline")
            return TextInput(id, label, text, description=hint, placeholder=placeholder, multiline=lines)


def _options(given: Any) -> dict[str, str]:
    """Return options, which are texts or dicts with a label and a value, as labels with their values."""
    items: dict[str, str] = {}
    for option in _list(given):
        if isinstance(option, Mapping):
            one = cast(Mapping[str, Any], option)
            value = str(one.get("value", one.get("label", "")))
            items[str(one.get("label", value))] = value
        else:
            items[str(option)] = str(option)
    return items


def _widget(key: str, value: Any) -> InputWidget | None:
    """Return the widget by which a person changes a property; None for one that has no field."""
    if not key or (key in IMAGES and isinstance(value, str)):
        return None
    match value:
        case bool():
            return Checkbox(key, label_of(key), value)
        case int() | float() if abs(value) < _LARGEST:
            return NumberInput(key, label_of(key), value)
        case None:
            return TextInput(key, label_of(key))
        case str() if len(value) <= TEXT_LIMIT:
            return TextInput(key, label_of(key), value, multiline="\n" in value or len(value) > 100)
        case _:
            return None
