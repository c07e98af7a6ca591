"""Outgoing -> what Discord is sent: what is shown, whom it may notify, and Discord's limits."""

import itertools
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import controls
from adapters.discord.cards import linked
from adapters.discord.conversations import direct, thread
from adapters.discord.limits import CAPABILITIES, CONTENT
from adapters.discord.render import allowed, body, content, nonce, rows
from gateway.errors import Rejected
from gateway.model import AllowedMentions, Button, FromBytes, FromUrl, Outgoing, OutgoingFile, from_json

markdown = st.lists(
    st.sampled_from(
        [
            *"ab |-:#`~*_\n\n>![]()<@é語",
            *(
                "| a | b |\n",
                "|---|:-:|\n",
                "| `x` | **y** |\n",
                "```\n",
                "~~~py\n",
                "#### deep\n",
                "![alt](https://x)",
            ),
            *("@everyone", "<@20>", "word ", "\n\n"),
        ]
    ),
    max_size=60,
).map("".join)


def text_of(text: str) -> str:
    return content(Outgoing(text=text))


# Text


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "**bold** _it_ ~~no~~ `code`",
        "# One\n## Two\n### Three\n- a\n  - b\n1. c\n> quote",
        "```python\n#### no heading\n| a |\n|---|\n![x](https://x)\n```",
        "a | b, no table",
        "[link](https://example.com) and https://example.com",
    ],
)
def test_discords_own_markdown_passes_as_it_is(text: str) -> None:
    assert text_of(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("#### Deep", "**Deep**"),
        ("###### Deepest ##\nx", "**Deepest**\nx"),
        ("#### with **bold**", "with **bold**"),
        ("see ![a cat](https://x/c.png)!", "see [a cat](https://x/c.png)!"),
        ("####no heading", "####no heading"),
    ],
)
def test_what_discord_does_not_show_is_shown_as_the_next_best(text: str, shown: str) -> None:
    assert text_of(text) == shown


def test_a_table_is_aligned_in_a_code_block() -> None:
    table = "| Name | Size |\n|:--|--:|\n| **ä** | 1 |\n| [b](https://x.y) | `22` |\n| 語 | 333 |"
    assert text_of(f"Before\n\n{table}\n\nafter") == "\n".join(
        [
            "Before",
            "",
            "```",
            "Name             Size",
            "───────────────  ────",
            "ä                   1",
            "b (https://x.y)    22",
            "語                333",
            "```",
            "",
            "after",
        ]
    )


def test_a_table_too_wide_to_align_is_shown_as_it_was_written() -> None:
    table = "| a | b |\n|---|---|\n" + "\n".join(f"| {'x' * 80} | y |" if n == 1 else "| x | y |" for n in range(150))
    assert len(table) <= CAPABILITIES.text_limit
    shown = text_of(table)
    assert shown == f"```\n{table}\n```"


def test_backticks_in_a_table_do_not_end_its_block() -> None:
    assert text_of("| a |\n|---|\n| ``` |") == "```\na\n───\n```\n` ``` `"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("~~~python\na | b\n~~~\nafter", "```python\na | b\n```\nafter"),
        ("~~~python title=x\na\n~~~", "```\npython title=x\na\n```"),
        ("````\n```\ninner\n```\n````", "` ``` `\n```\ninner\n```\n` ``` `"),
        ("~~~\nnever closed", "```\nnever closed\n```"),
        ("~~~\n~~~", "```\n\n```"),
    ],
)
def test_code_is_between_three_backticks(text: str, shown: str) -> None:
    assert text_of(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("__bold__ and __init__.py in a sentence", "**bold** and \\_\\_init\\_\\_.py in a sentence"),
        ("call obj.__len__() or __name__", "call obj.\\_\\_len\\_\\_() or \\_\\_name\\_\\_"),
        ("__two words__ and ___both___", "**two words** and _**both**_"),
        ("`__init__` and ``a || b``", "`__init__` and ``a || b``"),
        ("```py\n__x__ = a || b\n```", "```py\n__x__ = a || b\n```"),
        ("words\n\n    __x__ = a || b\n\nwords", "words\n\n```\n    __x__ = a || b\n```\n\nwords"),
        ("1. Run\n   ```sh\n   a || b\n   ```\n2. Done", "1. Run\n   ```sh\na || b\n```\n2. Done"),
        ("- ~~~\n  a\n  ~~~", "- ```\na\n```"),
        ("> ~~~\n> a || b\n> ~~~", "> ```\n> a || b\n> ```"),
        ("if a || b || c then go", "if a \\|\\| b \\|\\| c then go"),
        ("see https://e.x/?a||b|| now", "see https://e.x/?a||b|| now"),
        ("See [https://e.x](https://e.x)", "See https://e.x"),
        ("[https://e.x/](https://e.x)", "https://e.x"),
        ("**[https://e.x](https://e.x)**", "**https://e.x**"),
        ("[https://e.x/docs](https://e.x/d?u=1)", "https://e.x/docs (https://e.x/d?u=1)"),
        ("[docs](https://e.x/Foo_(bar))", "[docs](https://e.x/Foo_(bar))"),
        ("[write](mailto:ada@e.x) [ada@e.x](mailto:ada@e.x)", "write (ada@e.x) ada@e.x"),
        ("![https://e.x/i.png](https://e.x/i.png) ![](https://e.x/j.png)", "https://e.x/i.png https://e.x/j.png"),
        ("AT&amp;T &lt;@1&gt; &#42;", "AT&T \\<@1\\> \\*"),
        ("open<br>close", "open\nclose"),
        ("Title\n=====\nbody", "# Title\nbody"),
        ("A title\n----\nbody", "## A title\nbody"),
        ("Line 1\nLine 2\n---\nLine 3", "Line 1\nLine 2\n---\nLine 3"),
        ("# __a__ || b\n##### `c`", "# **a** \\|\\| b\n**`c`**"),
        ("\\_\\_no\\_\\_ \\|\\|no\\|\\|", "\\_\\_no\\_\\_ \\|\\|no\\|\\|"),
    ],
)
def test_prose_is_in_discords_dialect_and_code_is_as_it_was_written(text: str, shown: str) -> None:
    assert text_of(text) == shown


def test_a_line_of_code_that_would_end_a_block_is_code_of_its_own() -> None:
    text = "````md\nbefore\n```py\nx = '`'\n```\n````"
    assert text_of(text) == "```md\nbefore\n```\n` ```py `\n```md\nx = '`'\n```\n` ``` `"


@pytest.mark.parametrize("word", ["|| ", "__init__.py ", "||", "a || b ", "[https://e.x](https://e.x) ", "&amp;"])
def test_a_text_full_of_what_grows_still_fits(word: str) -> None:
    text = (word * 2_000)[: CAPABILITIES.text_limit]
    shown = content(Outgoing(text=text, author="a" * 200))
    assert len(shown) <= CONTENT
    assert not re.search(r"(?<!\\)\|\|", shown)


@given(markdown)
def test_every_text_within_the_limit_fits(text: str) -> None:
    text = text[: CAPABILITIES.text_limit]
    for author in (None, "a" * 200):
        assert len(content(Outgoing(text=text, author=author))) <= CONTENT


@given(markdown)
def test_no_word_is_lost(text: str) -> None:
    shown = text_of(text)
    for word in re.findall(r"[abé語]{2,}|deep|alt|word", text):
        assert word in shown


def test_another_authors_name_is_a_small_first_line() -> None:
    assert content(Outgoing(text="hi", author="Scribe")) == "-# Scribe\nhi"
    assert content(Outgoing(text="hi", author="two\nlines " + "x" * 99)).splitlines()[0].endswith("x…")


# Whom it notifies


def test_nobody_is_notified_unless_it_was_said() -> None:
    assert allowed(AllowedMentions()) == {"parse": [], "replied_user": False}
    assert allowed(AllowedMentions(users=True, groups=True, everyone=True))["parse"] == ["users", "roles", "everyone"]
    some = allowed(AllowedMentions(users=("1", "1", "<@2>", *(str(n) for n in range(3, 300)))))
    assert some["parse"] == []
    assert len(some["users"]) == 100 and some["users"][:2] == ["1", "3"]


@pytest.mark.parametrize(("users", "groups", "everyone"), [*itertools.product([False, True, ("1",)], [0, 1], [0, 1])])
def test_ids_and_parse_are_never_given_for_the_same_kind(
    users: bool | tuple[str, ...], groups: int, everyone: int
) -> None:
    found = allowed(AllowedMentions(users=users, groups=bool(groups), everyone=bool(everyone)))
    assert not ("users" in found and "users" in found["parse"])


# Buttons


def test_buttons_stand_in_rows_of_five_and_the_thumbs_in_the_last() -> None:
    buttons = tuple(Button(token="same", label=f"{n}") for n in range(CAPABILITIES.buttons_per_message))
    made = rows(Outgoing(buttons=buttons, feedback="m"))
    assert [len(row["components"]) for row in made] == [5, 5, 5, 5, 2]
    ids = [each["custom_id"] for row in made for each in row["components"]]
    assert len(set(ids)) == 22
    assert {controls.read(id) for id in ids[:-2]} == {("a", "same")}
    assert [controls.read(id) for id in ids[-2:]] == [("u", "m"), ("d", "m")]
    assert rows(Outgoing(text="x")) == []


@pytest.mark.parametrize(("style", "number"), [("default", 2), ("primary", 1), ("danger", 4)])
def test_styles(style: str, number: int) -> None:
    button = from_json(Button, {"token": "t", "label": "x", "style": style})
    assert rows(Outgoing(buttons=(button,)))[0]["components"][0]["style"] == number


@pytest.mark.parametrize(("label", "shown"), [("", "…"), ("  ", "…"), ("x" * 81, "x" * 79 + "…"), ("é" * 80, "é" * 80)])
def test_labels_are_never_empty_nor_too_long(label: str, shown: str) -> None:
    assert rows(Outgoing(buttons=(Button(token="t", label=label),)))[0]["components"][0]["label"] == shown


@given(st.text(max_size=96), st.sampled_from("udafs"), st.integers(0, 24))
def test_a_token_comes_back_unchanged(token: str, kind: str, place: int) -> None:
    custom_id = controls.write(kind, token, place)
    assert 1 <= len(custom_id) <= 100
    assert controls.read(custom_id) == (kind, token)


@given(st.text(max_size=8))
def test_others_controls_are_not_taken_for_ours(custom_id: str) -> None:
    found = controls.read(custom_id)
    assert found is None or custom_id.startswith("gw")


# Files by address


def test_files_by_address_are_embeds() -> None:
    image = OutgoingFile(name="i", kind="image", source=FromUrl(url="https://x/i.png"))
    report = OutgoingFile(name="Report", source=FromUrl(url="https://x/r"))
    upload = OutgoingFile(name="u", source=FromBytes(data=b""))
    assert body(Outgoing(files=(image, upload, report)))["embeds"] == [
        {"image": {"url": "https://x/i.png"}},
        {"title": "Report", "url": "https://x/r"},
    ]


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "javascript:x", "https://x/a b", "http://[", "https://x/" + "y" * 3_000]
)
def test_an_address_that_is_none_is_rejected(url: str) -> None:
    with pytest.raises(Rejected, match="http"):
        linked(OutgoingFile(name="x", source=FromUrl(url=url)), url)


# Nonces


def test_a_nonce_is_of_its_key_and_conversation_and_fits() -> None:
    here, there = thread("1", "2"), direct("2")
    assert nonce(here, "k") == nonce(replace(here, route={"x": "y"}), "k")
    assert len({nonce(here, "k"), nonce(here, "k2"), nonce(there, "k")}) == 3
    assert len(nonce(here, "k" * 1_000)) <= 25
