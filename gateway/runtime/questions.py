"""How many questions one person may have open: beyond that the one that waited longest is closed."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from gateway.runtime.limits import Limits


class OpenQuestions:
    """The questions that wait for each person, oldest first, over all conversations."""

    def __init__(self, *, per_person: int, limits: Limits) -> None:
        self._per_person = per_person
        self._limits = limits
        self._waiting: dict[str, dict[asyncio.Timeout, None]] = {}

    @contextmanager
    def waiting(self, person: str, clock: asyncio.Timeout) -> Generator[None]:
        """A question waits for this person meanwhile. ``clock`` is what ends its wait; one that is closed to make room
        ends as if its time were up."""
        clocks = self._waiting.setdefault(person, {})
        if len(clocks) >= self._per_person:
            self._limits.met(
                "GATEWAY_QUESTIONS_PER_PERSON",
                f"{self._per_person} questions to one person are open; the oldest is closed for each new one",
            )
            oldest = next(iter(clocks))
            del clocks[oldest]
            if not oldest.expired():
                oldest.reschedule(asyncio.get_running_loop().time())
        clocks[clock] = None
        try:
            yield
        finally:
            clocks.pop(clock, None)
            if not clocks and self._waiting.get(person) is clocks:
                del self._waiting[person]
