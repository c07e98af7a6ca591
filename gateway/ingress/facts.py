"""Caches what platforms tell of people for access rules. What cannot be had is unknown, and soon asked for again."""

import asyncio
import time
from collections import OrderedDict

import structlog

from gateway.egress import Sender
from gateway.errors import PlatformError
from gateway.model import AccessFacts, Event

log = structlog.get_logger(__name__)

KEEP = 300.0
"""Seconds after which a person is asked for again: so long somebody may still be let in who left a group."""
KEEP_FAILURE = 10.0
"""Seconds after which a failed request is tried again."""
LIMIT = 10_000
"""Number of people remembered."""
UNKNOWN = AccessFacts()


class PeopleFacts:
    """What is known of people in workspaces. Concurrent requests for one person share a call."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._known: OrderedDict[str, tuple[float, AccessFacts]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[AccessFacts]] = {}

    async def get(self, event: Event, groups: frozenset[str]) -> AccessFacts:
        """Return what the platform tells of the person who caused an event; nothing known where it fails. Waits as long
        as the platform takes.

        Args:
            event: What they did.
            groups: Ids of the groups to ask for.
        """
        key = f"{event.user.key} {event.ref.workspace} {event.ref.channel}"
        known = self._known.get(key)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask(key, event, groups))
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(task)

    async def _ask(self, key: str, event: Event, groups: frozenset[str]) -> AccessFacts:
        keep = KEEP
        try:
            facts = await self._sender.access_facts(event.user, event.ref, groups=groups) or UNKNOWN
        except PlatformError as error:
            log.warning("access.facts_unavailable", user=event.user.key, error=str(error))
            facts, keep = UNKNOWN, KEEP_FAILURE
        self._known[key] = (time.monotonic() + keep, facts)
        self._known.move_to_end(key)
        while len(self._known) > LIMIT:
            self._known.popitem(last=False)
        return facts
