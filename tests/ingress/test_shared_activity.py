"""Whoever shows a conversation learns of its rest from the replica on which its turns run."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.ingress import shared_activity
from gateway.ingress.activity import ConversationActivity
from gateway.ingress.shared_activity import SharedActivity
from gateway.model import ConversationRef, Envelope
from gateway.runtime.outcome import write_outcome
from gateway.store import SQLiteStore
from tests.support.cluster import Replicas

WHERE = ConversationRef(platform="slack", workspace="T1", channel="C1", thread="1.1")


class InMemory:
    """What a replica has in memory of the conversation."""

    def __init__(self) -> None:
        self.holding: set[str] = set()
        self.busy = False

    def __contains__(self, key: str) -> bool:
        return bool(self.holding)

    def is_busy(self, key: str) -> bool:
        return self.busy

    def any_busy(self) -> bool:
        return self.busy

    def waiting(self) -> int | None:
        return None if self.busy else 0

    def holds(self, key: str, delivery: str) -> bool:
        return delivery in self.holding


class Place:
    """A replica: what it has in memory, and what it knows of all."""

    def __init__(self, store: SQLiteStore, replicas: Replicas) -> None:
        self.running = InMemory()
        self.here = ConversationActivity()
        self.here.running = self.running
        self.cluster = replicas.join()
        self.activity = SharedActivity(self.here, inbox=store, cluster=self.cluster)

    def changed(self) -> None:
        self.here.changed(WHERE.key)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "gateway.db")
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def places(store: SQLiteStore) -> tuple[Place, Place]:
    replicas = Replicas()
    return Place(store, replicas), Place(store, replicas)


async def put(store: SQLiteStore, key: str) -> None:
    await store.put(Envelope(key=key, ref=WHERE, body={}, received_at=1.0))


async def finish(store: SQLiteStore, key: str) -> None:
    lease = await store.claim(WHERE.key)
    assert lease is not None
    await write_outcome(store, lease, key)


async def settled(rest: asyncio.Task[None]) -> bool:
    await asyncio.wait({rest}, timeout=0.1)
    return rest.done()


async def test_where_nothing_waits_there_is_rest_at_once(places: tuple[Place, Place]) -> None:
    await asyncio.wait_for(places[0].activity.until_rest(WHERE), 5)


async def test_a_turn_elsewhere_is_waited_for_to_its_end(
    store: SQLiteStore, places: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_activity, "ASK_EVERY", 60.0)
    asks, runs = places
    await put(store, "one")
    runs.running.holding, runs.running.busy = {"one"}, True
    rest = asyncio.create_task(asks.activity.until_rest(WHERE))
    assert not await settled(rest)
    await finish(store, "one")
    runs.running.holding, runs.running.busy = set(), False
    runs.changed()
    await asyncio.wait_for(rest, 5)


async def test_a_turn_elsewhere_that_waits_for_an_answer_rests(store: SQLiteStore, places: tuple[Place, Place]) -> None:
    asks, runs = places
    await put(store, "one")
    runs.running.holding = {"one"}
    await asyncio.wait_for(asks.activity.until_rest(WHERE), 5)


async def test_an_answer_that_is_not_taken_up_yet_is_waited_for(
    store: SQLiteStore, places: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_activity, "ASK_EVERY", 60.0)
    asks, runs = places
    await put(store, "one")
    runs.running.holding = {"one"}
    await put(store, "answer")  # stored, and on its way to the replica that runs the turn
    rest = asyncio.create_task(asks.activity.until_rest(WHERE))
    assert not await settled(rest)
    runs.changed()
    assert not await settled(rest)
    runs.running.holding, runs.running.busy = {"one", "answer"}, True
    await finish(store, "answer")
    runs.running.busy = False
    runs.changed()
    await asyncio.wait_for(rest, 5)


async def test_a_word_that_was_lost_is_found_in_the_store(
    store: SQLiteStore, places: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_activity, "ASK_EVERY", 0.02)
    asks, _ = places
    asks.cluster.deaf = True
    await put(store, "one")
    rest = asyncio.create_task(asks.activity.until_rest(WHERE))
    assert not await settled(rest)
    await finish(store, "one")
    await asyncio.wait_for(rest, 5)


async def test_nobody_waits_when_the_gateway_ends(
    store: SQLiteStore, places: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_activity, "ASK_EVERY", 0.02)
    asks, _ = places
    await put(store, "one")
    rest = asyncio.create_task(asks.activity.until_rest(WHERE))
    assert not await settled(rest)
    asks.here.close()
    await asyncio.wait_for(rest, 5)
