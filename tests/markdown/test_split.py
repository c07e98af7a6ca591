"""Splitting: everything arrives, within the limit, in shape, and a growing text never moves an earlier cut."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.markdown.split import Splitter, split
from tests.markdown.documents import documents

TABLE = "| Name | Value |\n|---|---:|\n"


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def is_subsequence(short: str, long: str) -> bool:
    rest = iter(long)
    return all(char in rest for char in short)


def rows(count: int) -> str:
    return "".join(f"| row{n} | {n * n} |\n" for n in range(count))


@given(documents(), st.integers(30, 400))
@settings(max_examples=150)
def test_every_word_survives_in_order(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(part.strip() and len(part) <= limit for part in parts)
    assert re.findall(r"w\d+w", " ".join(parts)) == re.findall(r"w\d+w", text)


@given(documents(), st.integers(40, 400))
@settings(max_examples=100)
def test_fences_are_closed_in_every_part(text: str, limit: int) -> None:
    for part in split(text, limit):
        opened = ""
        for line in part.split("\n"):
            mark = re.match(r"(`{3,}|~{3,})", line)
            if mark and not opened:
                opened = mark.group()
            elif opened and line == opened:
                opened = ""
        assert not opened, part


MARKDOWN = st.text(alphabet=st.sampled_from("ab \n`~|-*_>#[]()1.。é\u0301👍\u200d🇩\t"), max_size=300)


@given(MARKDOWN, st.integers(1, 60), st.sampled_from([None, 1, 2]))
@settings(max_examples=500)
@example("```\n\n\n```\nab", 10, None)
@example("> ```\n> a\n> b\n> c\n> d\nb", 14, None)
def test_any_text_whatever_arrives_whole(text: str, limit: int, tables: int | None) -> None:
    parts = split(text, limit, tables=tables)
    assert all(part.strip() and len(part) <= limit for part in parts)
    # What a cut closes and opens again is added; nothing but white space may be missing ... except the end of a
    # fence that the part before already closed.
    whole = squeeze("".join(parts))
    fenceless = re.sub(r"[`~>]", "", whole)
    assert is_subsequence(re.sub(r"[`~>]", "", squeeze(text)), fenceless)


@given(st.one_of(documents(), MARKDOWN), st.integers(20, 200), st.data())
@settings(max_examples=300)
def test_a_growing_text_never_moves_an_earlier_cut(text: str, limit: int, data: st.DataObject) -> None:
    full = split(text, limit)
    prefix = text[: data.draw(st.integers(0, len(text)))]
    sealed = split(prefix, limit)[:-1]
    assert sealed == full[: len(sealed)]


@given(st.one_of(documents(), MARKDOWN), st.integers(10, 200), st.lists(st.integers(0, 3000), max_size=12))
@settings(max_examples=150)
def test_the_incremental_splitter_agrees(text: str, limit: int, ends: list[int]) -> None:
    splitter = Splitter(limit, tables=1)
    for end in [*ends, len(text)]:  # not sorted: a text that was replaced is one of the cases
        assert splitter.parts(text[:end]) == split(text[:end], limit, tables=1)


@pytest.mark.parametrize("blank", ["", " ", "\n\n", " \t\n"])
def test_blank_text_has_no_parts(blank: str) -> None:
    assert split(blank, 10) == []


def test_short_text_is_untouched() -> None:
    text = "\n  short  \n\n"
    assert split(text, 100)[0] is text or split(text, 100) == [text]


def test_prefers_paragraph_then_line_then_sentence_then_word() -> None:
    assert split("one two three.\n\nfour five six seven", 30) == ["one two three.", "four five six seven"]
    assert split("one two three\nfour five six seven", 27) == ["one two three", "four five six seven"]
    assert split("one two three four. Five six seven", 30) == ["one two three four.", "Five six seven"]
    assert split("one two three four five six seven", 30) == ["one two three four five six", "seven"]


def test_code_that_fits_alone_moves_as_a_whole() -> None:
    code = "```python\n" + "x = 1\n" * 14 + "```"
    assert split(f"Look at this.\n\n{code}\n\nDone.", len(code) + 10) == ["Look at this.", f"{code}\n\nDone."]
    assert split(f"Look:\n{code}", len(code)) == ["Look:", code]


def test_code_larger_than_a_part_is_closed_and_opened_again() -> None:
    lines = [f"    line({n})" for n in range(40)]
    parts = split("```python title=x\n" + "\n".join(lines) + "\n```\nafter", 120)
    assert len(parts) > 4
    for part in parts[:-1]:
        assert part.startswith("```python title=x\n    line(")
        assert part.endswith("\n```")
    assert parts[-1].endswith("```\nafter")
    assert re.findall(r"^ +line.*$", "\n".join(parts), re.MULTILINE) == lines


def test_a_cut_right_before_the_end_of_a_fence_leaves_no_empty_fence() -> None:
    text = "```\n" + "\n".join(["abcdefghi"] * 9) + "\n```\n\nafter"
    for limit in range(40, 110):
        for part in split(text, limit):
            assert part.strip("`\n"), (limit, part)


def test_blank_lines_before_the_end_of_a_fence_need_no_part() -> None:
    text = "```\n" + "\n".join(["abcdefghi"] * 9) + "\n\n\n\n\n```\n\nafter"
    for limit in range(40, 130):
        for part in split(text, limit):
            assert not re.search(r"```\n+```", part), (limit, part)


def test_a_part_is_filled_rather_than_left_with_a_few_words() -> None:
    parts = split("Hi.\n\n" + "word " * 100, 100)
    assert parts[0].startswith("Hi.\n\nword")
    assert all(len(part) > 90 for part in parts[:-1])


def test_a_fence_in_a_list_item_keeps_its_indent() -> None:
    text = "1. Run\n   ```sh\n" + "\n".join(f"   echo {n}" for n in range(30)) + "\n   ```\n2. Done"
    parts = split(text, 100)
    assert parts[0] == "1. Run"
    assert all(part.startswith("   ```sh\n   echo") and "\n   ```" in part for part in parts[1:])
    assert parts[-1].endswith("\n2. Done")


def test_a_fence_in_a_quote_stays_quoted() -> None:
    text = "> ```\n" + "\n".join(f"> code {n}" for n in range(30)) + "\n> ```\nout"
    parts = split(text, 100)
    assert all(line.startswith(">") for part in parts[:-1] for line in part.split("\n"))
    assert parts[-1].endswith("> ```\nout")


def test_tables_are_cut_between_rows_under_the_same_header() -> None:
    parts = split(TABLE + rows(60), 300)
    assert len(parts) > 2
    assert all(part.startswith(TABLE) for part in parts)
    assert "".join(part.removeprefix(TABLE) + "\n" for part in parts) == rows(60) + (
        "" if parts[-1].endswith("|") else "\n"
    )


def test_a_table_is_never_left_with_its_header_alone() -> None:
    for before in ("Some words before the table.\n\n", "Hi\n\n", "Hi\n"):
        for limit in range(45, 120):
            for part in split(before + TABLE + rows(3), limit):
                assert not part.endswith(TABLE.strip()), (limit, part)
                assert not part.endswith("| Name | Value |"), (limit, part)
    assert split("Some text\n" + TABLE, 35)[0] == "Some text"
    for limit in range(21, 31):
        assert split("Hi\n\n" + TABLE, limit)[0] == "Hi", limit


def test_at_most_so_many_tables_in_a_part() -> None:
    tables = [f"## Table {n}\n\n{TABLE}{rows(2)}" for n in range(4)]
    text = "\n".join(tables)
    assert split(text, 10_000) == [text]
    assert [part.count("|---|") for part in split(text, 10_000, tables=1)] == [1, 1, 1, 1]
    assert [part.count("|---|") for part in split(text, 10_000, tables=2)] == [2, 2]
    assert all(part.startswith("## Table") for part in split(text, 10_000, tables=1))


def test_a_table_in_code_is_no_table() -> None:
    text = f"```\n{TABLE}{rows(1)}```\n\n{TABLE}{rows(1)}"
    assert split(text, 10_000, tables=1) == [text]


def test_lists_are_cut_between_items() -> None:
    items = [f"{n}. item {n} has a few words\n   and a second line" for n in range(1, 20)]
    parts = split("\n".join(items), 200)
    assert "\n".join(parts).split("\n") == "\n".join(items).split("\n")
    assert all(re.match(r"\d+\. ", part) for part in parts)


def test_nested_items_keep_their_indent() -> None:
    text = "- top\n" + "\n".join(f"  - nested item {n}" for n in range(30))
    parts = split(text, 120)
    assert all(part.startswith("  - nested") for part in parts[1:])
    assert "\n".join(parts) == text


def test_a_heading_stays_with_what_it_heads() -> None:
    text = "A paragraph of some words that fills the part.\n\n## Title\n\nThe text under the title is here."
    assert split(text, 70) == [
        "A paragraph of some words that fills the part.",
        "## Title\n\nThe text under the title is here.",
    ]


def test_links_code_and_emphasis_are_not_cut_where_avoidable() -> None:
    text = "Some words to start [a link text](https://example.org/a) and `inline code here` and **bold words here** end"
    for limit in range(50, 100):
        for part in split(text, limit):
            assert part.count("**") % 2 == 0, (limit, part)
            assert part.count("`") % 2 == 0, (limit, part)
            assert part.count("[") == part.count("]("), (limit, part)


def test_a_quote_cut_in_a_line_stays_a_quote() -> None:
    parts = split("> " + "word " * 60, 100)
    assert all(part.startswith("> word") for part in parts)


@pytest.mark.parametrize("cluster", ["👩‍👩‍👧‍👦", "e\u0301", "👍🏽", "🇩🇪", "1️⃣"])
def test_a_hard_cut_keeps_characters_whole(cluster: str) -> None:
    text = cluster * 30
    for limit in range(20, 40):
        parts = split(text, limit)
        assert "".join(parts) == text
        assert all(part == cluster * (len(part) // len(cluster)) for part in parts), (limit, parts)


def test_cjk_prefers_the_end_of_a_sentence() -> None:
    assert split("これは長い文です。次の文はここにあります", 15) == ["これは長い文です。", "次の文はここにあります"]


def test_a_limit_below_one_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one"):
        split("a", 0)


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("> > >word ", 8, ["> >", "> > >wor", "d "]),
        ("> > \n> > >>x. ", 12, ["> > \n> >", "> > >>x. "]),
    ],
)
def test_a_cut_through_quote_marks_repeats_those_before_it(text: str, limit: int, parts: list[str]) -> None:
    assert split(text, limit) == parts


def test_a_text_that_shrank_to_what_fits_needs_no_cut() -> None:
    splitter = Splitter(10)
    assert splitter.parts("some words |") == ["some words", "|"]
    assert splitter.parts("some words ") == ["some words"]
