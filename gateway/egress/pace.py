"""Shares the event loop between what arrives and the turns that run: deliveries first, turns in what is left.

Theory. Platforms count the time until a delivery is acknowledged, and people that until the answer comes. The loop
itself knows no difference: it runs everything that is ready before it looks at its sockets again, so under load an
acknowledgement waits for every turn that is under way. Here turns ask before each portion of their work. While
deliveries are being stored, one portion goes on in a round of the loop in which nothing arrived (the loop would have
rested), and one a millisecond however much arrives, so that no load starves the turns. When nothing has arrived for a
moment they go on in crowds, which is cheaper: they share what they write. What a turn has begun goes before the next
turn: finished early it leaves memory (and the processor's caches) early.
"""

import asyncio
import time, os
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
"""So many turns may wait to begin, a second of work, while a burst is taken in. A load that goes on is shared: the more
wait, the more portions go on."""


class Pace:
    """The order in which portions of work (a tenth of a millisecond each, not more) go on."""

    def __init__(self) -> None:
        self._arriving = 0
        """Deliveries that are being stored."""
        self._seen = 0
        """Arrivals so far, and how many deliveries were stored: a round in which it stands still was idle."""
        self._seen_before = 0
        self._seen_at = 0.0
        self._begun: deque[asyncio.Future[None]] = deque()
        self._beginnings: deque[tuple[Callable[[Any], object], Any]] = deque()
        self._passed = 0
        """Portions that went on in this round."""
        self._went_at = 0.0
        self._going = False
        """Whether the loop calls ``_round``."""

    def arrived(self) -> None:
        """A delivery is being stored. Call ``stored`` when it is, or cannot be."""
        self._arriving += 1
        self._seen += 1
        self._seen_at = time.monotonic()

    def stored(self) -> None:
        """See ``arrived``."""
        self._arriving -= 1
        self._seen += 1
        self._seen_at = time.monotonic()

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
        """Whether nobody has to wait now; if so, one went on."""
        if not self._going:
            self._going = True
            self._seen_before = self._seen
            asyncio.get_running_loop().call_soon(self._round)
        if self._passed < CROWD and not self._begun and not self._beginnings and self._is_quiet():
            self._passed += 1
            return True
        return False

    def _is_quiet(self) -> bool:
        return not self._arriving and time.monotonic() - self._seen_at > LULL

    def _round(self) -> None:
        """A round of the loop has passed."""
        self._passed = 0
        share = self._share()
        self._seen_before = self._seen
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
            self._went_at = time.monotonic()
        self._going = bool(self._passed or self._begun or self._beginnings)
        if self._going:
            asyncio.get_running_loop().call_soon(self._round)

    def _share(self) -> int:
        """How many may go on in this round."""
        if self._is_quiet():
            return CROWD
        if os.environ.get("YIELD"): os.sched_yield()
        urgency = 1 + max(0, len(self._beginnings) - BURST) / 100
        due = (time.monotonic() - self._went_at) / EVERY * urgency
        return min(CROWD, max(int(due), int(self._seen == self._seen_before)))
