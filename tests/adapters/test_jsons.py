"""The reader of foreign JSON: bounded in depth, linear in length, and never another error than its own."""

import json
import random
from collections.abc import Callable

import pytest

from adapters.jsons import MAX_DEPTH, NotJson, TooDeep, dump, loads, object_in


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 500, 980, 1_024, 1_025, 100_000])
@pytest.mark.parametrize("kind", [lambda n: b"[" * n + b"]" * n, nested, lambda n: b'[{"a":' * n + b"1" + b"}]" * n])
def test_deep_nesting_is_named_whatever_the_parser_makes_of_it(kind: Callable[[int], bytes], depth: int) -> None:
    with pytest.raises(TooDeep, match=str(MAX_DEPTH)):
        loads(kind(depth))
    assert object_in(kind(depth)) is None


def test_a_lone_surrogate_does_not_get_depth_past_the_bound() -> None:
    with pytest.raises(TooDeep):
        loads(b'["\\ud800",' + b"[" * 900 + b"]" * 900 + b"]")


def test_what_is_as_deep_as_allowed_is_read() -> None:
    assert object_in(nested(MAX_DEPTH)) is not None
    flat = [[n] for n in range(10_000)]
    assert loads(dump({"flat": flat})) == {"flat": flat}


@pytest.mark.parametrize("text", ["[" * 500, '"' + "[" * 500, "\\" * 3 + '"' + "{" * 500, '\\"' + "[{" * 500 + '"\\'])
def test_brackets_in_strings_are_words(text: str) -> None:
    value = {text: [text, {"a": text}]}
    assert loads(json.dumps(value)) == value


def test_the_depth_is_that_of_the_value_for_any_json() -> None:
    """Against the plain definition, for values drawn at random."""
    draw = random.Random(7)

    def value(depth: int) -> object:
        words = "".join(draw.choice('[]{}"\\a,:') for _ in range(draw.randrange(9)))
        if depth == 0:
            return words
        inner = [value(depth - 1), *(words for _ in range(draw.randrange(3)))]
        return {f"{words}{n}": item for n, item in enumerate(inner)} if draw.random() < 0.5 else inner

    for depth in [*range(MAX_DEPTH - 4, MAX_DEPTH + 5)] * 20:
        raw = json.dumps(value(depth), indent=draw.choice([None, 1]))
        if depth > MAX_DEPTH:
            with pytest.raises(TooDeep):
                loads(raw)
        else:
            assert loads(raw) == json.loads(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'"cut \\ud83d"', "cut ?"),
        (b'"\\udc00 \\ud83d\\ude00"', "? \U0001f600"),
        (b'{"\\ud83d": ["\\ud83d"]}', {"?": ["?"]}),
        ('"\ud83d"', "?"),
        (b' \r\n\t {"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf\r\n{"a": 1}', {"a": 1}),
        ('\ufeff{"a": 1}', {"a": 1}),
    ],
)
def test_half_a_surrogate_pair_costs_one_character(raw: bytes | str, expected: object) -> None:
    assert loads(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"nothing", b'"\xff"', b"NaN", b'["\\ud83d", NaN]', b'"\\ud83d', b"1" * 9 + b"x", b"{}\xef\xbb\xbf"],
)
def test_what_is_no_json_is_one_error_that_quotes_nothing(raw: bytes) -> None:
    with pytest.raises(NotJson) as raised:
        loads(raw)
    assert not isinstance(raised.value, TooDeep)
    assert "nothing" not in str(raised.value)
    assert object_in(raw) is None


def test_what_is_no_json_is_said_with_where() -> None:
    with pytest.raises(NotJson, match="line 2 column 6"):
        loads(b'{"a": 1,\n"b": }')


def test_only_an_object_is_one() -> None:
    assert [object_in(raw) for raw in (b"[]", b"1", b"null", b"{}")] == [None, None, None, {}]
