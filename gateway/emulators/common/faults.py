"""Trouble on demand: answers that fail, answers that are lost, calls that hang."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

When = Callable[[Mapping[str, Any]], bool]


@dataclass(slots=True)
class Fault:
    times: int
    status: int | None
    error: str | None
    retry_after: int | None
    after_effect: bool
    when: When | None


class Hold:
    """Calls of one method wait here until released. A context manager, so that none waits for ever."""

    def __init__(self, *, after_effect: bool, when: When | None, forget: Callable[["Hold"], None]) -> None:
        self.after_effect = after_effect
        self.when = when
        self.waiting = 0
        self._forget = forget
        self._gate = asyncio.Event()
        self._dropped = False
        self._arrived = asyncio.Condition()

    async def reached(self, calls: int = 1, *, timeout: float = 10.0) -> None:
        """Until so many calls wait here."""
        async with asyncio.timeout(timeout), self._arrived:
            await self._arrived.wait_for(lambda: self.waiting >= calls)

    def release(self) -> None:
        """Let the calls go on, and later ones pass."""
        self._forget(self)
        self._gate.set()

    def drop(self) -> None:
        """Break the waiting calls' connections; those held before their effect have none."""
        self._dropped = True
        self.release()

    async def passing(self) -> bool:
        """Wait; False when the call is to be dropped."""
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
    """What is to go wrong, by method."""

    def __init__(self) -> None:
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._holds: dict[str, list[Hold]] = defaultdict(list)
        self.armed = False

    def fail_next(self, method: str, fault: Fault) -> None:
        self._faults[method].append(fault)
        self.armed = True

    def hold(self, method: str, *, after_effect: bool, when: When | None) -> Hold:
        hold = Hold(after_effect=after_effect, when=when, forget=lambda h: self._forget(method, h))
        self._holds[method].append(hold)
        self.armed = True
        return hold

    def take(self, method: str, args: Mapping[str, Any]) -> Fault | None:
        faults = self._faults.get(method)
        for fault in tuple(faults or ()):
            if fault.when is None or fault.when(args):
                fault.times -= 1
                if fault.times <= 0 and faults is not None:
                    faults.remove(fault)
                return fault
        return None

    def held(self, method: str, args: Mapping[str, Any]) -> Hold | None:
        for hold in self._holds.get(method, ()):
            if hold.when is None or hold.when(args):
                return hold
        return None

    def clear(self) -> None:
        """Release every hold and forget every fault."""
        for holds in list(self._holds.values()):
            for hold in list(holds):
                hold.drop()
        self._faults.clear()
        self.armed = False

    def _forget(self, method: str, hold: Hold) -> None:
        if hold in self._holds[method]:
            self._holds[method].remove(hold)
