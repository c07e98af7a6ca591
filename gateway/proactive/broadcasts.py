"""Begins, tells of and cancels broadcasts, and carries them out in the background, a few conversations at a time."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal, NamedTuple, Protocol

import structlog

from gateway.errors import Draining, Fenced, RequestRefused, StoreFailed
from gateway.model import Document
from gateway.ports import Addresses, Cluster, Documents, Inbox
from gateway.ports.documents import BROADCAST, REQUESTED_MESSAGE
from gateway.proactive.broadcast import Audience, Broadcast, Part, Result
from gateway.proactive.destinations import Destination
from gateway.proactive.messages import Take, new_id, outcome_of
from gateway.proactive.requests import IdempotencyKeys, digest_of
from gateway.proactive.targets import Target, Targets
from gateway.runtime.endings import DeliveryEndings
from gateway.runtime.ids import timed_id
from gateway.runtime.leadership import Leadership
from gateway.runtime.own import key_of_message, saying
from gateway.runtime.persistence import retry_until_stored

log = structlog.get_logger(__name__)

AT_ONCE = 4
"""Conversations on one platform that broadcasts are being sent to at the same time. Platforms limit how fast a bot may
post, so more would make the answers to people wait."""
SAVE_EVERY = 20
"""Settled targets after which it is stored how far a broadcast is."""
RETRY = 5.0
"""Seconds before a broadcast goes on that the store held up."""
LOOK_EVERY = 30.0
"""Seconds after which the store is looked into for broadcasts that another replica began, whose word was lost."""
STAND_BY = 2.0
"""Seconds after which a replica that carries out no broadcasts asks whether it shall."""
LET_GO_WITHIN = 20.0
"""Seconds that the replica which carries broadcasts out gets to let another one do it; one that died is gone by
then."""
_PART = "broadcasts"
_NEWS = "broadcasts.news"
PAGE = 100
"""Broadcasts read at once."""
ERRORS = 20
"""How many failures of a broadcast are described; the others are counted."""


class BroadcastStore(Documents, Addresses, Inbox, Protocol):
    """The store, as far as broadcasts need it."""


class WantedBroadcast(NamedTuple):
    """What a program wants said to many."""

    text: str
    """Markdown."""
    author: str | None
    """The name it is shown under; None for the bot's own."""
    to: Audience


class Begun(NamedTuple):
    """A broadcast that was asked for."""

    broadcast: Broadcast
    repeated: bool
    """Whether the request was repeated under its key, and did nothing."""


class Broadcasts:
    """The broadcasts.

    Each conversation gets a broadcast once, whatever happens: the key of its delivery is made of both, and the inbox
    takes a key once. So what was done between the last note of how far a broadcast is and a crash is only counted
    again. Of several replicas one carries them out; the others know as much as it noted.

    Args:
        store: The store.
        targets: What finds the conversations.
        take: What puts a message into the inbox.
        endings: What tells when it is sent.
        cluster: The replicas, one of which carries them out.
    """

    def __init__(
        self, *, store: BroadcastStore, targets: Targets, take: Take, endings: DeliveryEndings, cluster: Cluster
    ) -> None:
        self._store = store
        self._targets = targets
        self._take = take
        self._endings = endings
        self._keys = IdempotencyKeys(store)
        self._running: dict[str, Broadcast] = {}
        """Those that this replica carries out, oldest first, as they are now."""
        self._ended: set[str] = set()
        """Those that have ended here."""
        self._lanes: dict[str, asyncio.Task[None]] = {}
        """What sends the broadcasts of each platform, one after another."""
        self._cluster = cluster
        self._leadership = Leadership(cluster, _PART, stop=self._let_go)
        self._news = asyncio.Event()
        """Set when there may be a broadcast in the store that is not carried out yet."""
        cluster.listen(_NEWS, lambda _: self._news.set())

    # What programs ask

    async def begin(self, wanted: WantedBroadcast, *, requester: str, key: str | None = None) -> Begun:
        """Begin a broadcast, and return it when it is stored. The arguments and errors are those of
        ``ProactiveMessages.send``."""
        id = new_id()
        digest = digest_of("broadcast", wanted.text, wanted.author, wanted.to._asdict())
        if key is not None:
            known = await self._keys.find(requester, key, digest)
            if known is not None and (document := await self._store.get_document(BROADCAST, known)) is not None:
                return Begun(self._running.get(known) or Broadcast.of(document), repeated=True)
            id = known or id
        broadcast, named = await self._planned(id, wanted)
        if key is not None and (first := await self._keys.claim(requester, key, digest, id)) != id:
            broadcast = replace(broadcast, id=first)
        await self._targets.keep(broadcast, named)
        if not await self._store.add_document(broadcast.document()):  # a request at the same time was first
            return Begun(await self.find(broadcast.id), repeated=True)
        if await self._leadership.leads():
            self._running[broadcast.id] = broadcast
            self._run_lanes()
        else:
            self._cluster.tell(_NEWS, {})
        return Begun(broadcast, repeated=False)

    async def count(self, to: Audience) -> int:
        """Return how many targets a broadcast would have. Raises ``RequestRefused`` as ``begin`` does."""
        return (await self._targets.plan(to, time.time()))[1]

    async def find(self, id: str) -> Broadcast:
        """Return a broadcast as it is now. Raises ``RequestRefused`` (404) for an id that is not known."""
        if (running := self._running.get(id)) is not None:
            return running
        document = await self._store.get_document(BROADCAST, id)
        if document is None:
            raise RequestRefused(404, "no such broadcast is known")
        return Broadcast.of(document)

    async def failures(self, id: str) -> Sequence[Mapping[str, Any]]:
        """Return the first failures of a broadcast, each with its ``conversation`` and ``error``, as far as they are
        still known."""
        return [each.body for each in await self._store.list_documents(REQUESTED_MESSAGE, parent=id, limit=ERRORS)]

    async def page(self, *, before: int | None, limit: int) -> Sequence[tuple[int, Broadcast]]:
        """Return the newest broadcasts, each with its place in the order: those before ``before``, or all."""
        documents = await self._store.list_documents(BROADCAST, before=before, newest_first=True, limit=limit)
        return [(each.rank, self._running.get(each.id) or Broadcast.of(each)) for each in documents]

    async def cancel(self, id: str) -> Broadcast:
        """Send a broadcast to nobody any more, and return it. What is on its way is still sent; one that has ended
        stays as it is. This becomes the replica that carries broadcasts out. Raises ``RequestRefused``: 404 for an id
        that is not known, 503 when the replica that carries them out does not let go."""
        if (await self.find(id)).state == "running" and not await self._leadership.take(within=LET_GO_WITHIN):
            text = "another replica carries broadcasts out and does not let go: ask again"
            raise RequestRefused(503, text, headers={"Retry-After": "5"})
        found = await self.find(id)
        broadcast = self._running.get(id, found)
        if broadcast.state == "running":
            await self._end(broadcast, "cancelled")
        return broadcast

    # What the gateway does

    async def run(self) -> None:
        """Go on with what another process left, and carry out broadcasts until the task is cancelled."""
        try:
            while True:
                self._news.clear()
                with suppress(Fenced):
                    if await self._leadership.leads():
                        await retry_until_stored(self._recall)
                        self._run_lanes()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY if self._leadership.held else STAND_BY):
                        await self._news.wait()
        finally:
            await self._leadership.give_up()

    async def _let_go(self) -> None:
        """Stop carrying broadcasts out, and note how far they are."""
        lanes, self._lanes = list(self._lanes.values()), {}
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
        running, self._running = list(self._running.values()), {}
        with suppress(Fenced, StoreFailed):  # then what was done since the last note is only counted again
            await self._store.put_documents([each.document() for each in running])

    async def _recall(self) -> None:
        after = 0
        while documents := await self._store.list_documents(BROADCAST, after=after, limit=PAGE):
            for document in documents:
                broadcast = Broadcast.of(document)
                if broadcast.state == "running" and broadcast.id not in self._ended and self._leadership.held:
                    self._running.setdefault(broadcast.id, broadcast)
            after = documents[-1].rank

    def _run_lanes(self) -> None:
        for platform in {name for each in self._running.values() for name in each.parts}:
            lane = self._lanes.get(platform)
            if lane is None or lane.done():
                self._lanes[platform] = asyncio.create_task(self._run_lane(platform))

    async def _run_lane(self, platform: str) -> None:
        """Send the broadcasts of a platform, one after another."""
        while (broadcast := self._next(platform)) is not None:
            try:
                await self._send_part(broadcast, platform)
                await self._finish_part(broadcast, platform)
            except Draining:
                return  # the next process goes on
            except Exception:
                # Whatever it is, the other broadcasts must go on, and this one when it is over.
                log.exception("broadcast.held_up", broadcast=broadcast.id, platform=platform)
                await asyncio.sleep(RETRY)

    def _next(self, platform: str) -> Broadcast | None:
        for broadcast in self._running.values():
            part = broadcast.parts.get(platform)
            if part is not None and not part.finished:
                return broadcast
        return None

    async def _send_part(self, broadcast: Broadcast, platform: str) -> None:
        pending: deque[tuple[Target, asyncio.Task[Result]]] = deque()
        settled = 0
        try:
            async for target in self._targets.left(broadcast, platform):
                if broadcast.state != "running":
                    break
                pending.append((target, asyncio.create_task(self._send_to(broadcast, target))))
                if len(pending) < AT_ONCE:
                    continue
                await _settle_first(broadcast, platform, pending)
                settled += 1
                if settled % SAVE_EVERY == 0:
                    await self._store.put_documents([broadcast.document()])
            while pending:
                await _settle_first(broadcast, platform, pending)
        finally:
            for _, task in pending:
                task.cancel()
            await asyncio.gather(*(task for _, task in pending), return_exceptions=True)

    async def _send_to(self, broadcast: Broadcast, target: Target) -> Result:
        """Send a broadcast to one target, and note it when that fails."""
        try:
            place = await self._targets.place(broadcast, target)
            error = None if place is None else await self._send_into(broadcast, place)
        except RequestRefused as refused:
            place, error = None, str(refused)
        if error is None:
            return "gone" if place is None else "sent"
        if not await self._targets.is_there(broadcast, target):
            return "gone"
        if broadcast.failed < ERRORS:
            await self._store.put_documents([_failure(broadcast, target, error)])
        return "failed"

    async def _send_into(self, broadcast: Broadcast, place: Destination) -> str | None:
        """Send a broadcast into a conversation. Returns why that failed, None when it was sent."""
        ref, user = place
        id = timed_id(broadcast.at, f"{broadcast.id}/{ref.key}")
        key = key_of_message(id)
        with self._endings.watched(key) as ended:
            state = (await self._store.states([key])).get(key)
            if state is None or state.state == "open":
                envelope = saying(id, ref, broadcast.text, author=broadcast.author, user=user, now=broadcast.at)
                if (await self._take(envelope)).status == "ignored":
                    return f"{ref.platform} is not on"
                await ended
                state = (await self._store.states([key])).get(key)
        status, why = outcome_of(state)
        return None if status == "sent" else why

    async def _finish_part(self, broadcast: Broadcast, platform: str) -> None:
        broadcast.finish(platform)
        if broadcast.state == "running" and all(part.finished for part in broadcast.parts.values()):
            broadcast.total = broadcast.sent + broadcast.failed
            await self._end(broadcast, "done")
            return
        await retry_until_stored(lambda: self._store.put_documents([broadcast.document()]))

    async def _end(self, broadcast: Broadcast, state: Literal["done", "cancelled"]) -> None:
        broadcast.state, broadcast.ended_at = state, time.time()
        self._ended.add(broadcast.id)
        await self._store.put_documents([broadcast.document()])
        await self._targets.forget(broadcast)
        self._running.pop(broadcast.id, None)
        log.info(f"broadcast.{state}", broadcast=broadcast.id, sent=broadcast.sent, failed=broadcast.failed)

    async def _planned(self, id: str, wanted: WantedBroadcast) -> tuple[Broadcast, dict[str, list[Target]]]:
        now = time.time()
        platforms, total, named = await self._targets.plan(wanted.to, now)
        conditions = {**wanted.to._asdict(), "users": (), "conversations": ()}
        broadcast = Broadcast(
            id=id,
            text=wanted.text,
            author=wanted.author,
            at=now,
            total=total,
            parts={platform: Part() for platform in platforms},
            named=bool(named),
            audience=conditions,
        )
        return broadcast, named


async def _settle_first(
    broadcast: Broadcast, platform: str, pending: deque[tuple[Target, asyncio.Task[Result]]]
) -> None:
    """Wait for the first target, and note what came of it: those behind it are noted after it, in their order."""
    target, task = pending[0]
    result = await task
    pending.popleft()
    broadcast.settle(platform, target.position, result)


def _failure(broadcast: Broadcast, target: Target, error: str) -> Document:
    """Return what is noted of a message of a broadcast that failed. As what is noted of any message that a program
    asked for, it goes after some days, and with the person."""
    return Document(
        kind=REQUESTED_MESSAGE,
        id=timed_id(broadcast.at, f"{broadcast.id}/failed/{target.name}"),
        body={"conversation": target.name[:300], "error": error[:300]},
        parent=broadcast.id,
        person=target.person,
        conversation=target.conversation,
    )
