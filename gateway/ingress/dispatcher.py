"""Gives each stored delivery to the queue of its conversation: turns of one conversation run one at a time and in
order, conversations in parallel. What is meant for the running turn (an answer, a stop) goes past the queue to it."""

import asyncio
import math
import time
from collections.abc import Sequence

import structlog

from gateway.errors import Fenced
from gateway.ingress.activity import ConversationActivity
from gateway.ingress.attempts import Attempts
from gateway.ingress.backlog import PAGE, Backlog
from gateway.ingress.decoder import EnvelopeDecoder
from gateway.ingress.failures import Failures
from gateway.ingress.queue import ConversationQueue
from gateway.ingress.queues import ConversationQueues
from gateway.ingress.router import Router
from gateway.ingress.side_turns import SideTurns
from gateway.ingress.suspension import Suspension
from gateway.ingress.tasks import BackgroundTasks
from gateway.ingress.trials import Trials
from gateway.ingress.worker import QueueWorker
from gateway.model import ConversationRef, Event, MessageCreated, MessageDeleted
from gateway.ports import Delivery, SessionRecord, Store
from gateway.runtime.asks import Verdict
from gateway.runtime.endings import DeliveryEndings
from gateway.runtime.history import History
from gateway.runtime.limits import Limits
from gateway.runtime.persistence import retry_until_stored
from gateway.runtime.profiles import Profiles
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.runner import Runner
from gateway.runtime.session import SessionPool

log = structlog.get_logger(__name__)

POLL_EVERY = 10.0
"""Seconds between looks for deliveries that are due but in no queue (revived dead letters, a lost lease)."""
RENEW_EVERY = 10.0
"""Seconds between renewals of the leases held."""
CANCEL_WITHIN = 5.0
"""Seconds that cancelled turns get to end when the gateway ends. The process ends after that all the same."""


class Dispatcher:
    """Runs stored deliveries: those of one conversation in order, conversations in parallel."""

    def __init__(
        self,
        *,
        store: Store,
        decoder: EnvelopeDecoder,
        runner: Runner,
        pool: SessionPool,
        failures: Failures,
        limits: Limits,
        tasks: BackgroundTasks,
        activity: ConversationActivity | None = None,
        endings: DeliveryEndings | None = None,
    ) -> None:
        self._store = store
        self._runner = runner
        self._pool = pool
        self._tasks = tasks
        self._trials = Trials()
        self._activity = activity or ConversationActivity()
        self._queues = queues = ConversationQueues(limits, self._activity, on_room=self._take_waiting)
        self._backlog = Backlog(
            store=store, decoder=decoder, is_taken=self._is_taken, submit=lambda queued: self.submit(queued, older=True)
        )
        self._endings = endings or DeliveryEndings()
        attempts = Attempts(
            store=store,
            runner=runner,
            failures=failures,
            trials=self._trials,
            queues=queues,
            endings=self._endings,
        )
        side_turns = SideTurns(inbox=store, attempts=attempts, queues=queues, tasks=tasks, limits=limits)
        self._router = Router(runner=runner, attempts=attempts, side_turns=side_turns, queues=queues, tasks=tasks)
        self._worker = QueueWorker(
            inbox=store,
            backlog=self._backlog,
            attempts=attempts,
            router=self._router,
            queues=queues,
        )

    # What the acceptor asks

    def is_idle(self, ref: ConversationRef) -> bool:
        """Whether a delivery of this conversation that is stored now would run at once."""
        return ref.key not in self._queues and ref.key not in self._queues.suspended

    def is_live(self, ref: ConversationRef) -> bool:
        """Whether the conversation's session is in memory."""
        return ref.key in self._pool

    def live_within(self, conversation: str) -> Sequence[SessionRecord]:
        """Return the sessions in memory that belong to conversations inside this one, such as a channel's threads."""
        return self._pool.within(conversation)

    async def takes_part(self, ref: ConversationRef) -> bool:
        """Whether the bot takes part in this conversation already: it has a session, or a delivery that waits."""
        key = ref.key
        if self._in_memory(key) or await self._store.exists(key):
            return True
        # The delivery that opens its session may still wait in the store, or have come into memory while we looked.
        waits = self._backlog.exists and bool(await self._store.pending(conversation=key, now=math.inf, limit=1))
        return waits or self._in_memory(key)

    def learn(self, key: str, twin: MessageCreated) -> bool:
        """Add what a second delivery of the same message says to the first one's turn, if that has not begun.

        ``key`` is the key of both deliveries. Returns whether the second one is worth storing beside the first.
        """
        queue = self._queues.get(twin.ref.key)
        queued = None if queue is None else queue.find(key)
        if queued is None:
            # It is done, or not in memory yet; then the decoder merges the two when it is read from the store.
            return self._backlog.exists or (queue is not None and queue.overflow)
        added = queued.learn(twin)
        if added and queue is not None and queued is not queue.current and queue.asks.offer_message(queued):
            queue.deliveries.remove(queued)
        return added

    def judge(self, ref: ConversationRef, ask: tuple[str, int], event: Event) -> Verdict:
        """Return what would become of an answer to this ask (delivery key, ordinal), if it were given now."""
        queue = self._queues.get(ref.key)
        if queue is None:
            return "early" if self._backlog.exists else "closed"
        return queue.asks.judge(ask, event, runs=queue.overflow or queue.holds(ask[0]))

    def withdraw(self, event: MessageDeleted) -> None:
        """Stop the turn of a message that somebody deleted, or drop the message from the queue before its turn."""
        queue = self._queues.get(event.ref.key)
        if queue is not None:
            for queued in queue.withdraw(event.message_id):
                self._router.skip(queued)

    def _in_memory(self, key: str) -> bool:
        return key in self._queues or key in self._pool

    # Submitting

    def submit(self, queued: QueuedDelivery, *, older: bool = False) -> None:
        """Run a stored delivery now, or after what came before it in its conversation. Never waits.

        ``older`` says that it was read back from the store, so nothing in the store comes before it. A delivery for
        which memory has no room stays in the store and is read back later.
        """
        if self._queues.closing:
            return  # the next process runs it, because it is stored
        key = queued.event.ref.key
        if key in self._queues.suspended:
            return  # it is read back when the suspension ends
        queue = self._queues.get(key)
        if queue is None:
            if self._backlog.behind or self._queues.is_full():
                self._backlog.behind = True
                return
            queue = self._open_queue(key)
            queue.overflow = queue.unread = self._backlog.catching_up and not older
        else:
            queued.session_read = False  # a delivery before it may change the session that was read
        queue.asks.latest = max(queue.asks.latest, queued.seq)
        if not queue.unread and not self._router.route(queue, queued):
            queue.put(queued)

    def _open_queue(self, key: str) -> ConversationQueue:
        queue = ConversationQueue(key, reject=self._router.reject, release=self._router.release)
        self._queues.add(queue)
        queue.task = self._tasks.spawn(self._worker.run(queue))
        return queue

    # The store behind memory

    async def recover(self) -> int:
        """Take up what an earlier process left, and return how many deliveries were open. When they are many they are
        read while the gateway begins to serve, and what arrives meanwhile waits behind them."""
        count = await self._store.recover()
        self._trials.begin(await self._store.deaths())
        # Deliveries that pause after a failure are taken up too, so that later ones do not overtake them.
        if count <= PAGE:
            await self._backlog.take_due(now=math.inf)
        else:
            self._tasks.spawn(retry_until_stored(lambda: self._backlog.take_due(now=math.inf)))
        return count

    async def keep_up(self) -> None:
        """Renew the leases held and look for deliveries that are due, until the task is cancelled."""
        looked = time.monotonic()
        while True:
            await asyncio.sleep(RENEW_EVERY)
            try:
                for queue in self._queues:
                    await self._renew(queue)
                if time.monotonic() - looked >= POLL_EVERY:
                    looked = time.monotonic()
                    await self._backlog.take_due(now=time.time())
            except Exception:
                # A failing store must not end this loop: it tries again, and ``/readyz`` reports the failure meanwhile.
                log.exception("dispatcher.failed")

    def suspension(self, *, profiles: Profiles, history: History) -> Suspension:
        """Return what keeps turns from running in some conversations for a while, and forgets what is in memory of
        them. ``profiles`` and ``history`` are the caches of people."""
        return Suspension(
            inbox=self._store,
            queues=self._queues,
            pool=self._pool,
            profiles=profiles,
            history=history,
            take_due=self._take_due,
            endings=self._endings,
        )

    async def _take_due(self) -> None:
        if not self._queues.closing:
            await retry_until_stored(lambda: self._backlog.take_due(now=math.inf))

    def _take_waiting(self) -> None:
        if self._backlog.behind and not self._queues.closing:
            self._tasks.spawn(self._backlog.take_due(now=math.inf))

    def _is_taken(self, delivery: Delivery) -> bool:
        queue = self._queues.get(delivery.envelope.ref.key)
        return queue is not None and (queue.overflow or queue.holds(delivery.envelope.key))

    async def _renew(self, queue: ConversationQueue) -> None:
        try:
            if queue.lease is not None:
                await self._store.renew(queue.lease)
        except Fenced:
            log.warning("conversation.fenced", conversation=queue.key)
            queue.lose()

    # Ending

    async def drain(self, timeout: float) -> int:
        """Let running turns end for ``timeout`` seconds and hand the rest back to the store. Returns how many
        conversations were handed back.

        A turn that only waits for an answer is handed back at once: it goes on waiting after the restart.
        """
        self._queues.closing = True
        deadline = time.monotonic() + timeout
        while tasks := [task for queue in self._queues for task in queue.busy()]:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            # An ask may open while we wait, so look again every now and then.
            await asyncio.wait(tasks, timeout=min(left, 0.2), return_when=asyncio.FIRST_COMPLETED)
        handed_back = len(self._queues)
        self._activity.close()
        self._runner.close()
        if deaf := await self._tasks.cancel(within=CANCEL_WITHIN):
            log.warning("drain.deaf", turns=deaf, reason="their handlers swallow the cancellation")
        try:
            await self._store.hand_over()
        except Exception:
            # The turns then count as interrupted, of which each may have a few (``trials.INTERRUPTIONS``).
            log.exception("drain.not_noted")
        return handed_back
