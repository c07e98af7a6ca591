"""Input widgets: the fields of a chat's settings, each with its own bounds.

A widget is data, so a form can be shown and a submission checked without running code of the bot. A widget says which
fields of a form ask for it, reads its value out of what was entered, and checks a value wherever it comes from.
"""

import difflib
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import Field

from gateway.model.event import FormValue
from gateway.model.form import DateField, FormField, NumberField, SelectField, SwitchField, TextField
from gateway.model.text import drop_lone_surrogates

TEXT_LIMIT = 3000
"""Characters that a text can have: the form of every platform takes as many."""
TAGS_LIMIT = 100
"""Tags that one widget can have."""
_KEY = 60
"""Characters of an id or an option's value that a form carries as they are; a longer one is carried as its digest."""
_HINT = 500
"""Characters of the hint below a field."""
_LARGEST_INT = 2**53
"""The largest whole number that every reader of JSON reads exactly."""
_SEVERAL = "One per line, or with commas"
"""How several values are entered into a text field."""
_NAMED = 5
"""Options that the answer to a wrong choice names."""


class NotAccepted(ValueError):
    """A value is outside of a widget's bounds. The text says so to whoever entered it.

    Args:
        text: What is wrong, and what would be right.
        field: The id of the form's field at fault.
    """

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


def _key(text: str) -> str:
    """Return the text as a form can carry it: itself if it is short, else a digest."""
    if 0 < len(text) <= _KEY:
        return text
    return "#" + hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _joined(*parts: str | None) -> str:
    hint = " · ".join(part for part in parts if part)
    return hint if len(hint) <= _HINT else hint[: _HINT - 1] + "…"


@dataclass(frozen=True)
class InputWidget:
    """A field of a chat's settings. Use one of its subclasses.

    Args:
        id: The name of the value in the settings.
        label: The text beside the field.
        initial: The value at first.
        tooltip: A hint, shown behind the description.
        description: A line of explanation below the field, where the platform shows one.
        disabled: Whether the field is left out of the form, so that nobody changes its value.

    Raises:
        ValueError: The id or the label is empty, or the initial value is outside of the widget's bounds.
    """

    id: str
    label: str
    initial: Any = None
    tooltip: str | None = None
    description: str | None = None
    disabled: bool = False

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            object.__setattr__(self, name, _storable(getattr(self, name)))
        if not self.id or not self.label:
            raise ValueError(f"{type(self).__name__} needs an id and a label")
        try:
            object.__setattr__(self, "initial", self.check(self.initial))
        except NotAccepted as error:
            raise ValueError(f"{type(self).__name__}({self.id!r}), initial value {self.initial!r}: {error}") from None

    def check(self, value: Any) -> Any:
        """Return the value in its usual form.

        Args:
            value: The value to check.

        Raises:
            NotAccepted: It is outside of the bounds.
        """
        raise NotImplementedError

    def fields(self, value: Any, *, options: int) -> tuple[FormField, ...]:
        """Return the fields of a form that ask for the widget's value.

        Args:
            value: What the fields are filled with.
            options: How many options a menu can have on the platform.
        """
        raise NotImplementedError

    def read(self, entered: Mapping[str, FormValue]) -> Any:
        """Return the widget's value as it was entered.

        Args:
            entered: The values of the form, by field id.

        Raises:
            NotAccepted: It is outside of the bounds; the error names the field at fault.
        """
        try:
            return self.check(self._entered(entered))
        except NotAccepted as error:
            raise NotAccepted(str(error), error.field or self._field) from None

    def _entered(self, entered: Mapping[str, FormValue]) -> Any:
        return entered.get(self._field)

    @property
    def _field(self) -> str:
        return _key(self.id)

    @property
    def _hint(self) -> str:
        return _joined(self.description, self.tooltip)


class _OnOff(InputWidget):
    def check(self, value: Any) -> bool:
        """Return the value as a bool; 0 and 1 will do."""
        if value in (True, False):
            return bool(value)
        raise NotAccepted("this is on or off")

    def fields(self, value: Any, *, options: int) -> tuple[FormField, ...]:
        """Return one field that is on or off."""
        return (SwitchField(id=self._field, label=self.label, hint=self._hint, initial=bool(value)),)

    def _entered(self, entered: Mapping[str, FormValue]) -> Any:
        return bool(entered.get(self._field))


@dataclass(frozen=True)
class Switch(_OnOff):
    """A setting that is on or off. The parameters are those of ``InputWidget``; the value is a bool."""

    initial: bool = False
    type: Literal["switch"] = field(default="switch", kw_only=True)


@dataclass(frozen=True)
class Checkbox(_OnOff):
    """A box to check. The parameters are those of ``InputWidget``; the value is a bool."""

    initial: bool = False
    type: Literal["checkbox"] = field(default="checkbox", kw_only=True)


@dataclass(frozen=True)
class Slider(InputWidget):
    """A number between two bounds. Beside the parameters of ``InputWidget``:

    Args:
        min: The smallest number.
        max: The largest number.
        step: The distance of two neighbouring numbers, counted from ``min``.
    """

    initial: float = 0
    min: float = 0
    max: float = 10
    step: float = 1
    type: Literal["slider"] = field(default="slider", kw_only=True)

    def __post_init__(self) -> None:
        for name in ("min", "max", "step"):
            object.__setattr__(self, name, _number(getattr(self, name), f"Slider({self.id!r}): {name} is no number"))
        if self.min > self.max or self.step <= 0:
            raise ValueError(f"Slider({self.id!r}): min is above max, or step is not above 0")
        super().__post_init__()

    def check(self, value: Any) -> float:
        """Return the number, as an int where it is whole."""
        number = _number(value, "this is no number")
        if not self.min <= number <= self.max:
            raise NotAccepted(f"a number from {self.min:g} to {self.max:g}, please")
        steps = round((number - self.min) / self.step)
        nearest = min(self.min + steps * self.step, self.max)
        if abs(nearest - number) > self.step * 1e-6 and number not in (self.initial, self.max):
            raise NotAccepted(f"a number in steps of {self.step:g} from {self.min:g} on, please: {nearest:g}, say")
        return number

    def fields(self, value: Any, *, options: int) -> tuple[FormField, ...]:
        """Return a field for a number."""
        bounds = f"{self.min:g} to {self.max:g}" + ("" if self.step == 1 else f", in steps of {self.step:g}")
        return (
            NumberField(
                id=self._field,
                label=self.label,
                hint=_joined(self._hint, bounds),
                minimum=self.min,
                maximum=self.max,
                step=self.step,
                initial=value,
            ),
        )


@dataclass(frozen=True)
class NumberInput(InputWidget):
    """Any number; the value is None where the field is left empty. Beside the parameters of ``InputWidget``:

    Args:
        placeholder: What an empty field shows; shown with the description.
    """

    initial: float | None = None
    placeholder: str | None = None
    type: Literal["numberinput"] = field(default="numberinput", kw_only=True)

    def check(self, value: Any) -> float | None:
        """Return the number, as an int where it is whole."""
        return None if value is None else _number(value, "this is no number")

    def fields(self, value: Any, *, options: int) -> tuple[FormField, ...]:
        """Return a field for a number."""
        hint = _joined(self._hint, self.placeholder)
        return (NumberField(id=self._field, label=self.label, hint=hint, required=False, initial=value),)


@dataclass(frozen=True)
class TextInput(InputWidget):
    """A text of at most 3,000 characters. Beside the parameters of ``InputWidget``:

    Args:
        placeholder: What an empty field shows.
        multiline: Whether the field has several lines.
    """

    initial: str | None = None
    placeholder: str | None = None
    multiline: bool = False
    type: Literal["textinput"] = field(default="textinput", kw_only=True)

    def check(self, value: Any) -> str | None:
        """Return the text; None stays None."""
        if value is not None and not isinstance(value, str):
            raise NotAccepted("this is no text")
        if value is not None and len(value) > TEXT_LIMIT:
            raise NotAccepted(f"at most {TEXT_LIMIT} characters, please (it has {len(value)})")
        return value

    def fields(self, value: Any, *, options: int) -> tuple[FormField, ...]:
        """Return a field for a text."""
        return (
            TextField(
                id=self._field,
                label=self.label,
                hint=self._hint,
                multiline=self.multiline,
                required=False,
                initial=value or "",
                placeholder=self.placeholder or "",
                max_length=TEXT_LIMIT,
            ),
        )

    def _entered(self, entered: Mapping[str, FormValue]) -> Any:
        return entered.get(self._field) or ""


@dataclass(frozen=True)
class Tags(InputWidget):
    """A list of texts, entered on one line with commas or one per line. Beside the parameters of ``InputWidget``:

    Args:
        values: Tags to choose from; a list without any takes all texts.
    """

    initial: list[str] = field(default_factory=list[str])
    values: list[str] = field(default_factory=list[str])
    type: Literal["tags"] = field(default="tags", kw_only=True)

    def check(self, value: Any) -> list[str]:
        """Return the tags, each once."""
        tags = list(dict.fromkeys(_texts(value)))
        if len(tags) > TAGS_LIMIT or sum(len(tag) + 1 for tag in tags) > TEXT_LIMIT:
            raise NotAccepted(f"at most {TAGS_LIMIT} tags of {TEXT_LIMIT} characters altogether, please")
        for tag in tags:
            if self.values and tag not in self.values:
                raise NotAccepted(f"{tag!r} is not among {', '.join(self.values[:_NAMED])}")
        return tags

    def fields(self, value: Any, *, options: int) -> tuple[FormField, ...]:
        """Return a field for several lines."""
        hint = _joined(self._hint, _SEVERAL, ", ".join(self.values[:_HINT]))
        return (_lines(self._field, self.label, hint, value),)

    def _entered(self, entered: Mapping[str, FormValue]) -> Any:
        return _entered_lines(entered.get(self._field))


@dataclass(frozen=True)
class _Choice(InputWidget):
    """What has options: their labels, each with its value."""

    values: list[str] = field(default_factory=list[str])
    items: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        name = f"{type(self).__name__}({self.id!r})"
        if bool(self.values) == bool(self.items):
            raise ValueError(f"{name} needs either values or items")
        given: list[Any] = [*self.values, *self.items, *self.items.values()]
        if not all(isinstance(each, str) for each in given):
            raise ValueError(f"{name}: values, and the labels and values of items, must be texts")
        super().__post_init__()

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """The options, as pairs of value and label."""
        return tuple((value, label) for label, value in self.items.items()) or tuple((v, v) for v in self.values)

    def _known(self, value: Any) -> str:
        if isinstance(value, str) and any(value == each for each, _ in self.options):
            return value
        raise NotAccepted(f"{value!r} is not among the choices")

    def _picked(self, entered: str) -> str:
        """Return the value that was picked in a menu, or named by its value or its label. Raises ``NotAccepted`` naming
        what it may have meant."""
        for value, _ in self.options:
            if entered == _key(value):
                return value
        wanted = entered.strip().casefold()
        for value, label in self.options:
            if wanted in (value.casefold(), label.casefold()):
                return value
        labels = {label.casefold(): label for _, label in self.options}
        close = difflib.get_close_matches(wanted, labels, n=_NAMED, cutoff=0.4)
        named = [labels[each] for each in close] or [label for _, label in self.options[:_NAMED]]
        raise NotAccepted(
            f"{entered.strip()!r} is not among the {len(self.options)} choices; there is {', '.join(named)}"
        )

    def _named(self, value: str) -> str:
        return next((label for each, label in self.options if each == value), value)

    def _menu(self, chosen: tuple[str, ...], *, multiple: bool, required: bool, buttons: bool = False) -> FormField:
        return SelectField(
            id=self._field,
            label=self.label,
            hint=self._hint,
            options=tuple((_key(value), label or value) for value, label in self.options),
            style="buttons" if buttons else "menu",
            multiple=multiple,
            required=required,
            initial=tuple(_key(value) for value in chosen),
        )

    def _examples(self) -> str:
        shown = ", ".join(label for _, label in self.options[:_NAMED])
        return f"One of {len(self.options)}: {shown}, …"


@dataclass(frozen=True)
class _OneOf(_Choice):
    """What has options of which one is picked; None where none is."""

    initial: str | None = None
    initial_index: int | None = field(default=None, kw_only=True)
    initial_value: str | None = field(default=None, kw_only=True)
    _buttons: ClassVar[bool] = False

    def __post_init__(self) -> None:
        name = f"{type(self).__name__}({self.id!r})"
        at = self.initial_index
        if at is not None and not self.values:
            raise ValueError(f"{name}: initial_index needs values; with items, use initial_value")
        if at is not None and not 0 <= at < len(self.values):
            raise ValueError(f"{name}: initial_index {at} is not among the {len(self.values)} values")
        if at is not None or self.initial_value is not None:
            object.__setattr__(self, "initial", self.values[at] if at is not None else self.initial_value)
        super().__post_init__()

    def check(self, value: Any) -> str | None:
        """Return the value, which has to be one of the options."""
        return None if value is None else self._known(value)

    def fields(self, value: Any, *, options: int) -> tuple[FormField, ...]:
        """Return a menu, or a text field where the platform's menus hold fewer options."""
        required = self.initial is not None
        if len(self.options) > options:
            label = "" if value is None else self._named(value)
            hint = _joined(self._hint, self._examples())
            return (
                TextField(
                    id=self._field, label=self.label, hint=hint, required=required, initial=label, max_length=TEXT_LIMIT
                ),
            )
        chosen = () if value is None else (value,)
        return (self._menu(chosen, multiple=False, required=required, buttons=self._buttons),)

    def _entered(self, entered: Mapping[str, FormValue]) -> Any:
        given = entered.get(self._field)
        if not given or not isinstance(given, str):
            if self.initial is not None:
                raise NotAccepted("please choose one")
            return None
        return self._picked(given)


@dataclass(frozen=True)
class Select(_OneOf):
    """A menu of which one option is picked. Beside the parameters of ``InputWidget``:

    Args:
        values: The options.
        items: The options as labels with their values, instead of ``values``.
        initial_index: The place of the initial option among ``values``.
        initial_value: The value of the initial option.
    """

    type: Literal["select"] = field(default="select", kw_only=True)


@dataclass(frozen=True)
class RadioGroup(_OneOf):
    """Radio buttons of which one is picked, where the platform has them, else a menu. The parameters are those of
    ``Select``."""

    _buttons: ClassVar[bool] = True
    type: Literal["radio"] = field(default="radio", kw_only=True)


@dataclass(frozen=True)
class MultiSelect(_Choice):
    """A menu of which several options are picked; the value is a list. Beside the parameters of ``InputWidget``:

    Args:
        values: The options.
        items: The options as labels with their values, instead of ``values``.
    """

    initial: list[str] = field(default_factory=list[str])
    type: Literal["multiselect"] = field(default="multiselect", kw_only=True)

    def check(self, value: Any) -> list[str]:
        """Return the values in the order of the options; each has to be one of them."""
        picked = {self._known(each) for each in _texts(value)}
        return list(dict.fromkeys(each for each, _ in self.options if each in picked))

    def fields(self, value: Any, *, options: int) -> tuple[FormField, ...]:
        """Return a menu, or a text field for several lines where the platform's menus hold fewer options."""
        if len(self.options) > options:
            hint = _joined(self._hint, _SEVERAL, self._examples())
            return (_lines(self._field, self.label, hint, [self._named(each) for each in value]),)
        return (self._menu(tuple(value), multiple=True, required=False),)

    def _entered(self, entered: Mapping[str, FormValue]) -> Any:
        given = entered.get(self._field)
        return [self._picked(each) for each in (given if isinstance(given, tuple) else _entered_lines(given))]


@dataclass(frozen=True)
class DatePicker(InputWidget):
    """A day, as an ISO date (``2026-11-28``), or a list of two, the first and the last day of a range. Beside the
    parameters of ``InputWidget``:

    Args:
        mode: ``single`` or ``range``.
        min_date: The earliest day.
        max_date: The latest day.
        format: How a web page would show the date; it is only kept.
        placeholder: What an empty field shows; shown with the description.
    """

    initial: Any = None
    mode: Literal["single", "range"] = "single"
    min_date: str | date | None = None
    max_date: str | date | None = None
    format: str | None = None
    placeholder: str | None = None
    type: Literal["datepicker"] = field(default="datepicker", kw_only=True)

    def __post_init__(self) -> None:
        if self.mode not in ("single", "range"):
            raise ValueError(f"DatePicker({self.id!r}): mode is 'single' or 'range', not {self.mode!r}")
        for name in ("min_date", "max_date"):
            if (given := getattr(self, name)) is not None:
                object.__setattr__(self, name, _day(given))
        if self.min_date is not None and self.max_date is not None and str(self.min_date) > str(self.max_date):
            raise ValueError(f"DatePicker({self.id!r}): min_date is later than max_date")
        super().__post_init__()

    def check(self, value: Any) -> str | list[str] | None:
        """Return the day, or both days, within the bounds."""
        if value is None:
            return None
        if self.mode == "single":
            return self._bounded(value)
        days = _list(value)
        if len(days) != 2:
            raise NotAccepted("the first and the last day, please")
        first, last = (self._bounded(each) for each in days)
        if first > last:
            raise NotAccepted("the last day is before the first", self._last)
        return [first, last]

    def fields(self, value: Any, *, options: int) -> tuple[FormField, ...]:
        """Return a field for the day, or one for the first and one for the last day."""
        if self.mode == "single":
            return (self._date(self._field, self.label, value),)
        first, last = value or (None, None)
        return (
            self._date(self._field, f"{self.label}: first day", first),
            self._date(self._last, f"{self.label}: last day", last),
        )

    def _date(self, id: str, label: str, value: str | None) -> FormField:
        low, high = (None if each is None else str(each) for each in (self.min_date, self.max_date))
        bounds = f"{low or '…'} to {high or '…'}" if low or high else ""
        return DateField(
            id=id,
            label=label,
            hint=_joined(self._hint, self.placeholder, bounds),
            minimum=low,
            maximum=high,
            required=False,
            initial=value,
        )

    def _entered(self, entered: Mapping[str, FormValue]) -> Any:
        first = entered.get(self._field) or None
        if self.mode == "single":
            return first
        last = entered.get(self._last) or None
        if (first is None) != (last is None):
            raise NotAccepted("the first and the last day, please, or neither", self._last if first else self._field)
        return None if first is None else [first, last]

    @property
    def _last(self) -> str:
        return _key(f"{self.id} last day")

    def _bounded(self, value: Any) -> str:
        day = _day(value)
        if self.min_date is not None and day < str(self.min_date):
            raise NotAccepted(f"not before {self.min_date}, please")
        if self.max_date is not None and day > str(self.max_date):
            raise NotAccepted(f"not after {self.max_date}, please")
        return day


Widget = Annotated[
    Select | Slider | Switch | Tags | TextInput | NumberInput | MultiSelect | Checkbox | RadioGroup | DatePicker,
    Field(discriminator="type"),
]
"""Any input widget, as it is stored."""


def _storable(value: Any) -> Any:
    """Return what a widget was given, with its texts as a store and the platforms take them."""
    match value:
        case str():
            return drop_lone_surrogates(value)
        case list():
            return [_storable(each) for each in cast(Sequence[Any], value)]
        case dict():
            return {_storable(name): _storable(each) for name, each in cast(Mapping[Any, Any], value).items()}
        case _:
            return value


def _number(value: Any, otherwise: str) -> float:
    """Return a number, as an int where it is whole and as a float where JSON could not hold it as an int."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotAccepted(otherwise)
    try:
        number = float(value)
    except OverflowError:
        raise NotAccepted(otherwise) from None
    if not math.isfinite(number):
        raise NotAccepted(otherwise)
    return int(value) if number.is_integer() and abs(number) <= _LARGEST_INT else number


def _list(value: Any) -> list[Any]:
    return list(cast(list[Any], value)) if isinstance(value, list | tuple) else []


def _texts(value: Any) -> list[str]:
    given = _list(value)
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in given):
        raise NotAccepted("this is no list of texts")
    return given


def _day(value: Any) -> str:
    try:
        return (value if isinstance(value, date) else date.fromisoformat(str(value).strip())).isoformat()[:10]
    except ValueError:
        raise NotAccepted(f"a day like 2026-11-28, please, not {value!r}") from None


def _lines(id: str, label: str, hint: str, values: list[str]) -> FormField:
    # One line alone would be read as a list with commas.
    text = "\n".join(values) + ("\n" if len(values) == 1 and "," in values[0] else "")
    return TextField(id=id, label=label, hint=hint, multiline=True, required=False, initial=text, max_length=TEXT_LIMIT)


def _entered_lines(given: FormValue) -> list[str]:
    """Return the lines of a text; of a text without a line break the parts between commas."""
    if not isinstance(given, str):
        return []
    parts = given.splitlines() if "\n" in given else given.split(",")
    return [part.strip() for part in parts if part.strip()]
