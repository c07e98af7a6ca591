"""Tells how far a long copy is, and nothing of a short one."""

import time
from collections.abc import Callable

EVERY = 2.0
"""Seconds between two lines, and before the first one."""


class Progress:
    """Tells how far one part of the work is.

    Args:
        what: The name of the part.
        tell: Takes a line.
    """

    def __init__(self, what: str, tell: Callable[[str], None]) -> None:
        self._what = what
        self._tell = tell
        self._told = time.monotonic()

    def at(self, done: int, total: int | None) -> None:
        """Tell it, unless something was told within ``EVERY`` seconds.

        Args:
            done: The bytes that are copied.
            total: The bytes there are, None when that is not known.
        """
        now = time.monotonic()
        if now - self._told < EVERY:
            return
        self._told = now
        of = "" if total is None else f" of {total / 1e6:,.0f}"
        self._tell(f"{self._what}: {done / 1e6:,.0f}{of} MB")
