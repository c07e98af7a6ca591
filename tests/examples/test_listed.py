"""Each example is short, is named in the README and has a test; each name that the README lists is there."""

import re
from pathlib import Path

import gateway as cl
from gateway import input_widget
from gateway.integrations import NAMES

LINES = 60
"""An example that is longer is no example of one thing. The demo shows a bit of everything."""


def readme(examples: Path) -> str:
    return (examples.parent / "README.md").read_text()


def test_each_example_is_short_named_in_the_readme_and_tested(examples: Path) -> None:
    names = [path.stem for path in examples.glob("*.py")]
    assert names
    for name in names:
        assert f"(examples/{name}.py)" in readme(examples)
        assert (Path(__file__).parent / f"test_{name}.py").is_file()
        if name != "hello":
            assert len((examples / f"{name}.py").read_text().splitlines()) < LINES


def test_the_names_the_readme_lists_are_all_there_are(examples: Path) -> None:
    table = readme(examples).partition("| part | names | example |")[2].partition("\n\n")[0]
    rows = [row.split("|")[2] for row in table.splitlines() if row.startswith("| ")]
    named = {name for row in rows for name in re.findall(r"`@?([A-Za-z_]+)`", row)}
    assert named <= {*cl.__all__, *NAMES}
    assert "gateway.input_widget" in table and input_widget.__all__
    classes = {name: each for name in cl.__all__ if isinstance(each := getattr(cl, name), type)}
    errors = {name for name, each in classes.items() if issubclass(each, Exception)}
    web_only = set(re.findall(r"`@?(?:cl\.)?([A-Za-z_]+)", (examples.parent / "docs" / "web-only.md").read_text()))
    made_by_the_gateway = {"AskFileResponse", "Element", "Feedback", "Reaction"}
    assert {*cl.__all__} - named - errors - web_only == made_by_the_gateway
