"""How tests and the playground look on, and hold a call: every emulator's calls, waits and subscription."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeVar

from gateway.emulators.common.faults import Faults, Hold, When
from gateway.emulators.common.observe import Observers
from gateway.emulators.common.values import Call

T = TypeVar("T")


class Watched:
    """An emulator that is looked at. Its class sets ``_observers`` and ``_faults``."""

    _observers: Observers
    _faults: Faults

    @property
    def calls(self) -> deque[Call]:
        """What the bot asked of the platform, oldest first; bounded."""
        return self._observers.calls

    def calls_to(self, method: str) -> list[Call]:
        return [call for call in self._observers.calls if call.method == method]

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 5.0) -> T:
        """The first true value of ``predicate()``, tried after every change. Raises ``TimeoutError``."""
        return await self._observers.wait_for(predicate, timeout)

    def watch(self) -> AsyncIterator[Mapping[str, Any]]:
        """Changes as they happen, from now on."""
        return self._observers.watch()

    def hold(self, method: str, *, after_effect: bool = False, when: When | None = None) -> Hold:
        """Make calls of a method wait, before or after their effect, until ``release()`` or ``drop()``.

        ``when`` chooses among the calls by their arguments.
        """
        return self._faults.hold(method, after_effect=after_effect, when=when)
