"""Delivers the outbox to the data layer: each conversation in order, several at once, for as long as it takes."""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog

from gateway.disk import in_thread
from gateway.errors import Fenced, StoreFailed
from gateway.outbox.bounded import described
from gateway.outbox.calls import LayerCalls
from gateway.outbox.elements import ElementFiles
from gateway.outbox.layer import LayerSource
from gateway.ports import Cluster, LayerStatus, Outbox, OutboxItem
from gateway.runtime.calling import as_failure
from gateway.runtime.erasure import FORGOTTEN, StillRunning
from gateway.runtime.leadership import Leadership

log = structlog.get_logger(__name__)

AT_ONCE = 4
"""Conversations that are delivered at the same time."""
RETRIES_AT_ONCE = 2
"""Of these, conversations whose first item failed before: those that always fail must not keep the others out."""
BATCH = 16
"""Items of one conversation that are delivered before they are deleted together."""
LOOK = 64
"""Items that one look into the store returns at most."""
LONGEST_PAUSE = 60.0
"""Seconds between two tries of the same item at most."""
POLL = 30.0
"""Seconds after which the store is looked into again though nothing was put in."""
AWAY = 3
"""Conversations that failed one after another, with no success in between, from which on the layer counts as away: then
one item is tried at a time."""
REFUSED = 5
"""Failures of an item, while others succeed, at which the log says that it is the item that cannot be delivered."""
STAND_BY = 2.0
"""Seconds after which a replica that does not deliver asks whether it shall."""
TELL_WITHIN = 0.1
"""Seconds after which the replica that delivers is told that another one has put something in; it is told once of all
that was put in meanwhile."""
LET_GO_WITHIN = 20.0
"""Seconds that the replica which delivers gets to let another one deliver; one that died is gone by then."""
_PART = "outbox"
_NEWS = "outbox.news"
GROWING = (10_000, 100_000, 1_000_000)
"""Items that wait, at which the log says so."""


class Deliverer:
    """Delivers to the data layer what turns left in the outbox.

    An item is deleted when the layer has taken it, and is delivered again after a crash: at least once, and with the
    same ids. One that fails is tried again after a pause that doubles up to ``LONGEST_PAUSE``, without an end, and
    holds up its own conversation only. Of several replicas one delivers, so that the order of each conversation is
    kept.

    Args:
        store: The outbox.
        source: Gives the layer.
        files: Gives the contents of elements.
        timeout: Seconds that one call of the layer may take.
        cluster: The replicas, one of which delivers.
    """

    def __init__(
        self, store: Outbox, source: LayerSource, files: ElementFiles, *, timeout: float, cluster: Cluster
    ) -> None:
        self._store = store
        self._source = source
        self._files = files
        self._calls = LayerCalls(files, timeout=timeout)
        self._running: dict[str, asyncio.Task[None]] = {}
        """The tasks that deliver, by conversation."""
        self._retrying: set[str] = set()
        """The conversations among these whose first item failed before."""
        self._suspended: set[str] = set()
        self._failing: dict[str, tuple[float, str]] = {}
        """When the first item of a conversation is tried again (monotonic seconds), and why it failed."""
        self._in_a_row: set[str] = set()
        """The conversations that failed since the last success."""
        self._pause = 0.0
        """Seconds until the next try while the layer is away."""
        self._paused_until = 0.0
        self._wake = asyncio.Event()
        self._quiet = asyncio.Event()
        """Set while nothing is due."""
        self._early = LONGEST_PAUSE
        """Seconds before they are due that items are tried: at the start, at once."""
        self._delivered = 0
        self._failures = 0
        self._said = 0
        """How many of ``GROWING`` were said."""
        self._looking: asyncio.Task[None] | None = None
        self._cluster = cluster
        self._leadership = Leadership(cluster, _PART, stop=self._let_go)
        self._telling: asyncio.TimerHandle | None = None
        cluster.listen(_NEWS, self._hear)
        cluster.listen(FORGOTTEN, lambda body: self.forget(body["person"]))

    async def start(self) -> None:
        """Begin to deliver, in the background."""
        await in_thread(self._files.clear)
        self._store.on_outbox(self._something_new)
        self._looking = asyncio.create_task(self._run())

    async def stop(self, seconds: float) -> None:
        """Deliver what is due, as far as ``seconds`` are enough, and end. The rest stays for the next start."""
        if self._looking is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                self._something_new()
                await self._quiet.wait()
        if self._telling is not None:
            self._telling.cancel()
        self._looking.cancel()
        await asyncio.gather(self._looking, return_exceptions=True)
        self._looking = None
        await self._leadership.give_up()

    async def status(self) -> LayerStatus:
        """Return how the deliveries go. Raises ``StoreFailed`` when the store cannot be read."""
        waiting, oldest = await self._store.outbox_size()
        long_due = time.monotonic() - 3 * LONGEST_PAUSE
        for conversation, (again, _) in list(self._failing.items()):
            # What failed and is not tried again was dropped or erased.
            if not waiting or (again < long_due and conversation not in self._running and not self._away):
                del self._failing[conversation]
        problem = next((error for _, error in self._failing.values()), self._source.problem)
        age = None if oldest is None else max(0.0, round(time.time() - oldest, 1))
        return LayerStatus(waiting, age, self._delivered, self._failures, problem)

    @asynccontextmanager
    async def suspended(self, conversations: Collection[str]) -> AsyncGenerator[None]:
        """Deliver nothing of these conversations during the block, which makes this the replica that delivers. A
        delivery that is under way is broken off; what is left of it afterwards is delivered again. Raises
        ``StillRunning`` when the replica that delivers does not let go."""
        self._suspended.update(conversations)
        try:
            with self._leadership.pinned():
                if self._looking is not None and not await self._leadership.take(within=LET_GO_WITHIN):
                    raise StillRunning("another replica goes on delivering to the data layer: ask again")
                await self._break_off(conversations)
                yield
        finally:
            self._suspended.difference_update(conversations)
            self._something_new()

    async def _break_off(self, conversations: Collection[str]) -> None:
        """Cancel the deliveries of these conversations that are under way."""
        running = [self._running[each] for each in conversations if each in self._running]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _let_go(self) -> None:
        """End what is under way, because another replica delivers from now on."""
        await self._break_off(list(self._running))

    def forget(self, person: str) -> None:
        """Forget the layer's id of a person: who comes back after being erased is stored there anew."""
        self._calls.forget(person)

    def _something_new(self) -> None:
        self._quiet.clear()
        self._wake.set()
        if not self._leadership.held and self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(TELL_WITHIN, self._tell)

    def _tell(self) -> None:
        self._telling = None
        self._cluster.tell(_NEWS, {})

    def _hear(self, _: Mapping[str, Any]) -> None:
        if self._leadership.held:
            self._something_new()

    async def _run(self) -> None:
        seeded = False
        while True:
            self._wake.clear()
            try:
                if not await self._leadership.leads():
                    self._quiet.set()
                    seeded, pause = False, STAND_BY
                else:
                    if not seeded:
                        await self._seed()
                        self._early, seeded = LONGEST_PAUSE, True
                    pause = await self._look()
            except (StoreFailed, Fenced):
                pause = 1.0  # which the store has logged
            except Exception:
                # A store that cannot be read must not end this loop: ``/readyz`` reports it meanwhile.
                log.exception("outbox.unreadable")
                pause = 1.0
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _seed(self) -> None:
        """Learn what the process that delivered before could not."""
        self._failing.clear()
        self._in_a_row.clear()
        ago = time.time() - time.monotonic()
        for item in await self._store.failed(limit=LOOK):
            self._failing.setdefault(
                item.conversation, (max(item.not_before - ago, time.monotonic()), item.error or "unknown")
            )

    @property
    def _away(self) -> bool:
        return len(self._in_a_row) >= AWAY

    async def _look(self) -> float:
        """Begin deliveries as far as there is room, and return after how many seconds to look again."""
        now = time.monotonic()
        if self._away and (self._running or now < self._paused_until):
            if self._running:
                return POLL
            self._quiet.set()
            return max(0.05, self._paused_until - now)
        room = (1 if self._away else AT_ONCE) - len(self._running)
        if room > 0:
            items = await self._store.due(now=time.time() + self._early, limit=LOOK)
            self._early = 0.0
            if not self._leadership.held:
                return STAND_BY
            items = [item for item in items if item.conversation not in self._suspended.union(self._running)]
            items.sort(key=lambda item: item.attempts > 0)  # what may well succeed before what failed
            for item in items:
                if room and self._begin(item):
                    room -= 1
            if not items and not self._running:
                self._quiet.set()
        later = [at for conversation, (at, _) in self._failing.items() if conversation not in self._running]
        return min([POLL, *(max(0.05, at - now) for at in later if at > now)])

    def _begin(self, item: OutboxItem) -> bool:
        """Begin to deliver an item and those behind it, unless too many are tried again already."""
        conversation = item.conversation
        if item.attempts:
            if len(self._retrying) >= RETRIES_AT_ONCE:
                return False
            self._retrying.add(conversation)
        self._running[conversation] = asyncio.create_task(self._conversation(conversation, item))
        return True

    async def _conversation(self, conversation: str, first: OutboxItem) -> None:
        try:
            items = [first]
            while items:
                items = await self._batch(items)
        except StoreFailed as error:
            log.warning("outbox.not_noted", conversation=conversation, error=str(error))
            await asyncio.sleep(1)
        except Exception:
            # Whatever it is, the item is still there: it must not be tried again at once, and for ever.
            log.exception("outbox.not_delivered", conversation=conversation)
            await asyncio.sleep(1)
        finally:
            self._running.pop(conversation, None)
            self._retrying.discard(conversation)
            self._wake.set()

    async def _batch(self, items: list[OutboxItem]) -> list[OutboxItem]:
        """Deliver items of one conversation in order, as far as they succeed, and return the next ones."""
        done: list[OutboxItem] = []
        failed: Exception | None = None
        for item in items:
            try:
                await self._calls.deliver(await self._source.get(), item.records)
            except (Exception, SystemExit, KeyboardInterrupt) as error:
                # The layer is the bot's own and may raise anything; the item stays.
                failed = as_failure(error)
                break
            done.append(item)
            self._taken(item)
        following = await self._store.delivered(done, limit=BATCH) if done else ()
        if failed is None:
            return list(following)
        await self._postpone(items[len(done)], failed)
        return []

    def _taken(self, item: OutboxItem) -> None:
        self._delivered += 1
        self._in_a_row.clear()
        self._pause = 0.0
        self._retrying.discard(item.conversation)
        if self._failing.pop(item.conversation, None) is not None and not self._failing:
            log.info("data_layer.works_again")
            self._said = 0

    async def _postpone(self, item: OutboxItem, error: Exception) -> None:
        text = described(error)
        attempts = item.attempts + 1
        if not self._failing:
            log.error("data_layer.failing", error=text, conversation=item.conversation, exc_info=error)
        self._failures += 1
        self._in_a_row.add(item.conversation)
        if attempts == REFUSED and not self._away:
            log.error("data_layer.item_refused", conversation=item.conversation, attempts=attempts, error=text)
        pause = min(LONGEST_PAUSE, 2.0 ** min(item.attempts, 10))
        if self._away:
            pause = self._pause = min(LONGEST_PAUSE, max(1.0, 2 * self._pause))
            self._paused_until = time.monotonic() + pause
            await self._say_how_much()
        self._failing[item.conversation] = (time.monotonic() + pause, text)
        await self._store.postpone(item, error=text, not_before=time.time() + pause)

    async def _say_how_much(self) -> None:
        """Log when the outbox has grown past the next of ``GROWING``."""
        waiting, _ = await self._store.outbox_size()
        while self._said < len(GROWING) and waiting >= GROWING[self._said]:
            log.error("outbox.growing", waiting=waiting, fix="the data layer takes nothing: see data_layer.failing")
            self._said += 1
