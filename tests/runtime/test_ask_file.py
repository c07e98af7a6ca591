"""What the form of a file ask offers, and what a received file is."""

from pathlib import Path
from typing import Any

import pytest

from gateway.chat.asks.file import AskFileMessage
from gateway.chat.elements.files import File, Image, received


@pytest.mark.parametrize(
    ("accept", "endings"),
    [
        (["text/plain"], ()),
        ([".csv", ".tsv"], ("csv", "tsv")),
        (["text/plain", ".csv"], ()),
        ({"text/csv": [".csv", "tsv"]}, ("csv", "tsv")),
        ({"text/csv": [".csv"], "image/*": []}, ()),
        ([], ()),
    ],
)
def test_the_form_offers_endings_only_where_they_are_all_that_is_accepted(accept: Any, endings: Any) -> None:
    assert AskFileMessage("A file?", accept)._extensions() == endings


@pytest.mark.parametrize(
    ("name", "stated", "kind", "mime"),
    [
        ("photo.png", "", Image, "image/png"),
        ("photo.png", "application/octet-stream", Image, "image/png"),
        ("photo.png", "IMAGE/PNG; x=1", Image, "image/png"),
        ("notes.md", "application/octet-stream", File, "text/markdown"),
        ("what", "", File, "application/octet-stream"),
    ],
)
def test_a_received_file_is_what_is_stated_else_what_its_name_says(
    name: str, stated: Any, kind: type[object], mime: str | None
) -> None:
    element = received(name, stated, Path("/x"), 3)
    assert (type(element), element.mime, element.size) == (kind, mime, 3)
