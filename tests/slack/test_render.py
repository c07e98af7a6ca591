"""Outgoing -> Slack's arguments: what is shown, what it may notify, and Slack's limits."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from adapters.slack import limits, tables
from adapters.slack.controls import ACTION, FEEDBACK
from adapters.slack.mentions import last_piece, safe_markdown, safe_piece, safe_text
from adapters.slack.render import content
from gateway.emulators.slack.validate import check_message
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


TOKEN = re.compile(r"<!(?i:(?:channel|here|everyone|group)\b|subteam\^)|<@[UW][A-Z0-9]+")
"""What notifies wherever Slack reads it; a bare ``@here`` only where names are linked, which is not asked for."""


def outside_code(markdown: str) -> list[str]:
    """What a parser of Markdown that is not ours finds outside of code."""
    found: list[str] = []

    def walk(tokens: list[Token]) -> None:
        for token in tokens:
            if token.type not in ("fence", "code_block", "code_inline", "inline"):
                found.append(token.content)
            walk(token.children or [])

    walk(MarkdownIt("commonmark").enable("table").parse(markdown))
    return found


@given(hostile)
def test_nothing_a_model_wrote_notifies_anyone(text: str) -> None:
    made = content(Outgoing(text=text, author="x"))
    assert not TOKEN.search(made["text"])
    if "`" not in text and "    " not in text:
        assert not LIVE.search(made["text"])
    for block in made.get("blocks", []):
        shown = outside_code(block["text"]) if block["type"] == "markdown" else strings(block)
        assert not any(TOKEN.search(each) for each in shown)


@pytest.mark.parametrize(
    "code",
    [
        "```sh\nnpm install @here/maps-api\n```",
        "~~~\n@channel\n~~~",
        "Run `@everyone` and `pip install x@here`.",
        "words\n\n    @here/maps-api\n\nwords",
        "1. Save\n\n    ```\n    @here <!channel>\n    ```",
        "```\n<!channel> <@U123>\n```\n\nsee `<!here>`",
        "| a | b |\n|---|---|\n| `@here` | x |",
    ],
)
def test_code_is_sent_as_it_was_written(code: str) -> None:
    made = content(Outgoing(text=f"{code}\n\n**end**"))
    assert not any("\u200b" in each for each in text_of(made))


@pytest.mark.parametrize(
    "text",
    [
        "<div>\n```\n<!channel>\n```",
        "<a title='`'><!channel>`",
        "<!-- ` --><!channel> `",
        "~~~\n<!channel>\n~~~",
        "```\n<!channel>",
        "words\n\n    <!channel>",
        "`not code <!channel>",
        "\\`<!channel>`",
    ],
)
def test_a_mention_in_what_may_be_no_code_to_slack_is_broken(text: str) -> None:
    for each in text_of(content(Outgoing(text=f"{text}\n\n**end**"))):
        assert not TOKEN.search(each)


@pytest.mark.parametrize(
    "text", ["<!here @channel", "<@U1 or @here>", "<!subteam^S1|@here>", "&lt;!here &lt;!channel", "<@U1|&lt;!here>"]
)
def test_a_mention_inside_another_is_broken_as_well(text: str) -> None:
    rendered = content(Outgoing(text=f"**see** {text}"))
    assert not any(LIVE.search(shown) for shown in text_of(rendered))
    (block,) = rendered["blocks"]
    assert not LIVE.search(block["text"].replace("&lt;", "<"))  # Markdown reads entities


@given(hostile, st.lists(st.integers(0, 400), max_size=8))
def test_a_stream_is_the_safe_text_wherever_it_is_cut(text: str, cuts: list[int]) -> None:
    sent, shown = 0, ""
    for end in sorted({len(text), *(cut for cut in cuts if cut < len(text))}):
        now, sent = safe_piece(text[:end], sent)
        shown += now
        assert sent <= end
    shown += last_piece(text, sent, len(text))
    assert shown.replace("\u200b", "") == text
    assert not any(TOKEN.search(each) for each in outside_code(shown))
    if "`" not in text and "~~~" not in text:
        assert shown == safe_markdown(text, NOBODY)


@pytest.mark.parametrize("code", ["```sh\nnpm i @here/x\n```", "see `npm i @here/x` now", "```\n<!here>\n```"])
def test_code_that_streams_is_as_it_was_written(code: str) -> None:
    sent, shown = 0, ""
    for end in range(1, len(code) + 1):
        now, sent = safe_piece(code[:end], sent)
        shown += now
    assert shown + last_piece(code, sent, len(code)) == code


@given(hostile)
def test_plain_text_is_escaped_and_reads_the_same(text: str) -> None:
    shown = safe_text(text, NOBODY)
    assert "<" not in shown and ">" not in shown
    read = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\u200b", "")
    assert read == text


@pytest.mark.parametrize(
    ("text", "now"),
    [
        ("<div> a < b", "<div> a < b"),
        ("see <!chan", "see "),
        ("<!channel> x", "<\u200b!channel> x"),
        ("mail@he", "mail@he"),
        ("hi @he", "hi "),
        ("hi @hello", "hi @hello"),
        ("<!DOCTYPE html>", "<!DOCTYPE html>"),
        ("see `npm i @here/x", "see `npm i "),
        ("```\n@here <!here> x", "```\n@here "),
    ],
)
def test_what_may_become_a_mention_waits(text: str, now: str) -> None:
    assert safe_piece(text, 0)[0] == now


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
    assert re.findall(r"[ab]", "".join(parts)) == re.findall(r"[ab]", text)


@pytest.mark.parametrize(
    ("cell", "elements"),
    [
        (
            "**[PR 12](https://e.x/12)**",
            [{"type": "link", "url": "https://e.x/12", "text": "PR 12", "style": {"bold": True}}],
        ),
        (
            "[**PR 13**](https://e.x/13)",
            [{"type": "link", "url": "https://e.x/13", "text": "PR 13", "style": {"bold": True}}],
        ),
        (
            "[`main.py`](https://e.x/m)",
            [{"type": "link", "url": "https://e.x/m", "text": "main.py", "style": {"code": True}}],
        ),
        ("[Foo](https://e.x/Foo_(bar))", [{"type": "link", "url": "https://e.x/Foo_(bar)", "text": "Foo"}]),
        ("https://e.x/b", [{"type": "link", "url": "https://e.x/b", "text": "https://e.x/b"}]),
        ("<https://e.x/c>", [{"type": "link", "url": "https://e.x/c", "text": "https://e.x/c"}]),
        ("[write](mailto:ada@e.x)", [{"type": "link", "url": "mailto:ada@e.x", "text": "write"}]),
        ("_soft_", [{"type": "text", "text": "soft", "style": {"italic": True}}]),
        ("***both***", [{"type": "text", "text": "both", "style": {"bold": True, "italic": True}}]),
        ("~~gone~~", [{"type": "text", "text": "gone", "style": {"strike": True}}]),
        ("open<br>close", [{"type": "text", "text": "open\nclose"}]),
        (
            "[here](#anchor) **b**",
            [
                {"type": "text", "text": "here"},
                {"type": "text", "text": " "},
                {"type": "text", "text": "b", "style": {"bold": True}},
            ],
        ),
    ],
)
def test_markup_in_a_cell_is_rich_text(cell: str, elements: list[dict[str, Any]]) -> None:
    [table] = content(Outgoing(text=f"| k |\n|---|\n| {cell} |"))["blocks"]
    assert table["rows"][1][0] == {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": elements}],
    }
    check_message([table])


@pytest.mark.parametrize(
    ("cell", "text"),
    [("snake\\_case \\*no\\*", "snake_case *no*"), ("AT&amp;T", "AT&T"), ("a_b_c 2*3*4", "a_b_c 2*3*4"), ("", " ")],
)
def test_escapes_and_entities_in_a_cell_are_what_they_mean(cell: str, text: str) -> None:
    [table] = content(Outgoing(text=f"| k | v |\n|---|---|\n| x | {cell} |"))["blocks"]
    assert table["rows"][1][1] == {"type": "raw_text", "text": text}


@pytest.mark.parametrize("mark", ["<br>", "<br/>", "<br />"])
def test_a_line_break_in_a_cell_of_aligned_text_is_a_slash(mark: str) -> None:
    small = "| a |\n|---|\n| b |"
    blocks = content(Outgoing(text=f"{small}\n\n| step | what |\n|---|---|\n| 1 | open{mark}**close** |"))["blocks"]
    assert blocks[1]["text"] == "```\nstep  what\n1     open / close\n```"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Title\n=====\nbody", "# Title\nbody"),
        ("A title\n-------\nbody", "## A title\nbody"),
        ("Line 1\nLine 2\n---\nLine 3", "Line 1\nLine 2\n\n---\nLine 3"),
        ("**It ends.**\n\n---\n\nb", "**It ends.**\n\n---\n\nb"),
        ("```\na\n---\n```", "```\na\n---\n```"),
    ],
)
def test_underlined_headings_and_rules_below_text(text: str, shown: str) -> None:
    [block] = content(Outgoing(text=text))["blocks"]
    assert block == {"type": "markdown", "text": shown}


@pytest.mark.parametrize(
    "text",
    [
        "1. Save this:\n\n    ```\n    | a | b |\n    |---|---|\n    | 1 | 2 |\n    ```\n\nDone.",
        "- a\n  - b\n      ~~~\n      | a | b |\n      |---|---|\n      ~~~\n\nDone.",
        "words\n\n    | a | b |\n    |---|---|\n    | 1 | 2 |\n\nDone.",
    ],
)
def test_a_table_inside_code_of_an_item_or_by_its_indent_is_code(text: str) -> None:
    assert content(Outgoing(text=text))["blocks"] == [{"type": "markdown", "text": text}]


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
