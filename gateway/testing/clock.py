"""The clock that a test can move: that of the event loop, and what the gateway measures with clocks of its own."""

import asyncio
import time
from collections.abc import Callable

_AHEAD = "_gateway_seconds_ahead"
"""The attribute of an event loop that was moved: by how many seconds. Such a loop stays ahead as long as it lives,
because its timers are set by it."""


class Clock:
    """The clock of a bot under test. It is real until it is moved."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        """The event loop that it moves."""
        self.ahead = 0.0
        """Seconds by which it was moved so far."""

    def monotonic(self) -> float:
        """Return the seconds of a clock that never goes back."""
        return time.monotonic() + self.ahead

    def move(self, seconds: float) -> None:
        """Move on by so many seconds. Timers of the event loop that are due by then run at once. Raises
        ``RuntimeError`` on an event loop whose clock cannot be moved (uvloop's)."""
        loop, before = self.loop, float(getattr(self.loop, _AHEAD, 0.0))
        ahead = before + seconds
        now: Callable[[], float] = lambda: time.monotonic() + ahead  # noqa: E731
        try:
            setattr(loop, _AHEAD, ahead)
            loop.time = now  # type: ignore[method-assign]
        except AttributeError:
            raise RuntimeError(
                f"the clock of {type(loop).__name__} cannot be moved: run the test on asyncio's own event loop"
            ) from None
        self.ahead += seconds
