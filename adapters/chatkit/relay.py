"""Shows on each replica what happens in a thread on another one.

Theory. A client reads a thread on one replica, and the turn that answers it may run on another. So a replica *follows*
the threads that somebody reads there: it says so to all others, again and again, and those tell it what happens in
these threads with them. What is told may get lost, and what is long is not told at all. Therefore whoever finds a
number missing asks for the messages that are being written, as far as they are; and when the thread comes to rest, the
items that the store has behind those known at first are compared with what was shown.

A replica that does not follow a thread does not know what happened there, so it remembers nothing for those who come
back to it: a log begins anew when the thread is followed.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from adapters.chatkit.limits import PAGE
from adapters.chatkit.log import Event, EventReader, ThreadLogs
from adapters.chatkit.packets import digest, event_of, grows, is_whole, merged, packets
from adapters.chatkit.threads import Item, ThreadStore
from gateway.adapter import Cluster
from gateway.errors import Fenced, RequestRefused, StoreFailed

RENEW_EVERY = 5.0
"""Seconds between two times that a replica says which threads it follows."""
FOLLOWED_FOR = 15.0
"""Seconds for which a thread is followed after its last reader has gone, and for which others are told of it who said
once that they follow it."""
GROW_EVERY = 0.03
"""Seconds between two times that others are told of pieces of text; those that come meanwhile are told as one."""
_NAMED_AT_ONCE = 100
"""Threads that one word names."""
_FOLLOWING, _HAPPENED, _FORGOTTEN = "chatkit.following", "chatkit.happened", "chatkit.forgotten"


@dataclass(slots=True)
class _Followed:
    """A thread that somebody reads here."""

    base: str | None
    """The id of the item that was the newest when it began; None where there was none."""
    until: float
    shown: dict[str, str] = field(default_factory=dict)
    """How the items read that were shown complete, by their ids."""
    heard: dict[str, int] = field(default_factory=dict)
    """The number of the last word of each other replica."""
    broken: set[str] = field(default_factory=set)
    """The ids of items that are being written and of which something was lost: they do not grow until they are told
    anew."""
    waiting: deque[Event] = field(default_factory=deque)
    """What was told and is not shown yet, because an item of it is being read."""
    showing: asyncio.Task[None] | None = None


@dataclass(slots=True)
class _Wanted:
    """A thread that other replicas follow."""

    by: dict[str, float] = field(default_factory=dict)
    """Until when, by replica."""
    told: int = 0
    """How many words they were told."""
    told_at: float = 0.0
    """When they were told last, by the monotonic clock."""
    growth: list[Event] = field(default_factory=list)
    """What they are told in a moment."""
    timer: asyncio.TimerHandle | None = None


class RelayedLogs(ThreadLogs):
    """The logs of threads on one of several replicas."""

    def __init__(self, cluster: Cluster, threads: ThreadStore) -> None:
        super().__init__()
        self._cluster = cluster
        self._threads = threads
        self._me = secrets.token_hex(6)
        self._followed: dict[str, _Followed] = {}
        self._wanted: dict[str, _Wanted] = {}
        cluster.listen(_FOLLOWING, self._hear_following)
        cluster.listen(_HAPPENED, self._hear_happened)
        cluster.listen(_FORGOTTEN, self._hear_forgotten)

    # What happens here

    def publish(self, thread: str, *events: Event) -> None:
        super().publish(thread, *events)
        self._note(thread, events)
        wanted = self._wanted.get(thread)
        if wanted is None or not events:
            return
        wanted.growth += events
        wait = wanted.told_at + GROW_EVERY - time.monotonic()
        if wait <= 0 or not all(map(grows, events)):
            self._tell(thread, wanted)
        elif wanted.timer is None:
            wanted.timer = asyncio.get_running_loop().call_later(wait, self._tell, thread, wanted)

    def forget(self, thread: str) -> None:
        self._cluster.tell(_FORGOTTEN, {"thread": thread})
        self._hear_forgotten({"thread": thread})

    def _tell(self, thread: str, wanted: _Wanted) -> None:
        if wanted.timer is not None:
            wanted.timer.cancel()
            wanted.timer = None
        events, wanted.growth, wanted.told_at = merged(wanted.growth), [], time.monotonic()
        for packet in packets(events):
            wanted.told += 1
            self._cluster.tell(_HAPPENED, {"thread": thread, "from": self._me, "number": wanted.told, "events": packet})

    # Who follows what

    async def follow(self, thread: str) -> None:
        known = self._followed.get(thread)
        if known is None:
            newest = (await self._threads.items(thread, limit=1, newest_first=True)).data
            base = newest[0]["id"] if newest else None
            known = self._followed.get(thread)
            if known is None:
                self._followed[thread] = _Followed(base, time.monotonic() + FOLLOWED_FOR)
                self._log(thread).begin_anew()
                self._say([thread], lost=True)
                return
        known.until = time.monotonic() + FOLLOWED_FOR

    @contextmanager
    def reading(self, thread: str, *, after: str | None = None) -> Iterator[tuple[EventReader, bool]]:
        with super().reading(thread, after=after) as read:
            try:
                yield read
            finally:
                if (followed := self._followed.get(thread)) is not None:
                    followed.until = time.monotonic() + FOLLOWED_FOR

    async def keep_up(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY)
            now = time.monotonic()
            for thread, followed in list(self._followed.items()):
                if followed.until < now and not self.is_read(thread):
                    del self._followed[thread]
                    self._log(thread).begin_anew()
            names = list(self._followed)
            for start in range(0, len(names), _NAMED_AT_ONCE):
                self._say(names[start : start + _NAMED_AT_ONCE])
            for thread, wanted in list(self._wanted.items()):
                wanted.by = {by: until for by, until in wanted.by.items() if until > now}
                if not wanted.by and not wanted.growth:
                    del self._wanted[thread]

    def _say(self, threads: Sequence[str], *, lost: bool = False) -> None:
        """Say that these threads are followed here; ``lost`` asks for what is being written, as far as it is."""
        self._cluster.tell(_FOLLOWING, {"threads": list(threads), "by": self._me, "lost": lost})

    def _hear_following(self, body: Mapping[str, Any]) -> None:
        by, until = body["by"], time.monotonic() + FOLLOWED_FOR
        for thread in body["threads"]:
            wanted = self._wanted.setdefault(thread, _Wanted())
            new = by not in wanted.by
            wanted.by[by] = until
            if new or body["lost"]:
                self._tell(thread, wanted)
                self._tell_drafts(thread, wanted, by)

    def _tell_drafts(self, thread: str, wanted: _Wanted, to: str) -> None:
        drafts = self._logs[thread].drafts.events() if thread in self._logs else {}
        for packet in packets(event for events in drafts.values() for event in events):
            about = {"thread": thread, "from": self._me, "to": to, "number": wanted.told}
            self._cluster.tell(_HAPPENED, {**about, "events": packet})

    # What happens elsewhere

    def _hear_happened(self, body: Mapping[str, Any]) -> None:
        thread, by, number = body["thread"], body["from"], body["number"]
        followed = self._followed.get(thread)
        if followed is None or body.get("to", self._me) != self._me:
            return
        before = followed.heard.get(by)
        followed.heard[by] = number
        if "to" not in body and before is not None and number != before + 1:
            followed.broken |= self._log(thread).drafts.ids()
            self._say([thread], lost=True)
        followed.waiting += body["events"]
        while followed.waiting and followed.showing is None and is_whole(followed.waiting[0]):
            self._show(thread, followed, followed.waiting.popleft())
        if followed.waiting and followed.showing is None:
            followed.showing = asyncio.ensure_future(self._show_waiting(thread, followed))

    async def _show_waiting(self, thread: str, followed: _Followed) -> None:
        try:
            while followed.waiting:
                piece = followed.waiting.popleft()
                with suppress(StoreFailed, Fenced):  # then it is shown when the thread comes to rest
                    if (event := await event_of(piece, thread, self._threads)) is not None:
                        self._show(thread, followed, event)
        finally:
            followed.showing = None

    def _show(self, thread: str, followed: _Followed, event: Event) -> None:
        """Show those who read here what happened elsewhere."""
        if event["type"] == "thread.item.updated":
            id = event["item_id"]
            if id in followed.broken or id not in self._log(thread).drafts:
                return  # something of it was lost, or it is over
        elif event["type"] == "thread.item.added":
            followed.broken.discard(event["item"]["id"])
        super().publish(thread, event)
        self._note(thread, [event])

    def _note(self, thread: str, events: Sequence[Event]) -> None:
        """Note how items read that were shown."""
        followed = self._followed.get(thread)
        if followed is None:
            return
        for event in events:
            if event["type"] in ("thread.item.done", "thread.item.replaced"):
                followed.shown[event["item"]["id"]] = digest(event["item"])

    def _hear_forgotten(self, body: Mapping[str, Any]) -> None:
        self._followed.pop(body["thread"], None)
        super().forget(body["thread"])

    # The rest

    async def settle(self, thread: str) -> None:
        followed = self._followed.get(thread)
        if followed is None:
            return
        while followed.showing is not None:
            await asyncio.wait({followed.showing})
        with suppress(StoreFailed, Fenced):
            items = await self._behind(thread, followed.base)
            drafts = self._log(thread).drafts
            for item in items:
                if followed.shown.get(item["id"]) != digest(item) and not drafts.is_ahead_of(item):
                    self._show(thread, followed, {"type": "thread.item.done", "item": item})
            for id in drafts.ids() - {item["id"] for item in items}:
                if await self._threads.item(thread, id) is None:
                    self._show(thread, followed, {"type": "thread.item.removed", "item_id": id})

    async def _behind(self, thread: str, base: str | None) -> Sequence[Item]:
        """Return the items behind the one that was the newest, oldest first; the newest ones where that is gone."""
        if base is not None:
            with suppress(RequestRefused):
                return await self._threads.behind(thread, base)
        return (await self._threads.items(thread, limit=PAGE, newest_first=True)).data[::-1]
