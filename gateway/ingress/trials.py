"""Runs deliveries whose turn ran when the process died again one at a time, to find the one that kills the process.

Theory. When a process dies, every turn that ran is suspected, and nothing tells the cause from its neighbours. So a
suspect runs without other suspects, while ordinary turns go on beside it: if the process dies again, this suspect is
counted. ``Inbox.recover`` does the counting: deaths at which several suspects ran raise none of them above two
interruptions, so the third one, after which a delivery is given up, was counted for certain.

A suspect can also be hit by chance, when something else kills the process again and again. So no suspect runs in the
first second of a process (``LIFE``), and one that was interrupted twice waits longer still: a death before that finds
no suspect running, which speaks for all of them (``Inbox.recover`` takes that into account, too).

Where several replicas share the store, what one that died has left goes on at once on the others: people wait for it,
and another replica dies at worst. Only a suspect at its last attempt runs without others there.
"""

import asyncio
import time
from bisect import insort
from collections.abc import Sequence

from gateway.runtime.queued import QueuedDelivery

INTERRUPTIONS = 3
"""Deaths of the process while a delivery ran after which the delivery is taken to be their cause."""
UNREST = 600.0
"""Seconds before the arrival of a delivery within which deaths of the process speak for another cause: for each of
them the delivery may be interrupted once more."""
CREDIT = 10
"""Most interruptions that a delivery may have beyond ``INTERRUPTIONS``, so that what kills the process stops at
last."""
LONG = 30.0
"""Seconds after which a suspect that still runs no longer keeps the next one waiting."""
LIFE = 2.0
"""Seconds that the process lives before a suspect at its last attempt is run; half of that for other suspects."""
CROWD = 20
"""For every so many suspects that wait, one more runs at the same time; one at a time, thousands would take hours. If
the process dies, only those that ran are suspected again, so few deaths lead to the cause."""


class Trial:
    """One run of a suspect."""

    __slots__ = ("admitted", "alone", "rank")

    def __init__(self, queued: QueuedDelivery, *, alone: bool) -> None:
        self.rank = (queued.interrupted, queued.seq)
        """The order among suspects: fewest interruptions first, then order of arrival."""
        self.alone = alone
        """Whether no other suspect may run beside it, because its next interruption is its last."""
        self.admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Resolved when the suspect may run."""


class Trials:
    """Admits suspects to run, those with the fewest interruptions first."""

    def __init__(self, *, long: float = LONG, life: float = LIFE, shared: bool = False) -> None:
        """``long`` and ``life`` stand for ``LONG`` and ``LIFE`` (seconds); ``shared`` says that other replicas work on
        the store."""
        self._shared = shared
        self._long = long
        self.life = life
        """Seconds that the process lives before a suspect at its last attempt is run; half of that for others."""
        self._began = time.monotonic()
        self._deaths: Sequence[float] = ()
        self._waiting: list[Trial] = []
        self._running: dict[Trial, asyncio.TimerHandle | None] = {}
        """The trials that keep the next one waiting, each with the timer that ends this; None for one that runs
        alone."""
        self._long_running: set[Trial] = set()
        """The trials that keep only those waiting that must run alone: they have run for ``LONG`` seconds, or other
        replicas work on the store."""

    def begin(self, deaths: Sequence[float] = ()) -> None:
        """Count the life of the process from now, when it takes up what the one before it left. ``deaths`` are those of
        ``Inbox.deaths``."""
        self._began = time.monotonic()
        self._deaths = deaths

    def remember(self, deaths: Sequence[float]) -> None:
        """Take these as the deaths so far: another process may have died since ``begin``."""
        self._deaths = deaths

    def is_hopeless(self, queued: QueuedDelivery) -> bool:
        """Whether the delivery was interrupted so often that it must be what kills the process."""
        return queued.interrupted >= self._bound(queued)

    def _bound(self, queued: QueuedDelivery) -> int:
        """Return the number of interruptions at which the delivery is given up."""
        at = queued.received_at
        return INTERRUPTIONS + min(CREDIT, sum(at - UNREST <= death < at for death in self._deaths))

    async def admit(self, queued: QueuedDelivery) -> Trial:
        """Wait until this suspect may run, and return its trial. Call ``end`` with the trial when the turn has ended or
        waits for an answer."""
        trial = Trial(queued, alone=queued.interrupted >= self._bound(queued) - 1)
        if self._shared and not trial.alone:
            self._long_running.add(trial)
            return trial
        life = self.life if trial.alone else self.life / 2
        if (left := self._began + life - time.monotonic()) > 0:
            await asyncio.sleep(left)
        insort(self._waiting, trial, key=_rank)
        self._admit()
        try:
            await trial.admitted
        except asyncio.CancelledError:
            self.end(trial)
            raise
        return trial

    def end(self, trial: Trial) -> None:
        """End a trial and admit the next ones. Ending it a second time changes nothing."""
        if trial in self._waiting:
            self._waiting.remove(trial)
        self._long_running.discard(trial)
        if (clock := self._running.pop(trial, None)) is not None:
            clock.cancel()
        self._admit()

    def _admit(self) -> None:
        """Admit as many of the waiting suspects as may run now."""
        while self._waiting:
            trial = self._waiting[0]
            others = [*self._running, *self._long_running]
            if others if trial.alone else any(other.alone for other in others) or len(self._running) >= self._width():
                return
            del self._waiting[0]
            later = None
            if not trial.alone:
                later = asyncio.get_running_loop().call_later(self._long, self._let_others, trial)
            self._running[trial] = later
            if not trial.admitted.done():  # else the waiting task was cancelled, and ends the trial itself
                trial.admitted.set_result(None)

    def _width(self) -> int:
        """Return how many suspects may run at the same time."""
        return 1 + len(self._waiting) // CROWD

    def _let_others(self, trial: Trial) -> None:
        """Note that a trial has run for ``LONG`` seconds, so the next one need not wait for it."""
        del self._running[trial]
        self._long_running.add(trial)
        self._admit()


def _rank(trial: Trial) -> tuple[int, int]:
    return trial.rank
