"""Forms as modals: days, hints, radio buttons and checkboxes, selects that are longer than a menu."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.forms import modal
from gateway.emulators.discord import modals
from gateway.emulators.discord.checker import Checker
from gateway.model import (
    ActionInvoked,
    Button,
    DateField,
    FileField,
    Form,
    FormField,
    FormSubmitted,
    FormValue,
    NumberField,
    OpenForm,
    Outgoing,
    SelectField,
    SwitchField,
    TextField,
)
from tests.contract.harness import AdapterHarness
from tests.discord.world import DiscordWorld

FRUITS = tuple((f"f{n}", f"Fruit {n}") for n in range(60))


async def opened(world: DiscordWorld, harness: AdapterHarness, *fields: FormField) -> dict[str, Any]:
    """Return the modal that a click opens for a form with these fields."""
    form = Form(token="f", title="T", fields=fields)
    harness.answer = lambda event: OpenForm(form=form) if isinstance(event, ActionInvoked) else None
    post, ref = await harness.mention()
    await harness.adapter.send(ref, Outgoing(buttons=(Button(token="b", label="Go", opens_form=True),)), key="k")
    await world.click(harness.said(post)[-1], "Go")
    [modal] = world.discord.open_modals()
    return modal


async def submitted(world: DiscordWorld, harness: AdapterHarness, values: Mapping[str, Any]) -> Mapping[str, FormValue]:
    """Enter these values and return what the bot is told."""
    await world.submit(values)
    assert world.told() == []
    return (await harness.heard(FormSubmitted)).values


async def test_hints_stand_below_the_labels(world: DiscordWorld, harness: AdapterHarness) -> None:
    modal = await opened(
        world,
        harness,
        TextField(id="t", label="Name", hint="As on the door", required=False),
        NumberField(id="n", label="Count", hint="Whole", minimum=1, required=False),
        DateField(id="d", label="Day", hint="Of birth", minimum="2026-01-01", maximum="2026-12-31", required=False),
        FileField(id="f", label="File", hint="Of mine", extensions=("pdf",), required=False),
        SelectField(id="s", label="l" * 50, hint="h" * 100, options=(("a", "A"),), required=False),
    )
    notes = [each["description"] for each in modal["components"]]
    assert notes[:4] == ["As on the door", "1 or more · Whole", "2026-01-01 to 2026-12-31 · Of birth", ".pdf · Of mine"]
    assert notes[4].startswith("l" * 50 + " · hhh") and notes[4].endswith("…")


# Days


@pytest.mark.parametrize(("entered", "value"), [("2026-11-28", "2026-11-28"), ("20261128", "2026-11-28"), ("", None)])
async def test_a_day_is_read(world: DiscordWorld, harness: AdapterHarness, entered: str, value: str | None) -> None:
    day = DateField(id="d", label="Day", initial="2026-01-31", maximum="2026-12-31", required=False)
    modal = await opened(world, harness, day)
    component = modal["components"][0]["component"]
    assert (component["value"], component["placeholder"]) == ("2026-01-31", "YYYY-MM-DD")
    assert await submitted(world, harness, {"Day": entered}) == {"d": value}


@pytest.mark.parametrize(
    ("entered", "problem"),
    [("28.11.2026", "YYYY-MM-DD"), ("2026-02-30", "YYYY-MM-DD"), ("2025-12-31", "2026-01-01 to"), ("2027-01-01", "to")],
)
async def test_a_day_that_is_none_is_sent_back(
    world: DiscordWorld, harness: AdapterHarness, entered: str, problem: str
) -> None:
    await opened(world, harness, DateField(id="d", label="Day", minimum="2026-01-01", maximum="2026-12-31"))
    await world.submit({"Day": entered})
    assert [problem in text for text in world.told()] == [True]
    assert not any(isinstance(event, FormSubmitted) for event in harness.events)


# Radio buttons and checkboxes


async def test_few_options_are_radio_buttons_and_checkboxes(world: DiscordWorld, harness: AdapterHarness) -> None:
    few = (("a", "A"), ("b", "B"), ("c", "C"))
    modal = await opened(
        world,
        harness,
        SelectField(id="one", label="One", style="buttons", options=few, initial=("b",)),
        SelectField(id="some", label="Some", style="buttons", options=few, multiple=True, initial=("a", "c")),
        SelectField(id="none", label="None", style="buttons", options=few, multiple=True, required=False),
        SelectField(id="single", label="Single", style="buttons", options=few[:1]),
        SelectField(id="many", label="Many", style="buttons", options=FRUITS[:11], required=False),
    )
    assert [each["component"]["type"] for each in modal["components"]] == [21, 22, 22, 3, 3]
    assert await submitted(world, harness, {"Some": ["B", "C"], "Single": "A"}) == {
        "one": "b",
        "some": ("b", "c"),
        "none": (),
        "single": "a",
        "many": None,
    }


# Long selects


@pytest.mark.parametrize(("multiple", "value"), [(False, "f30"), (True, ("f1", "f30", "f31"))])
async def test_a_long_select_is_several_menus(
    world: DiscordWorld, harness: AdapterHarness, multiple: bool, value: FormValue
) -> None:
    fruit = SelectField(id="fruit", label="Fruit", options=FRUITS, multiple=multiple)
    modal = await opened(world, harness, fruit, TextField(id="t", label="Why", required=False))
    assert [each["label"] for each in modal["components"]] == ["Fruit (1/3)", "Fruit (2/3)", "Fruit (3/3)", "Why"]
    assert modal["components"][1]["description"] == "Fruit 25 … Fruit 49"
    entered: dict[str, Any] = {"Fruit (2/3)": ["Fruit 30", "Fruit 31"] if multiple else "Fruit 30"}
    if multiple:
        entered["Fruit (1/3)"] = ["Fruit 1"]
    assert await submitted(world, harness, entered) == {"fruit": value, "t": None}


@pytest.mark.parametrize(
    ("entered", "problem"),
    [({"Fruit (1/3)": "Fruit 1", "Fruit (3/3)": "Fruit 55"}, "pick one option"), ({}, "pick an option")],
)
async def test_a_long_select_takes_one_option(
    world: DiscordWorld, harness: AdapterHarness, entered: Mapping[str, Any], problem: str
) -> None:
    await opened(world, harness, SelectField(id="fruit", label="Fruit", options=FRUITS))
    await world.submit(entered)
    assert [problem in text for text in world.told()] == [True]
    assert not any(isinstance(event, FormSubmitted) for event in harness.events)


async def test_a_long_select_may_be_left_empty(world: DiscordWorld, harness: AdapterHarness) -> None:
    await opened(world, harness, SelectField(id="fruit", label="Fruit", options=FRUITS, required=False))
    assert await submitted(world, harness, {}) == {"fruit": None}


# Limits, whatever is in it

words = st.text(max_size=120) | st.sampled_from(["\ud83d", "w" * 200, " "])
days = st.none() | st.dates().map(str)
options = st.lists(words, min_size=1, max_size=30).map(lambda labels: tuple((f"v{n}", x) for n, x in enumerate(labels)))
marked = {"label": words, "hint": words}
fields = st.one_of(
    st.builds(
        TextField, id=st.just("t"), initial=words, placeholder=words, max_length=st.none() | st.integers(), **marked
    ),
    st.builds(SelectField, id=st.just("s"), options=options, initial=st.just(("v0",)), **marked),
    st.builds(NumberField, id=st.just("n"), minimum=st.floats(-1e9, 1e9) | st.none(), **marked),
    st.builds(DateField, id=st.just("d"), minimum=days, maximum=days, initial=days, **marked),
    st.builds(SwitchField, id=st.just("b"), **marked),
    st.builds(FileField, id=st.just("f"), extensions=st.lists(words, max_size=9).map(tuple), **marked),
)


@given(title=words, entries=st.lists(fields, min_size=1, max_size=3, unique_by=lambda field: field.id))
def test_no_form_exceeds_what_discord_takes(title: str, entries: list[FormField]) -> None:
    shown = modal(Form(token="f", title=title, fields=tuple(entries)))
    checker = Checker()
    modals.check(shown, checker)
    checker.errors.raise_any()
    json.dumps(shown, ensure_ascii=False).encode()
