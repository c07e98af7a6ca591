"""What is shown is decided by the message alone, and a stream only ever grows."""

import re

from hypothesis import given
from hypothesis import strategies as st

from adapters.teams import forms, tables
from adapters.teams.card import elements
from adapters.teams.markdown import heading, mentions_in, safe, streamed, to_teams
from gateway.model import AllowedMentions, Form, FormValue, NumberField, SelectField, SwitchField, TextField

WORDS = st.text(alphabet="# `~<at>/@|-\nxyé", max_size=80)


@given(WORDS)
def test_a_stream_only_grows_and_ends_as_the_text_does(text: str) -> None:
    shown = ""
    for end in range(1, len(text) + 1):
        now = streamed(text[:end])
        assert now.startswith(shown)
        shown = now
    assert to_teams(safe(text)).startswith(shown)


@given(WORDS)
def test_nobody_is_mentioned_by_what_a_model_wrote(text: str) -> None:
    assert not re.search(r"</?at\b", safe(text))


@given(WORDS)
def test_no_words_are_lost_in_a_card_or_a_table(text: str) -> None:
    kept = "".join(part if isinstance(part, str) else part.source for part in tables.parts(text))
    assert kept.split() == text.split()
    assert all(element["type"] in ("TextBlock", "Table", "Container") for element in elements(text))


def test_headings() -> None:
    found = [heading(line) for line in ("# a", "###### b ##", "####### c", "#d", "## C#", "#")]
    assert [None if each is None else (each.level, each.text) for each in found] == [
        (1, "a"),
        (6, "b"),
        None,
        None,
        (2, "C#"),
        (1, ""),
    ]


def test_long_lines_of_marks_and_blanks_take_no_time() -> None:
    for line in ("# " + " " * 100_000 + "x", "|" * 100_000, "| --- " * 20_000, "#" * 100_000, "<" * 100_000):
        to_teams(safe(line))
        list(tables.parts(f"{line}\n{line}"))
        streamed(line)
        elements(line[:5_000])


def test_only_who_may_be_mentioned_is() -> None:
    text = "<@a-1> <@b> <@a-1> <@ c>"
    assert mentions_in(text, AllowedMentions()) == []
    assert mentions_in(text, AllowedMentions(users=True)) == ["a-1", "b"]
    assert mentions_in(text, AllowedMentions(users=("b", "z"))) == ["b"]


def test_a_table_in_text_keeps_its_columns_and_a_wide_one_its_source() -> None:
    [table] = tables.parts("| a | b |\n|:-:|--:|\n| long cell | 1 |\n| x |")
    assert isinstance(table, tables.Table)
    assert tables.as_text(table) == "    a      b\nlong cell  1\n    x"
    wide = tables.Table([["a", "b"], ["x" * 5_000, "y"], *[["1", "2"]] * 50], ["Left", "Left"], "| source |")
    assert tables.as_text(wide) == "| source |"


VALUES = st.fixed_dictionaries(
    {
        "t": st.text(max_size=20),
        "n": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "s": st.booleans(),
        "o": st.sampled_from(["a,b", "%2C", "c"]),
        "m": st.lists(st.sampled_from(["a,b", "%2C", "c"]), unique=True).map(tuple),
    }
)
OPTIONS = (("a,b", "A"), ("%2C", "B"), ("c", "C"))
FORM = Form(
    token="t",
    title="T",
    fields=(
        TextField(id="t", label="t"),
        NumberField(id="n", label="n"),
        SwitchField(id="s", label="s"),
        SelectField(id="o", label="o", options=OPTIONS),
        SelectField(id="m", label="m", options=OPTIONS, multiple=True),
    ),
)


@given(VALUES)
def test_what_was_typed_into_a_form_is_what_is_shown_again(values: dict[str, FormValue]) -> None:
    shown = forms.dialog(FORM, values=values, errors={"t": "no"})
    body = shown["task"]["value"]["card"]["content"]["body"]
    again = {each["id"]: str(each.get("value", "")) for each in body if "id" in each}
    assert forms.values_in(again, FORM) == values
