"""The example of elements does on every platform what it says."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.loading import load_bot
from tests.contract.reading import reads, shown
from tests.contract.world import File, World
from tests.support.bot import running_bot
from tests.support.figures import Chart, CountedFrame


def frame_of(columns: dict[str, list[Any]]) -> CountedFrame:
    return CountedFrame(list(columns), [list(row) for row in zip(*columns.values(), strict=True)])


async def test_the_example_of_elements(
    world: World, tmp_path: Path, examples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs = SimpleNamespace(Figure=lambda data: Chart(), Bar=lambda x, y: None)
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=frame_of))
    monkeypatch.setitem(sys.modules, "plotly", SimpleNamespace(graph_objects=graphs))
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", graphs)
    async with running_bot(world, load_bot(examples / "elements.py"), tmp_path):
        post = await world.dm("hello")
        await reads(world, post, "Say")
        await world.reply(post, "card")
        card = await reads(world, post, "The next ticket:")
        assert "open" in shown(card) and card.buttons == ("Close it",)
        await world.click(card, "Close it")
        await world.wait_for(
            lambda: any("closed" in shown(said) and not said.buttons for said in world.said(post.place))
        )
        await world.reply(post, "code")
        assert "GROUP BY city" in (await reads(world, post, "How many live where:")).text
        await world.reply(post, "report")
        await reads(world, post, "All of it is in the")
        await world.reply(post, "table")
        assert "3400000" in (await reads(world, post, "Cities")).text
        await world.reply(post, "chart")
        await reads(world, post, "The largest cities:")
        await world.reply(post, "", files=[File("memo.mp3", b"mp3", "audio/mpeg")])
        await reads(world, post, "Audio memo.mp3, audio/mpeg")
        names = sorted(file.name for file in await world.files(post.place))
    assert names == ["cities.html", "cities.png", "report.pdf"]
