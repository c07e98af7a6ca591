"""Decides about a turn that failed: it is run again after a pause, or the person is told and it is a dead letter."""

import time
import traceback
from typing import cast

import structlog

from gateway.egress import Sender
from gateway.errors import Forbidden, Gone, PlatformError, RateLimited, Rejected, TooLarge, Unsupported
from gateway.model import MessageRequested, Outgoing
from gateway.ports import Lease, Outcomes
from gateway.runtime.history import History
from gateway.runtime.observing import tell_ended
from gateway.runtime.outcome import Buried, Failed, write_outcome
from gateway.runtime.persistence import retry_until_stored
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.session import SessionPool, id_of_session
from gateway.telemetry.context import reference
from gateway.telemetry.observer import Observer

log = structlog.get_logger(__name__)

HOPELESS = (Rejected, Forbidden, Gone, Unsupported, TooLarge)
"""Errors that running the handler again cannot change."""


class Failures:
    """Decides about the failed attempts of deliveries: retries with backoff, then dead letters."""

    def __init__(
        self,
        *,
        store: Outcomes,
        pool: SessionPool,
        sender: Sender,
        observers: Observer,
        history: History,
        retries: int,
        backoff: float = 0.5,
    ) -> None:
        """``retries`` is how often a turn is run again; ``backoff`` the seconds before the first time, four times as
        long before each further one."""
        self._store = store
        self._pool = pool
        self._sender = sender
        self._observers = observers
        self._history = history
        self._retries = retries
        self._backoff = backoff

    async def handle(self, lease: Lease, queued: QueuedDelivery, error: Exception) -> float | None:
        """Log and store the failure of a turn. Returns the seconds after which the turn shall run again, None when the
        delivery was given up. Raises ``Fenced`` when the lease was lost."""
        attempts = queued.attempts + 1
        again = attempts <= self._retries and not _is(HOPELESS, error)
        if isinstance(queued.event, MessageRequested) and isinstance(error, PlatformError):
            # Whoever asked for the message is told. A broadcast may reach many who are not there any more.
            log.warning("message.not_sent", delivery=queued.key, attempt=attempts, again=again, error=str(error))
        else:
            log.error(
                "turn.failed",
                delivery=queued.key,
                reference=reference(queued.key),
                attempt=attempts,
                again=again,
                exc_info=error,
            )
        # An error's text may contain half of a surrogate pair, which no store takes.
        text = "".join(traceback.format_exception_only(error)).strip().encode(errors="backslashreplace").decode()
        if again:
            pause: float = self._backoff * 4 ** (attempts - 1)
            if isinstance(error, RateLimited):
                pause = max(pause, error.retry_after)  # the sender did not wait that long; sooner it is refused again
            due = time.time() + pause
            await retry_until_stored(lambda: write_outcome(self._store, lease, queued.key, Failed(text, due)))
            tell_ended(self._observers, queued, "failed", error)
            queued.attempts = attempts
            return pause
        if not _is((Gone,), error):  # the conversation is gone, so nobody can be told
            await self._tell(queued)
        await self._bury(lease, queued, text)
        tell_ended(self._observers, queued, "dead", error)
        return None

    async def give_up(self, lease: Lease, queued: QueuedDelivery) -> None:
        """Give up a delivery whose turn was running at so many deaths of the process that it must be their cause."""
        log.error("turn.given_up", delivery=queued.key, reference=reference(queued.key), interrupted=queued.interrupted)
        await self._tell(queued)
        why = f"the process died {queued.interrupted} times while this was running"
        await self._bury(lease, queued, why)
        tell_ended(self._observers, queued, "dead", why)

    async def _bury(self, lease: Lease, queued: QueuedDelivery, error: str) -> None:
        """Make the delivery a dead letter with this error."""
        # The session is saved although the turn failed, because the bot takes part in the conversation from now on.
        session = self._pool.record_of(queued.event.ref.key)
        records = queued.records or self._history.unhandled(
            queued, session.id if session is not None else id_of_session(queued.key, queued.received_at)
        )
        await retry_until_stored(
            lambda: write_outcome(
                self._store,
                lease,
                queued.key,
                Buried(error),
                self._history.placed(records)._replace(session=session),
            )
        )

    async def _tell(self, queued: QueuedDelivery) -> None:
        """Tell the person that something went wrong, with the delivery's reference. What a program wanted said is no
        concern of theirs."""
        if isinstance(queued.event, MessageRequested):
            return
        text = f"⚠️ Sorry, something went wrong here. Reference: `{reference(queued.key)}`"
        try:
            await self._sender.put(queued.event.ref, Outgoing(text=text), key=f"{queued.key}#error")
        except Exception as error:
            # This may fail for the same reason as the turn; the delivery has to be given up all the same.
            log.warning("turn.failure_untold", delivery=queued.key, error=f"{type(error).__name__}: {error}")


def _is(kinds: tuple[type[Exception], ...], error: BaseException) -> bool:
    """Whether an error is of one of these kinds. A group of errors is when all errors in it are."""
    if isinstance(error, BaseExceptionGroup):
        group = cast(BaseExceptionGroup[BaseException], error)
        return all(_is(kinds, each) for each in group.exceptions)
    return isinstance(error, kinds)
