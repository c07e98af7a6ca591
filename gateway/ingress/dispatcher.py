"""Who runs when: turns of one conversation one at a time and in order, conversations in parallel; what is meant for the
running turn (an answer, stop, feedback) goes past the queue to it."""

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from typing import Any

import structlog

from gateway.errors import Fenced
from gateway.ingress.failures import Failures
from gateway.ingress.lane import QUEUE_LIMIT, Lane
from gateway.ingress.reading import Reader
from gateway.model import ConversationRef, MessageCreated, StopRequested
from gateway.ports import Delivery, Lease, Store
from gateway.runtime.asks import OpenAsks
from gateway.runtime.runner import Runner
from gateway.runtime.session import SessionPool
from gateway.runtime.tokens import AskToken, UploadToken
from gateway.runtime.turn import Turn
from gateway.runtime.work import Work

log = structlog.get_logger(__name__)

POLL_EVERY = 10.0
"""Seconds between looks for deliveries that are due but in no lane (revived dead letters, a lost lease)."""
RENEW_EVERY = 10.0
"""Seconds between renewals of the leases held."""
LANES_LIMIT = 5_000
"""Conversations with work held in memory; the backlog beyond it stays in the store until there is room."""
PAGE = 500
"""Deliveries read from the store at a time."""


class Dispatcher:
    """The lanes."""

    def __init__(
        self,
        *,
        store: Store,
        reader: Reader,
        runner: Runner,
        pool: SessionPool,
        failures: Failures,
        slots: asyncio.Semaphore,
    ) -> None:
        self._store = store
        self._reader = reader
        self._runner = runner
        self._pool = pool
        self._failures = failures
        self._slots = slots
        self._lanes: dict[str, Lane] = {}
        self._behind = False
        """Deliveries wait in the store for a lane; until they have one, newer ones wait behind them."""
        self._unreadable: set[int] = set()
        self._background: set[asyncio.Task[Any]] = set()
        self._closing = False

    # What the gate asks

    def is_idle(self, ref: ConversationRef) -> bool:
        """Whether a delivery stored now would run at once."""
        return ref.key not in self._lanes

    def is_live(self, ref: ConversationRef) -> bool:
        """Whether the session is in memory."""
        return ref.key in self._pool

    async def takes_part(self, ref: ConversationRef) -> bool:
        """Whether the bot is in this conversation already."""
        key = ref.key
        return key in self._lanes or key in self._pool or await self._store.exists(key)

    # Submitting

    def submit(self, work: Work) -> None:
        """Run it, now or after what came before it. Never waits."""
        if self._closing:
            return  # it is stored: whoever starts next runs it
        key = work.event.ref.key
        lane = self._lanes.get(key)
        if lane is None:
            if self._behind or len(self._lanes) >= LANES_LIMIT:
                self._behind = True
                return
            lane = self._lanes[key] = Lane(key)
            lane.task = self.spawn(self._run_lane(lane))
        lane.asks.latest = max(lane.asks.latest, work.delivery.seq)
        if not self._control(lane, work):
            self._enqueue(lane, work)

    def _control(self, lane: Lane, work: Work) -> bool:
        """Give it to the running turn, if it is meant for that."""
        event, token = work.event, work.token
        if isinstance(event, StopRequested):
            lane.stop(event.user)
            self._beside(lane, work)
            return True
        if isinstance(event, MessageCreated):
            return lane.asks.offer_message(work)
        if isinstance(token, AskToken | UploadToken):
            self._answer(lane, work, (token.delivery, token.ordinal))
            return True
        if work.is_side:
            self._beside(lane, work)
            return True
        return False

    def _answer(self, lane: Lane, work: Work, ask: tuple[str, int]) -> None:
        outcome = lane.asks.offer_token(ask, work)
        if outcome == "taken":
            return
        if outcome == "closed" and lane.holds(ask[0]) and (lane.current is None or lane.current.delivery.rerun):
            replaced = lane.asks.keep_early(ask, work)  # the turn runs again and has not come to its ask yet
            if replaced is None:
                return
            work, outcome = replaced, "closed"
        work.refused = outcome
        self._beside(lane, work)

    def _enqueue(self, lane: Lane, work: Work) -> None:
        if lane.overflow or len(lane.queue) >= QUEUE_LIMIT:
            lane.overflow = True
            return
        lane.last_seq = max(lane.last_seq, work.delivery.seq)
        lane.insert(work)

    # Running

    async def _run_lane(self, lane: Lane) -> None:
        try:
            lane.lease = await self._store.claim(lane.key)
            if lane.lease is None:
                return  # another process runs this conversation; the delivery is in the store it reads
            while True:
                while lane.queue:
                    work = lane.current = lane.queue.popleft()
                    await self._run(lane, lane.lease, work, lane.asks, main=True)
                    lane.current = None
                    for early in lane.asks.leftovers(work.key):
                        early.refused = "closed"
                        self._beside(lane, early)
                if lane.side:
                    await asyncio.wait(lane.side.values())
                elif lane.overflow:
                    await self._read_on(lane)
                else:
                    break
        except Fenced:
            log.warning("lane.fenced", conversation=lane.key)
        finally:
            del self._lanes[lane.key]
            if self._behind and not self._closing and len(self._lanes) == LANES_LIMIT // 2:
                self.spawn(self._take_due())
        if lane.lease is not None:
            await self._store.release(lane.lease)

    async def _run(self, lane: Lane, lease: Lease, work: Work, asks: OpenAsks, *, main: bool) -> None:
        """Run it until it is done or given up."""

        def running(turn: Turn | None) -> None:
            if main:
                lane.turn = turn

        while True:
            if not work.started:
                if not await self._store.start(lease, work.key):
                    return  # it was read from the store while it was being finished
                work.started = True
            try:
                async with self._slots:
                    await self._runner.run(work, lease=lease, asks=asks, running=running)
                return
            except Fenced:
                raise
            except Exception as error:
                # The last resort of rule 7: whatever a handler raised is logged, retried, and in the end told.
                if not await self._failures.handle(lease, work, error):
                    return
                work.session_read = False

    def _beside(self, lane: Lane, work: Work) -> None:
        """Run it now, next to the queue."""

        async def run() -> None:
            lease = lane.lease or await self._store.claim(lane.key)
            try:
                if lease is not None:
                    await self._run(lane, lease, work, OpenAsks(deque(), self.submit), main=False)
            except Fenced:
                log.warning("lane.fenced", conversation=lane.key)
            finally:
                lane.side.pop(work.key, None)

        lane.side[work.key] = self.spawn(run())

    # The store behind memory

    async def _read_on(self, lane: Lane) -> None:
        """Take in what waits in the store for this lane. What arrives meanwhile finds its place by order."""
        lane.overflow = False
        rows = await self._store.pending(conversation=lane.key, after=lane.last_seq, now=time.time(), limit=QUEUE_LIMIT)
        lane.overflow = lane.overflow or len(rows) == QUEUE_LIMIT
        for delivery in rows:
            lane.last_seq = delivery.seq
            work = await self._reader.recovered(delivery)
            if work is not None and not lane.holds(work.key) and not self._control(lane, work):
                lane.insert(work)

    async def recover(self) -> int:
        """Take up what a former process left; how many deliveries were open."""
        count = await self._store.recover()
        await self._take_due()
        return count

    async def _take_due(self) -> None:
        """Give what is due and in no lane a lane, oldest first, as far as there is room."""
        self._behind = False  # from here on new deliveries find their own lane; all older ones are read below
        after = 0
        while not self._behind:
            rows = await self._store.pending(after=after, now=time.time(), limit=PAGE)
            for delivery in rows:
                await self._take(delivery)
            if len(rows) < PAGE:
                return
            after = rows[-1].seq

    async def _take(self, delivery: Delivery) -> None:
        lane = self._lanes.get(delivery.envelope.ref.key)
        if delivery.seq in self._unreadable or (
            lane is not None
            and (lane.overflow or lane.holds(delivery.envelope.key) or delivery.seq <= lane.asks.latest)
        ):
            return
        work = await self._reader.recovered(delivery)
        if work is None:
            self._unreadable.add(delivery.seq)
            log.warning("inbox.unreadable", delivery=delivery.envelope.key)
        else:
            self.submit(work)

    async def keep_up(self) -> None:
        """Forever: renew leases, look for deliveries that are due."""
        looked = time.monotonic()
        while True:
            await asyncio.sleep(RENEW_EVERY)
            for lane in list(self._lanes.values()):
                await self._renew(lane)
            if time.monotonic() - looked >= POLL_EVERY:
                looked = time.monotonic()
                await self._take_due()

    async def _renew(self, lane: Lane) -> None:
        try:
            if lane.lease is not None:
                await self._store.renew(lane.lease)
        except Fenced:
            log.warning("lane.fenced", conversation=lane.key)
            if lane.task is not None:
                lane.task.cancel()

    # Ending

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task that is kept until it ends, and whose failure is logged."""
        task = asyncio.create_task(coroutine)
        self._background.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task.failed", exc_info=error)

    async def drain(self, timeout: float) -> int:
        """Let running turns end, for ``timeout`` seconds; the rest is handed back to the store. How many were.

        A turn that only waits for an answer is handed back at once: it goes on waiting after the restart.
        """
        self._closing = True
        deadline = time.monotonic() + timeout
        while busy := [lane for lane in self._lanes.values() if not lane.asks]:
            left = deadline - time.monotonic()
            tasks = [task for lane in busy for task in (lane.task, *lane.side.values()) if task is not None]
            if left <= 0 or not tasks:
                break
            # An ask may open while we wait, so look again every now and then.
            await asyncio.wait(tasks, timeout=min(left, 0.2), return_when=asyncio.FIRST_COMPLETED)
            for lane in busy:
                self._hand_back_queue(lane)
        handed_back = len(self._lanes)
        tasks = list(self._background)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return handed_back

    def _hand_back_queue(self, lane: Lane) -> None:
        lane.queue.clear()
        lane.overflow = False
