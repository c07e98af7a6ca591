"""Lets expire what nobody used for as long as the operator keeps conversations."""

import asyncio
import time

import structlog

from gateway.ports import Blobs, Erased, Rights
from gateway.runtime.files import Files

log = structlog.get_logger(__name__)

DAY = 86_400.0
PAUSE = 0.05
"""Seconds between two batches, so that acknowledgements do not wait behind them."""


class Retention:
    """Deletes the conversations that nobody used for some days, with all that belongs to them.

    Args:
        store: The store.
        blobs: The blob store.
        files: The downloaded attachments.
        days: Days without use after which a conversation expires; 0 for never.
    """

    def __init__(self, *, store: Rights, blobs: Blobs, files: Files, days: float) -> None:
        self._store = store
        self._blobs = blobs
        self._files = files
        self.seconds: float | None = days * DAY or None
        """Seconds for which anything is kept; None for ever."""

    async def expire(self) -> None:
        """Delete what is old, in batches. A crash on the way leaves contents without rows, which are orphans."""
        if self.seconds is None:
            return
        before = time.time() - self.seconds
        erased, files, more = Erased(), 0, True
        while more:
            batch = await self._store.expire(before=before)
            await self._blobs.delete(batch.object_keys)
            for thread in batch.threads:
                await self._files.forget(thread)
            erased, files, more = erased.plus(batch.erased), files + len(batch.object_keys), batch.more
            await asyncio.sleep(PAUSE)
        if any(erased):
            details = {**erased._asdict(), "files": files}
            await self._store.note("expired", None, details)
            log.info("data.expired", **details)
