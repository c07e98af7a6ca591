"""Limits how many turns run at the same time, in all and per person. A turn that waits for an answer does not count."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from gateway.runtime.limits import Limits

_Waiters: TypeAlias = deque[asyncio.Future[None]]


class Places:
    """The places of running turns. A turn that finds none free waits in order of arrival."""

    def __init__(self, *, in_all: int, per_person: int, limits: Limits) -> None:
        self._in_all = in_all
        self._per_person = per_person
        self._limits = limits
        self._free = in_all
        self._waiting: _Waiters = deque()
        self._held: dict[str, int] = {}
        """How many turns of each person run, or wait only for one of the ``in_all`` places."""
        self._waiting_of: dict[str, _Waiters] = {}

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
            await _wait_in(self._waiting, self._pass_on)
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
        waiters = self._waiting_of.setdefault(person, deque())
        await _wait_in(waiters, lambda: self._give_back_own(person))

    def _pass_on(self) -> None:
        if not _wake_next(self._waiting):
            self._free += 1

    def _give_back_own(self, person: str) -> None:
        if not person:
            return
        waiters = self._waiting_of.get(person)
        if waiters is not None and _wake_next(waiters):
            return
        self._waiting_of.pop(person, None)
        left = self._held[person] - 1
        if left:
            self._held[person] = left
        else:
            del self._held[person]


async def _wait_in(waiters: _Waiters, give_back: Callable[[], None]) -> None:
    woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiters.append(woken)
    try:
        await woken
    except asyncio.CancelledError:
        if woken.done() and not woken.cancelled():  # the place came together with the cancellation
            give_back()
        raise


def _wake_next(waiters: _Waiters) -> bool:
    """Give the place to the first turn that still waits, and return whether there is one."""
    while waiters:
        woken = waiters.popleft()
        if not woken.done():
            woken.set_result(None)
            return True
    return False
