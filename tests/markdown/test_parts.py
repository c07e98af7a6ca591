"""Tables and code are found in Markdown, and nothing of it is lost on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.markdown.parts import Code, Prose, Table, parts
from gateway.markdown.tables import padded
from gateway.markdown.words import cell_text

PIECES = [
    *("| a | b |", "|---|:-:|", "| 1 | 2 |", "```", "````", "~~~", "```py", "text | pipe", "", "    ```", "- item"),
    *("    | a | b |", "> | a | b |", "> ```", "> x", "  - ```sh", "    ls", "---", "# x", "===", "\t- a"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_the_sources_are_the_markdown_again(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = list(parts(text))
    assert "\n".join(part.source for part in found) == text
    for part in found:
        if isinstance(part, Code) and not part.quote and part.fence and "\t" not in part.source:
            for line in part.body.split("\n"):
                assert line in part.source


def test_a_table_is_found_and_its_rows_are_as_wide_as_its_header() -> None:
    before, table, after = parts("Look:\n| a | b\\|c |\n|:--|--:|\n| 1 |\n| 1 | 2 | 3 |\nDone")
    assert isinstance(table, Table)
    assert (before.source, after.source) == ("Look:", "Done")
    assert table.rows == (("a", "b|c"), ("1", ""), ("1", "2"))
    assert table.align == ("left", "right")


@pytest.mark.parametrize(
    "text",
    [
        "| a | b |\n|---|",
        "a | b\nc | d",
        "| a |",
        "| a |\ntext - x",
        "```\n| a |\n|---|\n```",
        "    | a |\n    |---|\n    | 1 |",
        "1. Save this:\n\n    ```\n    | a |\n    |---|\n    ```",
        "- a\n  - b\n      ~~~\n      | a |\n      |---|\n      ~~~",
        "> | a |\n> |---|",
    ],
)
def test_what_is_no_table_is_none(text: str) -> None:
    assert not any(isinstance(part, Table) for part in parts(text))


def code(text: str) -> Code:
    [found] = [part for part in parts(text) if isinstance(part, Code)]
    return found


def test_code_ends_at_a_fence_of_its_own_kind_and_length_or_with_the_text() -> None:
    whole = code("````md\n```\n~~~~\n````")
    assert (whole.info, whole.body, whole.fence, whole.closed) == ("md", "```\n~~~~", "````", True)
    cut = code("text\n~~~\nno end")
    assert (cut.info, cut.body, cut.closed) == ("", "no end", False)


@pytest.mark.parametrize(
    ("text", "lead", "quote", "body"),
    [
        ("1. Run\n   ```sh\n   if x\n     ls\n   ```", "   ", "", "if x\n  ls"),
        ("- ```sh\n  ls\n  ```", "- ", "", "ls"),
        ("1. Run\n   ```sh\nls\n   ```", "   ", "", "ls"),
        ("> ```\n> a\n>\n>   b\n> ```", "> ", "> ", "a\n\n  b"),
    ],
)
def test_code_of_an_item_or_a_quote_has_their_indent_and_marks_taken_off(
    text: str, lead: str, quote: str, body: str
) -> None:
    found = code(text)
    assert (found.lead, found.quote, found.body) == (lead, quote, body)


def test_indented_code_reaches_over_blank_lines() -> None:
    found, blank, last = parts("    a\n\n\n      b\n\nwords")
    assert isinstance(found, Code) and found.body == "    a\n\n\n      b"
    assert isinstance(blank, Prose) and isinstance(last, Prose)


def test_columns_stand_under_each_other_also_where_characters_are_wide() -> None:
    assert padded([("語", "n"), ("é", "10")], ("left", "right")) == ["語   n", "é   10"]
    assert padded([("ab",), ("c",)], ("center",)) == ["ab", "c"]


def test_a_cell_of_characters_alone_keeps_addresses_and_parts_lines_by_a_slash() -> None:
    assert cell_text("**a**<br>`b` [c](https://d.e) https://f.g &amp;") == "a / b c (https://d.e) https://f.g &"
