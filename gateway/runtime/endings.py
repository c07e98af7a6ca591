"""Tells those who wait for it that the turn of a delivery has ended for good."""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from gateway.errors import Fenced
from gateway.ports import Cluster, Inbox
from gateway.runtime.own import is_said
from gateway.runtime.persistence import retry_until_stored

LOOK_EVERY = 5.0
"""Seconds between two looks into the store, for an end of which another replica's word was lost."""
_TOPIC = "ended"


class DeliveryEndings:
    """Knows who waits for the end of which delivery, by delivery key.

    A delivery has ended when it is done or given up, which the store knows by then. What a program wants said may be
    said by another replica than the one that waits for it: that replica tells.
    """

    def __init__(self, cluster: Cluster | None = None) -> None:
        """Make one that nobody waits at. ``cluster`` are the replicas that may run the turns."""
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._cluster = cluster
        if cluster is not None:
            cluster.listen(_TOPIC, self._hear)

    def ended(self, key: str) -> None:
        """Note that the delivery with this key has ended, here and on the other replicas."""
        self._resolve(key)
        if self._cluster is not None and is_said(key):
            self._cluster.tell(_TOPIC, {"key": key})

    def _hear(self, body: Mapping[str, Any]) -> None:
        self._resolve(body["key"])

    def _resolve(self, key: str) -> None:
        for waiter in self._waiting.pop(key, ()):
            if not waiter.done():
                waiter.set_result(None)

    async def look(self, inbox: Inbox) -> None:
        """Look into the store for deliveries that ended without a word: they were erased or deleted, or the word of
        another replica was lost. Waits until the store can be read."""
        keys = list(self._waiting)
        if not keys:
            return
        for key, state in (await retry_until_stored(lambda: inbox.states(keys))).items():
            if state.state != "open":
                self._resolve(key)

    async def keep_up(self, inbox: Inbox) -> None:
        """Look into the store every now and then, until the task is cancelled; return at once where no other replica
        can run a turn."""
        while self._cluster is not None and self._cluster.shared:
            await asyncio.sleep(LOOK_EVERY)
            with suppress(Fenced):  # the store can be read again once this replica has a lease
                await self.look(inbox)

    @contextmanager
    def watched(self, key: str) -> Generator[asyncio.Future[None]]:
        """Watch a delivery during the block, from before it is stored: the future resolves when it has ended."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(waiter)
        try:
            yield waiter
        finally:
            if waiters := self._waiting.get(key):
                if waiter in waiters:
                    waiters.remove(waiter)
                if not waiters:
                    del self._waiting[key]
