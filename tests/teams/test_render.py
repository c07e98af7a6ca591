"""What is shown is decided by the message alone, and a stream only ever grows."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.teams import forms, render, tables
from adapters.teams.card import elements
from adapters.teams.citations import listed
from adapters.teams.markdown import beyond_streams, mentions_in, safe, streamed, to_teams
from adapters.teams.sizes import utf16_bytes
from gateway.markdown.parts import Table, parts
from gateway.model import (
    AllowedMentions,
    Button,
    Citation,
    Form,
    FormValue,
    NumberField,
    Outgoing,
    SelectField,
    SwitchField,
    TextField,
)

WORDS = st.text(alphabet="# `~<at>/@|-=1.\nxyé", max_size=80)


@given(WORDS)
def test_a_stream_only_grows_and_ends_as_the_text_does(text: str) -> None:
    shown = ""
    for end in range(1, len(text) + 1):
        if beyond_streams(text[:end]):
            return  # it goes on by edits
        now = streamed(text[:end])
        assert now.startswith(shown)
        shown = now
    assert to_teams(safe(text)).startswith(shown)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Name: a\nAge: b\n\nnext", "Name: a  \nAge: b\n\nnext"),
        ("Line 1\nLine 2\n---\nLine 3", "Line 1  \nLine 2\n\n---\nLine 3"),
        ("It ends.\n---", "It ends.\n\n---"),
        ("Title\n=====\nbody", "**Title**  \nbody"),
        ("A title\n-------\nbody", "**A title**\n\n-------\nbody"),
        ("# A title #\nbody", "**A title**  \nbody"),
        ("words\n\n    # code\n    a\n---\nb", "words\n\n    # code\n    a\n---\nb"),
        ("1. Run\n\n    ```\n    # a\n    b\n    ```\nx\ny", "1. Run\n\n    ```\n    # a\n    b\n    ```\nx  \ny"),
        ("apart  \nalready\\\nand so on", "apart  \nalready\\\nand so on"),
        ("items:\n- a\n- b\n  more\n1. c", "items:\n- a\n- b  \n  more\n1. c"),
        ("see\n```\na\nb\n```\nthere\nand", "see\n```\na\nb\n```\nthere  \nand"),
        ("> a\n> b", "> a  \n> b"),
    ],
)
def test_lines_are_kept_apart_which_teams_would_join(written: str, sent: str) -> None:
    assert to_teams(written) == sent
    assert to_teams(sent) == sent


@given(WORDS)
def test_nobody_is_mentioned_by_what_a_model_wrote(text: str) -> None:
    assert not re.search(r"</?at\b", safe(text))


@given(WORDS)
def test_no_words_are_lost_in_a_card_or_a_table(text: str) -> None:
    kept = "\n".join(part.source for part in parts(text))
    assert kept.split() == text.split()
    assert all(element["type"] in ("TextBlock", "Table", "Container") for element in elements(text))


def test_a_line_of_a_card_ends_where_it_was_written_and_items_stay_in_their_list() -> None:
    [block] = elements("Dear all\nsee below\n- one\n- two\n  more of it\n1. x\nBye")
    assert block["text"] == "Dear all\n\nsee below\n\n- one\n- two\n  more of it\n1. x\n\nBye"


def test_code_in_a_card_keeps_its_indentation() -> None:
    [code] = elements("```py\nif x:\n    y  = 1\n\treturn y\n```")
    [run] = code["items"][0]["inlines"]
    assert run["text"] == "if x:\n\xa0\xa0\xa0\xa0y\xa0\xa0= 1\n\xa0\xa0\xa0\xa0return y"


def test_many_short_paragraphs_with_buttons_are_one_card_within_the_limit() -> None:
    buttons = (Button(token="t" * 1_000, label="Go"),) * 6
    for part in ("a short line of it\n\n", "# h\n", "```\nx\n```\n", "x\n\n"):
        text = part * (18_000 // len(part))
        made = render.activity(Outgoing(text=text, buttons=buttons), {})
        assert utf16_bytes(made) <= 100 * 1024
        [body] = [each["content"]["body"] for each in made["attachments"]]
        assert body[-1]["type"] == "ActionSet"
        assert "".join(str(body).split()).count("x") >= text.count("x")


def test_half_a_surrogate_pair_breaks_no_card() -> None:
    made = render.activity(Outgoing(text="a \ud83d", buttons=(Button(token="t", label="l"),)), {})
    assert utf16_bytes(made) > 0


def test_addresses_end_no_link_they_stand_in() -> None:
    sources = [
        Citation(title="Bar", url="https://en.wikipedia.org/wiki/Foo_(bar)"),
        Citation(title="Evil", url="https://a.example/) [click](https://evil.example"),
        Citation(title="Script", url="javascript:alert(1)"),
        Citation(title="Torn", url="https://[torn"),
    ]
    assert listed(sources).split("\n") == [
        "1. [Bar](https://en.wikipedia.org/wiki/Foo_%28bar%29)",
        "2. [Evil](https://a.example/%29%20[click]%28https://evil.example)",
        "3. Script",
        "4. Torn",
    ]


@pytest.mark.parametrize(
    "code", ["```html\n<at>x</at> <@b>\n```", "see `<at>x</at>` and `<@b>`", "a\n\n    <at>x</at>"]
)
def test_code_is_shown_as_it_was_written(code: str) -> None:
    made = render.activity(Outgoing(text=code), {"b": "Bea"})
    assert (made["text"], made.get("entities")) == (code, None)


def test_only_who_may_be_mentioned_is() -> None:
    text = "<@a-1> <@b> <@a-1> <@ c>"
    assert mentions_in(text, AllowedMentions()) == []
    assert mentions_in(text, AllowedMentions(users=True)) == ["a-1", "b"]
    assert mentions_in(text, AllowedMentions(users=("b", "z"))) == ["b"]


def test_a_table_in_text_keeps_its_columns_and_a_wide_one_its_source() -> None:
    [table] = parts("| a | b |\n|:-:|--:|\n| long cell | 1 |\n| x |")
    assert isinstance(table, Table)
    assert tables.as_text(table) == "    a      b\nlong cell  1\n    x"
    wide = Table("| source |", (("a", "b"), ("x" * 5_000, "y"), *[("1", "2")] * 50), ("left", "left"))
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


def test_a_number_that_is_none_is_no_value() -> None:
    form = Form(token="t", title="T", fields=(NumberField(id="n", label="n"),))
    for typed in ("nan", "inf", "-Infinity", "1e999", "x", "", None, [1]):
        assert forms.values_in({"gw:n": typed}, form) == {"n": None}
