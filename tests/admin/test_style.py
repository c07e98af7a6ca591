"""The look of the pages is the playground's."""

from pathlib import Path


def test_the_colours_are_the_playgrounds() -> None:
    folder = Path(__file__).parents[2] / "gateway"
    files = ("playground/static/app.css", "http/admin/static/admin.css")
    palettes = [(folder / file).read_text().partition(":root {")[2].partition("\n}")[0] for file in files]
    assert palettes[0] == palettes[1] != ""
