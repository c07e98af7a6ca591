"""Outgoing -> Slack's arguments: what is shown, what it may notify, and Slack's limits."""

import itertools
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import limits, tables
from adapters.slack.emulation.validate import check_message
from adapters.slack.mentions import safe_delta, safe_markdown, safe_text
from adapters.slack.render import ACTION, FEEDBACK, content
from gateway.errors import Rejected
from gateway.model import AllowedMentions, Button, FromUrl, Outgoing, OutgoingFile

NOBODY = AllowedMentions()
LIVE = re.compile(
    r"<!(?i:(?:channel|here|everyone|group)\b|subteam\^)|<@[UW][A-Z0-9]+|(?<!\w)@(?i:channel|here|everyone)\b"
)

# Text that is dense in what mentions are made of.
hostile = st.lists(
    st.sampled_from(
        [
            *"<>!@|^&;\\` \n*-a1",
            *("```", "channel", "here", "everyone", "group", "subteam", "U123", "W9", "<!", "<@", "&lt;", "<!channel>"),
            *(
                "<!subteam^S1|@x>",
                "<!here|",
                "<!here @here",
                "@here",
                "|a|b|\n|-|-|\n|<!here>|x|\n",
                "<@U1>",
                "# ",
                "1. ",
            ),
        ]
    ),
    max_size=40,
).map("".join)


def strings(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [each for inner in value.values() for each in strings(inner)]
        case list():
            return [each for inner in value for each in strings(inner)]
        case _:
            return []


def text_of(rendered: dict[str, Any]) -> list[str]:
    return [rendered["text"], *(each for block in rendered.get("blocks", []) for each in strings(block))]


@given(hostile)
def test_nothing_a_model_wrote_notifies_anyone(text: str) -> None:
    for shown in text_of(content(Outgoing(text=text, author="x"))):
        assert not LIVE.search(shown)


@pytest.mark.parametrize(
    "text", ["<!here @channel", "<@U1 or @here>", "<!subteam^S1|@here>", "&lt;!here &lt;!channel", "<@U1|&lt;!here>"]
)
def test_a_mention_inside_another_is_broken_as_well(text: str) -> None:
    rendered = content(Outgoing(text=f"**see** {text}"))
    assert not any(LIVE.search(shown) for shown in text_of(rendered))
    (block,) = rendered["blocks"]
    assert not LIVE.search(block["text"].replace("&lt;", "<"))  # Markdown reads entities


@given(hostile, st.lists(st.integers(0, 400), max_size=8))
def test_a_stream_notifies_nobody_wherever_it_is_cut_and_loses_nothing(text: str, cuts: list[int]) -> None:
    bounds = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    sent, held = "", ""
    for start, end in itertools.pairwise(bounds):
        now, held = safe_delta(held, text[start:end])
        sent += now
    sent += safe_markdown(held, NOBODY)
    assert not LIVE.search(sent)
    assert sent.replace("\u200b", "") == text


@given(hostile)
def test_plain_text_is_escaped_and_reads_the_same(text: str) -> None:
    shown = safe_text(text, NOBODY)
    assert "<" not in shown and ">" not in shown
    read = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\u200b", "")
    assert read == text


def test_the_held_tail_is_only_what_may_open_a_mention() -> None:
    assert safe_delta("", "<div> a < b") == ("<div> a < b", "")
    assert safe_delta("", "see <!chan") == ("see ", "<!chan")
    assert safe_delta("<!chan", "nel>") == ("<\u200b!channel>", "")
    assert safe_delta("", "mail@he") == ("mail@he", "")
    assert safe_delta("", "hi @he") == ("hi ", "@he")
    assert safe_delta("@he", "llo") == ("@hello", "")
    assert safe_delta("<", "!DOCTYPE html>") == ("<!DOCTYPE html>", "")


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("<!channel> now", AllowedMentions(everyone=True)),
        ("<!subteam^S1> now", AllowedMentions(groups=True)),
        ("<@U1> now", AllowedMentions(users=True)),
        ("<@U1> now", AllowedMentions(users=("U1",))),
    ],
)
@pytest.mark.parametrize("markup", ["", " **b**"])
def test_an_allowed_mention_stays_live(text: str, mentions: AllowedMentions, markup: str) -> None:
    for shown in text_of(content(Outgoing(text=text + markup, mentions=mentions))):
        if shown not in ("markdown",):
            assert text in shown


def test_allowing_one_user_allows_no_other() -> None:
    shown = safe_text("<@U1> <@U2> <!here>", AllowedMentions(users=("U1",)))
    assert shown == "<@U1> &lt;@U2&gt; &lt;!here&gt;"


def test_plain_short_text_is_text_alone() -> None:
    assert content(Outgoing(text="1 < 2 & 3")) == {"text": "1 &lt; 2 &amp; 3"}
    assert content(Outgoing(text="line\nline")) == {"text": "line\nline"}


@pytest.mark.parametrize("text", ["**b**", "# h", "- a", "1. a", "> q", "`c`", "[a](https://x.y)", "a_b", "    code"])
def test_markdown_goes_into_a_markdown_block(text: str) -> None:
    rendered = content(Outgoing(text=text))
    assert rendered["blocks"] == [{"type": "markdown", "text": text}]
    assert rendered["text"]


def test_long_text_has_a_bounded_fallback() -> None:
    rendered = content(Outgoing(text="& " * 5_000))
    assert rendered["blocks"][0]["text"] == "& " * 5_000
    assert len(rendered["text"]) <= limits.TEXT_FALLBACK


TABLE = "| Name | Age |\n|:--|--:|\n| **Ada** | 36 |\n| `x \\| y` |  |"


def test_a_table_is_native_and_in_its_place() -> None:
    blocks = content(Outgoing(text=f"Before\n\n{TABLE}\n\nAfter"))["blocks"]
    assert [block["type"] for block in blocks] == ["markdown", "table", "markdown"]
    table = blocks[1]
    assert [each["align"] for each in table["column_settings"]] == ["left", "right"]
    assert table["rows"][0] == [{"type": "raw_text", "text": "Name"}, {"type": "raw_text", "text": "Age"}]
    assert table["rows"][1][0]["elements"][0]["elements"] == [{"type": "text", "text": "Ada", "style": {"bold": True}}]
    assert table["rows"][2][0]["elements"][0]["elements"][0] == {
        "type": "text",
        "text": "x | y",
        "style": {"code": True},
    }
    assert table["rows"][2][1] == {"type": "raw_text", "text": " "}


def test_a_second_table_and_one_too_large_are_aligned_text() -> None:
    blocks = content(Outgoing(text=f"{TABLE}\n\nand\n\n{TABLE}"))["blocks"]
    assert [block["type"] for block in blocks] == ["table", "markdown"]
    assert blocks[1]["text"].startswith("and\n\n```\nName ")
    wide = "|" + "a|" * 21 + "\n|" + "-|" * 21 + "\n|" + "b|" * 21
    assert [block["type"] for block in content(Outgoing(text=wide))["blocks"]] == ["markdown"]
    rows = "| a |\n| - |\n" + "| b |\n" * 100
    assert content(Outgoing(text=rows))["blocks"][0]["type"] == "markdown"


@pytest.mark.parametrize("word", ["@here ", "<!here> ", "&lt;!here ", "<@U1> "])
def test_a_text_full_of_mentions_still_fits(word: str) -> None:
    shown = content(Outgoing(text=word * (limits.CAPABILITIES.text_limit // len(word))))
    check_message(shown["blocks"])
    assert not any(LIVE.search(each) for each in text_of(shown))


def test_any_number_of_tables_are_blocks_that_slack_takes() -> None:
    text = "\n\n".join(f"Table {number}\n\n{TABLE}" for number in range(60))
    shown = check_message(content(Outgoing(text=text))["blocks"])
    assert [block["type"] for block in shown] == ["markdown", "table", "markdown"]
    assert [int(number) for number in re.findall(r"Table (\d+)", str(shown))] == list(range(60))


def test_a_table_inside_code_stays_code() -> None:
    code = f"```\n{TABLE}\n```"
    assert content(Outgoing(text=code))["blocks"] == [{"type": "markdown", "text": code}]


@given(st.text(alphabet="|-: \nab`", max_size=200))
def test_splitting_at_tables_keeps_every_word(text: str) -> None:
    parts = [part if isinstance(part, str) else part.source for part in tables.split(text)]
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", text)


@given(st.lists(st.lists(st.text(alphabet="ab`* ", max_size=300), min_size=3, max_size=3), min_size=1, max_size=12))
def test_a_table_never_passes_slacks_limits(rows: list[list[str]]) -> None:
    text = "|a|b|c|\n|-|-|-|\n" + "\n".join("|" + "|".join(row) + "|" for row in rows)
    blocks = content(Outgoing(text=text + "\n\n" + text))["blocks"]
    assert sum(len(b["text"]) for b in blocks if b["type"] == "markdown") <= max(limits.MARKDOWN_BLOCK_TEXT, len(text))
    assert sum(b["type"] == "table" for b in blocks) <= 1


def test_buttons_and_feedback() -> None:
    buttons = tuple(Button(token=f"t{n}", label="L" * 100, style="primary", tooltip="tip") for n in range(30))
    rendered = content(Outgoing(text="pick", buttons=buttons, feedback="m1"))
    text, first, second, feedback = rendered["blocks"]
    assert text == {"type": "markdown", "text": "pick"}
    assert len(first["elements"]) == 25 and len(second["elements"]) == 5
    assert first["elements"][0] == {
        "type": "button",
        "action_id": f"{ACTION}0",
        "text": {"type": "plain_text", "text": "L" * 74 + "…", "emoji": True},
        "value": "t0",
        "style": "primary",
        "accessibility_label": "tip",
    }
    names = [element["action_id"] for block in (first, second) for element in block["elements"]]
    assert len(set(names)) == 30
    control = feedback["elements"][0]
    assert (control["type"], control["action_id"]) == ("feedback_buttons", FEEDBACK)
    assert (control["positive_button"]["value"], control["negative_button"]["value"]) == ("+m1", "-m1")


def test_buttons_alone_have_a_fallback_text() -> None:
    rendered = content(Outgoing(buttons=(Button(token="a", label="Yes"), Button(token="b", label="No"))))
    assert rendered["text"] == "Yes · No"
    assert [block["type"] for block in rendered["blocks"]] == ["actions"]


def test_a_token_that_does_not_fit_is_refused_not_cut() -> None:
    with pytest.raises(Rejected, match="2000"):
        content(Outgoing(text="x", buttons=(Button(token="t" * 2001, label="x"),)))
    assert len("t" * limits.CAPABILITIES.action_token_limit) <= limits.BUTTON_VALUE


def test_linked_files() -> None:
    image = OutgoingFile(kind="image", name="cat", source=FromUrl(url="https://x.y/c.png"))
    other = OutgoingFile(name="a [b].pdf", source=FromUrl(url="https://x.y/d(1).pdf"))
    blocks = content(Outgoing(text="see", files=(image, other)))["blocks"]
    assert blocks[1] == {"type": "image", "image_url": "https://x.y/c.png", "alt_text": "cat"}
    assert blocks[2] == {"type": "markdown", "text": "[a \\[b\\].pdf](https://x.y/d%281%29.pdf)"}
    with pytest.raises(Rejected, match="http"):
        content(Outgoing(files=(OutgoingFile(name="x", source=FromUrl(url="file:///etc/passwd")),)))
