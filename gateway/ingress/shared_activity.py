"""Tells where turns run, on whichever replica that is."""

import asyncio
import math
from collections.abc import Mapping
from typing import Any

from gateway.errors import Fenced, StoreFailed
from gateway.ingress.activity import ConversationActivity
from gateway.model import ConversationRef
from gateway.ports import Cluster, Inbox

ASK_EVERY = 1.0
"""Seconds between two times that the replica which runs a conversation is asked, and the store looked into."""
WATCHED = 5.0
"""Seconds for which that replica tells of the rest of a conversation after it was asked."""
MOST = 200
"""Deliveries of a conversation that are compared with those in memory; with more, it does not rest."""
_ASKED, _RESTS = "activity.asked", "activity.rests"


class SharedActivity:
    """Knows in which conversations something is left to do on any replica. Implements ``gateway.adapter.Activity``.

    What is left to do is in the store: the deliveries that are open. Those that only wait for an answer are open too,
    which the replica knows that runs them. So whoever waits asks it, and takes its word; it gives its word when it has
    all open deliveries of the conversation in memory, and nothing happens there before the next answer.
    """

    def __init__(self, here: ConversationActivity, *, inbox: Inbox, cluster: Cluster) -> None:
        """Make it of what this replica knows of itself (``here``)."""
        self._here = here
        self._inbox = inbox
        self._cluster = cluster
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        """Who waits for the word of another replica, by conversation key."""
        self._watched: dict[str, float] = {}
        """Until when (time of the event loop) another replica waits for the rest of a conversation here."""
        self._looking: set[asyncio.Task[None]] = set()
        here.on_change = self._may_rest
        cluster.listen(_ASKED, self._hear_asked)
        cluster.listen(_RESTS, self._hear_rests)

    async def until_rest(self, conversation: ConversationRef) -> None:
        key = conversation.key
        while True:
            await self._here.until_rest(conversation)
            if not self._cluster.shared or self._here.closed:
                return
            if not self._here.is_busy(key) and (await self._rests_here(key) or await self._rests_elsewhere(key)):
                return

    async def _rests_here(self, key: str) -> bool:
        """Whether every open delivery of the conversation is in memory here and waits for an answer; False while the
        store cannot tell."""
        try:
            rows = await self._inbox.pending(conversation=key, now=math.inf, limit=MOST)
        except (Fenced, StoreFailed):
            return False  # which the store has logged
        running = self._here.running
        known = all(running is not None and running.holds(key, row.envelope.key) for row in rows)
        return known and len(rows) < MOST and not self._here.is_busy(key)

    async def _rests_elsewhere(self, key: str) -> bool:
        """Wait for the word of the replica that runs the conversation; False where none comes for a while."""
        word = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, set()).add(word)
        self._cluster.tell(_ASKED, {"conversation": key})
        try:
            done, _ = await asyncio.wait((word,), timeout=ASK_EVERY)
            return bool(done)
        finally:
            waiters = self._waiting[key]
            waiters.discard(word)
            if not waiters:
                del self._waiting[key]

    def _hear_rests(self, body: Mapping[str, Any]) -> None:
        for word in self._waiting.get(body["conversation"], ()):
            if not word.done():
                word.set_result(None)

    # Where the turns run

    def _hear_asked(self, body: Mapping[str, Any]) -> None:
        now = asyncio.get_running_loop().time()
        for key in [key for key, until in self._watched.items() if until < now]:
            del self._watched[key]
        asked = body["conversation"]
        self._watched[asked] = now + WATCHED
        if self._here.running is not None and asked in self._here.running:
            self._may_rest(asked)

    def _may_rest(self, key: str) -> None:
        if key in self._watched and not self._here.is_busy(key):
            task = asyncio.ensure_future(self._say_if_it_rests(key))
            self._looking.add(task)
            task.add_done_callback(self._looking.discard)

    async def _say_if_it_rests(self, key: str) -> None:
        if await self._rests_here(key):
            self._cluster.tell(_RESTS, {"conversation": key})
