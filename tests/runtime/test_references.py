"""What a message refers to, as a handler reads it."""

from typing import Literal

import pytest

from gateway.chat.references import as_metadata, quoted, referred_files
from gateway.model import ConversationRef, MessageCreated, Reference, RemoteFile, UserRef

REF = ConversationRef(platform="slack", workspace="T", channel="C", thread="1.1")
USER = UserRef(platform="slack", workspace="T", id="U")
NOTE, PLAN = (
    RemoteFile(id="F1", name="note.txt", mime="text/plain", size=3, url="https://secret"),
    RemoteFile(id="F2", name="plan.pdf"),
)


def message(text: str, *references: Reference, files: tuple[RemoteFile, ...] = ()) -> MessageCreated:
    return MessageCreated(ref=REF, user=USER, message_id="1", text=text, references=references, files=files)


def test_without_references_the_text_is_the_text() -> None:
    assert quoted(message("hello")) == "hello"


@pytest.mark.parametrize("kind", ["reply", "quote"])
def test_what_is_replied_to_stands_above_the_words(kind: Literal["reply", "quote"]) -> None:
    referred = Reference(kind=kind, author="Ada", text="Ticket 4711\n\nblocks it")
    assert quoted(message("and now?", referred)) == "> **Ada:**\n> Ticket 4711\n>\n> blocks it\n\nand now?"


def test_what_is_forwarded_stands_below_the_words() -> None:
    forward = Reference(kind="forward", author="monitor", text="Disk full")
    assert quoted(message("look", forward)) == "look\n\n> **monitor:**\n> Disk full"
    assert quoted(message("", forward)) == "> **monitor:**\n> Disk full"


def test_several_keep_their_order() -> None:
    first, second = Reference(kind="reply", text="one"), Reference(kind="quote", text="two")
    assert quoted(message("three", first, second)) == "> one\n\n> two\n\nthree"


def test_a_name_is_no_markup_and_one_line() -> None:
    referred = Reference(kind="reply", author="*Ada*\n# L", text="x")
    assert quoted(message("y", referred)) == "> **\\*Ada\\* # L:**\n> x\n\ny"


def test_code_that_is_quoted_stays_inside_the_quote() -> None:
    referred = Reference(kind="reply", text="```python\nx = 1\n\n> y\n```")
    assert quoted(message("why?", referred)) == "> ```python\n> x = 1\n>\n> > y\n> ```\n\nwhy?"


def test_files_without_words_are_named() -> None:
    referred = Reference(kind="reply", author="Ada", files=(NOTE, PLAN))
    assert quoted(message("read these", referred)) == "> **Ada:**\n> 📎 note.txt\n> 📎 plan.pdf\n\nread these"


def test_what_cannot_be_told_leaves_the_words_alone() -> None:
    assert quoted(message("yes", Reference(kind="reply", message_id="9", author="Ada"))) == "yes"


def test_files_of_references_come_behind_the_messages_own_each_once() -> None:
    referred = Reference(kind="forward", files=(NOTE, PLAN))
    assert referred_files(message("x", referred, files=(PLAN,))) == (PLAN, NOTE)


def test_metadata_tells_all_but_the_addresses_of_files() -> None:
    referred = Reference(kind="reply", message_id="9", author="Ada", text="hi", files=(NOTE,))
    assert as_metadata([referred]) == [
        {
            "kind": "reply",
            "message_id": "9",
            "author": "Ada",
            "text": "hi",
            "files": [{"name": "note.txt", "mime": "text/plain", "size": 3}],
        }
    ]
