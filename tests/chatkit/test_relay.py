"""A thread is read on one replica while it is written on another."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from adapters.chatkit import relay
from adapters.chatkit.log import EventReader
from adapters.chatkit.outbound import Outbox
from adapters.chatkit.relay import RelayedLogs
from adapters.chatkit.sharing import Sharing
from adapters.chatkit.threads import Thread, ThreadStore
from gateway.model import Button, Outgoing, TaskUpdate
from gateway.store import SQLiteStore
from tests.chatkit import client
from tests.support.cluster import LONGEST, Replica, Replicas


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "RENEW_EVERY", 0.02)
    monkeypatch.setattr(relay, "GROW_EVERY", 0.001)


class Place:
    """A replica: its logs, and what sends messages there."""

    def __init__(self, threads: ThreadStore, replica: Replica) -> None:
        self.cluster = replica
        self.logs = RelayedLogs(replica, threads)
        self.outbox = Outbox(threads, self.logs, Sharing(None))


class Page:
    """What a client sees that reads a thread."""

    def __init__(self, reader: EventReader) -> None:
        self.thread = client.Thread()
        self._reader = reader

    async def read(self) -> None:
        """Read what was put so far."""
        while data := await self._reader.read(patience=0.1):
            for line in data.decode().splitlines():
                if line.startswith("id: "):
                    self.thread.last_id = line.removeprefix("id: ")
                elif line.startswith("data: "):
                    self.thread.apply(json.loads(line.removeprefix("data: ")))

    @property
    def said(self) -> list[str]:
        return self.thread.said


class World:
    """Two replicas on one store, with a thread."""

    def __init__(self, store: SQLiteStore) -> None:
        self.replicas = Replicas()
        self.threads = ThreadStore(store)
        self.here, self.there = (Place(self.threads, self.replicas.join()) for _ in range(2))
        self.thread = Thread.new("ada", metadata={})
        self.stack = ExitStack()

    async def page(self, place: Place, after: str | None = None) -> Page:
        """Begin to read the thread on a replica."""
        await place.logs.follow(self.thread.id)
        reader, complete = self.stack.enter_context(place.logs.reading(self.thread.id, after=after))
        assert complete
        await asyncio.sleep(0.01)  # the other one hears of it
        return Page(reader)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = SQLiteStore(tmp_path / "gateway.db")
    await store.open()
    world = World(store)
    await world.threads.create(world.thread, [])
    keeping = [asyncio.create_task(each.logs.keep_up()) for each in (world.here, world.there)]
    yield world
    for task in keeping:
        task.cancel()
    world.stack.close()
    await store.close()


LONG = "Grüße \U0001f600 " * 3_000
"""A text of more bytes than one word may have."""


async def test_messages_of_another_replica_are_shown_as_they_are_here(world: World) -> None:
    ref = world.thread.ref
    here, there = await world.page(world.here), await world.page(world.there)
    buttons = tuple(Button(token=str(number), label=f"No. {number}") for number in range(3))
    receipt = await world.there.outbox.send(ref, Outgoing(text="hello", buttons=buttons), key="a")
    await world.there.outbox.send(ref, Outgoing(text=LONG), key="b")
    await world.there.outbox.edit(receipt, Outgoing(text="hello again"))
    last = await world.there.outbox.send(ref, Outgoing(text="gone soon"), key="c")
    await world.there.outbox.delete(last)
    await here.read()
    await there.read()
    assert here.said == ["hello again", LONG]
    assert here.thread.items == there.thread.items


async def test_a_stream_on_another_replica_grows_here(world: World) -> None:
    ref = world.thread.ref
    page = await world.page(world.here)
    receipt = await world.there.outbox.start_stream(ref, "One", key="s", author=None)
    for number in range(20):
        task = TaskUpdate(id="t", title="Search", status="in_progress", details=f"step {number}")
        receipt = await world.there.outbox.append_stream(receipt, delta=f" {number}", tasks=[task])
    await page.read()
    assert page.said == ["One " + " ".join(map(str, range(20)))]
    await world.there.outbox.append_stream(receipt, delta=LONG, tasks=[])
    await page.read()
    [text] = page.said
    assert text == "One " + " ".join(map(str, range(20))) + LONG
    await world.there.outbox.stop_stream(receipt, Outgoing(text=f"{text} The end"), delta=" The end")
    await page.read()
    assert page.said == [f"{text} The end"]
    assert page.thread.types[-1] == "thread.item.done"


async def test_whoever_comes_later_sees_what_is_written_so_far(world: World) -> None:
    receipt = await world.there.outbox.start_stream(world.thread.ref, "One", key="s", author=None)
    await world.there.outbox.append_stream(receipt, delta=" two", tasks=[])
    page = await world.page(world.here)
    await page.read()
    assert page.said == ["One two"]
    await world.there.outbox.append_stream(receipt, delta=" three", tasks=[])
    await page.read()
    assert page.said == ["One two three"]


async def test_a_lost_word_is_made_good_with_the_next_one(world: World) -> None:
    page = await world.page(world.here)
    receipt = await world.there.outbox.start_stream(world.thread.ref, "One", key="s", author=None)
    await page.read()
    world.here.cluster.deaf = True
    await world.there.outbox.append_stream(receipt, delta=" two", tasks=[])
    await asyncio.sleep(0.05)
    world.here.cluster.deaf = False
    await world.there.outbox.append_stream(receipt, delta=" three", tasks=[])
    await page.read()
    assert page.said == ["One two three"]
    world.here.cluster.deaf = True
    await world.there.outbox.append_stream(receipt, delta=" four", tasks=[])
    await asyncio.sleep(0.05)
    world.here.cluster.deaf = False
    await world.there.outbox.stop_stream(receipt, Outgoing(text="One two three four five"), delta=" five")
    await page.read()
    assert page.said == ["One two three four five"]


async def test_at_rest_everything_is_shown_whatever_was_lost(world: World) -> None:
    ref = world.thread.ref
    page = await world.page(world.here)
    receipt = await world.there.outbox.start_stream(ref, "One", key="s", author=None)
    begun = await world.there.outbox.start_stream(ref, "Undone", key="u", author=None)
    await page.read()
    world.here.cluster.deaf = True
    await world.there.outbox.stop_stream(receipt, Outgoing(text="One two"), delta=" two")
    await world.there.outbox.delete(begun)
    await world.there.outbox.send(ref, Outgoing(text="more"), key="b")
    await world.here.logs.settle(world.thread.id)
    await page.read()
    assert page.said == ["One two", "more"]
    before = len(page.thread.events)
    await world.here.logs.settle(world.thread.id)
    await page.read()
    assert len(page.thread.events) == before


async def test_what_was_shown_is_not_shown_again_at_rest(world: World) -> None:
    ref = world.thread.ref
    await world.there.outbox.send(ref, Outgoing(text="earlier"), key="e")
    here, there = await world.page(world.here), await world.page(world.there)
    buttons = (Button(token="t", label="Yes"),)
    await world.there.outbox.send(ref, Outgoing(text="hello", buttons=buttons), key="a")
    streaming = await world.there.outbox.start_stream(ref, "Not", key="s", author=None)
    await world.there.outbox.append_stream(streaming, delta=" done", tasks=[])  # the turn waits for an answer
    for place, page in ((world.here, here), (world.there, there)):
        await page.read()
        before = len(page.thread.events)
        await place.logs.settle(world.thread.id)
        await page.read()
        assert len(page.thread.events) == before
        assert page.said == ["hello", "Not done"]


async def test_nothing_is_told_of_threads_that_nobody_follows(world: World) -> None:
    await world.there.outbox.send(world.thread.ref, Outgoing(text="hello"), key="a")
    await asyncio.sleep(0.05)
    assert world.replicas.told == []


async def test_no_word_is_too_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    tell = Replica.tell

    def told(self: Replica, topic: str, body: Any) -> None:
        sizes.append(len(json.dumps(body, ensure_ascii=False).encode()))
        tell(self, topic, body)

    monkeypatch.setattr(Replica, "tell", told)
    await world.page(world.here)
    tasks = [TaskUpdate(id=str(n), title="x" * 200, status="in_progress", details="y" * 900) for n in range(20)]
    receipt = await world.there.outbox.start_stream(world.thread.ref, "\u0001" * 5_000, key="s", author=None)
    receipt = await world.there.outbox.append_stream(receipt, delta=LONG, tasks=tasks)
    await world.page(world.there)
    await world.there.outbox.stop_stream(receipt, Outgoing(text=LONG), delta="")
    await asyncio.sleep(0.05)
    assert len(sizes) > 10
    assert max(sizes) < LONGEST


async def test_a_deleted_thread_ends_its_streams_everywhere(world: World) -> None:
    await world.page(world.here)
    reader, _ = world.stack.enter_context(world.here.logs.reading(world.thread.id))
    world.there.logs.forget(world.thread.id)
    assert await asyncio.wait_for(reader.read(patience=5), 5) is None


async def test_what_happened_while_nobody_followed_is_not_taken_for_known(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "FOLLOWED_FOR", 0.05)
    page = await world.page(world.here)
    await world.here.outbox.send(world.thread.ref, Outgoing(text="hello"), key="a")
    await page.read()
    position = page.thread.last_id
    with world.here.logs.reading(world.thread.id, after=position) as (_, complete):
        assert complete
    world.stack.close()
    await until_dropped(world.here.logs, world.thread.id)
    await world.here.logs.follow(world.thread.id)
    with world.here.logs.reading(world.thread.id, after=position) as (_, complete):
        assert not complete


async def until_dropped(logs: RelayedLogs, thread: str) -> None:
    async with asyncio.timeout(5):
        while thread in logs._followed:
            await asyncio.sleep(0.01)
