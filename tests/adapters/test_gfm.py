"""Tables and code are found in Markdown, and nothing of it is lost on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.gfm import Code, Table, padded, parts

PIECES = ["| a | b |", "|---|:-:|", "| 1 | 2 |", "```", "````", "~~~", "```py", "text | pipe", "", "    ```", "- item"]


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_the_sources_are_the_markdown_again(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert "\n".join(part if isinstance(part, str) else part.source for part in parts(text)) == text


def test_a_table_is_found_and_its_rows_are_as_wide_as_its_header() -> None:
    before, table, after = parts("Look:\n| a | b\\|c |\n|:--|--:|\n| 1 |\n| 1 | 2 | 3 |\nDone")
    assert isinstance(table, Table)
    assert (before, after) == ("Look:", "Done")
    assert table.rows == (("a", "b|c"), ("1", ""), ("1", "2"))
    assert table.align == ("left", "right")


@pytest.mark.parametrize(
    "text", ["| a | b |\n|---|", "a | b\nc | d", "| a |", "| a |\ntext - x", "```\n| a |\n|---|\n```"]
)
def test_what_is_no_table_is_none(text: str) -> None:
    assert not any(isinstance(part, Table) for part in parts(text))


def test_code_ends_at_a_fence_of_its_own_kind_and_length_or_with_the_text() -> None:
    [code] = parts("````md\n```\n~~~~\n````")
    assert code == Code("md", "```\n~~~~", "````md\n```\n~~~~\n````")
    _, cut = parts("text\n~~~\nno end")
    assert cut == Code("", "no end", "~~~\nno end")


def test_columns_stand_under_each_other_also_where_characters_are_wide() -> None:
    assert padded([("語", "n"), ("é", "10")], ("left", "right")) == ["語   n", "é   10"]
    assert padded([("ab",), ("c",)], ("center",)) == ["ab", "c"]
