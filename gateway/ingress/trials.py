"""Deliveries in whose run the process died are run again one at a time, so that the one that kills it is known.

Theory. When a process dies, everything that ran is suspected of it, and nothing tells the killer from its neighbours.
So what is suspected runs alone (beside ordinary work, which goes on): if the process dies again, the one that was on
trial is counted. ``Inbox.recover`` does the counting: several deaths at which several suspects ran raise nobody above
two interruptions, and the third, after which a delivery is given up, is certain.

An innocent one can be hit again by chance, when somebody or something else kills the process again and again. So no
suspect runs in the first moment of a process, and one that was interrupted twice later still: a death that comes sooner
finds no suspect running, which speaks for all of them (``Inbox.recover`` again).
"""

import asyncio
import time
from bisect import insort
from collections.abc import Sequence

from gateway.runtime.queued import QueuedDelivery

INTERRUPTIONS = 3
"""A delivery whose process died so often while it ran is taken to be what kills it."""
UNREST = 600.0
"""Seconds before its arrival in which a process died without it: each such death speaks for another cause, so it may be
interrupted once more."""
CREDIT = 10
"""So many deaths before its arrival speak for a delivery at most: what kills the process shall not do so for ever."""
LONG = 30.0
"""Seconds after which a suspect that goes on running no longer keeps the next one waiting."""
LIFE = 2.0
"""Seconds the process has lived before a delivery that was interrupted twice is run again; half of it for others."""
CROWD = 20
"""For each so many suspects that wait, one more runs at the same time: thousands would wait for hours. If the process
dies then, only those that ran are suspected, so few deaths lead to one."""


class Trial:
    """One run of a suspect."""

    __slots__ = ("admitted", "alone", "rank")

    def __init__(self, queued: QueuedDelivery, *, alone: bool) -> None:
        self.rank = (queued.interrupted, queued.seq)
        self.alone = alone
        """No other suspect may run beside it, however long it takes: its next interruption is the last one."""
        self.admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Trials:
    """Lets suspects run, those with the fewest interruptions first."""

    def __init__(self, *, long: float = LONG, life: float = LIFE) -> None:
        self._long = long
        self._life = life
        self._began = time.monotonic()
        self._deaths: Sequence[float] = ()
        self._waiting: list[Trial] = []
        self._running: dict[Trial, asyncio.TimerHandle | None] = {}
        """Those that keep the next one waiting, and when they no longer do."""
        self._long_running: set[Trial] = set()

    def begin(self, deaths: Sequence[float] = ()) -> None:
        """The process takes up what the one before it left: from now on it lives. ``deaths``: see ``Inbox.deaths``."""
        self._began = time.monotonic()
        self._deaths = deaths

    def is_hopeless(self, queued: QueuedDelivery) -> bool:
        """Whether this is what kills the process."""
        return queued.interrupted >= self._bound(queued)

    def _bound(self, queued: QueuedDelivery) -> int:
        at = queued.received_at
        return INTERRUPTIONS + min(CREDIT, sum(at - UNREST <= death < at for death in self._deaths))

    async def admit(self, queued: QueuedDelivery) -> Trial:
        """Return when this suspect may run. ``end`` its trial when it has ended, or waits for an answer."""
        trial = Trial(queued, alone=queued.interrupted >= self._bound(queued) - 1)
        life = self._life if trial.alone else self._life / 2
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
        """It is over. A second time changes nothing."""
        if trial in self._waiting:
            self._waiting.remove(trial)
        self._long_running.discard(trial)
        if (clock := self._running.pop(trial, None)) is not None:
            clock.cancel()
        self._admit()

    def _admit(self) -> None:
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
            if not trial.admitted.done():  # else it was cancelled, and ends by itself
                trial.admitted.set_result(None)

    def _width(self) -> int:
        return 1 + len(self._waiting) // CROWD

    def _let_others(self, trial: Trial) -> None:
        """It runs for long: the next one need not wait for it."""
        del self._running[trial]
        self._long_running.add(trial)
        self._admit()


def _rank(trial: Trial) -> tuple[int, int]:
    return trial.rank
