"""Which bounds hold somebody up now: said in the log once a minute each, and shown by ``/readyz``."""

import time
from collections.abc import Callable, Mapping

import structlog

log = structlog.get_logger(__name__)

SAY_EVERY = 60.0
"""Seconds between two log lines about the same bound, however often it is met."""
SHOW_FOR = 300.0
"""Seconds for which ``/readyz`` goes on showing a bound that was met."""


class Limits:
    """The bounds that were met lately."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, float] = {}
        self._met: dict[str, tuple[float, str]] = {}

    def met(self, limit: str, what: str) -> None:
        """Somebody is held up by a bound. ``limit`` is its name, ``what`` says what happens to whom."""
        now = self._clock()
        self._met[limit] = (now, what)
        if now - self._said.get(limit, -SAY_EVERY) >= SAY_EVERY:
            self._said[limit] = now
            log.warning("limit.met", limit=limit, what=what)

    def shown(self) -> Mapping[str, str]:
        """What each bound that was met in the last ``SHOW_FOR`` seconds does, by its name."""
        since = self._clock() - SHOW_FOR
        return {limit: what for limit, (at, what) in self._met.items() if at >= since}
