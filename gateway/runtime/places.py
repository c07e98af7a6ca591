"""Limits how many turns run at the same time: in all, per person and per workspace. A turn that waits for an answer
does not count."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from gateway.runtime.limits import Limits

_Waiters: TypeAlias = deque[asyncio.Future[None]]


class Places:
    """The places of running turns. A turn that finds none free waits in order of arrival."""

    def __init__(self, *, in_all: int, per_person: int, limits: Limits, per_workspace: int = 0) -> None:
        """Make them, all free.

        Args:
            in_all: How many turns may run at the same time.
            per_person: How many of them may be of one person.
            limits: Where a bound that is met is reported.
            per_workspace: How many of them may be of one workspace; 0 for no bound of its own.
        """
        self._in_all = in_all
        self._limits = limits
        self._free = in_all
        self._waiting: _Waiters = deque()
        self._of_person = _Shares(per_person, lambda: self._met("GATEWAY_TURNS_PER_PERSON", per_person, "one person"))
        self._of_workspace = _Shares(
            per_workspace, lambda: self._met("GATEWAY_TURNS_PER_WORKSPACE", per_workspace, "one workspace")
        )

    async def take(self, person: str, workspace: str = "") -> None:
        """Return when a turn of this person in this workspace may run. For an event that nobody caused ``person`` is
        empty, and only the other bounds count; an empty ``workspace`` counts for none."""
        await self._of_person.take(person)
        try:
            await self._of_workspace.take(workspace)
        except asyncio.CancelledError:
            self._of_person.give_back(person)
            raise
        if self._free > 0:
            self._free -= 1
            return
        self._limits.met("GATEWAY_RUNNING_TURNS", f"{self._in_all} turns run at the same time; others wait")
        try:
            await _wait_in(self._waiting, self._pass_on)
        except asyncio.CancelledError:
            self._of_workspace.give_back(workspace)
            self._of_person.give_back(person)
            raise

    def give_back(self, person: str, workspace: str = "") -> None:
        """Free the place of a turn of this person in this workspace that ended, or that waits for an answer."""
        self._pass_on()
        self._of_workspace.give_back(workspace)
        self._of_person.give_back(person)

    def _pass_on(self) -> None:
        if not _wake_next(self._waiting):
            self._free += 1

    def _met(self, limit: str, most: int, whose: str) -> None:
        self._limits.met(limit, f"{most} turns of {whose} run at the same time; others wait")


class _Shares:
    """How many turns of each name run, or wait only for one of the places of all, and who waits for that."""

    def __init__(self, most: int, met: Callable[[], None]) -> None:
        """``most`` is the bound for each name, 0 for none; ``met`` is called when one has to wait."""
        self._most = most
        self._met = met
        self._held: dict[str, int] = {}
        self._waiting: dict[str, _Waiters] = {}

    async def take(self, name: str) -> None:
        """Return when one more may run. The empty name has no bound."""
        if not name or not self._most:
            return
        held = self._held.get(name, 0)
        if held < self._most:
            self._held[name] = held + 1
            return
        self._met()
        await _wait_in(self._waiting.setdefault(name, deque()), lambda: self.give_back(name))

    def give_back(self, name: str) -> None:
        """Free one for the next who waits."""
        if not name or not self._most:
            return
        waiters = self._waiting.get(name)
        if waiters is not None and _wake_next(waiters):
            return
        self._waiting.pop(name, None)
        left = self._held[name] - 1
        if left:
            self._held[name] = left
        else:
            del self._held[name]


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
