"""What becomes of a turn that failed: run again after a pause, or given up, told and kept as a dead letter."""

import hashlib
import time
import traceback
from typing import cast

import structlog

from gateway.egress import Sender
from gateway.errors import Forbidden, Gone, RateLimited, Rejected, TooLarge, Unsupported
from gateway.model import Outgoing
from gateway.ports import Lease, Outcome, Outcomes
from gateway.runtime.outcome import Buried, Failed, write_outcome
from gateway.runtime.persistence import retry_until_stored
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.session import SessionPool
from gateway.telemetry.metrics import Counters

log = structlog.get_logger(__name__)

HOPELESS = (Rejected, Forbidden, Gone, Unsupported, TooLarge)
"""Running the handler again cannot change these."""


def reference(key: str) -> str:
    """A short id for a delivery that a user can read out and an operator can find."""
    return hashlib.blake2b(key.encode(), digest_size=4).hexdigest()


class Failures:
    """Retries with backoff, then the dead letters."""

    def __init__(
        self,
        *,
        store: Outcomes,
        pool: SessionPool,
        sender: Sender,
        counters: Counters,
        retries: int,
        backoff: float = 0.5,
    ) -> None:
        self._store = store
        self._pool = pool
        self._sender = sender
        self._counters = counters
        self._retries = retries
        self._backoff = backoff

    async def handle(self, lease: Lease, queued: QueuedDelivery, error: Exception) -> float | None:
        """Note the failure: the seconds after which the turn shall run again, None when it was given up."""
        attempts = queued.attempts + 1
        again = attempts <= self._retries and not _is(HOPELESS, error)
        platform = queued.event.ref.platform
        self._counters.add(platform, "failed")
        log.error(
            "turn.failed",
            delivery=queued.key,
            reference=reference(queued.key),
            attempt=attempts,
            again=again,
            exc_info=error,
        )
        # An error may quote half of a surrogate pair, which no store takes.
        text = "".join(traceback.format_exception_only(error)).strip().encode(errors="backslashreplace").decode()
        if again:
            pause: float = self._backoff * 4 ** (attempts - 1)
            if isinstance(error, RateLimited):
                pause = max(pause, error.retry_after)  # longer than the sender waits; sooner it would be refused again
            due = time.time() + pause
            await retry_until_stored(lambda: write_outcome(self._store, lease, queued.key, Failed(text, due)))
            queued.attempts = attempts
            return pause
        if not _is((Gone,), error):  # nobody is there any more who could be told
            await self._tell(queued)
        await self._bury(lease, queued, text)
        return None

    async def give_up(self, lease: Lease, queued: QueuedDelivery) -> None:
        """The process died so often while it ran that it is not run again."""
        log.error("turn.given_up", delivery=queued.key, reference=reference(queued.key), interrupted=queued.interrupted)
        self._counters.add(queued.event.ref.platform, "failed")
        await self._tell(queued)
        await self._bury(lease, queued, f"the process died {queued.interrupted} times while this was running")

    async def _bury(self, lease: Lease, queued: QueuedDelivery, error: str) -> None:
        conversation = queued.event.ref.key  # the bot takes part in it, though this turn came to nothing
        await retry_until_stored(
            lambda: write_outcome(
                self._store, lease, queued.key, Buried(error), Outcome(session=self._pool.record_of(conversation))
            )
        )
        self._counters.add(queued.event.ref.platform, "dead")

    async def _tell(self, queued: QueuedDelivery) -> None:
        text = f"⚠️ Sorry, something went wrong here. Reference: `{reference(queued.key)}`"
        try:
            await self._sender.put(queued.event.ref, Outgoing(text=text), key=f"{queued.key}#error")
        except Exception as error:
            # Whatever it is (it may be what the turn died of): it must not keep the delivery from being given up.
            log.warning("turn.failure_untold", delivery=queued.key, error=f"{type(error).__name__}: {error}")


def _is(kinds: tuple[type[Exception], ...], error: BaseException) -> bool:
    """Whether an error is of these kinds; a group is, when all errors in it are."""
    if isinstance(error, BaseExceptionGroup):
        group = cast(BaseExceptionGroup[BaseException], error)
        return all(_is(kinds, each) for each in group.exceptions)
    return isinstance(error, kinds)
