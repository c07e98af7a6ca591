"""Cycles that handlers leave behind go without Python's own, frequent looks."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from gateway.serving import garbage


class Knot:
    """Refers to itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.enable()


async def gone(knot: "weakref.ref[Knot]") -> None:
    while knot() is not None:
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("age", ["young", "old"])
async def test_cycles_are_collected(monkeypatch: pytest.MonkeyPatch, age: str) -> None:
    garbage.start()
    monkeypatch.setattr(garbage, "EVERY", 0.01)
    monkeypatch.setattr(garbage, "WORTH", -1 if age == "young" else 10**9)
    monkeypatch.setattr(garbage, "FULL", 10**9 if age == "young" else 2)
    knot = weakref.ref(Knot() if age == "young" else _grown_old())
    looks = asyncio.create_task(garbage.collect(lambda: True))
    await asyncio.wait_for(gone(knot), 10)
    looks.cancel()


def _grown_old() -> Knot:
    knot = Knot()
    gc.collect(1)
    return knot


async def test_nothing_is_looked_for_while_there_is_something_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    garbage.start()
    monkeypatch.setattr(garbage, "EVERY", 0.001)
    monkeypatch.setattr(garbage, "MOMENT", 0.001)
    monkeypatch.setattr(garbage, "WORTH", -1)
    asked = asyncio.Semaphore(0)

    def is_resting() -> bool:
        asked.release()
        return False

    knot = weakref.ref(Knot())
    looks = asyncio.create_task(garbage.collect(is_resting))
    for _ in range(5):
        await asyncio.wait_for(asked.acquire(), 10)
    assert knot() is not None
    looks.cancel()


def test_starting_leaves_what_is_there_alone() -> None:
    garbage.start()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[0] == garbage.TOO_MANY
