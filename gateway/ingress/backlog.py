"""Reads deliveries that wait in the store back into memory, oldest first, and submits them to the dispatcher."""

import asyncio
from collections.abc import Callable

import structlog

from gateway.ingress.decoder import EnvelopeDecoder
from gateway.ports import Delivery, Inbox
from gateway.runtime.queued import QueuedDelivery

log = structlog.get_logger(__name__)

PAGE = 500
"""Deliveries read from the store at a time."""


class Backlog:
    """The stored deliveries whose conversation has no queue in memory yet."""

    def __init__(
        self,
        *,
        store: Inbox,
        decoder: EnvelopeDecoder,
        is_taken: Callable[[Delivery], bool],
        submit: Callable[[QueuedDelivery], None],
    ) -> None:
        """``is_taken`` says whether a delivery is in memory already or read by its conversation's own queue. ``submit``
        takes a decoded delivery."""
        self._store = store
        self._decoder = decoder
        self._is_taken = is_taken
        self._submit = submit
        self._taking = asyncio.Lock()
        self._unreadable: set[int] = set()
        self.behind = True
        """Whether deliveries wait in the store because memory had no room for a queue. While they do, newer ones wait
        behind them. True at the start, until the deliveries that an earlier process left were read."""
        self.catching_up = False
        """Whether older deliveries are being read from the store now: a new one may have to wait behind them."""

    @property
    def exists(self) -> bool:
        """Whether a delivery may wait in the store that no conversation queue knows of."""
        return self.behind or self.catching_up

    async def take_due(self, *, now: float) -> None:
        """Submit the deliveries that are due at ``now`` (epoch seconds) and not in memory, oldest first, until memory
        has no more room. Raises what the store raises."""
        async with self._taking:
            self.behind = False
            self.catching_up = True
            try:
                await self._take_pages(now)
            except BaseException:
                self.behind = True
                raise
            finally:
                self.catching_up = False

    async def _take_pages(self, now: float) -> None:
        after = 0
        while not self.behind:
            rows = await self._store.pending(after=after, now=now, limit=PAGE)
            for delivery in rows:
                await self._take(delivery)
            if len(rows) < PAGE:
                return
            after = rows[-1].seq

    async def _take(self, delivery: Delivery) -> None:
        if self._is_taken(delivery) or (queued := await self.read(delivery)) is None:
            return
        if not self._is_taken(delivery):  # decoding awaits, so it may be in memory by now
            self._submit(queued)

    async def read(self, delivery: Delivery) -> QueuedDelivery | None:
        """Decode a stored delivery. Returns None, and logs it the first time, when the delivery cannot be decoded."""
        if delivery.seq in self._unreadable:
            return None
        queued, error = None, None
        try:
            queued = await self._decoder.recovered(delivery)
        except (ValueError, LookupError, TypeError) as problem:
            error = problem  # another version may have written it; the others must still be read
        if queued is None:
            self._unreadable.add(delivery.seq)
            log.warning("inbox.unreadable", delivery=delivery.envelope.key, exc_info=error)
        return queued
