"""Who runs when: turns of one conversation one at a time and in order, conversations in parallel; what is meant for the
running turn (an answer, stop, feedback) goes past the queue to it."""

import asyncio
import functools
import math
import time
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog

from gateway.egress import TurnScheduler
from gateway.errors import Fenced
from gateway.ingress.backlog import PAGE, Backlog
from gateway.ingress.decoder import EnvelopeDecoder
from gateway.ingress.failures import Failures
from gateway.ingress.queue import QUEUE_LIMIT, ConversationQueue
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
from gateway.ports import Delivery, Lease, Outcome, SessionRecord, Store
from gateway.runtime.asks import Verdict
from gateway.runtime.calling import as_failure, forbids_awaiting, forget_cancellations, is_discarded
from gateway.runtime.limits import Limits
from gateway.runtime.outcome import write_outcome
from gateway.runtime.persistence import retry_until_stored
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.runner import Runner
from gateway.runtime.session import SessionPool
from gateway.runtime.tokens import AskToken, UploadToken

log = structlog.get_logger(__name__)

POLL_EVERY = 10.0
"""Seconds between looks for deliveries that are due but in no lane (revived dead letters, a lost lease)."""
RENEW_EVERY = 10.0
"""Seconds between renewals of the leases held."""
QUEUES_LIMIT = 5_000
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
        reader: EnvelopeDecoder,
        runner: Runner,
        pool: SessionPool,
        failures: Failures,
        scheduler: TurnScheduler,
        limits: Limits,
    ) -> None:
        self._store = store
        self._reader = reader
        self._runner = runner
        self._pool = pool
        self._failures = failures
        self._scheduler = scheduler
        self._limits = limits
        self._trials = Trials()
        self._queues: dict[str, ConversationQueue] = {}
        self._resting = 0
        """How many of them only wait for an answer."""
        self._backlog = Backlog(
            store=store, reader=reader, is_taken=self._is_taken, submit=lambda queued: self.submit(queued, older=True)
        )
        self._background: set[asyncio.Task[Any]] = set()
        self._closing = False

    # What the gate asks

    def is_idle(self, ref: ConversationRef) -> bool:
        """Whether a delivery stored now would run at once."""
        return ref.key not in self._queues

    def is_live(self, ref: ConversationRef) -> bool:
        """Whether the session is in memory."""
        return ref.key in self._pool

    def live_within(self, conversation: str) -> Sequence[SessionRecord]:
        """The sessions in memory of conversations inside this one."""
        return self._pool.within(conversation)

    async def takes_part(self, ref: ConversationRef) -> bool:
        """Whether the bot is in this conversation already."""
        key = ref.key
        if self._in_memory(key) or await self._store.exists(key):
            return True
        # What would open its session may still wait in the store; or it was given its queue while we looked.
        waits = self._backlog.exists and bool(await self._store.pending(conversation=key, now=math.inf, limit=1))
        return waits or self._in_memory(key)

    def _in_memory(self, key: str) -> bool:
        return key in self._queues or key in self._pool

    def learn(self, key: str, twin: MessageCreated) -> bool:
        """A delivery came a second time: put what it adds into its turn, if that has not begun. Whether it is worth
        storing beside the first one."""
        queue = self._queues.get(twin.ref.key)
        queued = None if queue is None else queue.find(key)
        if queued is None:
            # Done, or it has no place in memory yet: then whoever reads it from the store merges the two.
            return self._backlog.exists or (queue is not None and queue.overflow)
        added = queued.learn(twin)
        if added and queue is not None and queued is not queue.current and queue.asks.offer_message(queued):
            queue.deliveries.remove(queued)
        return added

    def judge(self, ref: ConversationRef, ask: tuple[str, int], event: Event) -> Verdict:
        """What would become of an answer to this ask, if it were given now."""
        queue = self._queues.get(ref.key)
        if queue is None:
            return "early" if self._backlog.exists else "closed"
        return queue.asks.judge(ask, event, runs=queue.overflow or queue.holds(ask[0]))

    def withdraw(self, event: MessageDeleted) -> None:
        """Somebody deleted a message: its turn is stopped, or never begins."""
        queue = self._queues.get(event.ref.key)
        if queue is not None:
            for queued in queue.withdraw(event.message_id):
                self.spawn(self._forget(queued))

    # Submitting

    def submit(self, queued: QueuedDelivery, *, older: bool = False) -> None:
        """Run it, now or after what came before it. Never waits. ``older``: it was read from the store."""
        if self._closing:
            return  # it is stored: whoever starts next runs it
        key = queued.event.ref.key
        queue = self._queues.get(key)
        if queue is None:
            if self._backlog.behind or self._is_full():
                self._backlog.behind = True
                return
            queue = self._open_queue(key)
            queue.overflow = queue.unread = self._backlog.catching_up and not older
        else:
            queued.session_read = False  # what is before it may change that
        queue.asks.latest = max(queue.asks.latest, queued.seq)
        if not queue.unread and not self._control(queue, queued):
            self._enqueue(queue, queued)

    def _is_full(self) -> bool:
        """Whether no further conversation may have work in memory now."""
        if len(self._queues) - min(self._resting, RESTING_LIMIT) < QUEUES_LIMIT:
            return False
        self._limits.met("conversations", f"{len(self._queues)} conversations have work in memory; others wait")
        return True

    def _make_room(self) -> None:
        """A conversation left memory, or rests now: once half of the room is free, what waits in the store comes."""
        taken = len(self._queues) - min(self._resting, RESTING_LIMIT)
        if self._backlog.behind and not self._closing and taken == QUEUES_LIMIT // 2:
            self.spawn(self._backlog.take_due(now=math.inf))

    def _count(self, queue: ConversationQueue) -> None:
        """Note whether this conversation only waits for an answer now."""
        if queue.rests != queue.counted:
            queue.counted = not queue.counted
            self._resting += 1 if queue.counted else -1
            self._make_room()

    def _open_queue(self, key: str) -> ConversationQueue:
        queue = self._queues[key] = ConversationQueue(
            key, turn_down=lambda queued: self._reject_early_answers(queue, queued)
        )
        self._scheduler.begin(self._start, queue)
        return queue

    def _start(self, queue: ConversationQueue) -> None:
        if queue.task is None:
            queue.task = self.spawn(self._run_queue(queue))

    def _control(self, queue: ConversationQueue, queued: QueuedDelivery) -> bool:
        """Give it to the running turn, if it is meant for that."""
        event, token = queued.event, queued.token
        if isinstance(event, StopRequested):
            queue.stop(event.user)
            self._run_concurrently(queue, queued)
            return True
        if isinstance(event, MessageCreated):
            if queue.asks.hopes_for(queued):
                self.spawn(self._complete(queue, queued))
            return queue.asks.offer_message(queued)
        if isinstance(token, AskToken | UploadToken):
            self._answer(queue, queued, (token.delivery, token.ordinal))
            return True
        if (
            isinstance(event, ConversationEnded)
            and event.reason == "idle"
            and (queue.current or queue.deliveries or queue.side)
        ):
            self.spawn(self._forget(queued))  # it is in use after all
            return True
        if isinstance(event, ConversationEnded) and event.reason in ("deleted", "removed"):
            for waiting in queue.abandon():
                self.spawn(self._forget(waiting))
            return False
        over = isinstance(event, ConversationEnded) or (isinstance(event, CommandInvoked) and event.command == "new")
        if over and queue.awaits_answer:
            queue.stop(event.user)  # nobody will answer in a conversation that is over
            return False
        if queued.is_side:
            self._run_concurrently(queue, queued)
            return True
        return False

    async def _complete(self, queue: ConversationQueue, queued: QueuedDelivery) -> None:
        """Its files may be what the running turn asks for: it gets them now, not when its own turn comes."""
        await self._runner.complete(queued)
        if queued in queue.deliveries and queue.asks.offer_message(queued):
            queue.deliveries.remove(queued)

    def _answer(self, queue: ConversationQueue, queued: QueuedDelivery, ask: tuple[str, int]) -> None:
        verdict = queue.asks.offer_token(ask, queued, runs=queue.holds(ask[0]))
        if verdict in ("not_yours", "closed"):
            queued.refused = verdict
            self._run_concurrently(queue, queued)

    def _reject_early_answers(self, queue: ConversationQueue, queued: QueuedDelivery) -> None:
        """Tell whoever gave an answer that was not needed."""
        if not self._closing:  # else the next process finds it, and its ask may still be open there
            self._run_concurrently(queue, queued)

    def _enqueue(self, queue: ConversationQueue, queued: QueuedDelivery) -> None:
        if queue.overflow or len(queue.deliveries) >= QUEUE_LIMIT:
            queue.overflow = True
            return
        queue.last_seq = max(queue.last_seq, queued.seq)
        queue.deliveries.put(queued)

    # Running

    async def _run_queue(self, queue: ConversationQueue) -> None:
        try:
            queue.lease = await self._store.claim(queue.key)
            if queue.lease is None:
                return  # another process runs this conversation; the delivery is in the store it reads
            first = True
            while True:
                while queue.deliveries and (first or not self._closing):
                    first = False
                    queued = self._next(queue)
                    try:
                        await self._run(queue, queue.lease, queued, main=True)
                    except Exception as error:
                        if await self._rescued(queue, queue.lease, queued, error, main=True):
                            queue.deliveries.insert(0, queued)
                    self._ended_in(queue, queued)
                    if queue.deliveries:
                        await self._scheduler.step()
                if queue.overflow and not self._closing:
                    await self._read_on(queue)
                elif queue.side:
                    await queue.wait_beside()
                else:
                    break
        except Fenced:
            log.warning("lane.fenced", conversation=queue.key)
        finally:
            del self._queues[queue.key]
            self._resting -= queue.counted
            self._make_room()
        if queue.lease is not None:
            await self._store.release(queue.lease)

    def _next(self, queue: ConversationQueue) -> QueuedDelivery:
        queued = queue.current = queue.deliveries.pop(0)
        if queue.counted:
            self._count(queue)
        return queued

    def _ended_in(self, queue: ConversationQueue, queued: QueuedDelivery) -> None:
        queue.current = None
        if queue.waits:
            self._count(queue)
        if not queue.holds(queued.key):  # else it runs again
            queue.asks.forget(queued.key)

    async def _rescued(
        self, queue: ConversationQueue, lease: Lease, queued: QueuedDelivery, error: Exception, *, main: bool
    ) -> bool:
        """What ``_run`` itself cannot deal with (see ``forbids_awaiting``); whether the turn shall run again."""
        if isinstance(error, Fenced):
            raise error
        return await self._failed(queue, lease, queued, error, main=main)

    async def _forget(self, queued: QueuedDelivery) -> None:
        """There is nothing to run for it, or no longer."""
        lease = await self._store.claim(queued.event.ref.key)
        if lease is not None:
            await retry_until_stored(
                lambda: write_outcome(self._store, lease, queued.key, outcome=Outcome(journal=queued.rerun))
            )

    async def _run(self, queue: ConversationQueue, lease: Lease, queued: QueuedDelivery, *, main: bool) -> None:
        """Run it until it is done or given up."""
        if queued.interrupted and self._trials.is_hopeless(queued):
            await self._failures.give_up(lease, queued)
            return
        while True:
            try:
                await self._run_once(queue, lease, queued, main=main)
                return
            except Fenced:
                raise
            except BaseException as error:
                # The last resort of rule 7: whatever a handler raised is logged, retried, and in the end told.
                if queue.lost or is_discarded(error):
                    raise
                if self._runner.closing:
                    if isinstance(error, asyncio.CancelledError):
                        raise
                    log.info("turn.handed_over", delivery=queued.key, error=f"{type(error).__name__}: {error}")
                    return
                failure = as_failure(error)
                if forbids_awaiting(failure):
                    raise failure from error
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    await forget_cancellations(task, 0)
            if not await self._failed(queue, lease, queued, failure, main=main):
                return

    async def _failed(
        self, queue: ConversationQueue, lease: Lease, queued: QueuedDelivery, failure: Exception, *, main: bool
    ) -> bool:
        """Note it and pause; whether it shall run again."""
        pause = await self._failures.handle(lease, queued, failure)
        if pause is None:
            return False
        if not main:
            await asyncio.sleep(pause)
        elif await queue.stopped_within(pause):
            await retry_until_stored(lambda: write_outcome(self._store, lease, queued.key))
            return False
        queued.session_read = False
        return True

    async def _run_once(self, queue: ConversationQueue, lease: Lease, queued: QueuedDelivery, *, main: bool) -> None:
        trial = await self._trials.admit(queued) if queued.interrupted else None
        queued.on_wait = functools.partial(self._waits, queue, trial)
        try:
            if not queued.started:
                if not await retry_until_stored(lambda: self._store.start(lease, queued.key)):
                    return  # it was read from the store while it was being finished
                queued.started = True
            await self._runner.run(
                queued,
                lease=lease,
                asks=queue.asks,
                running=queue.runs if main else _unseen,
                behind=lambda: main and bool(queue.deliveries),
            )
        finally:
            queued.on_wait = None
            if trial is not None:
                self._trials.end(trial)

    def _waits(self, queue: ConversationQueue, trial: Trial | None, begins: bool) -> None:
        """A turn begins to wait for an answer, or goes on."""
        queue.waits += 1 if begins else -1
        self._count(queue)
        if trial is not None and begins:
            self._trials.end(trial)

    def _run_concurrently(self, queue: ConversationQueue, queued: QueuedDelivery) -> None:
        """Run it now, next to the queue; where too many do already, leave it in the store until the next look."""
        if len(queue.side) >= SIDE_LIMIT and not isinstance(queued.event, StopRequested):
            self._limits.met("turns beside a conversation", f"{SIDE_LIMIT} run beside one conversation; others wait")
            return

        async def run() -> None:
            await self._scheduler.step()
            lease = queue.lease or await self._store.claim(queue.key)
            try:
                again = lease is not None
                while again and lease is not None:
                    try:
                        await self._run(queue, lease, queued, main=False)
                        again = False
                    except Exception as error:
                        again = await self._rescued(queue, lease, queued, error, main=False)
            except Fenced:
                log.warning("lane.fenced", conversation=queue.key)
            finally:
                queue.side.pop(queued.key, None)
                if queue.waits or queue.counted:
                    self._count(queue)
                queue.asks.forget(queued.key)

        queue.side[queued.key] = self.spawn(run())
        if queue.counted:
            self._count(queue)

    # The store behind memory

    async def _read_on(self, queue: ConversationQueue) -> None:
        """Take in what waits in the store for this lane. What arrives meanwhile is left there, for its order, and read
        by another look."""
        while queue.overflow:
            known = queue.asks.latest  # whatever arrived up to this one is stored, so the look finds it
            rows = await retry_until_stored(lambda: self._pending_in(queue))
            for delivery in rows:
                queued = await self._backlog.read(delivery)
                if queued is not None and not queue.holds(queued.key) and not self._control(queue, queued):
                    queue.deliveries.put(queued)
                queue.last_seq = delivery.seq
            if len(rows) == QUEUE_LIMIT:
                break
            queue.overflow = queue.asks.latest > max(known, queue.last_seq)
        queue.unread = False

    async def _pending_in(self, queue: ConversationQueue) -> Sequence[Delivery]:
        return await self._store.pending(conversation=queue.key, after=queue.last_seq, now=math.inf, limit=QUEUE_LIMIT)

    async def recover(self) -> int:
        """Take up what a former process left; how many deliveries were open. Many are read while the gateway begins to
        serve; what arrives meanwhile waits behind them."""
        count = await self._store.recover()
        self._trials.begin(await self._store.deaths())
        # Also what still pauses after a failure: what came after it must not overtake it.
        if count <= PAGE:
            await self._backlog.take_due(now=math.inf)
        else:
            self.spawn(retry_until_stored(lambda: self._backlog.take_due(now=math.inf)))
        return count

    def _is_taken(self, delivery: Delivery) -> bool:
        queue = self._queues.get(delivery.envelope.ref.key)
        return queue is not None and (queue.overflow or queue.holds(delivery.envelope.key))

    async def keep_up(self) -> None:
        """Forever: renew leases, look for deliveries that are due."""
        looked = time.monotonic()
        while True:
            await asyncio.sleep(RENEW_EVERY)
            try:
                for queue in list(self._queues.values()):
                    await self._renew(queue)
                if time.monotonic() - looked >= POLL_EVERY:
                    looked = time.monotonic()
                    await self._backlog.take_due(now=time.time())
            except Exception:
                # A failing store must not end this: it is tried again, and ``/readyz`` says it meanwhile.
                log.exception("dispatcher.failed")

    async def _renew(self, queue: ConversationQueue) -> None:
        try:
            if queue.lease is not None:
                await self._store.renew(queue.lease)
        except Fenced:
            log.warning("lane.fenced", conversation=queue.key)
            queue.lose()

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
        for queue in self._queues.values():
            self._start(queue)
        deadline = time.monotonic() + timeout
        while tasks := [task for queue in self._queues.values() for task in queue.busy()]:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            # An ask may open while we wait, so look again every now and then.
            await asyncio.wait(tasks, timeout=min(left, 0.2), return_when=asyncio.FIRST_COMPLETED)
        handed_back = len(self._queues)
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
