"""The part of every emulator that tests and the playground use to observe it and to make calls wait."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeVar

from gateway.emulators.common.faults import Faults, Hold, When
from gateway.emulators.common.observe import Observers
from gateway.emulators.common.values import Call

T = TypeVar("T")


class Watched:
    """Base class of emulators that can be observed. A subclass sets ``_observers`` and ``_faults``."""

    _observers: Observers
    _faults: Faults

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

    def watch(self) -> AsyncIterator[Mapping[str, Any]]:
        """Yield changes as they happen, from now on."""
        return self._observers.watch()

    def hold(self, method: str, *, after_effect: bool = False, when: When | None = None) -> Hold:
        """Make calls of a method wait, before or after their effect, until ``release()`` or ``drop()``.

        ``when`` chooses among the calls by their arguments.
        """
        return self._faults.hold(method, after_effect=after_effect, when=when)
