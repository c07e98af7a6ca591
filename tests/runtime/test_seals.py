"""Seals: what only this gateway can have made, and only for this conversation."""

import asyncio
from typing import Any

import pytest

from gateway.runtime.seals import Seals

HERE, THERE = "slack:T:C:1.1", "slack:T:C:2.2"


class ValuesInMemory:
    """Values in a dict."""

    def __init__(self) -> None:
        self.bodies: dict[tuple[str, str], Any] = {}

    async def put_value(self, owner: Any, name: Any, body: Any) -> None:
        self.bodies[owner, name] = body

    async def add_value(self, owner: Any, name: Any, body: Any) -> Any:
        return self.bodies.setdefault((owner, name), body)

    async def get_value(self, owner: Any, name: Any) -> Any:
        found = self.bodies.get((owner, name))
        await asyncio.sleep(0)  # what another replica adds meanwhile is not seen
        return found


@pytest.fixture
async def seals() -> Any:
    made = Seals()
    await made.open(ValuesInMemory())
    return made


async def test_a_rating_is_read_where_it_was_written(seals: Any) -> None:
    token = seals.write_rating(HERE, "0f5e.message")
    assert seals.read_rating(HERE, token) == "0f5e.message"
    assert seals.read_rating(THERE, token) is None


@pytest.mark.parametrize("forged", ["", ".", "message", "message.", "message.AAAAAAAAAAAA", "half \ud83d.é"])
async def test_what_was_not_sealed_is_no_rating(seals: Any, forged: Any) -> None:
    assert seals.read_rating(HERE, forged) is None


async def test_words_cannot_be_moved_from_one_to_the_next(seals: Any) -> None:
    assert seals.seal("ab", "c") != seals.seal("a", "bc")


async def test_the_key_is_made_once_and_kept() -> None:
    kept, first, second, other = ValuesInMemory(), Seals(), Seals(), Seals()
    await first.open(kept)
    await second.open(kept)
    await other.open(ValuesInMemory())
    token = first.write_rating(HERE, "m")
    assert second.read_rating(HERE, token) == "m"
    assert other.read_rating(HERE, token) is None


async def test_replicas_that_start_at_once_have_one_key() -> None:
    kept, seals = ValuesInMemory(), [Seals() for _ in range(3)]
    await asyncio.gather(*(each.open(kept) for each in seals))
    assert len({each.key("links") for each in seals}) == 1


async def test_each_purpose_has_a_key_of_its_own_that_stays() -> None:
    kept, first, second = ValuesInMemory(), Seals(), Seals()
    with pytest.raises(RuntimeError, match="not open"):
        first.key("links")
    await first.open(kept)
    await second.open(kept)
    assert first.key("links") == second.key("links") != first.key("else")
    assert len(first.key("links")) == 32
