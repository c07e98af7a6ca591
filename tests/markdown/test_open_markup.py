"""Healing: what is half written is made presentable, what is complete stays as it is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.markdown.open_markup import close_open_markup
from tests.markdown.documents import documents

COMPLETE = [
    "",
    "plain words",
    "trailing space ",
    "two\nlines\n",
    "**bold** and *italic* and ***both*** and ~~struck~~",
    "__bold__ and _italic_ and snake_case_name",
    "**bold with *italic* inside**",
    "`code` and ``code with ` in it``",
    "`**not bold`",
    "2 * 3 * 4 = 24, 2*3=6 and 2**8",
    "escaped \\* and \\` and \\[",
    "[text](https://example.org/a_(b)) and ![alt](https://example.org/i.png)",
    '[text](https://example.org "title")',
    "a citation [1] and [x] and an interval [0, 1)",
    "array[0](x) f(x)",
    "<https://example.org> and https://example.org/a_b_c",
    "# Title\n\ntext",
    "Title\n=====",
    "Title\n---",
    "above\n\n---",
    "***",
    "- one\n- two\n  - nested",
    "1. one\n2. two",
    "- [x] done\n- [ ] open",
    "The answer is\n42.",
    "> quoted\n> text",
    "```py\nx = 1\n```",
    "```\n**not bold\n```\nafter",
    "~~~\n```\n~~~",
    "````md\n```py\n```\n````",
    "1. Run\n   ```sh\n   ls\n   ```\n2. Done",
    "> ```\n> code\n> ```\n\nafter",
    "> ```\n> code\n\nafter the quote, and with it the code, ended",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "| a | b |\n|---|---|",
    "a | b\n--- | ---\n1 | 2\n",
    "text\n\n| a |\n|---|\n| **b** |\n\nafter",
    "this | that",
    "unfinished **in an earlier paragraph\n\nis what it is",
    "emoji 👩‍👩‍👧 and 漢字。",
]

HALF = [
    ("Hello **bo", "Hello **bo**"),
    ("Hello **bold*", "Hello **bold**"),
    ("Hello **", "Hello"),
    ("**", ""),
    ("*", ""),
    ("Hello *it", "Hello *it*"),
    ("Hello _it", "Hello _it_"),
    ("**bold and *it", "**bold and *it***"),
    ("**bold *it*", "**bold *it***"),
    ("***both", "***both***"),
    ("**bold ", "**bold** "),
    ("~~stru", "~~stru~~"),
    ("~~struck~", "~~struck~~"),
    ("see `co", "see `co`"),
    ("see `", "see"),
    ("see ``a`", "see ``a``"),
    ("`**x", "`**x`"),
    ("see [text](htt", "see text"),
    ("see [text](", "see text"),
    ("see ![alt](https://exam", "see alt"),
    ('see [text](https://example.org "ti', "see text"),
    ("see **[text](htt", "see **text**"),
    ("see [**te", "see [**te**"),
    ("```", ""),
    ("```py", ""),
    ("Look:\n\n```py\n", "Look:"),
    ("```py\nx = 1", "```py\nx = 1\n```"),
    ("```py\nx = 1\n", "```py\nx = 1\n```"),
    ("```py\nx = 1\n``", "```py\nx = 1\n```"),
    ("```py\nx = '**", "```py\nx = '**\n```"),
    ("````\n```\n", "````\n```\n````"),
    ("Look:\n``", "Look:"),
    ("1. Run\n   ```sh\n   ls", "1. Run\n   ```sh\n   ls\n   ```"),
    ("> ```\n> code", "> ```\n> code\n> ```"),
    ("- one\n-", "- one"),
    ("- one\n- ", "- one"),
    ("- one\n- [", "- one"),
    ("- one\n- [x]", "- one"),
    ("1. one\n2.", "1. one"),
    ("List:\n\n1.", "List:"),
    ("List:\n-", "List:"),
    ("text\n--", "text"),
    ("text\n\n##", "text"),
    ("- one **bo", "- one **bo**"),
    ("| a | b", ""),
    ("Look:\n\n| a | b |", "Look:"),
    ("Look:\n\n| a | b |\n", "Look:"),
    ("Look:\n\n| a | b |\n|--", "Look:"),
    ("Look:\n| a | b |\n|---|", "Look:"),
    ("| a | b |\n|---|---|\n| **x", "| a | b |\n|---|---|\n| **x**"),
    ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3", "| a | b |\n|---|---|\n| 1 | 2 |\n| 3"),
]


@pytest.mark.parametrize("text", COMPLETE)
def test_complete_markdown_stays_as_it_is(text: str) -> None:
    assert close_open_markup(text) == text


@pytest.mark.parametrize(("text", "shown"), HALF)
def test_half_written_markdown_is_made_presentable(text: str, shown: str) -> None:
    assert close_open_markup(text) == shown


@given(documents())
@settings(max_examples=150)
def test_complete_documents_stay_as_they_are(text: str) -> None:
    assert close_open_markup(text) == text


@given(st.text(alphabet=st.sampled_from("ab \n`~|-*_>#[]()!\\1.\t:")))
@settings(max_examples=600)
def test_never_raises(text: str) -> None:
    assert isinstance(close_open_markup(text), str)


@given(documents(), st.data())
@settings(max_examples=200)
def test_no_fence_stays_open(text: str, data: st.DataObject) -> None:
    shown = close_open_markup(text[: data.draw(st.integers(0, len(text)))])
    for mark in ("```", "~~~"):
        assert sum(line.startswith(mark) for line in shown.split("\n")) % 2 == 0
