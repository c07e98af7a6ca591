"""The data layer that a bot registers: made once, checked, shown to the bot."""

from pathlib import Path
from typing import Any

import pytest

from gateway import data
from gateway.data.base import BaseDataLayer
from gateway.errors import SettingsError
from gateway.loading import load_bot
from gateway.outbox import LayerSource
from gateway.outbox.layer import checked
from tests.support.layers import DictLayer


def test_a_layer_of_another_family_is_taken_when_it_has_the_methods() -> None:
    other = type("Other", (), {name: (lambda *_: None) for name in BaseDataLayer.__abstractmethods__})()
    assert checked(other) is other


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (None, "returned None, which is no data layer: all its methods missing"),
        (DictLayer, "returned the class DictLayer: return an object of it"),
        (type("Half", (), {name: 1 for name in BaseDataLayer.__abstractmethods__})(), "an object of Half"),
        (
            type("Most", (), {n: print for n in BaseDataLayer.__abstractmethods__ - {"create_step", "get_user"}})(),
            "an object of Most, which is no data layer: create_step, get_user missing",
        ),
    ],
)
async def test_what_is_no_layer_ends_the_start_and_names_what_is_missing(layer: Any, message: str) -> None:
    source = LayerSource(lambda: layer, None, timeout=5)
    with pytest.raises(SettingsError, match=message):
        await source.open()
    await source.close()


async def test_a_mistake_in_the_function_ends_the_start() -> None:
    def make() -> BaseDataLayer:
        return undefined  # type: ignore[name-defined,no-any-return] # noqa: F821 # pyright: ignore

    source = LayerSource(make, None, timeout=5)
    with pytest.raises(SettingsError, match="@data_layer failed: NameError: name 'undefined' is not defined"):
        await source.open()
    await source.close()


@pytest.mark.parametrize("ends", [SystemExit(3), KeyboardInterrupt()])
async def test_a_function_that_would_end_the_process_is_called_again(ends: BaseException) -> None:
    layer, raised = DictLayer(), [ends]

    def make() -> DictLayer:
        if raised:
            raise raised.pop()
        return layer

    source = LayerSource(make, None, timeout=5)
    await source.open()
    assert type(ends).__name__ in (source.problem or "")
    assert await source.get() is layer
    await source.close()


async def test_the_bot_finds_the_layer_until_the_end() -> None:
    calls: list[str] = []

    async def make() -> DictLayer:
        calls.append("made")
        return layer

    layer = DictLayer()
    source = LayerSource(make, None, timeout=5)
    await source.open()
    assert data.get_data_layer() is await source.get() is layer
    assert calls == ["made"]
    await source.close()
    assert data.get_data_layer() is None
    assert layer.closed


async def test_a_layer_on_the_own_database_is_made_when_it_is_asked_for() -> None:
    made: list[DictLayer] = []

    def own() -> DictLayer:
        made.append(DictLayer())
        return made[0]

    source = LayerSource(None, own, timeout=5)
    await source.open()
    assert made == []
    assert data.get_data_layer() is made[0] is data.get_data_layer()
    await source.close()
    assert made[0].closed


def test_a_layer_that_the_bot_file_assigns_is_registered(tmp_path: Path) -> None:
    bot = tmp_path / "assigning_bot.py"
    bot.write_text(
        "import gateway as cl\n"
        "import gateway.data as cl_data\n"
        "from tests.support.layers import DictLayer\n"
        "cl_data._data_layer = DictLayer()\n"
        "@cl.on_message\n"
        "async def main(message): pass\n"
    )
    callbacks = load_bot(bot)
    assert callbacks.data_layer is not None
    assert isinstance(callbacks.data_layer(), DictLayer)
    data.set_data_layer(None)
