"""What each line of Markdown is taken for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.markdown.blocks import Kind, Scanner, scan_blocks, scan_lines

MARKUP = st.text(alphabet=st.sampled_from("ab \n`~|-*_>#[]()!\\1.\t:="), max_size=200)


def kinds(text: str) -> list[str]:
    return [line.kind.value for line in scan_lines(text)]


@given(MARKUP)
def test_lines_and_blocks_joined_are_the_text_again(text: str) -> None:
    assert "\n".join(text[line.start : line.end] for line in scan_lines(text)) == text
    assert "\n".join(text[block.start : block.end] for block in scan_blocks(text)) == text
    for line in scan_lines(text):
        assert line.start <= line.content <= line.end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("words\nmore", "text text"),
        ("Title\n=====\nTitle\n---", "text underline text underline"),
        ("words\n\n---\n***\n_ _ _", "text blank rule rule rule"),
        ("# Title\n####### no\n#no", "heading text text"),
        ("- a\n---", "text rule"),
        ("```py\nx\n```\nwords", "opening code closing text"),
        ("~~~\n```\n~~~~", "opening code closing"),
        ("```md\n1. x\n    ```sh\n    ```\n```", "opening code code code closing"),
        ("```a`b", "text"),
        ("> ```\n> x\nwords", "opening code text"),
        ("> words\nlazy\n\nout", "text text blank text"),
        (
            "1. Save:\n\n    ```\n    | a |\n    |---|\n    ```\n\nDone.",
            "text blank opening code code closing blank text",
        ),
        ("- a\n  - b\n      ~~~\n      | a |\n      |---|\n      ~~~", "text text opening code code closing"),
        ("1. Run\n   ```sh\nls\n   ```", "text opening code closing"),
        ("- ```sh\n  ls\n  ```\n- b", "opening code closing text"),
        ("words\n\n    | a |\n    |---|\n\n    more", "text blank indented indented blank indented"),
        ("words\n    goes on", "text text"),
        ("- a\n\n      code of the item\n\n  words", "text blank indented blank text"),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |\nwords", "header delimiter row text"),
        ("a | b\n- | -\n1 | 2", "header delimiter row"),
        ("> | a |\n> |---|\n> | 1 |", "header delimiter row"),
        ("| a | b |\n|---|", "text text"),
        ("| a |\ntext - x", "text text"),
        ("", "blank"),
    ],
)
def test_kinds_of_lines(text: str, expected: str) -> None:
    assert " ".join(kinds(text)) == expected


def test_items_are_told_by_the_column_of_their_marker() -> None:
    text = "1. one\n   - two\n\n     goes on\n2. three\n\nwords\n1984. no item\n\n1984. an item"
    assert [line.item for line in scan_lines(text)] == [0, 3, -1, -1, 0, -1, -1, -1, -1, 0]


def test_an_open_fence_is_known_at_the_end() -> None:
    scanner = Scanner("words\n> 1. ```sh\n>    ls")
    assert [line.kind for line in scanner.lines()] == [Kind.TEXT, Kind.OPENING, Kind.CODE]
    assert scanner.fence is not None
    assert (scanner.fence.opener, scanner.fence.closer) == (">    ```sh", ">    ```")


def test_a_paragraph_with_its_underline_is_one_block() -> None:
    found = [
        (block.kind.value, len(block.lines)) for block in scan_blocks("a\nb\n===\nc\n\n\n```\nx\n\n```\n|a|\n|-|\n|b|")
    ]
    assert found == [("underline", 3), ("text", 1), ("blank", 2), ("opening", 4), ("header", 3)]
