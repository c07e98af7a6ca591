"""Where inline markup begins and ends, and the words that are left without it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.markdown.inline import scan_inline
from gateway.markdown.words import plain_text, read_words

MARKUP = st.text(alphabet=st.sampled_from("ab \n`~*_[]()!\\<>&;/:\"'."), max_size=120)


@given(MARKUP, st.booleans())
def test_spans_lie_within_the_text_and_within_each_other(text: str, unfinished: bool) -> None:
    around: list[int] = []
    for span in scan_inline(text, unfinished=unfinished).spans:
        assert 0 <= span.start <= span.inner <= span.close <= span.end <= len(text)
        while around and around[-1] <= span.start:
            around.pop()
        if span.kind != "bracket":
            assert not around or span.end <= around[-1]
            around.append(span.end)


@given(MARKUP)
def test_words_come_in_order(text: str) -> None:
    rest = iter(text)
    letters = [each for each in plain_text(text) if each in "ab"]
    assert all(letter in rest for letter in letters)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**[PR 12](https://example.com/12)**", [("PR 12", "strong", "https://example.com/12")]),
        ("[**PR 12**](https://example.com/12)", [("PR 12", "strong", "https://example.com/12")]),
        ("[`main.py`](https://example.com/m)", [("main.py", "code", "https://example.com/m")]),
        ("[Foo](https://example.com/Foo_(bar))", [("Foo", "", "https://example.com/Foo_(bar)")]),
        ("[a](<https://example.com/a b> 'title')", [("a", "", "https://example.com/a b")]),
        ('[a](https://example.com "a (title")', [("a", "", "https://example.com")]),
        ("![alt](https://example.com/i.png)", [("alt", "", "https://example.com/i.png")]),
        ("see https://example.com/a_b_c.", [("see ", "", ""), ("https://example.com/a_b_c", "", "*"), (".", "", "")]),
        ("(https://example.com/(x))", [("(", "", ""), ("https://example.com/(x)", "", "*"), (")", "", "")]),
        ("**https://example.com**", [("https://example.com", "strong", "*")]),
        ("<https://example.com/c>", [("https://example.com/c", "", "*")]),
        ("<ada@example.com>", [("ada@example.com", "", "mailto:ada@example.com")]),
        ("[https://a.example](https://a.example)", [("https://a.example", "", "*")]),
        ("_soft_ ***both***", [("soft", "emphasis", ""), (" ", "", ""), ("both", "emphasis strong", "")]),
        ("**bold *both* bold**", [("bold ", "strong", ""), ("both", "emphasis strong", ""), (" bold", "strong", "")]),
        ("~~gone~~ a~~b", [("gone", "strike", ""), (" a~~b", "", "")]),
        ("snake\\_case \\*no\\*", [("snake_case *no*", "", "")]),
        ("snake_case_name 2*3*4 2 * 3 * 4", [("snake_case_name 2*3*4 2 * 3 * 4", "", "")]),
        ("AT&amp;T &lt;b&gt; &#65;&#x42; &nope", [("AT&T <b> AB &nope", "", "")]),
        ("open<br>close<br/>a<br />b", [("open\nclose\na\nb", "", "")]),
        ("``a ` b`` ` c", [("a ` b", "code", ""), (" ` c", "", "")]),
        ("` **a** `", [("**a**", "code", "")]),
        ("<@U_1_2> <:a_b_c:1>", [("<@U_1_2> <:a_b_c:1>", "", "")]),
        ("[a [b](c) d](e)", [("[a ", "", ""), ("b", "", "c"), (" d](e)", "", "")]),
        ("a citation [1] and [0, 1)", [("a citation [1] and [0, 1)", "", "")]),
        ("never **closed and [open](", [("never **closed and [open](", "", "")]),
    ],
)
def test_words_and_their_styles(text: str, expected: list[tuple[str, str, str]]) -> None:
    found = [(each.text, " ".join(sorted(each.styles)), each.target) for each in read_words(text)]
    assert found == [(words, styles, words if target == "*" else target) for words, styles, target in expected]


def test_what_is_open_in_a_text_that_is_still_written() -> None:
    def opened(text: str) -> list[str]:
        return [each.mark for each in scan_inline(text, unfinished=True).open]

    assert opened("**bold and *it") == ["**", "*"]
    assert opened("**bold *it*") == ["**"]
    assert opened("see [text](https://exa") == ["]("]
    assert opened('see [text](https://example.org "ti') == ["]("]
    assert opened("**[text](https://exa") == ["**", "]("]
    assert opened("[a](b[c](d words") == []
    assert opened("see `code **x") == ["`"]
    assert opened("[text](https://example.org)") == []
