"""Whoever waits for the end of a delivery learns of it, also when its turn runs on another replica."""

import asyncio
from pathlib import Path

import pytest

from gateway.model import ConversationRef
from gateway.ports import Store
from gateway.runtime import endings
from gateway.runtime.endings import DeliveryEndings
from gateway.runtime.outcome import write_outcome
from gateway.runtime.own import key_of_message, saying
from gateway.store import open_store
from tests.support.cluster import Replicas

SAID = key_of_message("m1")
WHERE = ConversationRef(platform="slack", workspace="T1", channel="C1")


async def test_the_end_of_what_a_program_wants_said_is_told_to_the_replica_that_waits() -> None:
    replicas = Replicas()
    here, there = DeliveryEndings(replicas.join()), DeliveryEndings(replicas.join())
    with here.watched(SAID) as ended, here.watched("slack:1") as another:
        there.ended(SAID)
        there.ended("slack:1")
        await asyncio.wait_for(ended, 5)
        assert not another.done()
    assert [body for _, body in replicas.told] == [{"key": SAID}]


async def test_an_end_whose_word_was_lost_is_found_in_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "LOOK_EVERY", 0.01)
    store = open_store(f"sqlite:///{tmp_path}/gateway.db")
    await store.open()
    replica = Replicas().join()
    replica.deaf = True
    here = DeliveryEndings(replica)
    looking = asyncio.create_task(here.keep_up(store))
    try:
        with here.watched(SAID) as ended:
            await store.put(saying("m1", WHERE, "hello", author=None, user=None, now=1.0))
            await asyncio.wait({ended}, timeout=0.1)
            assert not ended.done()
            await finish(store, SAID)
            await asyncio.wait_for(ended, 5)
    finally:
        looking.cancel()
        await store.close()


async def finish(store: Store, key: str) -> None:
    """Mark a delivery done."""
    lease = await store.claim(WHERE.key)
    assert lease is not None
    await write_outcome(store, lease, key)
