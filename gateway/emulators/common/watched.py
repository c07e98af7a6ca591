"""The part of every emulator that tests and the playground use to observe it and to make calls wait."""

import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar, TypeVar

from gateway.emulators.common.faults import Faults, Hold, Storm, When
from gateway.emulators.common.observe import Observers
from gateway.emulators.common.values import Call

T = TypeVar("T")


class Watched:
    """Base class of emulators that can be observed. A subclass sets ``_observers`` and ``_faults``."""

    _observers: Observers
    _faults: Faults
    _second: ClassVar[int] = 1
    """One second in the unit of the emulator's rate limits."""

    @property
    def calls(self) -> deque[Call]:
        """The calls the bot made, oldest first. At most ``MAX_CALLS`` are kept."""
        return self._observers.calls

    def calls_to(self, method: str) -> list[Call]:
        """Return the bot's calls of one method, oldest first."""
        return [call for call in self._observers.calls if call.method == method]

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 5.0) -> T:
        """Return the first true value of ``predicate()``, which is tried after every change. Raises ``TimeoutError``
        after ``timeout`` seconds."""
        return await self._observers.wait_for(predicate, timeout)

    def changed(self) -> None:
        """Let all who wait for something try their conditions again."""
        self._observers.changed()

    def watch(self) -> AsyncIterator[Mapping[str, Any]]:
        """Yield changes as they happen, from now on."""
        return self._observers.watch()

    def hold(self, method: str, *, after_effect: bool = False, when: When | None = None) -> Hold:
        """Make calls of a method wait, before or after their effect, until ``release()`` or ``drop()``.

        ``when`` chooses among the calls by their arguments.
        """
        return self._faults.hold(method, after_effect=after_effect, when=when)

    def storm(self, chance: random.Random, *, share: float, stall: float = 3.0) -> AbstractContextManager[Storm]:
        """Let this share of all calls fail until the block ends: as rate limits, server errors, timeouts after
        ``stall`` seconds, broken connections and answers that are half sent. ``chance`` makes them repeatable."""
        return self._faults.storm(Storm(chance, share, stall=stall, second=self._second))
