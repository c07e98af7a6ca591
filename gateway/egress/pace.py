"""Keeps a crowd from holding the event loop: who has work to do takes turns with what arrives meanwhile.

Theory. The loop runs everything that is ready before it looks at its sockets again. When a thousand handlers wake at
once (each slept for a second, a restart found a backlog), what arrives waits until each of them has come to its next
pause. Here a few go on in each round of the loop, in the order in which they came, so that deliveries are stored and
acknowledged between them: the platforms count the time. Where there is no crowd nobody waits.
"""

import asyncio
from collections import deque

CROWD = 32
"""As many may go on in one round: with a tenth of a millisecond each, what arrives is not kept waiting for long."""
FEW = 2
"""Of a larger crowd so many go on. Measured: few a round also for a small crowd make an event a tenth dearer (the store
commits less at a time); eight of a large one keep acknowledgements waiting three times as long."""


class Pace:
    """``await pace.step()`` before a portion of work (a tenth of a millisecond, not more)."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._passed = 0
        """In this round."""

    async def step(self) -> None:
        """Return at once, or in a later round of the loop when a crowd came before."""
        loop = asyncio.get_running_loop()
        if not self._passed:
            loop.call_soon(self._next, loop)
        if self._passed < CROWD and not self._waiting:
            self._passed += 1
            return
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        """A round has passed."""
        self._passed = 0
        share = FEW if len(self._waiting) > CROWD else CROWD
        while self._passed < share and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # else it was cancelled
                turn.set_result(None)
                self._passed += 1
        if self._passed:
            loop.call_soon(self._next, loop)
