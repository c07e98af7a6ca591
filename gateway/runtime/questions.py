"""Limits how many questions one person may have open: a further one closes the oldest."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from gateway.runtime.limits import Limits


class OpenQuestions:
    """The open questions of each person in all conversations, oldest first."""

    def __init__(self, *, per_person: int, limits: Limits) -> None:
        self._per_person = per_person
        self._limits = limits
        self._waiting: dict[str, dict[asyncio.Timeout, None]] = {}

    def __len__(self) -> int:
        """Return how many questions are open to all persons, their time running."""
        return sum(map(len, self._waiting.values()))

    def is_late(self) -> bool:
        """Whether the time of any of them is up, and whoever asked has not gone on yet."""
        now = asyncio.get_running_loop().time()
        clocks = (clock for each in self._waiting.values() for clock in each)
        return any(when is not None and when <= now for when in (clock.when() for clock in clocks))

    @contextmanager
    def waiting(self, person: str, clock: asyncio.Timeout) -> Generator[None]:
        """Count a question to this person as open inside ``with``. ``clock`` is the timeout of the question; a question
        that is closed to make room times out at once."""
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
