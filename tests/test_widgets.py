"""Input widgets: their bounds, the fields of a form that ask for them, and their way through the store."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter

import gateway as cl
from gateway.input_widget import (
    Checkbox,
    DatePicker,
    InputWidget,
    MultiSelect,
    NumberInput,
    RadioGroup,
    Select,
    Slider,
    Switch,
    Tags,
    TextInput,
)
from gateway.model.widget import TEXT_LIMIT, NotAccepted, Widget

LONG = "x" * 100
DAYS = DatePicker("d", "Days", mode="range", initial=("2026-01-01", "2026-02-01"), max_date=date(2026, 12, 31))
WIDGETS: list[InputWidget] = [
    Select("s", "Select", values=["a", "b"], initial_index=1),
    Slider("n", "Slider", 1, min=0, max=2, step=0.1),
    Switch("w", "Switch", True, "a tooltip", "a description"),
    Tags("t", "Tags", initial=["Answer:"]),
    TextInput("x", "Text", initial="AI", multiline=True),
    NumberInput("i", "Number", initial=2.5),
    MultiSelect("m", "Many", items={"One": "1", "Two": "2"}, initial=["2"]),
    Checkbox("c", "Check"),
    RadioGroup("r", "Radio", items={"Yes": "y"}, initial_value="y"),
    DAYS,
]


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda each: type(each).__name__)
def test_a_widget_comes_back_from_the_store_and_its_form_brings_its_value(widget: InputWidget) -> None:
    reader: TypeAdapter[Any] = TypeAdapter(Widget)
    assert reader.validate_python(reader.dump_python(widget, mode="json")) == widget
    for options in (1, 25):
        entered: dict[str, Any] = {}
        for field in widget.fields(widget.initial, options=options):
            entered[field.id] = getattr(field, "initial", None)
            if field.kind == "select" and not field.multiple:
                entered[field.id] = field.initial[0]
        assert widget.read(entered) == widget.initial


WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: Switch("", "A"), "needs an id and a label"),
    (lambda: Slider("a", "A", 20), "initial value 20: a number from 0 to 10"),
    (lambda: Slider("a", "A", min=3, max=1), "min is above max"),
    (lambda: Slider("a", "A", step=0), "step is not above 0"),
    (lambda: Slider("a", "A", float("nan")), "no number"),
    (lambda: Select("a", "A"), "either values or items"),
    (lambda: Select("a", "A", values=["b"], items={"c": "c"}), "either values or items"),
    (lambda: Select("a", "A", values=["b"], initial_index=1), "not among the 1 values"),
    (lambda: Select("a", "A", items={"b": "c"}, initial_index=0), "initial_index needs values"),
    (lambda: RadioGroup("a", "A", values=["b"], initial_value="c"), "not among the choices"),
    (lambda: MultiSelect("a", "A", values=["b"], initial=["c"]), "not among the choices"),
    (lambda: TextInput("a", "A", initial="x" * (TEXT_LIMIT + 1)), "at most 3000 characters"),
    (lambda: Tags("a", "A", initial=["x"] * 5, values=["y"]), "'x' is not among y"),
    (lambda: DatePicker("a", "A", initial="tomorrow"), "a day like"),
    (lambda: DatePicker("a", "A", initial="2026-01-01", min_date="2026-01-02"), "not before 2026-01-02"),
    (lambda: DatePicker("a", "A", mode="range", initial=("2026-02-01", "2026-01-01")), "the last day is before"),
    (lambda: cl.ChatSettings(["model"]), "takes widgets of gateway.input_widget"),  # type: ignore[list-item]
]


@pytest.mark.parametrize(("make", "said"), WRONG)
def test_a_wrong_definition_says_what_is_wrong(make: Callable[[], object], said: str) -> None:
    with pytest.raises((ValueError, TypeError), match=said):
        make()


ENTERED: list[tuple[InputWidget, dict[str, Any], Any]] = [
    (Slider("a", "A", 1, min=0, max=2, step=0.1), {"a": 0.30000000000000004}, 0.30000000000000004),
    (Slider("a", "A", 1, min=0, max=2, step=0.1), {"a": 2.0}, 2),
    (Slider("a", "A", 1, min=0, max=2, step=0.1), {"a": 0.25}, "in steps of 0.1"),
    (Slider("a", "A", 7, min=1, max=35, step=5), {"a": 7.0}, 7),  # the bot's own value is no mistake of the person
    (Slider("a", "A"), {"a": None}, "no number"),
    (Slider("a", "A"), {"a": 11.0}, "from 0 to 10"),
    (NumberInput("a", "A", initial=1), {"a": None}, None),
    (Tags("a", "A"), {"a": "x, y"}, ["x", "y"]),
    (Tags("a", "A"), {"a": "x, y\n z \n\nz"}, ["x, y", "z"]),
    (Tags("a", "A"), {"a": "\n".join(map(str, range(101)))}, "at most 100 tags"),
    (Select("a", "A", values=[LONG, "b"], initial_index=1), {"a": LONG}, LONG),
    (Select("a", "A", items={"New York": "ny"}), {"a": " new york "}, "ny"),
    (Select("a", "A", items={"New York": "ny"}), {"a": "Nw Yrk"}, "there is New York"),
    (Select("a", "A", values=["b"], initial_index=0), {"a": None}, "please choose one"),
    (Select("a", "A", values=["b"]), {"a": None}, None),
    (MultiSelect("a", "A", values=["b", "c", "d"]), {"a": ("d", "b")}, ["b", "d"]),
    (MultiSelect("a", "A", values=["b", "c", "d"]), {"a": "d, B"}, ["b", "d"]),
    (DAYS, {"d": "2026-03-01", "d last day": "2026-02-01"}, "the last day is before the first"),
    (DAYS, {"d": "2026-03-01", "d last day": None}, "or neither"),
    (DAYS, {"d": "2026-03-01", "d last day": "2027-02-01"}, "not after 2026-12-31"),
    (DAYS, {"d": None, "d last day": None}, None),
]


@pytest.mark.parametrize(("widget", "entered", "wanted"), ENTERED)
def test_what_is_entered_is_checked_by_the_widgets_own_bounds(
    widget: InputWidget, entered: dict[str, Any], wanted: Any
) -> None:
    try:
        value = widget.read(entered)
    except NotAccepted as error:
        assert isinstance(wanted, str) and wanted in str(error)
        assert error.field in entered
    else:
        assert value == wanted


def test_a_long_option_travels_by_a_short_key() -> None:
    widget = Select("a", "A", values=[LONG, ""], initial_index=0)
    [field] = widget.fields(LONG, options=25)
    assert field.kind == "select"
    assert all(0 < len(value) <= 60 for value, _ in field.options)
    assert widget.read({"a": field.initial[0]}) == LONG
