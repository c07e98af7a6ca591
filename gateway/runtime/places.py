"""Limits how many turns run at the same time, in all and per person. A turn that waits for an answer does not count."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from gateway.runtime.limits import Limits

_Line: TypeAlias = deque[asyncio.Future[None]]


class Places:
    """The places of running turns. A turn that finds none free waits in order of arrival."""

    def __init__(self, *, in_all: int, per_person: int, limits: Limits) -> None:
        self._in_all = in_all
        self._per_person = per_person
        self._limits = limits
        self._free = in_all
        self._line: _Line = deque()
        self._held: dict[str, int] = {}
        """How many turns of each person run, or wait only for one of the ``in_all`` places."""
        self._lines: dict[str, _Line] = {}

    async def take(self, person: str) -> None:
        """Return when a turn of this person may run. For an event that nobody caused ``person`` is empty, and only the
        number of all turns counts."""
        if person:
            await self._take_own(person)
        if self._free > 0:
            self._free -= 1
            return
        self._limits.met("GATEWAY_RUNNING_TURNS", f"{self._in_all} turns run at the same time; others wait")
        try:
            await _stand_in(self._line, self._pass_on)
        except asyncio.CancelledError:
            self._give_back_own(person)
            raise

    def give_back(self, person: str) -> None:
        """Free the place of a turn of this person that ended, or that waits for an answer."""
        self._pass_on()
        self._give_back_own(person)

    async def _take_own(self, person: str) -> None:
        held = self._held.get(person, 0)
        if held < self._per_person:
            self._held[person] = held + 1
            return
        self._limits.met(
            "GATEWAY_TURNS_PER_PERSON", f"{self._per_person} turns of one person run at the same time; others wait"
        )
        line = self._lines.setdefault(person, deque())
        await _stand_in(line, lambda: self._give_back_own(person))

    def _pass_on(self) -> None:
        if not _call_next(self._line):
            self._free += 1

    def _give_back_own(self, person: str) -> None:
        if not person:
            return
        line = self._lines.get(person)
        if line is not None and _call_next(line):
            return
        self._lines.pop(person, None)
        left = self._held[person] - 1
        if left:
            self._held[person] = left
        else:
            del self._held[person]


async def _stand_in(line: _Line, give_back: Callable[[], None]) -> None:
    called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    line.append(called)
    try:
        await called
    except asyncio.CancelledError:
        if called.done() and not called.cancelled():  # the place came together with the cancellation
            give_back()
        raise


def _call_next(line: _Line) -> bool:
    """Give the place to the first turn that still waits, and return whether there is one."""
    while line:
        called = line.popleft()
        if not called.done():
            called.set_result(None)
            return True
    return False
