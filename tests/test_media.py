"""Media types by what is stated and by the name, and what an ask accepts."""

import pytest

from gateway.model import accepts, kind_of, media_type


@pytest.mark.parametrize(
    ("name", "stated", "mime"),
    [
        ("message.txt", "", "text/plain"),
        ("photo.PNG", "application/octet-stream", "image/png"),
        ("notes.md", "", "text/markdown"),
        ("notes.md", "text/plain", "text/plain"),
        ("a.bin", "Image/PNG; charset=binary", "image/png"),
        ("no-ending", "", "application/octet-stream"),
        (".gitignore", "", "application/octet-stream"),
    ],
)
def test_the_name_speaks_where_the_platform_says_nothing(name: str, stated: str, mime: str) -> None:
    assert media_type(name, stated) == mime


@pytest.mark.parametrize(
    ("name", "mime", "accept", "taken"),
    [
        ("notes.md", "text/plain", ["text/markdown"], True),
        ("notes.md", "text/plain", ["text/plain"], True),
        ("notes.md", "text/plain", ["image/*"], False),
        ("a.png", "", ["image/*"], True),
        ("a.PNG", "image/png", ["IMAGE/PNG"], True),
        ("a.csv", "text/plain", [".csv"], True),
        ("a.csv", "text/plain", {"text/csv": ["csv"]}, True),
        ("a.dat", "text/csv", {"text/csv": [".csv"]}, True),
        ("a.exe", "application/x-msdownload", {"text/csv": [".csv"]}, False),
        ("a.exe", "", [], True),
        ("a.exe", "", ["*/*"], True),
    ],
)
def test_an_ask_accepts_by_type_or_by_ending(
    name: str, mime: str, accept: list[str] | dict[str, list[str]], taken: bool
) -> None:
    assert accepts(name, mime, accept) is taken


def test_kinds_of_elements() -> None:
    assert [kind_of(mime) for mime in ("image/png", "audio/ogg", "video/mp4", "application/pdf", "text/plain")] == [
        "image", "audio", "video", "pdf", "file",
    ]  # fmt: skip
