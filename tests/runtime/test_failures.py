"""How long a failed turn pauses before it is run again."""

import time
from pathlib import Path

from gateway.egress import Sender
from gateway.errors import RateLimited
from gateway.ingress.failures import Failures
from gateway.model import ConversationRef, Envelope, MessageCreated, UserRef
from gateway.runtime.history import History
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.session import SessionPool
from gateway.store.sqlite import SQLiteStore
from gateway.telemetry.metrics import Counters

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
            counters=Counters(),
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
