"""What was read from the connection is stored in order, again and again if need be, and bounded."""

import asyncio
import time

import pytest

from adapters.discord import intake as module
from adapters.discord.conversations import direct
from adapters.discord.intake import Intake
from adapters.discord.progress import Mark, Progress
from gateway.errors import Draining
from gateway.model import Accepted, Envelope

NEW = Accepted(status="new")


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSES", (0.001,))


def envelope(channel: str, n: int) -> Envelope:
    return Envelope(key=f"discord:dm:{channel}:{n}", ref=direct(channel), body={"n": n}, received_at=time.time())


def mark() -> Mark:
    return Progress().mark()


class Store:
    """Stores when it is let, one step later, and notes in which order."""

    def __init__(self) -> None:
        self.stored: list[str] = []
        self.trying = 0
        self.most = 0
        self.broken: set[str] = set()
        self.down = False
        self.closed = False

    async def accept(self, envelope: Envelope) -> Accepted:
        self.trying += 1
        self.most = max(self.most, self.trying)
        await asyncio.sleep(0)
        self.trying -= 1
        if self.closed:
            raise Draining("over")
        if self.down or envelope.key in self.broken:
            raise OSError("disk full")
        self.stored.append(envelope.key)
        return NEW


async def until(intake: Intake, count: int = 0) -> None:
    async with asyncio.timeout(5):
        while intake._waiting > count:
            await asyncio.sleep(0.001)  # nothing tells of the last one


async def test_in_order_within_a_conversation_and_side_by_side_across() -> None:
    store = Store()
    intake = Intake(store.accept)
    for n in range(50):
        for channel in "abc":
            intake.take(envelope(channel, n), mark())
    await until(intake)
    for channel in "abc":
        mine = [key for key in store.stored if f":{channel}:" in key]
        assert mine == [f"discord:dm:{channel}:{n}" for n in range(50)]
    assert store.most == 3
    await asyncio.gather(*intake._tasks)
    assert intake._queues == {}
    assert intake._tasks == set()


async def test_a_store_that_is_down_loses_nothing() -> None:
    store = Store()
    store.down = True
    intake = Intake(store.accept)
    results: list[Accepted | None] = []
    for n in range(20):
        intake.take(envelope(f"{n % 4}", n), mark(), results.append)
    await asyncio.sleep(0.05)
    assert (store.stored, results) == ([], [])
    assert intake.trouble is not None
    store.down = False
    await until(intake)
    assert len(store.stored) == 20
    assert results == [NEW] * 20
    assert intake.trouble is None


async def test_one_that_can_never_be_stored_does_not_block_its_conversation_for_ever() -> None:
    store = Store()
    store.broken = {"discord:dm:a:0"}
    intake = Intake(store.accept)
    results: list[Accepted | None] = []
    intake.take(envelope("a", 0), mark(), results.append)
    intake.take(envelope("a", 1), mark(), results.append)
    await asyncio.sleep(0.05)
    assert results == []  # it may as well be the store
    intake.take(envelope("b", 0), mark())
    await until(intake)
    assert store.stored == ["discord:dm:b:0", "discord:dm:a:1"]
    assert results == [None, NEW]


async def test_it_is_full_and_has_room_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LIMIT", 10)
    store = Store()
    store.down = True
    intake = Intake(store.accept)
    for n in range(10):
        assert not intake.full
        intake.take(envelope("a", n), mark())
    assert intake.full
    waiting = asyncio.create_task(intake.room())
    await asyncio.sleep(0.02)
    assert not waiting.done()
    store.down = False
    await asyncio.wait_for(waiting, 5)
    assert intake._waiting <= 5


async def test_while_shutting_down_nothing_more_is_taken() -> None:
    store = Store()
    intake = Intake(store.accept)
    results: list[Accepted | None] = []
    store.closed = True
    for n in range(3):
        intake.take(envelope("a", n), mark(), results.append)
    await until(intake)
    intake.take(envelope("b", 0), mark(), results.append)
    assert results == [None] * 4
    await intake.close()


async def test_closing_waits_for_what_is_being_stored() -> None:
    store = Store()
    intake = Intake(store.accept)
    for n in range(5):
        intake.take(envelope(f"{n}", n), mark())
    await asyncio.sleep(0)
    await intake.close()
    assert len(store.stored) == 5
    store.down = True
    stuck = Intake(store.accept)
    stuck.take(envelope("a", 0), mark())
    await asyncio.sleep(0.01)
    await asyncio.wait_for(stuck.close(), 5)


async def test_one_that_is_mistaken_is_dropped_though_nothing_else_comes() -> None:
    """Nobody else writes, so nothing tells that the store is well; but no store raises this because it is down."""
    stored: list[str] = []

    async def accept(envelope: Envelope) -> Accepted:
        if envelope.key.endswith(":0"):
            raise TypeError("recursion limit reached")
        stored.append(envelope.key)
        return NEW

    intake = Intake(accept)
    results: list[Accepted | None] = []
    place = Progress("s")
    for n in range(2):
        place.at = n + 1
        intake.take(envelope("a", n), place.mark(), results.append)
        place.passed()
    await until(intake)
    assert (stored, results, intake.trouble) == (["discord:dm:a:1"], [None, NEW], None)
    assert place.stored == 2  # no RESUME asks for it again
