"""What several replicas know together: requests under one key, and sessions that were cancelled."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.requests import Request

from adapters.chatkit import repeats
from adapters.chatkit.configuration import SessionRequest, Workflow
from adapters.chatkit.repeats import Repeats
from adapters.chatkit.requests import ListThreads
from adapters.chatkit.sessions import Sessions
from gateway.errors import RequestRefused
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


async def test_a_session_that_is_cancelled_on_one_replica_is_over_on_all(store: SQLiteStore) -> None:
    replicas = Replicas()
    here, there = (Sessions(store, replicas.join()) for _ in range(2))
    wish = SessionRequest(user="ada", workflow=Workflow(id="wf"))
    session, secret = await here.create(wish)
    with_secret = request(authorization=f"Bearer {secret}")
    assert (await there.authenticate(with_secret)).id == session.id
    await here.cancel(session.id)
    await asyncio.sleep(0)
    for each in (here, there):
        with pytest.raises(RequestRefused, match="cancelled"):
            await each.authenticate(with_secret)
