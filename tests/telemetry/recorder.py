"""An observer that writes down everything it is told."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from gateway.telemetry.observer import (
    Commit,
    DeliveryAccepted,
    Observer,
    PlatformCall,
    SessionChanged,
    StepBegun,
    StepEnded,
    StreamChanged,
    TurnBegun,
    TurnEnded,
    TurnWaits,
)

T = TypeVar("T")


class Recorder(Observer):
    """Writes down everything that it is told, in order."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self._more = asyncio.Event()

    def of(self, kind: type[T]) -> list[T]:
        """Return what was told of this kind."""
        return [each for each in self.told if isinstance(each, kind)]

    async def until(self, kind: type[T], fits: Callable[[T], bool] = lambda _: True, timeout: float = 10.0) -> T:
        """Wait until something of this kind that fits was told, and return it."""
        async with asyncio.timeout(timeout):
            while True:
                self._more.clear()
                for each in self.of(kind):
                    if fits(each):
                        return each
                await self._more.wait()

    def _note(self, what: object) -> None:
        self.told.append(what)
        self._more.set()

    def accepted(self, what: DeliveryAccepted, /) -> None:
        self._note(what)

    def turn_begun(self, what: TurnBegun, /) -> None:
        self._note(what)

    def turn_waits(self, what: TurnWaits, /) -> None:
        self._note(what)

    def turn_ended(self, what: TurnEnded, /) -> None:
        self._note(what)

    def step_begun(self, what: StepBegun, /) -> None:
        self._note(what)

    def step_ended(self, what: StepEnded, /) -> None:
        self._note(what)

    def called(self, what: PlatformCall, /) -> None:
        self._note(what)

    def streamed(self, what: StreamChanged, /) -> None:
        self._note(what)

    def committed(self, what: Commit, /) -> None:
        self._note(what)

    def session_changed(self, what: SessionChanged, /) -> None:
        self._note(what)
