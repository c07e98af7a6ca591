"""The words of a message: content, embeds, text displays, polls, stickers; and what it replies to or forwards."""

from typing import Any

import pytest

from adapters.discord.words import all_words, words
from gateway.model import MessageCreated, Reference
from tests.discord.test_parse import ADA, AUTHOR, BOT, ME, event_of, in_thread, message

ALARM = {
    "type": "rich",
    "author": {"name": "monitor"},
    "title": "Disk full on db-1",
    "url": "https://monitor.example/7",
    "description": "97 % used, asked by <@20> at <t:1618953630:f>",
    "fields": [
        {"name": "Host", "value": "db-1"},
        {"name": "\u200b", "value": "no name"},
        {"name": "Log", "value": "one\ntwo"},
    ],
    "footer": {"text": "every minute"},
}
ALARM_READS = (
    "monitor\n**[Disk full on db-1](https://monitor.example/7)**\n97 % used, asked by @Ada at 2021-04-20 21:20 UTC\n"
    "**Host:** db-1\nno name\n**Log:**\none\ntwo\nevery minute"
)
POLL = {
    "question": {"text": "Tea?"},
    "answers": [{"answer_id": n, "poll_media": {"text": each}} for n, each in enumerate(("Yes", "No"))],
}
LAYOUT = [
    {"type": 10, "content": "# Report"},
    {
        "type": 17,
        "components": [
            {"type": 9, "components": [{"type": 10, "content": "first"}], "accessory": {"type": 2, "label": "Open"}},
            {"type": 14},
            {"type": 17, "components": [{"type": 10, "content": "deep, by <@20>"}]},
        ],
    },
    {"type": 10, "content": "last"},
]
SENT: list[tuple[dict[str, Any], str]] = [
    ({"embeds": [ALARM], "mentions": [AUTHOR]}, ALARM_READS),
    ({"embeds": [{"title": "A"}, {"description": "B"}, {"image": {"url": "https://x"}}]}, "**A**\n\nB"),
    ({"components": LAYOUT, "mentions": [AUTHOR]}, "# Report\n\nfirst\n\ndeep, by @Ada\n\nlast"),
    ({"poll": POLL}, "Tea?\n- Yes\n- No"),
    ({"sticker_items": [{"id": "1", "name": "Wave"}, {"id": "2", "name": "Hi"}]}, ":Wave: :Hi:"),
]


def created(data: dict[str, Any]) -> MessageCreated:
    event = event_of(data)
    assert isinstance(event, MessageCreated)
    return event


@pytest.mark.parametrize("content", ["", "look:", "<@10>"])
@pytest.mark.parametrize(("sent", "reads"), SENT)
def test_everything_in_a_persons_message_is_its_words(content: str, sent: dict[str, Any], reads: str) -> None:
    own = "look:\n\n" if content == "look:" else ""
    assert created(in_thread(content, **sent)).text == f"{own}{reads}"


@pytest.mark.parametrize(("sent", "reads"), SENT)
def test_and_so_it_is_in_one_that_is_replied_to_or_forwarded(sent: dict[str, Any], reads: str) -> None:
    answered = message("said", id="70", **sent)
    event = created(in_thread("why?", type=19, message_reference={"message_id": "70"}, referenced_message=answered))
    assert event.text == "why?"
    assert event.references == (Reference(kind="reply", message_id="70", author="Ada", text=f"said\n\n{reads}"),)
    event = created(
        message("", message_reference={"type": 1}, message_snapshots=[{"message": {"content": "", **sent}}])
    )
    assert (event.text, event.references) == ("", (Reference(kind="forward", text=reads),))


def test_the_preview_of_a_link_is_not_the_words_of_who_wrote_the_link() -> None:
    preview = {"type": "article", "title": "News", "description": "All of it", "provider": {"name": "Paper"}}
    event = created(message("see https://paper.example", embeds=[preview]))
    assert event.text == "see https://paper.example"
    assert event.references == (Reference(kind="quote", author="Paper", text="**News**\nAll of it"),)
    assert all_words(message("see https://paper.example", embeds=[preview])).endswith("**News**\nAll of it")
    assert words(message("", embeds=[preview])) == "**News**\nAll of it"


# Replies


def test_a_reply_tells_what_it_replies_to_with_its_files() -> None:
    answered = message(
        "The release is blocked by <#30>",
        id="70",
        channel_id="40",
        attachments=[{"id": "7", "filename": "log.txt", "url": "https://cdn.discordapp.com/7"}],
    )
    pointed = {"message_id": "70", "channel_id": "40", "guild_id": "1"}
    event = created(
        in_thread("<@10> summarize", type=19, mentions=[ME], message_reference=pointed, referenced_message=answered)
    )
    [reply] = event.references
    assert (reply.kind, reply.message_id, reply.author) == ("reply", "70", "Ada")
    assert reply.text == "The release is blocked by #general"
    [file] = reply.files
    assert (file.name, file.mime, dict(file.extra)) == ("log.txt", "text/plain", {"channel": "40", "message": "70"})
    assert (event.text, event.files) == ("summarize", ())


def test_a_reply_to_the_bot_itself_and_to_a_forward() -> None:
    snapshot = {"message": {"content": "from afar", "attachments": [{"id": "8", "filename": "a.png"}]}}
    for author, more, reads in ((ME, {}, "mine"), (AUTHOR, {"message_snapshots": [snapshot]}, "mine\n\nfrom afar")):
        answered = message("mine", id="70", author=author, **more)
        [reply] = created(message("hm", type=19, referenced_message=answered)).references
        assert (reply.author, reply.text) == ("gateway" if author is ME else "Ada", reads)
        assert [file.name for file in reply.files] == (["a.png"] if more else [])


@pytest.mark.parametrize("more", [{"referenced_message": None}, {}])
def test_a_reply_to_what_discord_does_not_send_along_still_names_it(more: dict[str, Any]) -> None:
    event = created(message("hm", type=19, message_reference={"message_id": "70"}, **more))
    assert event.references == (Reference(kind="reply", message_id="70"),)


# Forwards


def test_a_forward_brings_its_words_and_files_beside_ones_own() -> None:
    snapshot = {
        "message": {
            "content": "<@20> said <#30>",
            "mentions": [AUTHOR],
            "attachments": [{"id": "7", "filename": "a.txt"}],
        }
    }
    pointed = {"type": 1, "message_id": "70", "channel_id": "71"}
    event = created(in_thread("", message_reference=pointed, message_snapshots=[snapshot]))
    [forward] = event.references
    assert (forward.kind, forward.message_id, forward.text) == ("forward", "70", "@Ada said #general")
    [file] = forward.files
    # The file's address is renewed from the message that forwards it: the original may be anywhere.
    assert file.extra["message"] == "1573471091890847744" and file.extra["channel"] == "40"
    assert (event.text, event.files) == ("", ())


def test_a_forward_discord_tells_nothing_of_is_named() -> None:
    event = created(message("", message_reference={"type": 1, "message_id": "70"}))
    assert event.references == (Reference(kind="forward", message_id="70"),)


def test_an_ordinary_message_refers_to_nothing() -> None:
    assert created(message("hello", embeds=[], message_reference=None)).references == ()


# Times


@pytest.mark.parametrize(
    ("style", "reads"),
    [
        *[(style, "2021-04-20 21:20 UTC") for style in ("", ":t", ":d", ":D", ":f", ":F", ":R", ":s", ":x")],
        *[(style, "2021-04-20 21:20:30 UTC") for style in (":T", ":S")],
    ],
)
def test_every_style_of_a_timestamp_is_a_time(style: str, reads: str) -> None:
    assert created(message(f"at <t:1618953630{style}>!")).text == f"at {reads}!"


# Files


@pytest.mark.parametrize(
    ("file", "mime"),
    [
        ({"filename": "message.txt"}, "text/plain"),
        ({"filename": "photo.png"}, "image/png"),
        ({"filename": "notes.md", "content_type": None}, "text/markdown"),
        ({"filename": "notes_1.md", "title": "Notes ä"}, "text/markdown"),
        ({"filename": "a.csv", "content_type": "application/octet-stream"}, "text/csv"),
        ({"filename": "a.bin", "content_type": "IMAGE/JPEG; x=y"}, "image/jpeg"),
        ({"filename": "what"}, "application/octet-stream"),
    ],
)
def test_a_file_without_a_type_is_what_its_name_says(file: dict[str, Any], mime: str) -> None:
    [read] = created(message("", attachments=[{"id": "7", **file}])).files
    assert read.mime == mime


# Bounds


def test_components_nested_without_end_are_read_to_the_end() -> None:
    deep: dict[str, Any] = {"type": 10, "content": "the core"}
    for _ in range(900):
        deep = {"type": 17, "components": [deep]}
    assert words(message("", components=[deep])) == "the core"
    wide = [{"type": 10, "content": "x"}] * 5_000
    assert words(message("", components=wide)).count("x") == 1_000


def test_whose_name_it_is_and_whose_mention() -> None:
    said = message("<@10> and <@20>", mentions=[AUTHOR, ME])
    assert words(said, bot=BOT) == "and @Ada"
    assert words(said) == "@gateway and @Ada"
    assert words(said, names={ADA: "x"}, bot=BOT) == "and @Ada"
