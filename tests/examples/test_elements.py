"""The example of elements does on every platform what it says."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.testing import User
from tests.support.figures import Chart, CountedFrame


def frame_of(columns: dict[str, list[Any]]) -> CountedFrame:
    return CountedFrame(list(columns), [list(row) for row in zip(*columns.values(), strict=True)])


@pytest.fixture(autouse=True)
def libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put stand-ins in the place of the libraries that draw."""
    graphs = SimpleNamespace(Figure=lambda data: Chart(), Bar=lambda x, y: None)
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=frame_of))
    monkeypatch.setitem(sys.modules, "plotly", SimpleNamespace(graph_objects=graphs))
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", graphs)


@pytest.mark.gateway(bot="../../examples/elements.py")
async def test_the_example_of_elements(user: User) -> None:
    await user.says("hello")
    await user.sees("Say")
    await user.says("card")
    card = await user.sees("The next ticket:")
    assert "open" in card.words and card.buttons == ("Close it",)
    await user.clicks("Close it")
    await user.sees(lambda seen: "closed" in seen.words and not seen.buttons)
    await user.says("code")
    assert "GROUP BY city" in (await user.sees("How many live where:")).text
    await user.says("report")
    await user.sees("All of it is in the")
    await user.says("table")
    assert "3400000" in (await user.sees("Cities")).text
    await user.says("chart")
    await user.sees("The largest cities:")
    await user.uploads(("memo.mp3", b"mp3"))
    await user.sees("Audio memo.mp3, audio/mpeg")
    for name in ("cities.html", "cities.png", "report.pdf"):
        assert (await user.downloads(name)).data
