"""Finds the thread of a message that an event names only by its ``ts``: a reaction says nothing of threads."""

import asyncio
import time
from collections import OrderedDict
from urllib.parse import parse_qs, urlsplit

from adapters.fields import Json, obj, text
from adapters.slack.workspaces import LOOKS, Workspace
from gateway.adapter import Cluster
from gateway.errors import PlatformError

_KEPT = 10_000
"""Replies whose thread is remembered."""
_TIMEOUT = 1.5
"""Seconds for a look, within the three that Slack waits for an event's acknowledgement."""


class ReactionThreads:
    """Remembers the threads of the replies that came by, the bot's own among them, and asks Slack for others."""

    def __init__(self, cluster: Cluster | None = None) -> None:
        self._cluster = cluster
        self._threads: OrderedDict[tuple[str, str, str], str] = OrderedDict()
        """The thread of each reply, by its workspace, its channel and its ``ts``."""

    async def placed(self, body: Json, at: Workspace) -> Json:
        """Return a delivery to a workspace with what it lacks: of a reaction, the thread of the message it is on.
        Remembers the threads of messages."""
        event = obj(body, "event")
        kind, item = text(event, "type"), obj(event, "item")
        if kind in ("message", "app_mention"):
            self._note(at.me.team, text(event, "channel"), event)
        if kind not in ("reaction_added", "reaction_removed") or text(item, "type") != "message":
            return body
        thread = text(item, "thread_ts") or await self._thread(at, text(item, "channel"), text(item, "ts"))
        return {**body, "event": {**event, "item": {**item, "thread_ts": thread}}} if thread else body

    def _note(self, team: str, channel: str, event: Json) -> None:
        message = obj(event, "message") or event
        if thread := text(message, "thread_ts"):
            self._keep((team, channel, text(message, "ts")), thread)

    def _keep(self, message: tuple[str, str, str], thread: str) -> None:
        self._threads[message] = thread
        self._threads.move_to_end(message)
        if len(self._threads) > _KEPT:
            self._threads.popitem(last=False)

    async def _thread(self, at: Workspace, channel: str, ts: str) -> str:
        """Return the thread of a message; empty where it is in none, or nobody knows."""
        looked = at.looks
        if (known := self._threads.get((at.me.team, channel, ts))) is not None:
            return known
        now = time.monotonic()
        looks = max(1, LOOKS // (self._cluster.replicas if self._cluster is not None else 1))
        if not channel or not ts or (len(looked) >= looks and now - looked[-looks] < 60):
            return ""
        looked.append(now)
        try:
            async with asyncio.timeout(_TIMEOUT):
                message = obj(await at.api.query("reactions.get", channel=channel, timestamp=ts), "message")
        except (PlatformError, TimeoutError):
            return ""  # the message is then taken to begin a thread, as most that people react to do
        thread = text(message, "thread_ts") or _thread_in(text(message, "permalink"))
        self._keep((at.me.team, channel, ts), thread)
        return thread


def _thread_in(permalink: str) -> str:
    return next(iter(parse_qs(urlsplit(permalink).query).get("thread_ts", [])), "")
