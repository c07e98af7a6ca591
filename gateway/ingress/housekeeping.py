"""What happens by the clock: sessions rest, idle ones end, what is no longer needed is forgotten."""

import asyncio
import time
from typing import Protocol

import structlog

from gateway.errors import Draining
from gateway.ingress.acceptor import Acceptor
from gateway.ingress.decoder import ending
from gateway.ports import Store
from gateway.runtime.files import Files
from gateway.runtime.session import SessionPool

log = structlog.get_logger(__name__)

DAY = 86_400.0
KEEP_KEYS = 7 * DAY
"""Seconds a done delivery's key goes on recognising duplicates. Platforms redeliver for minutes to hours."""
KEEP_TOKENS = 90 * DAY
"""Seconds the meaning of a button that was too long for the button is kept."""
KEEP_VALUES = 90 * DAY
"""Seconds a value of an adapter is kept after it was last written."""
KEEP_MESSAGES = 90 * DAY
"""Seconds after which the buttons and thumbs of a message do nothing any more, unless it was edited since."""
KEEP_FILES = 7 * DAY
"""Seconds a downloaded attachment is kept, unless its session ends earlier."""
PRUNE_EVERY = 600.0
LOOK_LIMIT = 10_000
"""Idle sessions looked at in one go."""


class Prunable(Protocol):
    """What knows itself what is old."""

    async def prune(self) -> None: ...


class Housekeeping:
    """The periodic work."""

    def __init__(
        self,
        *,
        store: Store,
        pool: SessionPool,
        files: Files,
        held: Prunable | None,
        acceptor: Acceptor,
        rest_after: float,
        end_after: float,
    ) -> None:
        self._store = store
        self._pool = pool
        self._files = files
        self._held = held
        self._acceptor = acceptor
        self._end_after = end_after
        self._left = 0
        """Idle sessions that could not be ended at the last look: the next one looks behind them."""
        self._every = min(60.0, max(0.05, min(rest_after, end_after or rest_after) / 4))

    async def run(self) -> None:
        """Until the gateway drains."""
        pruned = 0.0
        while True:
            try:
                self._pool.rest_idle()
                if self._end_after:
                    await self._end_idle()
                if time.monotonic() - pruned > PRUNE_EVERY:
                    pruned = time.monotonic()
                    await self._prune()
            except Draining:
                return
            except Exception:
                # A failing disk must not end the housekeeping: it is tried again, and ``/readyz`` says it meanwhile.
                log.exception("housekeeping.failed")
            await asyncio.sleep(self._every)

    async def _end_idle(self) -> None:
        now = time.time()
        limit = min(100 + self._left, LOOK_LIMIT)
        self._left = 0
        for session in await self._store.idle(before=now - self._end_after, limit=limit):
            if not self._acceptor.is_idle(session.ref):  # it is in use: a turn may take longer than that, or wait
                self._left += 1
            elif (await self._acceptor.take(ending(session, reason="idle", now=now))).status == "ignored":
                self._left += 1  # its platform is off now

    async def _prune(self) -> None:
        now = time.time()
        removed = 1
        while removed:
            removed = await self._store.prune(
                done_before=now - KEEP_KEYS,
                tokens_before=now - KEEP_TOKENS,
                values_before=now - KEEP_VALUES,
                messages_before=now - KEEP_MESSAGES,
            )
        await self._files.prune(older_than=KEEP_FILES)
        if self._held is not None:
            await self._held.prune()
