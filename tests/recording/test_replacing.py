"""What a recording must not hold is not in it, whatever JSON it is in."""

import json
import re
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.recording import vocabulary
from gateway.recording.pseudonyms import Pseudonyms
from gateway.recording.replacing import Replacer
from gateway.recording.words import masked

_OPEN = vocabulary.FIELDS | vocabulary.VALUES | vocabulary.EMOJI | vocabulary.SPECIAL | vocabulary.TAGS
_LETTERS = string.ascii_lowercase.replace("x", "") + "éñдж世界"

words = st.text(_LETTERS, min_size=4, max_size=12).filter(lambda word: word not in _OPEN)
ids = st.one_of(
    st.from_regex(r"[UCTDBWF][2-9A-HJ-NP-Z]{9,10}", fullmatch=True),
    st.integers(2**58, 2**62).map(str),
    st.from_regex(r"17[0-9]{8}\.[1-9][0-9]{5}", fullmatch=True),
    st.uuids().map(str),
    st.from_regex(r"29:1[a-zA-Z0-9_-]{40,50}", fullmatch=True),
    st.from_regex(r"19:[a-f1-9]{32}@thread\.tacv2", fullmatch=True),
    st.from_regex(r"17[0-9]{11}", fullmatch=True),
)
emails = st.from_regex(r"[a-wyz]{4,9}@[a-wyz]{4,9}\.(com|example)", fullmatch=True)
secrets = st.one_of(
    st.from_regex(r"xox[bp]-[0-9]{9,12}-[a-zA-Z0-9]{20,24}", fullmatch=True),
    st.from_regex(r"sk-[a-zA-Z0-9]{30,40}", fullmatch=True),
    st.from_regex(r"eyJ[a-zA-Z0-9]{20,40}\.[a-zA-Z0-9]{20}\.[a-zA-Z0-9]{20}", fullmatch=True),
)
fields = st.one_of(st.sampled_from(sorted(vocabulary.FIELDS)), words)


def woven(planted: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts as platforms write them, each around one planted word."""
    return st.builds(
        str.format,
        st.sampled_from(
            (
                "{0}",
                "Hello {0}!",
                "**{0}**, see `{0}`",
                "<@{0}> and <#{0}|{0}>",
                "<https://{0}.example/{0}?{0}={0}|{0}>",
                '<p>&nbsp;<at>{0}</at> <img src="https://a.example/{0}" alt="{0}" data-{0}="1"></p>',
                "/{0} :{0}: <:{0}:123456789012345678>",
                "mailto:{0}@{0}.example",
                "{{{0}",
                '{{"{0}": ["{0}"]}}',
                "(+44) {0} <t:1700000000:R>",
                "```\n{0}\n```",
            )
        ),
        planted,
    )


def documents(planted: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    leaves = st.one_of(woven(planted), planted, st.integers(), st.booleans(), st.none())
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(st.one_of(fields, planted), inner, max_size=4)
        ),
        max_leaves=6,
    )


@st.composite
def planted(draw: st.DrawFn, kind: st.SearchStrategy[str]) -> tuple[str, Any]:
    """A secret, and a document that has it in it."""
    word = draw(kind)
    return word, {draw(fields): draw(documents(st.just(word))), "text": draw(woven(st.just(word)))}


def written(document: Any, **options: Any) -> str:
    return json.dumps(Replacer(Pseudonyms(), **options).value(document), ensure_ascii=False)


class TestMask:
    @settings(max_examples=50, deadline=None)
    @given(planted(words))
    def test_no_word_stays(self, case: tuple[str, Any]) -> None:
        word, document = case
        assert word not in written(document)

    @settings(max_examples=50, deadline=None)
    @given(planted(ids))
    def test_no_id_stays(self, case: tuple[str, Any]) -> None:
        id, document = case
        assert id not in written(document)

    @settings(max_examples=25, deadline=None)
    @given(planted(st.one_of(emails, secrets)))
    def test_no_address_and_no_secret_stays(self, case: tuple[str, Any]) -> None:
        secret, document = case
        assert secret not in written(document)

    @settings(max_examples=40, deadline=None)
    @given(st.text(max_size=60))
    def test_what_is_masked_masks_to_itself(self, text: str) -> None:
        assert masked(masked(text)) == masked(text)
        assert len(masked(text)) == len(text)

    @settings(max_examples=25, deadline=None)
    @given(documents(words))
    def test_it_is_json_of_the_same_shape_and_no_larger_by_much(self, document: Any) -> None:
        replaced = Replacer(Pseudonyms()).value(document)
        assert json.loads(json.dumps(replaced)) == replaced
        assert type(replaced) is type(document)

    def test_layout_stays(self) -> None:
        text = "# Title\n\n- **bold** and `code`, 3 items 🎉\n\n```py\nprint(1)\n```\n| a | b |\n|---|---|\n"
        assert Replacer(Pseudonyms()).text(text) == (
            "# Xxxxx\n\n- **xxxx** xxx `xxxx`, 0 xxxxx 🎉\n\n```xx\nxxxxx(0)\n```\n| x | x |\n|---|---|\n"
        )


class TestKeep:
    @settings(max_examples=40, deadline=None)
    @given(planted(ids))
    def test_no_id_stays(self, case: tuple[str, Any]) -> None:
        id, document = case
        assert id not in written(document, words="keep")

    @settings(max_examples=25, deadline=None)
    @given(planted(st.one_of(emails, secrets)))
    def test_no_address_and_no_secret_stays(self, case: tuple[str, Any]) -> None:
        secret, document = case
        assert secret not in written(document, words="keep")

    def test_words_stay_and_the_names_of_people_go(self) -> None:
        body = {
            "user": {"id": "U0ABCDEFGH", "real_name": "Ada Lovelace", "name": "ada"},
            "text": "Ada, Lovelace's engine runs: call +44 20 7946 0958 or write to ada@lovelace.example",
        }
        replaced = Replacer(Pseudonyms(), words="keep").value(body)
        assert replaced["text"] == "Xxx, Xxxxxxxx's engine runs: call +00 00 0000 0000 or write to xxx@xxxxxxxx.xxxxxxx"
        assert replaced["user"]["real_name"] == "Xxx Xxxxxxxx"


class TestPseudonyms:
    def test_the_same_id_has_the_same_pseudonym_of_its_shape(self) -> None:
        replaced = Replacer(Pseudonyms()).value(
            {
                "user": "U0ABCDEFGH",
                "text": "<@U0ABCDEFGH> hi <@U0ZZZZZZZ9>",
                "channel": "C0ABCDEFGH",
                "team": "T0ABCDEFG1",
            }
        )
        assert re.fullmatch(r"U[0-9A-Z]{9}", replaced["user"])
        assert replaced["text"].startswith(f"<@{replaced['user']}> xx <@U")
        assert replaced["channel"][0] == "C"
        assert replaced["team"][0] == "T"

    @given(st.lists(st.integers(0, 10**9), min_size=2, max_size=20, unique=True))
    def test_times_in_ids_keep_their_order_and_distance(self, moments: list[int]) -> None:
        names = Pseudonyms(now=1_790_000_000)
        stamps = [f"{1_790_000_000 + at // 1_000_000}.{at % 1_000_000:06d}" for at in moments]
        moved = [names.id(stamp) for stamp in stamps]
        assert [int(each.replace(".", "")) for each in moved] == [
            int(moved[0].replace(".", "")) + at - moments[0] for at in moments
        ]
        flakes = [str(((1_790_000_000_000 - 1_420_070_400_000) << 22) + at) for at in moments]
        shifted = [int(names.id(flake)) for flake in flakes]
        assert [each - shifted[0] for each in shifted] == [at - moments[0] for at in moments]
        assert not {*stamps, *flakes} & {*moved, *map(str, shifted)}

    def test_an_old_snowflake_tells_nothing_of_another(self) -> None:
        names = Pseudonyms(now=1_790_000_000)
        old = [str(int("175928847299117063") + at * 10**12) for at in (0, 7, 3)]
        assert [int(names.id(each)) for each in old] == [int(names.id(old[0])) + at for at in range(3)]

    @pytest.mark.parametrize("moment", ["2026-11-28", "2026-11-28T10:00:00.123Z", "2026-11-28T10:00:00.123456+00:00"])
    def test_moments_keep_their_form(self, moment: str) -> None:
        moved = Pseudonyms(now=1_795_000_000).moment(moment)
        assert re.sub(r"\d", "0", moved) == re.sub(r"\d", "0", moment)
        assert moved.startswith("202")
        assert moved[:10] != moment[:10]

    @pytest.mark.parametrize("moment", ["9999-99-99", "0001-01-01T00:00:00Z", "2026-13-01"])
    def test_no_moment_is_too_odd(self, moment: str) -> None:
        assert Pseudonyms().moment(moment) != moment


def test_values_of_the_protocol_stay() -> None:
    file = {"mimetype": "text/csv", "filetype": "csv", "name": "salaries.csv", "size": 123_456, "mode": "hosted"}
    body = {
        "type": "event_callback",
        "event": {"type": "message", "subtype": "file_share", "channel_type": "im"},
        "actions": [{"type": "button", "action_id": "gw:action:0"}],
    }
    replaced = Replacer(Pseudonyms()).value({**body, "files": [file]})
    assert replaced == {**body, "files": [{**file, "name": "xxxxxxxx.csv"}]}


def test_deep_and_odd_values_end() -> None:
    deep: Any = "word"
    for _ in range(500):
        deep = [deep]
    assert "word" not in written({"text": deep, "\ud800": "\udfffword", "n": 1e308, "i": 10**40, "b": object()})


@pytest.mark.parametrize("words", ["mask", "keep"])
@pytest.mark.parametrize(
    "text",
    [
        "http://" * 100_000,
        "<a href='" * 100_000,
        "+1 " * 100_000,
        "29:" + "a@" * 100_000,
        "/a" * 100_000,
        "".join(f"<@U{at:09}> " for at in range(20_000)),
        json.dumps([json.dumps([json.dumps([[[["word"]]]] * 3)] * 3)] * 3),
    ],
    ids=lambda text: text[:9],
)
def test_what_is_long_or_nested_on_purpose_ends(text: str, words: Any) -> None:
    replaced = Replacer(Pseudonyms(), words=words).value({"text": text, "more": [text] * 3})
    assert len(json.dumps(replaced)) < 8 * len(text)


def test_what_comes_behind_the_careful_part_is_masked_even_where_words_are_kept() -> None:
    text = "one word after another " * 5_000 + "ada@lovelace.example U0ABCDEFG9 word"
    kept = Replacer(Pseudonyms(), words="keep").value({"text": text})["text"]
    assert kept.startswith("one word after another ")
    assert kept.endswith("xxx@xxxxxxxx.xxxxxxx X0XXXXXXX0 xxxx")
    assert len(kept) == len(text)


def test_a_payload_of_very_many_values_is_cut_off() -> None:
    replaced = Replacer(Pseudonyms()).value({"blocks": [{"type": "section"}] * 50_000})
    assert replaced["blocks"][0] == {"type": "section"}
    assert replaced["blocks"][-1] is None
