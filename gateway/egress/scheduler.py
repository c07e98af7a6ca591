"""Shares the event loop between what arrives and the turns that run: deliveries first, turns in what is left.

Theory. Platforms count the time until a delivery is acknowledged, people the time until the answer comes. The loop
knows no difference: it runs everything that is ready before it looks at its sockets again, so under load each
acknowledgement would wait for every turn under way. Here turns ask before each portion of their work. While deliveries
are being stored, one portion goes on in a round of the loop in which nothing arrived (the loop would have rested), and
one every two milliseconds however much arrives. When nothing has arrived for a moment they go on in crowds, which is
cheaper: what they write is committed together.

A burst is thereby taken in first and worked off behind it. A load that does not end is shared instead: the more turns
wait, the more portions go on, until both keep pace. What a turn has begun goes before the next turn, because a turn
that is finished early leaves memory, and the processor's caches, early.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

CROWD = 32
"""So many portions go on in one round when nothing arrives: a few milliseconds, should something come meanwhile."""
LULL = 0.003
"""Seconds without an arrival after which nothing is expected at once: as long as a sender takes for its next one."""
EVERY = 0.002
"""Seconds after which a portion goes on under a load that leaves no idle round."""
BURST = 3_500
"""So many turns may wait to begin, a second of work, before a load counts as one that does not end."""
SHARING = 100
"""For each so many turns beyond that, one portion more goes on."""

_let_others_run: Callable[[], None] = getattr(os, "sched_yield", lambda: None)


class TurnScheduler:
    """The order in which portions of work (a tenth of a millisecond each, not more) go on."""

    def __init__(self) -> None:
        self._storing = 0
        """Deliveries that are being stored."""
        self._moves = 0
        """Deliveries that arrived, and that were stored: a round in which it stands still was idle."""
        self._moves_before = 0
        self._moved_at = 0.0
        self._begun: deque[asyncio.Future[None]] = deque()
        self._beginnings: deque[tuple[Callable[[Any], object], Any]] = deque()
        self._passed = 0
        """Portions that went on in this round."""
        self._passed_at = 0.0
        self._turning = False
        """Whether the loop calls ``_round``."""

    def arrived(self) -> None:
        """A delivery is being stored. Call ``stored`` when it is, or cannot be."""
        self._storing += 1
        self._moves += 1
        self._moved_at = time.monotonic()

    def stored(self) -> None:
        """See ``arrived``."""
        self._storing -= 1
        self._moves += 1
        self._moved_at = time.monotonic()

    def is_resting(self) -> bool:
        """Whether nothing arrives, and no turn waits to go on."""
        return not self._turning and self._is_quiet()

    def begin(self, start: Callable[[T], object], what: T) -> None:
        """Call ``start`` with ``what`` when a turn may begin: now, or in a later round. It must not raise."""
        if self._passes():
            start(what)
        else:
            self._beginnings.append((start, what))

    async def step(self) -> None:
        """Return when a turn that has begun may do its next portion: at once, or in a later round."""
        if self._passes():
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._begun.append(turn)
        await turn

    def _passes(self) -> bool:
        """Whether nobody has to wait now; if so, a portion goes on."""
        if not self._turning:
            self._turning = True
            self._moves_before = self._moves
            self._passed_at = time.monotonic()
            asyncio.get_running_loop().call_soon(self._round)
        if self._passed < CROWD and not self._begun and not self._beginnings and self._is_quiet():
            self._passed += 1
            return True
        return False

    def _is_quiet(self) -> bool:
        return not self._storing and time.monotonic() - self._moved_at > LULL

    def _round(self) -> None:
        """A round of the loop has passed."""
        self._passed = 0
        if self._is_quiet():
            share = CROWD
        else:
            # The store's thread is to end its commit now, not when this one has used up its slice of the processor.
            _let_others_run()
            share = self._share()
        self._moves_before = self._moves
        while self._passed < share and self._begun:
            turn = self._begun.popleft()
            if not turn.done():  # else it was cancelled
                turn.set_result(None)
                self._passed += 1
        while self._passed < share and self._beginnings:
            start, what = self._beginnings.popleft()
            start(what)
            self._passed += 1
        if self._passed:
            self._passed_at = time.monotonic()
        self._turning = bool(self._passed or self._begun or self._beginnings)
        if self._turning:
            asyncio.get_running_loop().call_soon(self._round)

    def _share(self) -> int:
        """How many may go on in this round, while deliveries are being stored."""
        idle = self._moves == self._moves_before
        urgency = 1 + max(0, len(self._beginnings) - BURST) / SHARING
        due = int((time.monotonic() - self._passed_at) / EVERY * urgency)
        return min(CROWD, max(due, int(idle)))
