"""The store behind memory: deliveries that have no lane yet are read back, oldest first, and given one."""

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
    """What waits in the store for a place in memory."""

    def __init__(
        self,
        *,
        store: Inbox,
        decoder: EnvelopeDecoder,
        is_taken: Callable[[Delivery], bool],
        submit: Callable[[QueuedDelivery], None],
    ) -> None:
        self._store = store
        self._decoder = decoder
        self._is_taken = is_taken
        self._submit = submit
        self._taking = asyncio.Lock()
        self._unreadable: set[int] = set()
        self.behind = True
        """Deliveries wait in the store for a lane; until they have one, newer ones wait behind them. So it is until
        what a former process left was taken up."""
        self.catching_up = False
        """Older deliveries are being read from the store, and given lanes: a new one may have to wait behind them."""

    @property
    def exists(self) -> bool:
        """Whether something may wait in the store that has no lane yet."""
        return self.behind or self.catching_up

    async def take_due(self, *, now: float) -> None:
        """Give what is due and in no lane a lane, oldest first, as far as there is room."""
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
        if not self._is_taken(delivery):  # it may have been meanwhile
            self._submit(queued)

    async def read(self, delivery: Delivery) -> QueuedDelivery | None:
        """The work in a stored delivery; None, said once, for one nothing can be made of."""
        if delivery.seq in self._unreadable:
            return None
        queued, error = None, None
        try:
            queued = await self._decoder.recovered(delivery)
        except (ValueError, LookupError, TypeError) as problem:
            error = problem  # written by another version: it must not keep the others from being read
        if queued is None:
            self._unreadable.add(delivery.seq)
            log.warning("inbox.unreadable", delivery=delivery.envelope.key, exc_info=error)
        return queued
