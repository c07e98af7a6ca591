"""Periodic work: idle sessions leave memory and later end, old rows and files are deleted.

Each replica does what is its own: sessions leave its memory, files its disk. What concerns the store is done by one.
"""

import asyncio
import math
import time
from typing import Protocol

import structlog

from gateway.errors import Draining, Fenced
from gateway.ingress.acceptor import Acceptor
from gateway.ingress.retention import Retention
from gateway.model import ConversationRef
from gateway.ports import Store
from gateway.runtime.files import Files
from gateway.runtime.own import ending
from gateway.runtime.session import SessionPool

log = structlog.get_logger(__name__)

PART = "housekeeping"
"""The name of what one replica does."""
DAY = 86_400.0
KEEP_KEYS = 7 * DAY
"""Seconds for which the key of a done delivery is kept to recognise duplicates. Platforms redeliver for minutes to
hours."""
KEEP_REQUESTS = KEEP_KEYS
"""Seconds for which is kept what programs asked to be said, and by which key: a request that is repeated sooner sends
nothing. It is as long as how such a delivery ended is known."""
KEEP_TOKENS = 90 * DAY
"""Seconds for which a token that was too long for its button is kept in the store."""
KEEP_VALUES = 90 * DAY
"""Seconds for which a value of an adapter is kept after it was last written."""
KEEP_MESSAGES = 90 * DAY
"""Seconds after which the buttons and feedback controls of a message stop working, counted from its last edit."""
KEEP_AUDIT = 90 * DAY
"""Seconds for which a line of the audit is kept. Those of exports, erasures and expiries stay for ever."""
KEEP_FILES = 7 * DAY
"""Seconds for which a downloaded attachment is kept, unless its session ends earlier."""
PRUNE_EVERY = 600.0
"""Seconds between deletions of old rows and files."""
LOOK_FOR_ORPHANS_EVERY = 6 * 3_600.0
"""Seconds between looks through all blobs, each of which costs requests in a cloud."""
FIRST_LOOK = 600.0
"""Seconds before the first of them: by then the turns that an earlier process left have put their contents again."""
INDEX_EVERY = 60.0
"""Seconds between two times that the index for searches is brought up to date."""
INDEX_PAUSE = 0.05
"""Seconds between two batches of it, so that acknowledgements do not wait behind them."""
PURGE_INDEX_AFTER = DAY
"""Seconds for which the pages of the index may have traces of an edited or deleted text: all of them are rewritten."""
LOOK_LIMIT = 10_000
"""Idle sessions that one look reads from the store at most."""


class Prunable(Protocol):
    """A collection that knows itself which of its items are old."""

    async def prune(self) -> None:
        """Delete the items that are old."""
        ...


class Housekeeping:
    """Lets idle sessions leave memory, ends those idle for long, and deletes what is old."""

    def __init__(
        self,
        *,
        store: Store,
        pool: SessionPool,
        files: Files,
        held: Prunable,
        contents: Prunable,
        acceptor: Acceptor,
        retention: Retention,
        rest_after: float,
        end_after: float,
        own_blobs: bool = False,
    ) -> None:
        """``rest_after`` and ``end_after`` are the seconds without a turn after which a session leaves memory, and
        after which it ends; 0 for ``end_after`` means never. ``held`` are the files that platforms fetch later,
        ``contents`` those of elements that nothing refers to; ``own_blobs`` says that both are on this machine only."""
        self._store = store
        self._pool = pool
        self._files = files
        self._held = held
        self._contents = contents
        self._look_at = time.monotonic() + FIRST_LOOK
        """When orphans are looked for next."""
        self._acceptor = acceptor
        self._retention = retention
        self._end_after = end_after
        self._own_blobs = own_blobs
        self._left = 0
        """Idle sessions that could not be ended at the last look. The next look reads that many more, to reach those
        behind them."""
        self._every = min(60.0, max(0.05, min(rest_after, end_after or rest_after) / 4))

    async def run(self) -> None:
        """Do the periodic work until the gateway drains."""
        pruned = indexed = 0.0
        while True:
            try:
                leads = await self.look_at_sessions()
                if time.monotonic() - pruned > PRUNE_EVERY:
                    pruned = time.monotonic()
                    if leads:
                        await self._prune()
                    await self._prune_files(leads=leads)
                if leads and time.monotonic() - indexed > INDEX_EVERY:
                    await self._index()
                    indexed = time.monotonic()
            except Draining:
                return
            except Fenced:
                pass  # another replica does it
            except Exception:
                # A failing disk must not end this loop: it tries again, and ``/readyz`` reports the failure meanwhile.
                log.exception("housekeeping.failed")
            await asyncio.sleep(self._every)

    async def look_at_sessions(self) -> bool:
        """Let idle sessions leave memory, and end those that are idle for long. Returns whether this replica does for
        all what one of them does at a time."""
        self._pool.rest_idle()
        leads = await self._store.cluster.lead(PART)
        if leads and self._end_after:
            await self._end_idle()
        return leads

    async def _end_idle(self) -> None:
        now = self._store.cluster.now()
        limit = min(100 + self._left, LOOK_LIMIT)
        self._left = 0
        for session in await self._store.idle(before=now - self._end_after, limit=limit):
            if not await self._is_idle(session.ref):  # a turn may run or wait for longer than that
                self._left += 1
            elif (await self._acceptor.take(ending(session, reason="idle", now=now))).status == "ignored":
                self._left += 1  # the session's platform is off now

    async def _is_idle(self, ref: ConversationRef) -> bool:
        """Whether no turn runs and no delivery waits in the conversation, on whichever replica."""
        if not self._acceptor.is_idle(ref):
            return False
        return not (
            self._store.cluster.shared and await self._store.pending(conversation=ref.key, now=math.inf, limit=1)
        )

    async def _index(self) -> None:
        """Bring the index for searches up to date, as far as the time until the next turn of this loop allows."""
        end = time.monotonic() + INDEX_EVERY
        purged = self._store.cluster.now() - PURGE_INDEX_AFTER
        more = True
        while more and time.monotonic() < end:
            more = await self._store.index_steps() or await self._store.purge_index(removed_before=purged)
            await asyncio.sleep(INDEX_PAUSE)

    async def _prune(self) -> None:
        now = self._store.cluster.now()
        await self._retention.expire()
        kept = self._kept
        removed = 1
        while removed:
            removed = await self._store.prune(
                done_before=now - KEEP_KEYS,
                tokens_before=now - min(KEEP_TOKENS, kept),
                values_before=now - KEEP_VALUES,
                messages_before=now - min(KEEP_MESSAGES, kept),
                requests_before=now - min(KEEP_REQUESTS, kept),
                audit_before=now - min(KEEP_AUDIT, kept),
            )

    @property
    def _kept(self) -> float:
        """Seconds for which is kept at most what belongs to a conversation that nobody uses."""
        return self._retention.seconds or KEEP_MESSAGES

    async def _prune_files(self, *, leads: bool) -> None:
        await self._files.prune(older_than=min(KEEP_FILES, self._kept))
        if not (leads or self._own_blobs):
            return
        await self._held.prune()
        if time.monotonic() > self._look_at:
            self._look_at = time.monotonic() + LOOK_FOR_ORPHANS_EVERY
            await self._contents.prune()
