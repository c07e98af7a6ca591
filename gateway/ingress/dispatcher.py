"""Who runs when: turns of one conversation one at a time and in order, conversations in parallel; what is meant for the
running turn (an answer, stop, feedback) goes past the queue to it."""

import asyncio
import functools
import math
import time
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog

from gateway.egress import Pace
from gateway.errors import Fenced
from gateway.ingress.backlog import PAGE, Backlog
from gateway.ingress.failures import Failures
from gateway.ingress.lane import QUEUE_LIMIT, Lane
from gateway.ingress.reading import Reader
from gateway.ingress.trials import Trial, Trials
from gateway.model import (
    CommandInvoked,
    ConversationEnded,
    ConversationRef,
    Event,
    MessageCreated,
    MessageDeleted,
    StopRequested,
)
from gateway.ports import Delivery, Lease, SessionRecord, Store
from gateway.runtime.asks import Verdict
from gateway.runtime.calling import as_failure, forbids_awaiting, forget_cancellations, is_discarded
from gateway.runtime.limits import Limits
from gateway.runtime.persistence import persistently
from gateway.runtime.runner import Runner
from gateway.runtime.session import SessionPool
from gateway.runtime.tokens import AskToken, UploadToken
from gateway.runtime.work import Work

log = structlog.get_logger(__name__)

POLL_EVERY = 10.0
"""Seconds between looks for deliveries that are due but in no lane (revived dead letters, a lost lease)."""
RENEW_EVERY = 10.0
"""Seconds between renewals of the leases held."""
LANES_LIMIT = 5_000
"""Conversations with work in memory; the backlog beyond it stays in the store until there is room. Those whose turn
only waits for an answer do not count."""
RESTING_LIMIT = 50_000
"""Conversations in memory whose turn only waits for an answer, some 10 KB each. Beyond it they count as the others."""
SIDE_LIMIT = 100
"""Turns beside the queue of one conversation (feedback, forms); more wait in the store."""
LET_GO = 5.0
"""Seconds a cancelled turn gets to let go when the gateway ends; the process ends all the same."""


class Dispatcher:
    """Runs stored deliveries: those of one conversation in order, conversations in parallel."""

    def __init__(
        self,
        *,
        store: Store,
        reader: Reader,
        runner: Runner,
        pool: SessionPool,
        failures: Failures,
        pace: Pace,
        limits: Limits,
    ) -> None:
        self._store = store
        self._reader = reader
        self._runner = runner
        self._pool = pool
        self._failures = failures
        self._pace = pace
        self._limits = limits
        self._trials = Trials()
        self._lanes: dict[str, Lane] = {}
        self._resting = 0
        """How many of them only wait for an answer."""
        self._backlog = Backlog(
            store=store, reader=reader, is_taken=self._is_taken, submit=lambda work: self.submit(work, older=True)
        )
        self._background: set[asyncio.Task[Any]] = set()
        self._closing = False

    # What the gate asks

    def is_idle(self, ref: ConversationRef) -> bool:
        """Whether a delivery stored now would run at once."""
        return ref.key not in self._lanes

    def is_live(self, ref: ConversationRef) -> bool:
        """Whether the session is in memory."""
        return ref.key in self._pool

    def live_within(self, conversation: str) -> Sequence[SessionRecord]:
        """The sessions in memory of conversations inside this one."""
        return self._pool.within(conversation)

    async def takes_part(self, ref: ConversationRef) -> bool:
        """Whether the bot is in this conversation already."""
        key = ref.key
        if key in self._lanes or key in self._pool or await self._store.exists(key):
            return True
        # What would open its session may still wait in the store.
        return self._backlog.exists and bool(await self._store.pending(conversation=key, now=math.inf, limit=1))

    def learn(self, key: str, twin: MessageCreated) -> bool:
        """A delivery came a second time: put what it adds into its turn, if that has not begun. Whether it is worth
        storing beside the first one."""
        lane = self._lanes.get(twin.ref.key)
        work = None if lane is None else lane.find(key)
        if work is None:
            # Done, or it has no place in memory yet: then whoever reads it from the store merges the two.
            return self._backlog.exists or (lane is not None and lane.overflow)
        added = work.learn(twin)
        if added and lane is not None and work is not lane.current and lane.asks.offer_message(work):
            lane.queue.remove(work)
        return added

    def judge(self, ref: ConversationRef, ask: tuple[str, int], event: Event) -> Verdict:
        """What would become of an answer to this ask, if it were given now."""
        lane = self._lanes.get(ref.key)
        if lane is None:
            return "early" if self._backlog.exists else "closed"
        return lane.asks.judge(ask, event, runs=lane.overflow or lane.holds(ask[0]))

    def withdraw(self, event: MessageDeleted) -> None:
        """Somebody deleted a message: its turn is stopped, or never begins."""
        lane = self._lanes.get(event.ref.key)
        if lane is not None:
            for work in lane.withdraw(event.message_id):
                self.spawn(self._forget(work))

    # Submitting

    def submit(self, work: Work, *, older: bool = False) -> None:
        """Run it, now or after what came before it. Never waits. ``older``: it was read from the store."""
        if self._closing:
            return  # it is stored: whoever starts next runs it
        key = work.event.ref.key
        lane = self._lanes.get(key)
        if lane is None:
            if self._backlog.behind or self._is_full():
                self._backlog.behind = True
                return
            lane = self._open_lane(key)
            lane.overflow = lane.unread = self._backlog.catching_up and not older
        else:
            work.session_read = False  # what is before it may change that
        lane.asks.latest = max(lane.asks.latest, work.seq)
        if not lane.unread and not self._control(lane, work):
            self._enqueue(lane, work)

    def _is_full(self) -> bool:
        """Whether no further conversation may have work in memory now."""
        if len(self._lanes) - min(self._resting, RESTING_LIMIT) < LANES_LIMIT:
            return False
        self._limits.met("conversations", f"{len(self._lanes)} conversations have work in memory; others wait")
        return True

    def _make_room(self) -> None:
        """A conversation left memory, or rests now: once half of the room is free, what waits in the store comes."""
        taken = len(self._lanes) - min(self._resting, RESTING_LIMIT)
        if self._backlog.behind and not self._closing and taken == LANES_LIMIT // 2:
            self.spawn(self._backlog.take_due(now=math.inf))

    def _count(self, lane: Lane) -> None:
        """Note whether this conversation only waits for an answer now."""
        if lane.rests != lane.counted:
            lane.counted = not lane.counted
            self._resting += 1 if lane.counted else -1
            self._make_room()

    def _open_lane(self, key: str) -> Lane:
        lane = self._lanes[key] = Lane(key, turn_down=lambda work: self._turn_down(lane, work))
        self._pace.begin(self._start, lane)
        return lane

    def _start(self, lane: Lane) -> None:
        if lane.task is None:
            lane.task = self.spawn(self._run_lane(lane))

    def _control(self, lane: Lane, work: Work) -> bool:
        """Give it to the running turn, if it is meant for that."""
        event, token = work.event, work.token
        if isinstance(event, StopRequested):
            lane.stop(event.user)
            self._beside(lane, work)
            return True
        if isinstance(event, MessageCreated):
            if lane.asks.hopes_for(work):
                self.spawn(self._complete(lane, work))
            return lane.asks.offer_message(work)
        if isinstance(token, AskToken | UploadToken):
            self._answer(lane, work, (token.delivery, token.ordinal))
            return True
        if (
            isinstance(event, ConversationEnded)
            and event.reason == "idle"
            and (lane.current or lane.queue or lane.side)
        ):
            self.spawn(self._forget(work))  # it is in use after all
            return True
        if isinstance(event, ConversationEnded) and event.reason in ("deleted", "removed"):
            for waiting in lane.abandon():
                self.spawn(self._forget(waiting))
            return False
        over = isinstance(event, ConversationEnded) or (isinstance(event, CommandInvoked) and event.command == "new")
        if over and lane.waiting:
            lane.stop(event.user)  # nobody will answer in a conversation that is over
            return False
        if work.is_side:
            self._beside(lane, work)
            return True
        return False

    async def _complete(self, lane: Lane, work: Work) -> None:
        """Its files may be what the running turn asks for: it gets them now, not when its own turn comes."""
        await self._runner.complete(work)
        if work in lane.queue and lane.asks.offer_message(work):
            lane.queue.remove(work)

    def _answer(self, lane: Lane, work: Work, ask: tuple[str, int]) -> None:
        verdict = lane.asks.offer_token(ask, work, runs=lane.holds(ask[0]))
        if verdict in ("not_yours", "closed"):
            work.refused = verdict
            self._beside(lane, work)

    def _turn_down(self, lane: Lane, work: Work) -> None:
        """Tell whoever gave an answer that was not needed."""
        if not self._closing:  # else the next process finds it, and its ask may still be open there
            self._beside(lane, work)

    def _enqueue(self, lane: Lane, work: Work) -> None:
        if lane.overflow or len(lane.queue) >= QUEUE_LIMIT:
            lane.overflow = True
            return
        lane.last_seq = max(lane.last_seq, work.seq)
        lane.queue.put(work)

    # Running

    async def _run_lane(self, lane: Lane) -> None:
        try:
            lane.lease = await self._store.claim(lane.key)
            if lane.lease is None:
                return  # another process runs this conversation; the delivery is in the store it reads
            first = True
            while True:
                while lane.queue and (first or not self._closing):
                    first = False
                    work = self._next(lane)
                    try:
                        await self._run(lane, lane.lease, work, main=True)
                    except Exception as error:
                        if await self._rescued(lane, lane.lease, work, error, main=True):
                            lane.queue.insert(0, work)
                    self._ended_in(lane, work)
                    if lane.queue:
                        await self._pace.step()
                if lane.overflow and not self._closing:
                    await self._read_on(lane)
                elif lane.side:
                    await lane.wait_beside()
                else:
                    break
        except Fenced:
            log.warning("lane.fenced", conversation=lane.key)
        finally:
            del self._lanes[lane.key]
            self._resting -= lane.counted
            self._make_room()
        if lane.lease is not None:
            await self._store.release(lane.lease)

    def _next(self, lane: Lane) -> Work:
        work = lane.current = lane.queue.pop(0)
        if lane.counted:
            self._count(lane)
        return work

    def _ended_in(self, lane: Lane, work: Work) -> None:
        lane.current = None
        if lane.waits:
            self._count(lane)
        if not lane.holds(work.key):  # else it runs again
            lane.asks.forget(work.key)

    async def _rescued(self, lane: Lane, lease: Lease, work: Work, error: Exception, *, main: bool) -> bool:
        """What ``_run`` itself cannot deal with (see ``forbids_awaiting``); whether the turn shall run again."""
        if isinstance(error, Fenced):
            raise error
        return await self._failed(lane, lease, work, error, main=main)

    async def _forget(self, work: Work) -> None:
        """There is nothing to run for it, or no longer."""
        lease = await self._store.claim(work.event.ref.key)
        if lease is not None:
            await persistently(lambda: self._store.finish(lease, work.key, journal=work.rerun))

    async def _run(self, lane: Lane, lease: Lease, work: Work, *, main: bool) -> None:
        """Run it until it is done or given up."""
        if work.interrupted and self._trials.is_hopeless(work):
            await self._failures.give_up(lease, work)
            await self._pool.keep(lane.key)
            return
        while True:
            try:
                await self._run_once(lane, lease, work, main=main)
                return
            except Fenced:
                raise
            except BaseException as error:
                # The last resort of rule 7: whatever a handler raised is logged, retried, and in the end told.
                if lane.lost or is_discarded(error):
                    raise
                if self._runner.closing:
                    if isinstance(error, asyncio.CancelledError):
                        raise
                    log.info("turn.handed_over", delivery=work.key, error=f"{type(error).__name__}: {error}")
                    return
                failure = as_failure(error)
                if forbids_awaiting(failure):
                    raise failure from error
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    await forget_cancellations(task, 0)
            if not await self._failed(lane, lease, work, failure, main=main):
                return

    async def _failed(self, lane: Lane, lease: Lease, work: Work, failure: Exception, *, main: bool) -> bool:
        """Note it and pause; whether it shall run again."""
        pause = await self._failures.handle(lease, work, failure)
        if pause is None:
            await self._pool.keep(lane.key)  # the bot is in this conversation, though the turn came to nothing
            return False
        if not main:
            await asyncio.sleep(pause)
        elif await lane.stopped_within(pause):
            await persistently(lambda: self._store.finish(lease, work.key))
            return False
        work.session_read = False
        return True

    async def _run_once(self, lane: Lane, lease: Lease, work: Work, *, main: bool) -> None:
        trial = await self._trials.admit(work) if work.interrupted else None
        work.on_wait = functools.partial(self._waits, lane, trial)
        try:
            if not work.started:
                if not await persistently(lambda: self._store.start(lease, work.key)):
                    return  # it was read from the store while it was being finished
                work.started = True
            await self._runner.run(
                work,
                lease=lease,
                asks=lane.asks,
                running=lane.runs if main else _unseen,
                behind=lambda: main and bool(lane.queue),
            )
        finally:
            work.on_wait = None
            if trial is not None:
                self._trials.end(trial)

    def _waits(self, lane: Lane, trial: Trial | None, begins: bool) -> None:
        """A turn begins to wait for an answer, or goes on."""
        lane.waits += 1 if begins else -1
        self._count(lane)
        if trial is not None and begins:
            self._trials.end(trial)

    def _beside(self, lane: Lane, work: Work) -> None:
        """Run it now, next to the queue; where too many do already, leave it in the store until the next look."""
        if len(lane.side) >= SIDE_LIMIT and not isinstance(work.event, StopRequested):
            self._limits.met("turns beside a conversation", f"{SIDE_LIMIT} run beside one conversation; others wait")
            return

        async def run() -> None:
            await self._pace.step()
            lease = lane.lease or await self._store.claim(lane.key)
            try:
                again = lease is not None
                while again and lease is not None:
                    try:
                        await self._run(lane, lease, work, main=False)
                        again = False
                    except Exception as error:
                        again = await self._rescued(lane, lease, work, error, main=False)
            except Fenced:
                log.warning("lane.fenced", conversation=lane.key)
            finally:
                lane.side.pop(work.key, None)
                if lane.waits or lane.counted:
                    self._count(lane)
                lane.asks.forget(work.key)

        lane.side[work.key] = self.spawn(run())
        if lane.counted:
            self._count(lane)

    # The store behind memory

    async def _read_on(self, lane: Lane) -> None:
        """Take in what waits in the store for this lane. What arrives meanwhile is left there, for its order, and read
        by another look."""
        while lane.overflow:
            known = lane.asks.latest  # whatever arrived up to this one is stored, so the look finds it
            rows = await persistently(lambda: self._pending_in(lane))
            for delivery in rows:
                work = await self._backlog.read(delivery)
                if work is not None and not lane.holds(work.key) and not self._control(lane, work):
                    lane.queue.put(work)
                lane.last_seq = delivery.seq
            if len(rows) == QUEUE_LIMIT:
                break
            lane.overflow = lane.asks.latest > max(known, lane.last_seq)
        lane.unread = False

    async def _pending_in(self, lane: Lane) -> Sequence[Delivery]:
        return await self._store.pending(conversation=lane.key, after=lane.last_seq, now=math.inf, limit=QUEUE_LIMIT)

    async def recover(self) -> int:
        """Take up what a former process left; how many deliveries were open. Many are read while the gateway begins to
        serve; what arrives meanwhile waits behind them."""
        count = await self._store.recover()
        self._trials.begin(await self._store.deaths())
        # Also what still pauses after a failure: what came after it must not overtake it.
        if count <= PAGE:
            await self._backlog.take_due(now=math.inf)
        else:
            self.spawn(persistently(lambda: self._backlog.take_due(now=math.inf)))
        return count

    def _is_taken(self, delivery: Delivery) -> bool:
        lane = self._lanes.get(delivery.envelope.ref.key)
        return lane is not None and (lane.overflow or lane.holds(delivery.envelope.key))

    async def keep_up(self) -> None:
        """Forever: renew leases, look for deliveries that are due."""
        looked = time.monotonic()
        while True:
            await asyncio.sleep(RENEW_EVERY)
            try:
                for lane in list(self._lanes.values()):
                    await self._renew(lane)
                if time.monotonic() - looked >= POLL_EVERY:
                    looked = time.monotonic()
                    await self._backlog.take_due(now=time.time())
            except Exception:
                # A failing store must not end this: it is tried again, and ``/readyz`` says it meanwhile.
                log.exception("dispatcher.failed")

    async def _renew(self, lane: Lane) -> None:
        try:
            if lane.lease is not None:
                await self._store.renew(lane.lease)
        except Fenced:
            log.warning("lane.fenced", conversation=lane.key)
            lane.lose()

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
        """Let running turns end, also those that were about to begin, for ``timeout`` seconds; the rest is handed back
        to the store. How many were.

        A turn that only waits for an answer is handed back at once: it goes on waiting after the restart.
        """
        self._closing = True
        for lane in self._lanes.values():
            self._start(lane)
        deadline = time.monotonic() + timeout
        while tasks := [task for lane in self._lanes.values() for task in lane.busy()]:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            # An ask may open while we wait, so look again every now and then.
            await asyncio.wait(tasks, timeout=min(left, 0.2), return_when=asyncio.FIRST_COMPLETED)
        handed_back = len(self._lanes)
        self._runner.close()
        tasks = list(self._background)
        for task in tasks:
            task.cancel()
        if tasks:
            _, deaf = await asyncio.wait(tasks, timeout=LET_GO)
            if deaf:
                log.warning("drain.deaf", turns=len(deaf), reason="their handlers swallow the cancellation")
        try:
            await self._store.hand_over()
        except Exception:
            # They then count as interrupted, which a few of them can bear.
            log.exception("drain.not_noted")
        return handed_back


def _unseen(_: object) -> None:
    """A turn beside the queue cannot be stopped."""
