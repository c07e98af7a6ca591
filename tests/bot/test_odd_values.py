"""Whatever a bot puts where JSON belongs, its turn is kept and its conversation goes on."""

import json
from collections import UserDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.model import StepRecord
from gateway.model.plain import as_json
from gateway.store.core.records import dump_records, load_records
from tests.contract.history import kept
from tests.contract.reading import reads
from tests.slack.world import SlackWorld
from tests.support.bot import register, running_bot


class Mute:
    """An object that cannot be made text."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


class Broken(UserDict[str, Any]):
    """A mapping that cannot be read."""

    def items(self) -> Any:
        raise RuntimeError("no items")


def circle() -> dict[str, Any]:
    value: dict[str, Any] = {"n": 1}
    value["self"] = value
    return {**value, "all": [value, value]}


def deep() -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(5_000):
        value = {"in": value}
    return value


def wide() -> dict[str, Any]:
    many = [[0] * 1_000] * 1_000
    return {"many": many, "of": object()}


ODD: dict[str, tuple[Callable[[], Any], Any]] = {
    "circle": (circle, {"n": 1, "self": {"n": 1, "self": "…"}, "all": [{"n": 1, "self": "…"}] * 2}),
    "half": (lambda: {"\ud83d": ["\ud83d", "nul\x00"]}, {"�": ["�", "nul�"]}),
    "keys": (lambda: {1: 2, (1, 2): 3, None: 4}, {"1": 2, "(1, 2)": 3, "None": 4}),
    "numbers": (lambda: {"a": 10**5000, "b": 2**64, "c": [float("nan"), object]}, None),
    "mute": (lambda: {"a": Mute()}, {"a": "<Mute>"}),
    "broken": (lambda: {"a": Broken(), "b": 1}, {"a": "…", "b": 1}),
    "deep": (deep, None),
    "wide": (wide, None),
}


@pytest.mark.parametrize("name", ODD)
def test_any_value_becomes_json(name: str) -> None:
    make, wanted = ODD[name]
    value = json.loads(as_json(make()))
    assert wanted is None or value == wanted
    step = StepRecord("1", "t", "u", "n", "tool", 1.0, output="said", metadata=make(), tags=("a", "\ud83d"))
    [again] = load_records(dump_records([step]))
    assert isinstance(again, StepRecord) and again.output == "said"
    assert again.metadata == value or name == "deep"  # the record is around it


def test_numbers_that_nobody_writes_out_are_texts() -> None:
    assert json.loads(as_json(ODD["numbers"][0]())) == {"a": "<int>", "b": 2**64, "c": [None, str(object)]}


async def test_a_turn_with_odd_values_is_kept(slack: SlackEmulator, tmp_path: Path) -> None:
    world = SlackWorld(slack)

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            tags: list[Any] = ["\ud83d", Mute()]
            for make, _ in ODD.values():
                value = make()
                await cl.Message(
                    "odd", metadata=value, tags=tags, elements=[cl.CustomElement("card", props=value)]
                ).send()
            await cl.Message("done").send()

    async with running_bot(world, register(bot), tmp_path, turn_retries=0):
        post = await world.dm("x")
        await reads(world, post, "done")
    assert kept(tmp_path, "SELECT output FROM steps ORDER BY rowid") == ["x", *["odd"] * len(ODD), "done"]
    for metadata, props in kept(tmp_path, 'SELECT metadata, props FROM steps JOIN elements ON "forId" = steps.id'):
        assert json.loads(metadata) == json.loads(props)
