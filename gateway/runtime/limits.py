"""Reports the limits that make work wait: in the log, once a minute for each limit, and in ``/readyz``."""

import time
from collections.abc import Callable, Mapping

import structlog

from gateway.telemetry.observer import Observer, Observers

log = structlog.get_logger(__name__)

SAY_EVERY = 60.0
"""Seconds between two log lines about the same limit, however often it is met."""
SHOW_FOR = 300.0
"""Seconds for which ``/readyz`` goes on showing a limit that was met."""


class Limits:
    """The limits that were met lately."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, observers: Observer | None = None) -> None:
        self._clock = clock
        self._observers = observers or Observers()
        self._said: dict[str, float] = {}
        self._met: dict[str, tuple[float, str]] = {}

    def met(self, limit: str, what: str) -> None:
        """Report that a limit was met. ``limit`` is its name, ``what`` is a sentence that says what waits because of
        it."""
        now = self._clock()
        self._observers.limit_met(limit)
        self._met[limit] = (now, what)
        if now - self._said.get(limit, -SAY_EVERY) >= SAY_EVERY:
            self._said[limit] = now
            log.warning("limit.met", limit=limit, what=what)

    def shown(self) -> Mapping[str, str]:
        """Return the sentence of each limit that was met in the last ``SHOW_FOR`` seconds, by the limit's name."""
        since = self._clock() - SHOW_FOR
        return {limit: what for limit, (at, what) in self._met.items() if at >= since}
