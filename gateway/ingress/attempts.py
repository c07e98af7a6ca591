"""Runs the turn of one delivery until it is done or given up: attempt, failure, pause, next attempt."""

import asyncio
import functools

import structlog

from gateway.errors import Fenced
from gateway.ingress.failures import Failures
from gateway.ingress.queue import ConversationQueue
from gateway.ingress.queues import ConversationQueues
from gateway.ingress.trials import Trial, Trials
from gateway.ports import Lease, Outcome, Store
from gateway.runtime.calling import as_failure, forbids_awaiting, forget_cancellations, is_discarded
from gateway.runtime.endings import DeliveryEndings
from gateway.runtime.observing import tell_ended, tell_waits
from gateway.runtime.outcome import write_outcome
from gateway.runtime.persistence import retry_until_stored
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.runner import Runner
from gateway.telemetry.context import working_on
from gateway.telemetry.observer import Observer

log = structlog.get_logger(__name__)


class Attempts:
    """Runs the turns of deliveries, each until it is done or given up.

    ``main`` says for every method whether the turn is the one that its conversation queue runs, which a user can stop,
    or a turn beside the queue.
    """

    def __init__(
        self,
        *,
        store: Store,
        runner: Runner,
        failures: Failures,
        trials: Trials,
        queues: ConversationQueues,
        endings: DeliveryEndings,
        observers: Observer,
    ) -> None:
        self._observers = observers
        self._store = store
        self._endings = endings
        self._runner = runner
        self._failures = failures
        self._trials = trials
        self._queues = queues

    async def run(self, queue: ConversationQueue, lease: Lease, queued: QueuedDelivery, *, main: bool) -> None:
        """Run the delivery's turn, again after each failure, until it is done or given up.

        Raises ``Fenced`` when the lease was lost, ``CancelledError`` when the process ends, and an error that forbids
        awaiting (see ``forbids_awaiting``), which the outermost coroutine of the task passes to ``fail``.
        """
        with working_on(queued.key, queued.event.ref.key):
            await self._run(queue, lease, queued, main=main)

    async def _run(self, queue: ConversationQueue, lease: Lease, queued: QueuedDelivery, *, main: bool) -> None:
        if queued.interrupted and self._trials.is_hopeless(queued):
            await self._failures.give_up(lease, queued)
            self._endings.ended(queued.key)
            return
        while True:
            try:
                await self._run_once(queue, lease, queued, main=main)
                self._endings.ended(queued.key)
                return
            except Fenced:
                self._tell_handed_over(queued)
                raise
            except BaseException as error:
                # Nothing above this catches what a handler raised: it is logged, retried, and in the end told.
                if queue.lost or is_discarded(error):
                    self._tell_handed_over(queued)
                    raise
                if self._runner.closing:
                    self._tell_handed_over(queued)
                    if isinstance(error, asyncio.CancelledError):
                        raise
                    log.info("turn.handed_over", delivery=queued.key, error=f"{type(error).__name__}: {error}")
                    return
                failure = as_failure(error)
                if forbids_awaiting(failure):
                    raise failure from error
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    await forget_cancellations(task, 0)
            if not await self.fail(queue, lease, queued, failure, main=main):
                return

    async def fail(
        self, queue: ConversationQueue, lease: Lease, queued: QueuedDelivery, failure: Exception, *, main: bool
    ) -> bool:
        """Record the failure and pause before the next attempt. Returns False when there shall be none: the delivery
        was given up, or the user stopped its turn. A ``failure`` that is ``Fenced`` is raised again."""
        if isinstance(failure, Fenced):
            self._tell_handed_over(queued)
            raise failure
        pause = await self._failures.handle(lease, queued, failure)
        if pause is None:
            self._endings.ended(queued.key)
            return False
        if not main:
            await asyncio.sleep(pause)
        elif await queue.stopped_within(pause):
            await retry_until_stored(lambda: write_outcome(self._store, lease, queued.key))
            self._endings.ended(queued.key)
            return False
        queued.session_read = False
        return True

    async def skip(self, queued: QueuedDelivery) -> None:
        """Mark a delivery done without running its turn, because there is nothing to run for it, or no longer."""
        self._queues.skipping.add(queued.key)
        try:
            lease = await self._store.claim(queued.event.ref.key)
            if lease is not None:
                await retry_until_stored(
                    lambda: write_outcome(self._store, lease, queued.key, outcome=Outcome(journal=queued.rerun))
                )
                self._endings.ended(queued.key)
        finally:
            self._queues.skipping.discard(queued.key)

    async def _run_once(self, queue: ConversationQueue, lease: Lease, queued: QueuedDelivery, *, main: bool) -> None:
        trial = await self._trials.admit(queued) if queued.interrupted else None
        queued.on_wait = functools.partial(self._update_waits, queue, queued, trial)
        try:
            if not queued.started:
                if not await retry_until_stored(lambda: self._store.start(lease, queued.key)):
                    return  # another turn finished the delivery after it was read from the store
                queued.started = True
            await self._runner.run(
                queued,
                lease=lease,
                asks=queue.asks,
                running=queue.runs if main else _ignore_turn,
                behind=lambda: main and bool(queue.deliveries),
            )
        finally:
            queued.on_wait = None
            if trial is not None:
                self._trials.end(trial)

    def _tell_handed_over(self, queued: QueuedDelivery) -> None:
        """Tell observers that another process goes on with the turn, if a run of it has begun here."""
        if queued.began is not None:
            tell_ended(self._observers, queued, "handed_over")

    def _update_waits(
        self, queue: ConversationQueue, queued: QueuedDelivery, trial: Trial | None, begins: bool
    ) -> None:
        """Note that a turn begins to wait for an answer (``begins``), or goes on."""
        tell_waits(self._observers, queued, begins=begins)
        queue.waits += 1 if begins else -1
        self._queues.update_resting(queue)
        if trial is not None and begins:
            self._trials.end(trial)
        if begins:
            queue.release()


def _ignore_turn(_: object) -> None:
    """Stand in for ``ConversationQueue.runs``: a turn beside the queue cannot be stopped."""
