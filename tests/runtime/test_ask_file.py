"""What the form of a file ask offers, and what a received file is."""

from pathlib import Path
from typing import Any

import pytest

from gateway.chat.asks.file import AskFileMessage
from gateway.chat.elements.files import Audio, File, Image, Pdf, Text, Video, received


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
        ("notes.md", "application/octet-stream", Text, "text/markdown"),
        ("a.txt", "text/plain", Text, "text/plain"),
        ("a.csv", "text/csv", File, "text/csv"),
        ("memo.m4a", "", Audio, "audio/mp4"),
        ("film.webm", "", Video, "video/webm"),
        ("report.pdf", "", Pdf, "application/pdf"),
        ("what", "", File, "application/octet-stream"),
    ],
)
def test_a_received_file_is_what_is_stated_else_what_its_name_says(
    name: str, stated: Any, kind: type[object], mime: str | None
) -> None:
    element = received(name, stated, Path("/x"), 3)
    assert (type(element), element.mime, element.size) == (kind, mime, 3)
