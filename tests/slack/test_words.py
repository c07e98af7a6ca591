"""The words of a message, wherever Slack has them, and the messages it refers to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.words import references, to_markdown, transcript
from tests.markdown.nasty import FAMILIES
from tests.support.steps import steps


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": list(elements)}


def section(*inline: dict[str, Any] | str) -> dict[str, Any]:
    parts = [{"type": "text", "text": each} if isinstance(each, str) else each for each in inline]
    return {"type": "rich_text_section", "elements": parts}


def part(kind: str, text: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"rich_text_{kind}", "elements": [{"type": "text", "text": text}], **fields}


def listed(*words: str, **fields: Any) -> dict[str, Any]:
    return {"type": "rich_text_list", "style": "bullet", "elements": [section(word) for word in words], **fields}


def styled(text: str, *styles: str) -> dict[str, Any]:
    return {"type": "text", "text": text, "style": dict.fromkeys(styles, True)}


def mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def read(*blocks: dict[str, Any], **message: Any) -> str:
    return to_markdown({"blocks": list(blocks), **message}, "UBOT")


ME = {"type": "user", "user_id": "UBOT"}


@pytest.mark.parametrize(
    ("elements", "markdown"),
    [
        ([section(ME, " see ", styled("this ", "bold"), "now")], "see **this** now"),
        ([section("ask ", ME, " now")], "ask now"),
        ([section(ME, ": /stop")], "/stop"),
        ([section(ME, ", /new")], "/new"),
        ([section(ME, ":/stop")], "/stop"),
        ([section(ME, " :wave: hi")], ":wave: hi"),
        ([section("hi ", ME, ": do it")], "hi : do it"),
        ([section({"type": "user", "user_id": "U2"}, " ", {"type": "usergroup", "usergroup_id": "S1"})], "@U2 @S1"),
        ([section({"type": "channel", "channel_id": "C2"}, " ", {"type": "broadcast", "range": "here"})], "#C2 @here"),
        ([section({"type": "emoji", "name": "wave", "unicode": "1f44b-1f3fb"})], "👋🏻"),
        ([section({"type": "emoji", "name": "our_own"})], ":our_own:"),
        ([section({"type": "date", "timestamp": 1, "format": "{date}", "fallback": "May 1st"})], "May 1st"),
        ([section({"type": "color", "value": "#ff0000"})], "#ff0000"),
        ([section({"type": "link", "url": "https://x.y", "text": "a [b]"})], "[a \\[b\\]](https://x.y)"),
        ([section({"type": "link", "url": "https://x.y/a_(b)", "text": "w"})], "[w](https://x.y/a_(b))"),
        ([section({"type": "link", "url": "https://x.y/a_(b", "text": "w"})], "[w](<https://x.y/a_(b>)"),
        (
            [section({"type": "link", "url": "https://x.y", "text": "w", "style": {"bold": True, "code": True}})],
            "**[`w`](https://x.y)**",
        ),
        ([section(styled("two\nlines", "bold"))], "**two**\n**lines**"),
        ([section(styled("all", "bold", "italic", "strike"))], "~~_**all**_~~"),
        ([section("see"), listed("a", "b"), section("then")], "see\n- a\n- b\n\nthen"),
        ([part("quote", "q\nr"), section("mine")], "> q\n> r\n\nmine"),
        ([part("quote", "one"), part("quote", "two")], "> one\n\n> two"),
        ([section("so"), listed("c", style="ordered", offset=2)], "so\n\n3. c"),
        ([listed("a\nb")], "- a\n  b"),
        ([listed("a"), listed("b", indent=1), listed("c", indent=2)], "- a\n    - b\n        - c"),
        ([listed("too far in", indent=3)], "- too far in"),
    ],
)
def test_rich_text(elements: list[dict[str, Any]], markdown: str) -> None:
    assert read(rich(*elements)) == markdown


@pytest.mark.parametrize(
    ("element", "markdown"),
    [
        (part("preformatted", "# A\n```sh\nls\n```\nb"), "````\n# A\n```sh\nls\n```\nb\n````"),
        (part("preformatted", "`````"), "``````\n`````\n``````"),
        (part("preformatted", "x", language="python"), "```python\nx\n```"),
        (section("run ", styled("a`b", "code")), "run ``a`b``"),
        (section(styled("`", "code")), "`` ` ``"),
        (section(styled("``x``", "code")), "``` ``x`` ```"),
        (section(styled("bold", "code", "bold")), "**`bold`**"),
    ],
)
def test_code_says_what_was_written_whatever_backticks_it_holds(element: dict[str, Any], markdown: str) -> None:
    assert read(rich(element)) == markdown


def cells(*row: Any) -> list[Any]:
    return [{"type": "raw_text", "text": cell} if isinstance(cell, str) else cell for cell in row]


def test_a_table_beside_the_text_is_a_table() -> None:
    table = {"type": "table", "rows": [cells("City", "People"), cells("Oslo", "717")]}
    question = rich(section("which is largest?"))
    assert read(question, table, text="which is largest?") == (
        "which is largest?\n\n| City | People |\n| --- | --- |\n| Oslo | 717 |"
    )
    assert read(table) == read(table, text="") == "| City | People |\n| --- | --- |\n| Oslo | 717 |"


def test_the_cells_of_a_table() -> None:
    linked = section({"type": "link", "url": "https://x.y", "text": "site"}, " ", styled("bold", "bold"))
    rows = [
        cells("a|b", rich(linked), {"type": "raw_number", "value": 12.5}),
        cells("one"),
        [],
        cells({"type": "raw_number", "value": 7, "text": "7 %"}, "two\nlines", None),
        "odd",
    ]
    settings = [{"align": "right"}, {"align": "center", "is_wrapped": True}, None]
    assert read({"type": "table", "rows": rows, "column_settings": settings}) == (
        "| a\\|b | [site](https://x.y) **bold** | 12.5 |\n"
        "| ---: | :---: | --- |\n"
        "| one |  |  |\n"
        "| 7 % | two<br>lines |  |"
    )
    assert read({"type": "table", "rows": []}, text="none") == "none"


def test_a_table_may_be_among_the_attachments() -> None:
    table = {"type": "table", "rows": [cells("k"), cells("v")]}
    pasted = {"id": 1, "fallback": "[no preview available]", "blocks": [table]}
    assert read(rich(section("look")), attachments=[pasted]) == "look\n\n| k |\n| --- |\n| v |"


@pytest.mark.parametrize(
    ("block", "markdown"),
    [
        ({"type": "header", "text": plain("Disk\nfull")}, "## Disk full"),
        ({"type": "section", "text": mrkdwn("*db1* at &gt;99 %")}, "**db1** at >99 %"),
        ({"type": "section", "fields": [mrkdwn("*Host*\ndb1"), plain("*as is*")]}, "**Host**\ndb1\n*as is*"),
        (
            {
                "type": "section",
                "text": plain("see"),
                "accessory": {"type": "button", "text": plain("Graph"), "url": "https://g"},
            },
            "see\n[Graph](https://g)",
        ),
        (
            {
                "type": "context",
                "elements": [{"type": "image", "alt_text": "red", "image_url": "https://i"}, mrkdwn("~a~")],
            },
            "![red](https://i) ~~a~~",
        ),
        ({"type": "markdown", "text": "**as** it is"}, "**as** it is"),
        (
            {"type": "image", "alt_text": "a cat", "title": plain("Tom"), "image_url": "https://i"},
            "Tom\n![a cat](https://i)",
        ),
        ({"type": "image", "alt_text": "a cat", "slack_file": {"id": "F1"}}, "a cat"),
        (
            {"type": "video", "title": plain("Demo"), "video_url": "https://v", "description": plain("how to")},
            "[Demo](https://v)\nhow to",
        ),
        (
            {
                "type": "actions",
                "elements": [
                    {"type": "button", "text": plain("Yes"), "action_id": "y"},
                    {"type": "button", "text": plain("Runbook"), "url": "https://r"},
                ],
            },
            "[Runbook](https://r)",
        ),
        ({"type": "divider"}, ""),
        (
            {"type": "card", "title": plain("A card"), "body": mrkdwn("*of* a later day"), "block_id": "b1"},
            "A card\n**of** a later day",
        ),
        (
            {
                "type": "plan",
                "title": "Plan",
                "tasks": [{"type": "task_card", "title": "Look", "output": rich(section("ok"))}],
            },
            "Plan\nLook\nok",
        ),
        ({"type": "data_table", "caption": "Sums", "rows": [cells("k"), cells("v")]}, "Sums\n\n| k |\n| --- |\n| v |"),
    ],
)
def test_every_block_that_carries_words(block: dict[str, Any], markdown: str) -> None:
    assert read(block) == markdown


def test_the_text_beside_the_blocks_counts_where_it_says_more() -> None:
    body = {"type": "section", "text": mrkdwn("*db1* is full :fire:")}
    assert read(body, text="db1 is full :fire:") == "**db1** is full :fire:"
    assert read(body, text="Alert") == "Alert\n\n**db1** is full :fire:"
    assert read({"type": "divider"}, text="words *alone*") == "words **alone**"
    # What is written in Slack's own editor is all in its blocks.
    assert read(rich(section("hi")), {"type": "divider"}, text="hi (edited)") == "hi"


def test_an_attachment_of_an_app_is_part_of_the_text() -> None:
    alert = {
        "pretext": "*Firing*",
        "title": "Disk full",
        "title_link": "https://g/1",
        "text": "`/var` at 99 %",
        "fields": [{"title": "Host", "value": "db1", "short": True}, {"value": "no title"}],
        "fallback": "Disk full on db1",
    }
    assert read(text="see", attachments=[alert]) == (
        "see\n\n**Firing**\n[Disk full](https://g/1)\n`/var` at 99 %\n**Host**\ndb1\nno title"
    )
    assert (
        read(text="", attachments=[{"fallback": "Disk full on <https://g/1|db1>"}]) == "Disk full on [db1](https://g/1)"
    )
    assert read(text="x", attachments=[{"fallback": "[no preview available]"}]) == "x"


def test_the_preview_of_a_link_is_nobodys_words() -> None:
    preview = {"from_url": "https://x.y", "title": "A page", "text": "of another place", "id": 2}
    message = {"text": "<https://x.y>", "attachments": [preview, "odd"]}
    assert to_markdown(message, "UBOT") == "https://x.y"
    assert references(message, "T1") == ()


def forward(**fields: Any) -> dict[str, Any]:
    return {
        "is_share": True,
        "is_msg_unfurl": True,
        "author_name": "Bob",
        "ts": "5.5",
        "fallback": "[...] Bob",
        **fields,
    }


def inside(*blocks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"channel": "C2", "ts": "5.5", "message": {"blocks": list(blocks), **fields}}


ALERT = (
    {"type": "header", "text": plain("Disk full")},
    {"type": "section", "text": mrkdwn("*db1* at 99 %"), "fields": [mrkdwn("*Host*\ndb1")]},
)
READ = "## Disk full\n\n**db1** at 99 %\n**Host**\ndb1"
TABLE = {"type": "table", "rows": [cells("k"), cells("v")]}


@pytest.mark.parametrize(
    ("share", "said"),
    [
        ({"text": "it *is* down"}, "it **is** down"),
        ({"text": "", "message_blocks": [inside(rich(section("it is"), section("down")))]}, "it is\ndown"),
        ({"text": "", "message_blocks": [inside(*ALERT)]}, READ),
        ({"text": "Alert", "message_blocks": [inside(*ALERT)]}, f"Alert\n\n{READ}"),
        ({"text": "Disk full", "message_blocks": [inside(*ALERT)]}, READ),
        ({"text": "", "message_blocks": [inside(TABLE)]}, "| k |\n| --- |\n| v |"),
        (
            {"title": "Disk full", "text": "99 %", "fields": [{"title": "Host", "value": "db1"}]},
            "**Disk full**\n99 %\n**Host**\ndb1",
        ),
        ({"attachments": [{"title": "Disk full", "text": "99 %"}]}, "**Disk full**\n99 %"),
        ({"message_blocks": [inside(attachments=[{"text": "99 %", "blocks": [ALERT[0]]}])]}, "99 %\n\n## Disk full"),
        ({"text": "look", "attachments": [forward(author_name="Eve", text="first")]}, "look\n\n> **Eve:**\n> first"),
        ({"fallback": "[no preview available]"}, ""),
    ],
)
def test_a_forwarded_message_is_a_reference(share: dict[str, Any], said: str) -> None:
    message = {"text": "<@UBOT> why?", "attachments": [forward(**share)]}
    assert to_markdown(message, "UBOT") == "why?"
    [reference] = references(message, "T1")
    assert (reference.kind, reference.message_id, reference.author) == ("forward", "5.5", "Bob")
    assert reference.text == said
    below = "\n".join(f"> {line}".rstrip() for line in f"**Bob:**\n{said}".split("\n"))
    assert transcript(message, "UBOT") == (f"why?\n\n{below}" if said else "why?")


def test_a_forwarded_message_brings_its_files_once() -> None:
    file = {"id": "F1", "name": "a.log", "url_private": "https://files.slack.com/a.log"}
    share = forward(files=[file], message_blocks=[inside(files=[file, {**file, "id": "F2"}])])
    [reference] = references({"text": "", "attachments": [share]}, "T1")
    assert [(each.id, each.workspace) for each in reference.files] == [("F1", "T1"), ("F2", "T1")]


def test_a_pasted_link_to_a_message_is_a_quote() -> None:
    unfolded = {
        "is_msg_unfurl": True,
        "from_url": "https://t.slack.com/archives/C1/p1",
        "text": "said",
        "author_name": "Bob",
    }
    message = {"text": "see <https://t.slack.com/archives/C1/p1>", "attachments": [unfolded]}
    assert to_markdown(message, "") == "see https://t.slack.com/archives/C1/p1"
    [reference] = references(message, "T1")
    assert (reference.kind, reference.author, reference.text) == ("quote", "Bob", "said")


def test_nesting_has_an_end() -> None:
    nested: dict[str, Any] = {"text": "innermost"}
    block: dict[str, Any] = {"type": "card", "title": "innermost"}
    for _ in range(40):
        nested = forward(text="x", attachments=[nested])
        block = {"type": "box", "elements": [block]}
    message = {"text": "", "attachments": [nested], "blocks": [block]}
    assert "innermost" not in transcript(message, "")
    assert len(references(message, "T1")) == 1


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))
NAMES = """
type text blocks elements attachments is_share is_msg_unfurl message_blocks message files fields title value rows style
url user_id accessory alt_text image_url pretext fallback author_name column_settings align indent offset unicode
"""
WORDS = """
rich_text rich_text_section rich_text_list rich_text_preformatted table raw_text raw_number section header context
image video markdown mrkdwn plain_text link emoji date card
"""
names, words = st.sampled_from(NAMES.split()), st.sampled_from(WORDS.split())
odd = st.recursive(
    st.one_of(scalars, words),
    lambda deeper: st.one_of(st.lists(deeper, max_size=3), st.dictionaries(names, deeper, max_size=6)),
    max_leaves=30,
)


@given(st.dictionaries(names, odd, max_size=6))
def test_odd_messages_never_raise(message: dict[str, Any]) -> None:
    to_markdown(message, "UBOT")
    transcript({**message, "attachments": [message]}, "")
    references({"attachments": [{**message, "is_share": True}]}, "T1")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_character_costs_a_bounded_number_of_steps(family: str) -> None:
    written = FAMILIES[family](8_000)
    inline: list[dict[str, Any]] = [
        {"type": "text", "text": written, "style": {"code": True}},
        {"type": "link", "url": written, "text": written},
    ]
    shapes: list[dict[str, Any]] = [
        {"text": written},
        {"text": f"<@UBOT> {written}", "blocks": [{"type": "section", "text": mrkdwn(written)}]},
        {"blocks": [rich(section(*inline), part("preformatted", written), listed(written))]},
        {"blocks": [{"type": "table", "rows": [cells(written), cells(written)]}]},
        {"attachments": [forward(text=written, fields=[{"value": written}])]},
    ]
    for message in shapes:
        assert steps(lambda message: transcript(message, "UBOT"), message) <= 100 * len(written)


def test_a_ragged_table_does_not_grow_with_its_widest_row() -> None:
    rows = [cells(*"a" * 5_000), *(cells("b") for _ in range(5_000))]
    assert len(read({"type": "table", "rows": rows})) < 500_000
