"""Gives each stored delivery to the queue of its conversation: turns of one conversation run one at a time and in
order, conversations in parallel. What is meant for the running turn (an answer, a stop) goes past the queue to it."""

import asyncio
import math
import time
from collections.abc import Sequence

import structlog

from gateway.errors import Fenced, StoreFailed
from gateway.ingress.activity import ConversationActivity
from gateway.ingress.attempts import Attempts
from gateway.ingress.backlog import PAGE, Backlog
from gateway.ingress.breaking_off import break_off
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
from gateway.model import ConversationRef, Event, MessageCreated
from gateway.ports import Delivery, EffectRecord, SessionRecord, Store
from gateway.runtime.asks import Verdict
from gateway.runtime.endings import DeliveryEndings
from gateway.runtime.history import History
from gateway.runtime.limits import Limits
from gateway.runtime.load import Load
from gateway.runtime.persistence import retry_until_stored
from gateway.runtime.profiles import Profiles
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.runner import Runner
from gateway.runtime.session import Session, SessionPool
from gateway.runtime.work import ConversationWork
from gateway.telemetry.observer import Observer

log = structlog.get_logger(__name__)

POLL_EVERY = 10.0
"""Seconds between looks for deliveries that are due but in no queue (revived dead letters, a lost lease)."""
SHARED_POLL_EVERY = 3.0
"""Seconds between these looks where replicas share the store: a wake of another one may have been lost."""
RENEW_EVERY = 10.0
"""Seconds between renewals of the leases held."""
CANCEL_WITHIN = 5.0
"""Seconds that cancelled turns get to end when the gateway ends. The process ends after that all the same."""


WITHDRAWN = "withdrawn"
"""The topic on which replicas tell of messages that were deleted."""


class Dispatcher:
    """Runs stored deliveries: those of one conversation in order, conversations in parallel. Implements
    ``gateway.ports.Watcher``."""

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
        observers: Observer,
        activity: ConversationActivity | None = None,
        endings: DeliveryEndings | None = None,
    ) -> None:
        self._store = store
        self._runner = runner
        self._pool = pool
        self._tasks = tasks
        self.trials = Trials(shared=store.cluster.shared)
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
            trials=self.trials,
            queues=queues,
            endings=self._endings,
            observers=observers,
        )
        side_turns = SideTurns(inbox=store, attempts=attempts, queues=queues, tasks=tasks, limits=limits)
        self._router = Router(runner=runner, attempts=attempts, side_turns=side_turns, queues=queues, tasks=tasks)
        self._worker = QueueWorker(
            inbox=store,
            backlog=self._backlog,
            attempts=attempts,
            router=self._router,
            queues=queues,
            let_go=self._let_go,
        )
        self._cluster = store.cluster
        self._woken: dict[str, bool] = {}
        """The conversations that are being looked at, each with whether it has to be looked at once more."""
        self._sweeping = self._sweep_again = False
        store.watch(self)
        pool.on_leave.append(self._session_left)
        self._cluster.listen(WITHDRAWN, lambda body: self._withdraw(body["conversation"], body["message"]))

    # What the acceptor asks

    def is_idle(self, ref: ConversationRef) -> bool:
        """Whether a delivery of this conversation that is stored now would run at once."""
        return ref.key not in self._queues and not self._queues.stops(ref.key)

    def is_live(self, ref: ConversationRef) -> bool:
        """Whether the conversation's session is in memory."""
        return ref.key in self._pool

    def live_within(self, conversation: str) -> Sequence[SessionRecord]:
        """Return the sessions in memory that belong to conversations inside this one, such as a channel's threads."""
        return self._pool.within(conversation)

    def load(self) -> Load:
        """Return how much there is to do in this process now."""
        return self._queues.load()

    def work(self) -> Sequence[ConversationWork]:
        """Return the conversations that have work in memory, the one that began first first."""
        return [queue.work() for queue in self._queues]

    async def takes_part(self, ref: ConversationRef) -> bool:
        """Whether the bot takes part in this conversation already: it has a session, or a delivery that waits."""
        key = ref.key
        if self._in_memory(key):
            return True
        # First what waits, then the session: a turn that ends elsewhere between the two looks leaves its session.
        may_wait = self._backlog.exists or self._cluster.shared
        waits = may_wait and bool(await self._store.pending(conversation=key, now=math.inf, limit=1))
        return waits or await self._store.exists(key) or self._in_memory(key)

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

    async def judge(self, ref: ConversationRef, ask: tuple[str, int], event: Event) -> Verdict:
        """Return what would become of an answer to this ask (delivery key, ordinal), if it were given now, on whichever
        replica its turn waits."""
        queue = self._queues.get(ref.key)
        if queue is not None and not queue.lost:
            return queue.asks.judge(ask, event, runs=queue.overflow or queue.holds(ask[0]))
        if self._cluster.shared:
            return await self._judged_by_store(ref, ask, event)
        return "early" if self._backlog.exists else "closed"

    async def _judged_by_store(self, ref: ConversationRef, ask: tuple[str, int], event: Event) -> Verdict:
        """Return what becomes of an answer, as far as its turn has written down: too much is let through rather than
        too little, because the turn itself decides."""
        key, ordinal = ask
        waiting = await self._store.pending(conversation=ref.key, now=math.inf, limit=PAGE)
        if all(delivery.envelope.key != key for delivery in waiting) and len(waiting) < PAGE:
            return "closed"
        effects = await self._store.effects(ref.key, key)
        found = next((each for each in effects if each.ordinal == ordinal), None)
        return "early" if found is None else _verdict(found, event)

    def withdraw(self, conversation: str, message_id: str) -> None:
        """Stop the turn of a message that somebody deleted, or drop the message from the queue before its turn, on
        whichever replica it is."""
        self._withdraw(conversation, message_id)
        if self._cluster.shared and not self._store.holds(conversation):
            self._cluster.tell(WITHDRAWN, {"conversation": conversation, "message": message_id})

    def _withdraw(self, conversation: str, message_id: str) -> None:
        queue = self._queues.get(conversation)
        if queue is not None:
            for queued in queue.withdraw(message_id):
                self._router.skip(queued)

    def _in_memory(self, key: str) -> bool:
        return key in self._queues or key in self._pool

    # Submitting

    def submit(self, queued: QueuedDelivery, *, older: bool = False, behind: bool = False) -> None:
        """Run a stored delivery now, or after what came before it in its conversation. Never waits.

        ``older`` says that it was read back from the store, so nothing in the store comes before it; ``behind`` that
        something does, as ``PutResult`` has it. A delivery for which memory has no room stays in the store and is read
        back later.
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
            queue.overflow = queue.unread = behind or (self._backlog.catching_up and not older)
        else:
            queue.overflow = queue.overflow or behind
            queued.session_read = False  # a delivery before it may change the session that was read
        queue.arrived += 1
        queue.asks.latest = max(queue.asks.latest, queued.seq)
        if not queue.unread and not self._router.route(queue, queued):
            queue.put(queued)

    def _open_queue(self, key: str) -> ConversationQueue:
        queue = ConversationQueue(key, reject=self._router.reject, release=self._router.release)
        self._queues.add(queue)
        queue.task = self._tasks.spawn(self._worker.run(queue))
        return queue

    # Other replicas

    def woken(self, conversation: str | None) -> None:
        """Take up what other replicas have stored in a conversation; None for all that no replica runs."""
        if conversation is None:
            self._sweep()
        elif self._queues.closing:
            if self._store.holds(conversation):
                self._let_go(conversation)
            else:  # it was released when the other replica had looked already
                self._tasks.spawn(self._store.pass_on(conversation))
        elif conversation in self._woken:
            self._woken[conversation] = True
        else:
            self._woken[conversation] = True
            self._tasks.spawn(self._look_at(conversation))

    def fenced(self) -> None:
        """Stop every turn and forget every session: other replicas may run the conversations now."""
        for queue in self._queues:
            queue.lose_all()
            self._queues.remove(queue)
        self._pool.discard_all()

    def _sweep(self) -> None:
        """Look for what no replica runs; once more where that is being done, because it may have looked already."""
        self._sweep_again = True
        if not self._sweeping and not self._queues.closing:
            self._sweeping = True
            self._tasks.spawn(self._take_orphans())

    async def _take_orphans(self) -> None:
        try:
            while self._sweep_again and not self._cluster.fenced:
                self._sweep_again = False
                self.trials.remember(await self._store.deaths())
                await self._backlog.take_due(now=math.inf)
        except (Fenced, StoreFailed) as error:
            log.warning("dispatcher.not_swept", error=str(error))  # the next look comes soon
        finally:
            self._sweeping = False

    async def _look_at(self, conversation: str) -> None:
        """Submit what is open in a conversation and not in memory, as long as it is woken."""
        try:
            while self._woken[conversation]:
                self._woken[conversation] = False
                after, more = 0, True
                while more and not self._queues.stops(conversation):
                    rows = await self._store.pending(conversation=conversation, after=after, now=math.inf, limit=PAGE)
                    for delivery in rows:
                        await self._take_woken(delivery)
                        after = delivery.seq
                    more = len(rows) == PAGE
        except (Fenced, StoreFailed) as error:
            log.warning("conversation.not_looked_at", conversation=conversation, error=str(error))  # a sweep will
        finally:
            del self._woken[conversation]

    async def _take_woken(self, delivery: Delivery) -> None:
        key = delivery.envelope.key
        if self._holds(delivery) and delivery.twin is None:
            return
        queued = await self._backlog.read(delivery)
        if queued is None:
            return
        if not self._holds(delivery):  # decoding awaits, so it may be in memory by now
            self.submit(queued, older=True)
        elif isinstance(queued.event, MessageCreated):
            self.learn(key, queued.event)

    def _holds(self, delivery: Delivery) -> bool:
        """Whether a delivery is in memory, or about to be done without a turn."""
        key, queue = delivery.envelope.key, self._queues.get(delivery.envelope.ref.key)
        return key in self._queues.skipping or (queue is not None and queue.holds(key))

    def _session_left(self, session: Session) -> None:
        self._let_go(session.ref.key)

    def _let_go(self, conversation: str) -> None:
        """Release the lease on a conversation of which nothing is in memory any more; when the process is about to end,
        one of which only a session is."""
        if not self._cluster.shared or conversation in self._queues or not self._store.holds(conversation):
            return
        if conversation in self._queues.suspended:
            return  # whoever suspended it lets go of it
        if self._queues.closing:
            self._pool.discard([conversation])
        if conversation not in self._pool:
            self._tasks.spawn(self._release(conversation))

    async def _release(self, conversation: str) -> None:
        in_use = conversation in self._queues or conversation in self._pool or conversation in self._queues.suspended
        if in_use or not self._store.holds(conversation):
            return  # it is in use again, or was released meanwhile
        try:
            lease = await self._store.claim(conversation)
            if lease is not None:
                await self._store.release(lease)
        except (Fenced, StoreFailed) as error:
            log.warning("conversation.not_released", conversation=conversation, error=str(error))

    # The store behind memory

    async def recover(self) -> int:
        """Take up what an earlier process left, and return how many deliveries were open. When they are many they are
        read while the gateway begins to serve, and what arrives meanwhile waits behind them."""
        count = await self._store.recover()
        self.trials.begin(await self._store.deaths())
        # Deliveries that pause after a failure are taken up too, so that later ones do not overtake them.
        if count <= PAGE:
            await self._backlog.take_due(now=math.inf)
        else:
            self._tasks.spawn(retry_until_stored(lambda: self._backlog.take_due(now=math.inf)))
        return count

    async def keep_up(self) -> None:
        """Renew the leases held and look for deliveries that are due, until the task is cancelled."""
        if self._cluster.shared:
            await self._keep_sweeping()
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

    async def _keep_sweeping(self) -> None:
        """Look for what is due and runs nowhere, until the task is cancelled; the heartbeat renews the leases."""
        while True:
            await asyncio.sleep(SHARED_POLL_EVERY)
            self._sweep()

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
            cluster=self._cluster,
        )

    async def _take_due(self) -> None:
        if not self._queues.closing:
            await retry_until_stored(lambda: self._backlog.take_due(now=math.inf))

    def _take_waiting(self) -> None:
        if self._backlog.behind and not self._queues.closing:
            self._tasks.spawn(self._backlog.take_due(now=math.inf))

    def _is_taken(self, delivery: Delivery) -> bool:
        queue = self._queues.get(delivery.envelope.ref.key)
        return self._holds(delivery) or (queue is not None and queue.overflow)

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

        A turn that only waits for an answer is handed back at once: it goes on waiting after the restart, or on another
        replica.
        """
        self._queues.closing = True
        deadline = time.monotonic() + timeout
        if self._cluster.shared:
            await self._retire()
        while tasks := [task for queue in self._queues for task in queue.busy()]:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            if self._cluster.shared:
                await self._hand_over_resting(within=left)
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

    async def abandon(self) -> None:
        """Close the store and end every turn, as though the process had been killed: nothing that the turns still do is
        written or sent, and nothing is handed back."""
        self._queues.closing = True
        self._activity.close()
        self._runner.close()
        await self._store.close()
        for _ in range(3):  # whoever is just retrying to store something is cancelled out of that as well
            if not await self._tasks.cancel(within=1.0):
                return
        log.warning("dispatcher.deaf", reason="handlers swallow their cancellation")

    async def _retire(self) -> None:
        """Let other replicas have, at once, all conversations in which no turn runs."""
        try:
            async with asyncio.timeout(CANCEL_WITHIN):
                await self._store.retire()
        except (Fenced, StoreFailed, TimeoutError):
            log.exception("drain.not_announced")  # the leases are released all the same, or end
        self._pool.rest_all()

    async def _hand_over_resting(self, *, within: float) -> None:
        """Let other replicas have the conversations whose turns only wait for answers. Those that cannot be handed over
        ``within`` so many seconds, because the store does not answer, are left with the rest."""
        resting = [queue for queue in self._queues if not queue.busy()]
        try:
            async with asyncio.timeout(within):
                ended = await asyncio.gather(*(break_off(queue, self._store) for queue in resting))
        except (Fenced, TimeoutError):
            return
        for queue, has_ended in zip(resting, ended, strict=True):
            if has_ended:
                self._let_go(queue.key)


def _verdict(ask: EffectRecord, event: Event) -> Verdict:
    """Return what becomes of an answer to an ask that is on record."""
    body = ask.body
    if "answer" in body:
        return "closed"
    if not body.get("anyone", True) and body.get("asked") != event.user.id:
        return "not_yours"
    return "open" if body.get("receipts") else "early"
