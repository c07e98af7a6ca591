"""Failures that a test orders: calls that answer with an error, calls whose answer is lost, calls that wait."""

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web

When = Callable[[Mapping[str, Any]], bool]
"""Decides by a call's arguments whether an ordered failure or wait applies to the call."""
EVERY = "*"
"""Stands for every method in ``Faults.fail_next`` and ``Faults.hold``."""


@dataclass(slots=True)
class Fault:
    """A failure ordered for the next ``times`` calls of a method.

    ``status`` is the HTTP status (0 breaks the connection, None leaves the choice to the emulator), ``error`` the
    platform's error code. ``retry_after`` makes it a rate limit; its unit is the emulator's. With ``after_effect`` the
    call is performed and only its answer is lost; with ``half`` too, but half of the answer arrives before the
    connection breaks. ``when`` chooses among the calls. ``stall``: seconds the call waits before it fails.
    """

    times: int
    status: int | None
    error: str | None
    retry_after: int | None
    after_effect: bool
    when: When | None
    half: bool = False
    stall: float = 0.0


class Storm:
    """Lets calls of all methods fail at random for some time.

    ``share`` of the calls fail, chosen by ``chance``: as rate limits of one ``second`` (in the emulator's unit), with
    500 and 503, after ``stall`` seconds without an answer, with a connection that breaks, or with half an answer. Of
    the failures that leave open whether the call was performed, it was in every second.
    """

    def __init__(self, chance: random.Random, share: float, *, stall: float, second: int) -> None:
        self._chance = chance
        self._share = share
        self._stall = stall
        self._second = second
        self.struck = 0

    def strike(self) -> Fault | None:
        """Return the failure that meets the next call, or None when the call is spared."""
        if self._chance.random() >= self._share:
            return None
        self.struck += 1
        after = self._chance.random() < 0.5
        match self._chance.choice(("rate_limited", "server_error", "unavailable", "timeout", "broken", "half")):
            case "rate_limited":
                return Fault(1, None, None, self._second, False, None)
            case "server_error":
                return Fault(1, 500, None, None, after, None)
            case "unavailable":
                return Fault(1, 503, None, None, False, None)
            case "timeout":
                return Fault(1, 0, None, None, after, None, stall=self._stall)
            case "broken":
                return Fault(1, 0, None, None, after, None)
            case _:
                return Fault(1, 0, None, None, True, None, half=True)


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
        self._storm: Storm | None = None
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

    @contextmanager
    def storm(self, storm: Storm) -> Generator[Storm]:
        """Let calls fail at random until the block ends."""
        self._storm, self.armed = storm, True
        try:
            yield storm
        finally:
            self._storm = None

    async def take(self, method: str, args: Mapping[str, Any]) -> Fault | None:
        """Return the failure ordered for this call, or None. It is counted as used, and waited for if it stalls."""
        fault = self._ordered(method, args) or (self._storm.strike() if self._storm is not None else None)
        if fault is not None and fault.stall:
            await asyncio.sleep(fault.stall)
        return fault

    def _ordered(self, method: str, args: Mapping[str, Any]) -> Fault | None:
        for faults in (self._faults.get(method), self._faults.get(EVERY)):
            for fault in tuple(faults or ()):
                if fault.when is None or fault.when(args):
                    fault.times -= 1
                    if fault.times <= 0 and faults is not None:
                        faults.remove(fault)
                    return fault
        return None

    def held(self, method: str, args: Mapping[str, Any]) -> Hold | None:
        """Return the hold this call has to wait for, or None."""
        for hold in [*self._holds.get(method, []), *self._holds.get(EVERY, [])]:
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


async def half_sent(request: web.BaseRequest, answer: web.Response) -> web.StreamResponse:
    """Send the headers and the first half of an answer's body, then break the connection."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    sent = web.StreamResponse(status=answer.status, headers=answer.headers)
    sent.content_length = max(len(body), 1)
    sent.force_close()
    await sent.prepare(request)
    await sent.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return sent
