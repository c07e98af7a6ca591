"""Headings of both kinds, and rules that only look like the underline of one."""

import pytest

from gateway.markdown.headings import below_text, heading
from gateway.markdown.parts import Prose, parts


def first(text: str) -> Prose:
    part = next(parts(text))
    assert isinstance(part, Prose)
    return part


@pytest.mark.parametrize(
    ("text", "level", "words", "lead"),
    [
        ("# a", 1, "a", ""),
        ("###### b ##", 6, "b", ""),
        ("## C#", 2, "C#", ""),
        ("#", 1, "", ""),
        ("> ## a", 2, "a", "> "),
        ("Title\n=====", 1, "Title", ""),
        ("Title\nof two lines\n===", 1, "Title of two lines", ""),
        ("Title\n---", 2, "Title", ""),
        ("- Title\n  ===", 1, "Title", "- "),
    ],
)
def test_headings(text: str, level: int, words: str, lead: str) -> None:
    assert heading(first(text)) == (level, words, lead)


@pytest.mark.parametrize(
    "text", ["####### c", "#d", "words", "words\n\n===", "words\n==", "Line 1\nLine 2\n---", "It ends.\n-----"]
)
def test_what_is_no_heading(text: str) -> None:
    assert heading(first(text)) is None


@pytest.mark.parametrize("text", ["Line 1\nLine 2\n---", "It ends.\n-----", "word " * 30 + "\n---"])
def test_a_rule_below_text(text: str) -> None:
    assert below_text(first(text))


@pytest.mark.parametrize("text", ["Title\n---", "Title\n===", "It ends.\n\n---", "words\n--", "words"])
def test_what_is_no_rule_below_text(text: str) -> None:
    assert not below_text(first(text))
