"""Elements: their dictionaries, what names them in a text, tables of data frames, cards of properties."""

import sys
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.chat.elements import drawing
from gateway.chat.elements.rendered import mentions
from gateway.chat.elements.tables import as_csv, table_of
from gateway.errors import TooLarge
from gateway.model import Capabilities, FromUrl
from tests.support.figures import Chart, CountedFrame, Figure, Frame, WriteFrame

LIMITS = Capabilities(
    text_limit=2_000,
    buttons_per_message=5,
    button_label_limit=75,
    action_token_limit=100,
    files_per_message=10,
    file_size_limit=1_000_000,
)


@pytest.mark.parametrize(
    "element",
    [
        cl.File("a.bin", url="https://example.com/a.bin"),
        cl.Image("pic", url="https://example.com/pic", size="large", display="side"),
        cl.Audio("sound", path="./sound.mp3", auto_play=True),
        cl.Video("film", path="./film.mp4", player_config={"loop": True}),
        cl.Pdf("doc", path="./doc.pdf", page=3, display="page"),
        cl.Text("code", path="./code.py", language="python", for_id="m1", thread_id="t1"),
        cl.CustomElement("Ticket", props={"a": [1]}),
    ],
    ids=lambda element: element.type,
)
def test_an_element_becomes_a_dictionary_and_back(element: cl.Element) -> None:
    again = cl.Element.from_dict(element.to_dict())
    assert type(again) is type(element)
    assert again.to_dict() == element.to_dict()


def test_a_stored_chart_comes_back_as_its_file() -> None:
    stored = {**cl.Plotly("chart", figure=Chart()).to_dict(), "url": "https://example.com/chart.json"}
    again = cl.Element.from_dict(stored)  # type: ignore[arg-type]
    assert (type(again), again.name) == (cl.File, "chart")
    with pytest.raises(ValueError, match="needs exactly one of path, url or content"):
        cl.Element.from_dict({"type": "image", "name": "pic"})


def test_the_page_of_a_linked_pdf_is_where_it_opens() -> None:
    source = cl.Pdf("doc", url="https://example.com/doc.pdf", page=2).as_file().source
    assert source == FromUrl(url="https://example.com/doc.pdf#page=2")


@pytest.mark.parametrize(
    ("language", "name"),
    [("python", "a.py"), ("SQL", "a.sql"), ("json", "a.json"), ("klingon", "a.txt"), (None, "a.txt")],
)
def test_a_long_text_has_the_ending_of_its_language(language: str | None, name: str) -> None:
    assert cl.Text("a", content="x" * 3_000, language=language).as_file().name == name


@pytest.mark.parametrize(
    ("text", "name", "mentioned"),
    [
        ("Here is the cat image!", "cat image", True),
        ("cat image", "cat image", True),
        ("the cat images", "cat image", False),
        ("**pdf1** and `x`", "pdf1", True),
        ("pdf10", "pdf1", False),
        ("report (1).pdf is new", "report (1).pdf", True),
        ("nothing", " ", False),
    ],
)
def test_a_text_mentions_a_name_as_a_word_of_its_own(text: str, name: str, mentioned: bool) -> None:
    assert mentions(text, name) is mentioned


def table(frame: Any, *, width: int = 2_000, limit: int = 1_000_000) -> Any:
    return table_of(frame, file="f.csv", width=width, limit=limit)


def test_a_small_table_is_complete_with_its_rows_labels_where_they_have_some() -> None:
    counted = table(CountedFrame(["a", "b"], [[0.1 + 0.2, "x|y"], ["", "long\nline"]]))
    assert counted == ("| a | b |\n|---|---|\n| 0.3 | x\\|y |\n|   | long line |", "", b"")
    assert table(Frame(["a"], [["x"]])).markdown == "|   | a |\n|---|---|\n| 0 | x |"
    assert table(WriteFrame(["a"], [["x"]])).markdown == "| a |\n|---|\n| x |"
    assert table(CountedFrame([], [])).markdown == "(no columns)"


@pytest.mark.parametrize(
    ("frame", "note"),
    [
        (CountedFrame(["a"], [[1]] * 21), "First 10 of 21 rows; all of it is in f.csv."),
        (CountedFrame(list("abcdefghi"), [[1] * 9]), "1 rows, 8 of 9 columns; all of it is in f.csv."),
        (CountedFrame(["a"], [["x" * 61]]), "1 rows; all of it is in f.csv."),
        (WriteFrame(["a"], [["x" * 60]] * 20), "First 4 of 20 rows; all of it is in f.csv."),
    ],
)
def test_a_table_that_is_not_all_of_the_data_says_so(frame: Any, note: str) -> None:
    width = 400 if isinstance(frame, WriteFrame) else 2_000
    got = table(frame, width=width)
    assert got.note == note
    assert got.csv == CountedFrame(frame.columns, frame.rows).csv


@pytest.mark.parametrize("kind", [CountedFrame, WriteFrame])
def test_a_csv_ends_where_the_platform_takes_no_more(kind: Any) -> None:
    with pytest.raises(TooLarge, match=r"f\.csv has more than 0\.001 MB"):
        as_csv(kind(["a"], [["x" * 100]] * 100), 1_000, name="f.csv")


async def test_a_data_frame_that_cannot_be_read_is_told() -> None:
    class Broken(CountedFrame):
        def head(self, n: int) -> CountedFrame:
            raise MemoryError

    rendered = await cl.Dataframe("f", data=Broken(["a"], [[1]])).render(LIMITS)
    assert (rendered.text, rendered.files) == ("⚠️ f could not be shown; the bot's log says why.", ())


async def test_an_attached_data_frame_is_a_file_alone() -> None:
    rendered = await cl.Dataframe("f", data=CountedFrame(["a"], [[1]]), display="side").render(LIMITS)
    assert [file.name for file in rendered.files] == ["f.csv"] and not rendered.text


async def test_a_drawing_that_takes_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "PATIENCE", 0.0)
    rendered = await cl.Pyplot("plot", figure=Figure()).render(LIMITS)
    assert rendered.text.startswith("⚠️ plot could not be shown")


def test_pyplots_current_figure_is_found_without_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = Figure()

    class Pyplot:
        @staticmethod
        def get_fignums() -> list[int]:
            return [1]

        @staticmethod
        def gcf() -> Figure:
            return figure

    with pytest.raises(ValueError, match="this is nothing"):
        cl.Pyplot("plot")
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", Pyplot)
    assert cl.Pyplot("plot").figure is figure


def test_a_card_is_made_of_properties() -> None:
    card = cl.CustomElement(
        "Ticket",
        props={
            "title": "Fix it",
            "description": "Because **now**.",
            "image_url": "https://example.com/a",
            "in_progress": True,
            "tags": ["a", "b"],
            "nobody": None,
            "score": 1.5,
            "nested": {"a": [1, {"b": None}]},
            "url": "https://example.com/page",
            "long": "x" * 600,
        },
    ).card()
    assert (card.title, card.text, card.image_url) == ("Fix it", "Because **now**.", "https://example.com/a")
    assert card.facts == (
        ("In progress", "yes"),
        ("Tags", "a, b"),
        ("Nobody", "none"),
        ("Score", "1.5"),
        ("Nested", '{"a":[1,{"b":null}]}'),
        ("Url", "https://example.com/page"),
        ("Long", "x" * 499 + "…"),
    )


def test_a_card_is_bounded_and_takes_whatever_properties_there_are() -> None:
    loop: dict[Any, Any] = {}
    loop["self"] = loop
    props: dict[str, Any] = {"loop": loop, "keys": {(1, 2): 3}, "image": "javascript:alert(1)", "text": 5}
    card = cl.CustomElement("Many", props=props | {f"p{n}": n for n in range(100)}).card()
    assert card.title == "Many" and card.image_url is None and card.text == ""
    assert len(card.facts) == 40 and card.facts[-1] == ("…", "65 more")
    assert ("Text", "5") in card.facts and ("Image", "javascript:alert(1)") in card.facts
    picture = cl.CustomElement("Pic", props={"url": "https://example.com/a.png"}).card()
    assert picture.image_url == "https://example.com/a.png" and picture.facts == ()


def test_heavy_libraries_are_not_imported() -> None:
    sources = [path.read_text() for path in Path("gateway").rglob("*.py")]
    assert not [each for each in sources for name in ("pandas", "plotly", "matplotlib") if f"import {name}" in each]
