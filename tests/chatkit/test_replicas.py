"""What several replicas know together: requests under one key, and sessions that were cancelled."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.requests import Request

from adapters.chatkit import repeats
from adapters.chatkit.configuration import SessionRequest, Workflow
from adapters.chatkit.rates import SharedRates
from adapters.chatkit.repeats import Repeats
from adapters.chatkit.requests import ListThreads
from adapters.chatkit.sessions import Sessions
from gateway.errors import RequestRefused
from gateway.ports.documents import REQUEST
from gateway.proactive.requests import IdempotencyKeys
from gateway.store import SQLiteStore
from tests.support.cluster import Replicas

WISH = ListThreads(type="threads.list")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "gateway.db")
    await store.open()
    yield store
    await store.close()


def request(**headers: str) -> Request:
    return Request(
        {
            "type": "http",
            "headers": [(name.replace("_", "-").encode(), each.encode()) for name, each in headers.items()],
        }
    )


async def test_requests_under_one_key_at_once_on_several_replicas_are_one(store: SQLiteStore) -> None:
    replicas = Replicas()
    known = [Repeats(IdempotencyKeys(store), store, replicas.join()) for _ in range(3)]

    async def attempt(on: Repeats) -> tuple[bool, str]:
        async with on.attempt(request(idempotency_key="k"), "ada", WISH) as attempt:
            await asyncio.sleep(0.01)
            await store.put_documents(attempt.notes())
            return attempt.made is None, attempt.seed

    found = await asyncio.gather(*(attempt(on) for on in known for _ in range(2)))
    assert sorted(first for first, _ in found) == [False] * 5 + [True]
    assert len({seed for _, seed in found}) == 1
    assert replicas.leads == {}


async def test_a_request_does_not_wait_for_ever_for_one_elsewhere(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "PATIENCE", 0.1)
    replicas = Replicas()
    here, there = (Repeats(IdempotencyKeys(store), store, replicas.join()) for _ in range(2))
    async with here.attempt(request(idempotency_key="k"), "ada", WISH):
        with pytest.raises(RequestRefused, match="send it again later") as refused:
            async with there.attempt(request(idempotency_key="k"), "ada", WISH):
                raise AssertionError("it was let in")
        assert refused.value.status == 503
        async with there.attempt(request(idempotency_key="another"), "ada", WISH) as attempt:
            assert attempt.made is None


async def test_replicas_together_admit_as_many_requests_as_a_client_may_make(store: SQLiteStore) -> None:
    replicas = Replicas()
    members = [replicas.join() for _ in range(3)]
    rates = [SharedRates(store, IdempotencyKeys(store), each) for each in members]
    admitted = [await rates[number % 3].admit("one", 7, person="p") for number in range(12)]
    assert admitted[:7] == [None] * 7
    assert all(wait is not None and 1 <= wait <= 60 for wait in admitted[7:])
    at_once = await asyncio.gather(*(rates[number % 3].admit("two", 7, person="p") for number in range(30)))
    assert at_once.count(None) == 7
    assert await rates[0].admit("three", 1, person="p") is None
    for member in members:
        member.deaf = True
    alone = [await rates[number % 3].admit("deaf", 50, person="p") for number in range(80)]
    assert 40 <= alone.count(None) <= 50


async def test_a_new_minute_begins_for_all_replicas_at_once_and_leaves_nothing(store: SQLiteStore) -> None:
    replicas = Replicas()
    here, there = replicas.join(), replicas.join()
    rates = [SharedRates(store, IdempotencyKeys(store), each) for each in (here, there)]
    assert [await each.admit("c", 2, person="p") for each in (*rates, *rates)][:2] == [None, None]
    for each in (here, there):
        each.skew = 60
    assert [await each.admit("c", 2, person="p") for each in rates] == [None, None]
    assert await rates[0].admit("c", 2, person="p") is not None
    assert len(await store.list_documents(REQUEST, limit=100)) == 2


async def test_a_session_ends_by_the_clock_of_all_replicas(store: SQLiteStore) -> None:
    replicas = Replicas()
    here, there = replicas.join(), replicas.join()
    here.skew = there.skew = 3_600  # the clock of this machine is an hour behind
    sessions = Sessions(store, cluster=here)
    session, secret = await sessions.create(SessionRequest(user="ada", workflow=Workflow(id="wf")))
    assert session.created_at > time.time() + 3_000
    with_secret = request(authorization=f"Bearer {secret}")
    other = Sessions(store, cluster=there)
    assert (await other.authenticate(with_secret)).id == session.id
    there.skew += 3_600
    with pytest.raises(RequestRefused, match="expired"):
        await other.authenticate(with_secret)


async def test_a_session_that_is_cancelled_on_one_replica_is_over_on_all(store: SQLiteStore) -> None:
    replicas = Replicas()
    here, there = (Sessions(store, cluster=replicas.join()) for _ in range(2))
    wish = SessionRequest(user="ada", workflow=Workflow(id="wf"))
    session, secret = await here.create(wish)
    with_secret = request(authorization=f"Bearer {secret}")
    assert (await there.authenticate(with_secret)).id == session.id
    await here.cancel(session.id)
    await asyncio.sleep(0)
    for each in (here, there):
        with pytest.raises(RequestRefused, match="cancelled"):
            await each.authenticate(with_secret)
