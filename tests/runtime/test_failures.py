"""How long a failed turn pauses before it is run again."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from gateway.egress import Sender
from gateway.errors import RateLimited
from gateway.ingress.failures import Failures
from gateway.model import ConversationRef, Envelope, MessageCreated, UserRef
from gateway.runtime.history import History
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.session import SessionPool
from gateway.store.sqlite import SQLiteStore
from gateway.telemetry.observer import Observers

REF = ConversationRef(platform="slack", workspace="T", channel="C")
EVENT = MessageCreated(ref=REF, user=UserRef(platform="slack", workspace="T", id="U"), message_id="1", text="hi")


async def test_a_turn_refused_for_longer_than_a_send_waits_pauses_as_long_as_the_platform_asked(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "gateway.db")
    await store.open()
    try:
        stored = await store.put(Envelope(key="k", ref=REF, body={}, received_at=time.time()), started=True)
        lease = await store.claim(REF.key)
        assert lease is not None
        pool = SessionPool(store, limit=1, rest_after=60)
        failures = Failures(
            store=store,
            pool=pool,
            sender=Sender({}),
            observers=Observers(),
            history=History("off"),
            retries=1,
            backoff=0.001,
        )
        pause = await failures.handle(
            lease, QueuedDelivery.of(stored.delivery, EVENT, None), RateLimited(300, "bucket")
        )
        assert pause is not None
        assert pause >= 300
    finally:
        await store.close()


async def test_a_message_whose_turn_was_given_up_before_it_ran_is_kept(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "gateway.db")
    await store.open()
    try:
        await store.put(Envelope(key="k", ref=REF, body={}, received_at=7.0), started=True)
        lease = await store.claim(REF.key)
        assert lease is not None
        user = UserRef(platform="slack", workspace="T", id="U", name="Ada")
        event = MessageCreated(ref=REF, user=user, message_id="1", text="hello")
        failures = Failures(
            store=store,
            pool=SessionPool(store, limit=1, rest_after=60),
            sender=Sender({}),
            observers=Observers(),
            history=History("store"),
            retries=1,
        )
        await failures.give_up(lease, QueuedDelivery(key="k", seq=1, received_at=7.0, event=event, interrupted=9))
    finally:
        await store.close()
    with closing(sqlite3.connect(tmp_path / "gateway.db")) as database:
        joined = (
            'SELECT output, steps."userIdentifier", threads.name FROM steps JOIN threads ON threads.id = "threadId"'
        )
        assert database.execute(joined).fetchall() == [("hello", "slack:T:U", "hello")]
