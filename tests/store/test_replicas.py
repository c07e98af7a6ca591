"""Several replicas on one PostgreSQL database: each conversation is run by one of them, and nothing waits for none."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import psycopg
import pytest

from gateway.database_urls import libpq_url
from gateway.errors import Fenced
from gateway.ports import Lease, Outcome
from gateway.store.postgresql import PostgreSQLStore, pulse
from gateway.store.postgresql.database import NOW, PostgreSQLDatabase
from gateway.store.postgresql.deadlines import Deadlines
from gateway.store.postgresql.leases import Leases, Membership
from gateway.store.postgresql.server import connected
from tests.store.contract import ADA, LATER, effect, envelope, lease_on, ref, session
from tests.support.postgres import tables

SOON = 10.0
"""Seconds within which what replicas tell each other arrives, however busy the machine is."""
CONVERSATION = ref().key


class Watched:
    """Notes what a replica is told."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[str | None] = asyncio.Queue()
        self.fences = asyncio.Event()

    def woken(self, conversation: str | None) -> None:
        self.told.put_nowait(conversation)

    def fenced(self) -> None:
        self.fences.set()

    async def next(self) -> str | None:
        async with asyncio.timeout(SOON):
            return await self.told.get()

    async def until(self, wanted: str | None) -> None:
        while await self.next() != wanted:
            pass


class Replica:
    """A store that is one of several, and what it is told."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.store = PostgreSQLStore(url)
        self.watched = Watched()
        self.store.watch(self.watched)

    @property
    async def number(self) -> int:
        lease = await self.store.claim("slack:T1:probe")
        assert lease is not None
        await self.store.release(lease)
        return lease.token


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with tables() as url:
        yield url


@pytest.fixture
async def new(url: str) -> AsyncIterator[Callable[[], Any]]:
    opened: list[Replica] = []

    async def new() -> Replica:
        replica = Replica(url)
        await replica.store.open()
        opened.append(replica)
        await replica.store.recover()
        return replica

    yield new
    for replica in opened:
        await replica.store.close()


@pytest.fixture
async def one(new: Callable[[], Any]) -> Replica:
    replica: Replica = await new()
    return replica


@pytest.fixture
async def other(one: Replica, new: Callable[[], Any]) -> Replica:
    replica: Replica = await new()
    return replica


async def run(url: str, statement: str) -> list[Any]:
    async with await psycopg.AsyncConnection.connect(libpq_url(url), autocommit=True) as connection:
        cursor = await connection.execute(statement.encode())
        return await cursor.fetchall() if cursor.description else []


async def test_a_conversation_is_run_by_the_replica_that_got_its_first_delivery(one: Replica, other: Replica) -> None:
    assert (await one.store.put(envelope("a"), started=True)).owned
    stored = await other.store.put(envelope("b"), started=True)
    assert stored.new
    assert not stored.owned
    assert await one.watched.next() == CONVERSATION
    waiting = await one.store.pending(conversation=CONVERSATION, now=LATER, limit=10)
    assert [each.envelope.key for each in waiting] == ["a", "b"]
    assert await other.store.claim(CONVERSATION) is None
    assert not other.store.holds(CONVERSATION)


async def test_whoever_takes_a_conversation_with_a_delivery_is_told_of_older_ones(one: Replica, other: Replica) -> None:
    first = await one.store.put(envelope("a"), started=True)
    assert not first.behind
    assert not (await one.store.put(envelope("b"), started=True)).behind, "it holds the conversation, and knows"
    await one.store.release(await lease_on(one.store))
    taken = await other.store.put(envelope("c"), started=True)
    assert (taken.new, taken.owned, taken.behind) == (True, True, True)
    assert not (await other.store.put(envelope("d"))).behind
    await other.store.release(await lease_on(other.store))
    again = await one.store.put(envelope("c"))
    assert (again.new, again.owned, again.behind) == (False, True, True), "a duplicate takes the lease as well"
    await one.store.put(envelope("x", thread="2"))
    lease = await lease_on(one.store, "2")
    await one.store.finish(lease, "x", Outcome())
    await one.store.release(lease)
    assert not (await other.store.put(envelope("y", thread="2"))).behind


async def test_what_others_run_is_not_for_whoever_looks_for_work(one: Replica, other: Replica) -> None:
    await one.store.put(envelope("a"))
    await one.store.put(envelope("b", thread="2"))
    assert await other.store.pending(now=LATER, limit=10) == []
    await one.store.release(await lease_on(one.store, "2"))
    assert [each.envelope.key for each in await other.store.pending(now=LATER, limit=10)] == ["b"]
    assert [each.envelope.key for each in await one.store.pending(now=LATER, limit=10)] == ["a", "b"]


async def test_many_at_once_agree_on_one(new: Callable[[], Any]) -> None:
    replicas: list[Replica] = [await new() for _ in range(3)]
    threads = [str(n) for n in range(20)]
    puts = [(r, t, r.store.put(envelope(f"{n} {t}", thread=t))) for t in threads for n, r in enumerate(replicas)]
    results = await asyncio.gather(*(put for *_, put in puts))
    owners: dict[str, list[Replica]] = {t: [] for t in threads}
    for (replica, thread, _), result in zip(puts, results, strict=True):
        assert result.new
        if result.owned:
            owners[thread].append(replica)
    assert [len(each) for each in owners.values()] == [1] * len(threads)
    for thread, (owner,) in owners.items():
        assert owner.store.holds(ref(thread).key)


async def test_a_duplicate_is_one_on_every_replica(one: Replica, other: Replica) -> None:
    await one.store.put(envelope("a"))
    assert not (await other.store.put(envelope("a"))).new
    await one.store.finish(await lease_on(one.store), "a")
    assert not (await other.store.put(envelope("a"))).new


async def test_one_delivery_that_many_get_at_once_is_new_once(new: Callable[[], Any]) -> None:
    replicas: list[Replica] = [await new() for _ in range(3)]
    keys = [f"key {n}" for n in range(30)]
    order = [keys, keys[::-1], keys[10:] + keys[:10]]
    puts = [r.store.put(envelope(key)) for r, mine in zip(replicas, order, strict=True) for key in mine]
    assert sum(result.new for result in await asyncio.gather(*puts)) == len(keys)


async def test_a_released_conversation_can_be_taken_with_its_session(one: Replica, other: Replica) -> None:
    await one.store.put(envelope("a"))
    lease = await lease_on(one.store)
    await one.store.save(session())
    await one.store.release(lease)
    stored = await other.store.put(envelope("b"), with_session=True)
    assert stored.owned
    assert stored.session == session()
    with pytest.raises(Fenced):
        await one.store.finish(lease, "a")


async def test_the_conversations_of_a_dead_replica_go_to_others(url: str, one: Replica) -> None:
    await one.store.put(envelope("ran"), started=True)
    await one.store.put(envelope("waited", thread="2"))
    for thread in ("1.1", "2"):
        await one.store.release(await lease_on(one.store, thread))
    # As if a replica of this number had run them, and was killed.
    await run(url, "INSERT INTO leases SELECT DISTINCT conversation, 999 FROM deliveries")
    await run(url, "UPDATE deliveries SET started = 999 WHERE key = 'ran'")
    await run(
        url,
        "INSERT INTO replicas (number, id, version, host, joined_at, until) OVERRIDING SYSTEM VALUE"
        " VALUES (999, 'dead', '', '', 0, 0)",
    )
    await one.watched.until(None)
    found = {each.envelope.key: each.interrupted for each in await one.store.pending(now=LATER, limit=10)}
    assert found == {"ran": 1, "waited": 0}
    assert await one.store.claim(CONVERSATION) is not None
    assert len(await one.store.deaths()) == 1
    assert await run(url, "SELECT conversation FROM leases WHERE replica = 999") == []


async def test_whoever_was_taken_for_dead_can_write_nothing(url: str, one: Replica, other: Replica) -> None:
    await one.store.put(envelope("a"), started=True)
    stale = await lease_on(one.store)
    await run(url, f"UPDATE replicas SET until = 0 WHERE number = {stale.token}")
    with pytest.raises(Fenced):
        await one.store.record(stale, [effect("a")])
    with pytest.raises(Fenced):
        await one.store.finish(stale, "a")
    async with asyncio.timeout(SOON):
        while await other.store.claim(CONVERSATION) is None:
            await asyncio.sleep(0.05)
    with pytest.raises(Fenced):
        await one.store.finish(stale, "a")


async def test_a_fenced_replica_says_so_and_joins_again(url: str, one: Replica, other: Replica) -> None:
    await one.store.put(envelope("a"))
    stale = await lease_on(one.store)
    lost = asyncio.Event()
    assert await one.store.cluster.lead("sweeping", lost=lost.set)
    await run(url, f"UPDATE replicas SET until = 0 WHERE number = {stale.token}")
    async with asyncio.timeout(SOON):
        await one.watched.fences.wait()
        await lost.wait()
    while one.store.cluster.fenced:
        await one.watched.until(None)
    assert not one.store.holds(CONVERSATION)
    assert (await one.store.put(envelope("b", thread="2"))).owned
    assert await one.number > stale.token


async def test_a_replica_of_the_same_number_in_a_restored_database_is_another(url: str, one: Replica) -> None:
    await one.store.put(envelope("a"))
    stale = await lease_on(one.store)
    await run(url, f"UPDATE replicas SET id = 'somebody else' WHERE number = {stale.token}")
    with pytest.raises(Fenced):
        await one.store.finish(stale, "a")
    async with asyncio.timeout(SOON):
        await one.watched.fences.wait()


async def test_broken_connections_fence_nobody(url: str, one: Replica) -> None:
    await one.store.put(envelope("a"))
    lease = await lease_on(one.store)
    await run(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE 'gateway %'",
    )
    async with asyncio.timeout(SOON):
        while True:
            try:
                await one.store.finish(lease, "a")
                break
            except Exception:
                await asyncio.sleep(0.1)
    assert not one.watched.fences.is_set()
    assert one.store.holds(CONVERSATION)


async def test_what_comes_to_a_replica_that_ends_is_for_others(one: Replica, other: Replica) -> None:
    await one.store.put(envelope("running"))
    await one.store.retire()
    assert (await one.store.put(envelope("behind"))).owned  # its turn runs here still
    assert not (await one.store.put(envelope("elsewhere", thread="2"))).owned
    assert await other.watched.next() == ref("2").key
    lease = await lease_on(one.store)
    await one.store.finish(lease, "running")
    await one.store.release(lease)
    assert await other.watched.next() == CONVERSATION
    assert await one.store.claim(CONVERSATION) is None
    assert await other.store.claim(CONVERSATION) is not None


async def test_what_a_replica_hands_over_can_be_had_at_once(one: Replica, other: Replica) -> None:
    await one.store.put(envelope("a"), started=True)
    assert await one.store.cluster.lead("socket")
    cluster = one.store.cluster
    assert (cluster.held, cluster.parts) == (1, ["socket"])
    await one.store.retire()
    await one.store.hand_over()
    assert (cluster.held, cluster.parts) == (0, ["socket"])
    await other.watched.until(None)
    (delivery,) = await other.store.pending(now=LATER, limit=10)
    assert (delivery.revived, delivery.interrupted) == (True, 0)
    assert await other.store.claim(CONVERSATION) is not None
    assert not await other.store.cluster.lead("socket")  # it still has what it does not hand over
    await one.store.cluster.step_down("socket")
    assert await other.store.cluster.lead("socket")


async def test_a_part_is_had_by_one(one: Replica, other: Replica) -> None:
    leads = await asyncio.gather(one.store.cluster.lead("x"), other.store.cluster.lead("x"))
    assert sorted(leads) == [False, True]
    holder, standby = (one, other) if leads[0] else (other, one)
    assert await holder.store.cluster.lead("x")
    assert not await standby.store.cluster.lead("x")
    await holder.store.close()
    async with asyncio.timeout(SOON):
        while not await standby.store.cluster.lead("x"):
            await asyncio.sleep(0.05)


async def test_an_operator_sees_the_replicas_and_what_each_has(one: Replica, other: Replica) -> None:
    await lease_on(one.store, "1.1")
    await lease_on(one.store, "2.2")
    assert await other.store.cluster.lead("housekeeping")
    first, second = await other.store.replicas()
    assert (first.number, second.number) == (await one.number, await other.number)
    assert [(each.here, each.conversations, list(each.parts)) for each in (first, second)] == [
        (False, 2, []),
        (True, 0, ["housekeeping"]),
    ]
    assert all(0 < each.seconds_left <= pulse.LEASE and not each.retired and each.host for each in (first, second))
    await one.store.retire()
    assert [each.retired for each in await other.store.replicas()] == [True, False]


async def test_replicas_tell_each_other(one: Replica, other: Replica) -> None:
    heard: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
    one.store.cluster.listen("limits", heard.put_nowait)
    other.store.cluster.listen("limits", heard.put_nowait)
    one.store.cluster.tell("limits", {"bucket": "ünï", "seconds": 3.5})
    one.store.cluster.tell("limits", {"long": "x" * 8_000})
    one.store.cluster.tell("limits", {"last": True})
    async with asyncio.timeout(SOON):
        assert await heard.get() == {"bucket": "ünï", "seconds": 3.5}
        assert await heard.get() == {"last": True}
    assert heard.empty()  # whoever tells does not hear it
    async with asyncio.timeout(SOON):
        while (one.store.cluster.replicas, other.store.cluster.replicas) != (2, 2):
            await asyncio.sleep(0.05)


async def test_a_second_body_wakes_whoever_runs_the_conversation(one: Replica, other: Replica) -> None:
    await one.store.put(envelope("a"))
    await other.store.amend(envelope("a", text="with a file"))
    assert await one.watched.next() == CONVERSATION
    (delivery,) = await one.store.pending(conversation=CONVERSATION, now=LATER, limit=1)
    assert delivery.twin is not None


async def test_a_dead_letter_that_is_opened_again_wakes_somebody(one: Replica, url: str) -> None:
    await one.store.put(envelope("a"))
    await one.store.bury(await lease_on(one.store), "a", error="boom")
    beside = PostgreSQLStore(url, replica=False)
    await beside.open()
    try:
        assert await beside.retry(["a"]) == 1
        assert await one.watched.next() == CONVERSATION
        with pytest.raises(Fenced):
            await beside.finish(Lease(CONVERSATION, 1), "a")
        with pytest.raises(Fenced):
            await beside.claim(CONVERSATION)
    finally:
        await beside.close()


async def test_a_long_key_wakes_all_the_same(one: Replica, other: Replica) -> None:
    long = envelope("a", thread="x" * 9_000)
    await one.store.put(long)
    await other.store.put(envelope("b", thread="x" * 9_000))
    assert await one.watched.next() is None


async def test_a_person_is_known_on_all(one: Replica, other: Replica) -> None:
    await one.store.put_value("gateway", f"settings:{ADA.key}", {"values": {"x": 1}})
    assert await other.store.get_value("gateway", f"settings:{ADA.key}") == {"values": {"x": 1}}


async def test_a_clock_that_is_an_hour_off_moves_no_time(
    one: Replica, other: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = await lease_on(one.store)
    for key in ("due", "later"):
        await one.store.put(envelope(key))
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3_600)
    while abs(one.store.cluster.now() - real()) > 60:
        await asyncio.sleep(0.05)
    await one.store.fail(lease, "due", error="boom", not_before=time.time() - 5)
    await one.store.fail(lease, "later", error="boom", not_before=time.time() + 60)
    monkeypatch.undo()
    while abs(other.store.cluster.now() - real()) > 60:
        await asyncio.sleep(0.05)
    pending = await other.store.pending(conversation=CONVERSATION, now=time.time(), limit=10)
    assert [each.envelope.key for each in pending] == ["due"]


async def test_a_replica_that_has_just_begun_is_not_woken_for_new_work(url: str, one: Replica) -> None:
    begun = Replica(url)
    await begun.store.open()
    try:
        await one.store.retire()
        await one.store.put(envelope("a"))
        await begun.store.recover()
        await one.store.put(envelope("b", thread="2"))
        assert await begun.watched.next() == ref("2").key
        waiting = await begun.store.pending(now=LATER, limit=10)
        assert [each.envelope.key for each in waiting] == ["a", "b"]
    finally:
        await begun.store.close()


async def test_a_store_that_is_opened_again_is_a_replica_again(one: Replica) -> None:
    await one.store.put(envelope("a"))
    first = await lease_on(one.store)
    await one.store.retire()
    await one.store.close()
    await one.store.open()
    await one.store.recover()
    assert (await one.store.put(envelope("b", thread="2"))).owned
    assert await one.number > first.token
    await asyncio.sleep(2 * pulse.BEAT_EVERY)  # what is tested is time that passes
    assert not one.store.cluster.fenced
    row = f"SELECT until > {NOW} FROM replicas WHERE number = {await one.number}"
    assert await run(one.url, row) == [(True,)]


async def test_no_replica_is_buried_while_it_writes(url: str, one: Replica) -> None:
    number = await one.number
    ((id,),) = await run(url, f"SELECT id FROM replicas WHERE number = {number}")
    writing = PostgreSQLDatabase(
        lambda: connected(url, "writes", seconds=5),
        name="written",
        leases=Leases(lambda: Membership(number, id)),
        deadlines=Deadlines(),
    )
    try:
        writing.begin(writes=True)
        bury = f"DELETE FROM replicas WHERE number = {number}"
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await run(url, f"SET lock_timeout = 200; {bury}")
        writing.commit()
        await run(url, bury)
    finally:
        writing.close()
    with pytest.raises(Fenced):
        await one.store.finish(Lease(CONVERSATION, number), "a")
