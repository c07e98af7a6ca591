"""Failures that a test orders: calls that answer with an error, calls whose answer is lost, calls that wait."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

When = Callable[[Mapping[str, Any]], bool]
"""Decides by a call's arguments whether an ordered failure or wait applies to the call."""


@dataclass(slots=True)
class Fault:
    """A failure ordered for the next ``times`` calls of a method.

    ``status`` is the HTTP status (0 breaks the connection, None leaves the choice to the emulator), ``error`` the
    platform's error code. ``retry_after`` makes it a rate limit; its unit is the emulator's. With ``after_effect`` the
    call is performed and only its answer is lost. ``when`` chooses among the calls.
    """

    times: int
    status: int | None
    error: str | None
    retry_after: int | None
    after_effect: bool
    when: When | None


class Hold:
    """Makes calls of one method wait until they are released. Leaving the context manager releases them."""

    def __init__(self, *, after_effect: bool, when: When | None, forget: Callable[["Hold"], None]) -> None:
        self.after_effect = after_effect
        self.when = when
        self.waiting = 0
        self._forget = forget
        self._gate = asyncio.Event()
        self._dropped = False
        self._arrived = asyncio.Condition()

    async def reached(self, calls: int = 1, *, timeout: float = 10.0) -> None:
        """Wait until ``calls`` calls wait here. Raises ``TimeoutError`` after ``timeout`` seconds."""
        async with asyncio.timeout(timeout), self._arrived:
            await self._arrived.wait_for(lambda: self.waiting >= calls)

    def release(self) -> None:
        """Let the waiting calls continue and let later calls pass."""
        self._forget(self)
        self._gate.set()

    def drop(self) -> None:
        """Break the connections of the waiting calls. Calls held before their effect then have none."""
        self._dropped = True
        self.release()

    async def passing(self) -> bool:
        """Wait until the hold is released. Return False when the call's connection is to be broken."""
        async with self._arrived:
            self.waiting += 1
            self._arrived.notify_all()
        await self._gate.wait()
        return not self._dropped

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.release()


class Faults:
    """Keeps the failures and waits that a test ordered, by method. ``armed`` is False until the first one is
    ordered."""

    def __init__(self) -> None:
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._holds: dict[str, list[Hold]] = defaultdict(list)
        self.armed = False

    def fail_next(self, method: str, fault: Fault) -> None:
        """Order a failure for the next calls of a method."""
        self._faults[method].append(fault)
        self.armed = True

    def hold(self, method: str, *, after_effect: bool, when: When | None) -> Hold:
        """Make calls of a method wait, and return the hold that releases them."""
        hold = Hold(after_effect=after_effect, when=when, forget=lambda h: self._forget(method, h))
        self._holds[method].append(hold)
        self.armed = True
        return hold

    def take(self, method: str, args: Mapping[str, Any]) -> Fault | None:
        """Return the failure ordered for this call and count it as used, or None."""
        faults = self._faults.get(method)
        for fault in tuple(faults or ()):
            if fault.when is None or fault.when(args):
                fault.times -= 1
                if fault.times <= 0 and faults is not None:
                    faults.remove(fault)
                return fault
        return None

    def held(self, method: str, args: Mapping[str, Any]) -> Hold | None:
        """Return the hold this call has to wait for, or None."""
        for hold in self._holds.get(method, ()):
            if hold.when is None or hold.when(args):
                return hold
        return None

    def clear(self) -> None:
        """Drop all waiting calls and forget all ordered failures."""
        for holds in list(self._holds.values()):
            for hold in list(holds):
                hold.drop()
        self._faults.clear()
        self.armed = False

    def _forget(self, method: str, hold: Hold) -> None:
        if hold in self._holds[method]:
            self._holds[method].remove(hold)
