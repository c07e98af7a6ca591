"""Finds the thread of a message that an event names only by its ``ts``: a reaction says nothing of threads."""

import asyncio
import time
from collections import OrderedDict, deque
from urllib.parse import parse_qs, urlsplit

from adapters.fields import Json, obj, text
from adapters.slack.api import SlackApi
from gateway.adapter import Cluster
from gateway.errors import PlatformError

_KEPT = 10_000
"""Replies whose thread is remembered."""
_LOOKS = 20
"""Looks in a minute, less than half of what reactions.get allows (tier 3, about 50): a busy channel is full of
reactions that concern nobody. The replicas of the gateway share them."""
_TIMEOUT = 1.5
"""Seconds for a look, within the three that Slack waits for an event's acknowledgement."""


class ReactionThreads:
    """Remembers the threads of the replies that came by, the bot's own among them, and asks Slack for others."""

    def __init__(self, api: SlackApi, cluster: Cluster | None = None) -> None:
        self._api = api
        self._cluster = cluster
        self._threads: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._looks: deque[float] = deque(maxlen=_LOOKS)

    async def placed(self, body: Json) -> Json:
        """Return a delivery with what it lacks: of a reaction, the thread of the message it is on. Remembers the
        threads of messages."""
        event = obj(body, "event")
        kind, item = text(event, "type"), obj(event, "item")
        if kind in ("message", "app_mention"):
            self._note(text(event, "channel"), event)
        if kind not in ("reaction_added", "reaction_removed") or text(item, "type") != "message":
            return body
        thread = text(item, "thread_ts") or await self._thread(text(item, "channel"), text(item, "ts"))
        return {**body, "event": {**event, "item": {**item, "thread_ts": thread}}} if thread else body

    def _note(self, channel: str, event: Json) -> None:
        message = obj(event, "message") or event
        if thread := text(message, "thread_ts"):
            self._keep(channel, text(message, "ts"), thread)

    def _keep(self, channel: str, ts: str, thread: str) -> None:
        self._threads[channel, ts] = thread
        self._threads.move_to_end((channel, ts))
        if len(self._threads) > _KEPT:
            self._threads.popitem(last=False)

    async def _thread(self, channel: str, ts: str) -> str:
        """Return the thread of a message; empty where it is in none, or nobody knows."""
        if (known := self._threads.get((channel, ts))) is not None:
            return known
        now = time.monotonic()
        looks = max(1, _LOOKS // (self._cluster.replicas if self._cluster is not None else 1))
        if not channel or not ts or (len(self._looks) >= looks and now - self._looks[-looks] < 60):
            return ""
        self._looks.append(now)
        try:
            async with asyncio.timeout(_TIMEOUT):
                message = obj(await self._api.query("reactions.get", channel=channel, timestamp=ts), "message")
        except (PlatformError, TimeoutError):
            return ""  # the message is then taken to begin a thread, as most that people react to do
        thread = text(message, "thread_ts") or _thread_in(text(message, "permalink"))
        self._keep(channel, ts, thread)
        return thread


def _thread_in(permalink: str) -> str:
    return next(iter(parse_qs(urlsplit(permalink).query).get("thread_ts", [])), "")
