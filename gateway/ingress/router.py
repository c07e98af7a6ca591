"""Decides which deliveries go past the queue of their conversation: an answer, a stop or a form goes to the running
turn, feedback and its kin to a turn beside the queue."""

from gateway.ingress.attempts import Attempts
from gateway.ingress.queue import ConversationQueue
from gateway.ingress.queues import ConversationQueues
from gateway.ingress.side_turns import SideTurns
from gateway.ingress.tasks import BackgroundTasks
from gateway.model import CommandInvoked, ConversationEnded, MessageCreated, MessageRequested, StopRequested
from gateway.runtime.asks import REMINDERS
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.runner import Runner
from gateway.runtime.tokens import ActionToken, AskToken, ElementToken, UploadToken


class Router:
    """Gives a delivery that must not wait in the queue to whom it is for."""

    def __init__(
        self,
        *,
        runner: Runner,
        attempts: Attempts,
        side_turns: SideTurns,
        queues: ConversationQueues,
        tasks: BackgroundTasks,
    ) -> None:
        self._runner = runner
        self._attempts = attempts
        self._side_turns = side_turns
        self._queues = queues
        self._tasks = tasks

    def route(self, queue: ConversationQueue, queued: QueuedDelivery) -> bool:
        """Give the delivery to the running turn, to an open ask or to a turn beside the queue, if it is meant for one
        of them. Returns False when it has to be queued."""
        event, token = queued.event, queued.token
        if isinstance(event, StopRequested):
            queue.stop(event.user)
            self._side_turns.run(queue, queued)
            return True
        if isinstance(event, MessageCreated):
            if queue.asks.offer_message(queued):
                return True
            if queue.asks.hopes_for(queued):
                self._tasks.spawn(self._complete(queue, queued))
            else:
                self._remind(queue, queued)
            return False
        if isinstance(token, AskToken | UploadToken | ElementToken):
            self._answer(queue, queued, (token.delivery, token.ordinal))
            return True
        if queue.awaits_answer and _passes(queued):
            self._run_beside(queue, queued)
            return True
        if (
            isinstance(event, ConversationEnded)
            and event.reason == "idle"
            and (queue.current or queue.deliveries or queue.side)
        ):
            self.skip(queued)  # the conversation is in use after all
            return True
        if isinstance(event, ConversationEnded) and event.reason in ("deleted", "removed"):
            for waiting in queue.abandon():
                self.skip(waiting)
            return False
        over = isinstance(event, ConversationEnded) or (isinstance(event, CommandInvoked) and event.command == "new")
        if over and queue.awaits_answer:
            queue.stop(event.user)  # nobody will answer in a conversation that is over
            return False
        if queued.is_side:
            self._side_turns.run(queue, queued)
            return True
        return False

    def reject(self, queue: ConversationQueue, queued: QueuedDelivery) -> None:
        """Tell the person whose answer no ask needed that it was not taken.

        While the process ends nobody is told: the next process finds the answer, and its ask may still be open there.
        """
        if not self._queues.closing:
            self._side_turns.run(queue, queued)

    def release(self, queue: ConversationQueue) -> None:
        """Let clicks that wait for their turn pass the turn that now waits for an answer: buttons go on working, and
        what a click calls may ask a question itself. So does what programs want said."""
        if queue.awaits_answer:
            for queued in [each for each in queue.deliveries if _passes(each)]:
                queue.deliveries.remove(queued)
                self._run_beside(queue, queued)

    def _run_beside(self, queue: ConversationQueue, queued: QueuedDelivery) -> None:
        queued.beside = True
        self._side_turns.run(queue, queued)

    def skip(self, queued: QueuedDelivery) -> None:
        """Mark a delivery done in the background, without running its turn."""
        self._tasks.spawn(self._attempts.skip(queued))

    async def _complete(self, queue: ConversationQueue, queued: QueuedDelivery) -> None:
        """Fetch what a partial message left out, and offer it to the running turn, which may ask for its files. Its own
        turn, where it would be completed otherwise, comes after that one."""
        await self._runner.complete(queued)
        if queued in queue.deliveries:
            if queue.asks.offer_message(queued):
                queue.deliveries.remove(queued)
            else:
                self._remind(queue, queued)

    def _remind(self, queue: ConversationQueue, queued: QueuedDelivery) -> None:
        """Tell the person asked, once for each question, that what they wrote is no answer and has to wait for one."""
        if queue.awaits_answer and (kind := queue.asks.delays(queued)) is not None:
            self._tasks.spawn(self._runner.tell(queued.event, REMINDERS[kind]))

    def _answer(self, queue: ConversationQueue, queued: QueuedDelivery, ask: tuple[str, int]) -> None:
        verdict = queue.asks.offer_token(ask, queued, runs=queue.holds(ask[0]))
        if verdict in ("not_yours", "closed"):
            queued.refused = verdict
            self._side_turns.run(queue, queued)


def _passes(queued: QueuedDelivery) -> bool:
    """Return whether the delivery need not wait for a turn that itself waits for an answer, maybe for days."""
    return isinstance(queued.token, ActionToken) or isinstance(queued.event, MessageRequested)
