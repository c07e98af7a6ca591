"""Keeps a crowd from holding the event loop: who has work to do takes turns with what arrives meanwhile.

Theory. The loop runs everything that is ready before it looks at its sockets again. When a thousand handlers wake at
once (each slept for a second, a restart found a backlog), what arrives waits until each of them has come to its next
pause. Here one goes on in each round of the loop, in the order in which they came, so that a delivery is stored and
acknowledged between two of them: under load the platforms, which count the time, are answered first. Where there is no
crowd nobody waits.
"""

import asyncio
from collections import deque


class Pace:
    """``await pace.step()`` before a portion of work (a tenth of a millisecond, not more)."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._taken = False
        """Somebody goes on in this round."""

    async def step(self) -> None:
        """Return at once, or in a later round of the loop when others came before."""
        loop = asyncio.get_running_loop()
        if not self._taken:
            self._taken = True
            loop.call_soon(self._next, loop)
            return
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        """A round has passed."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # else it was cancelled
                turn.set_result(None)
                loop.call_soon(self._next, loop)
                return
        self._taken = False
