"""Keeps a flood of the same warning from filling a disk: after some lines of one kind in a minute the rest is counted.

What is the same is told by where it is logged and what it says, not by its fields: a thousand people whose turns fail
for one reason are one flood. Nothing below a warning is held back: how much of that there is, the level decides.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog

MOST = 100
"""Lines of one kind that are written in ``WINDOW`` seconds."""
WINDOW = 60.0
"""Seconds after which lines of a kind are written again, the first with how many were not (``suppressed``)."""
KINDS = 1_000
"""Kinds of lines that are told apart; of more the one that was seen first is forgotten."""

_LOUD = frozenset({"warning", "warn", "error", "exception", "critical"})
"""Methods of a logger whose lines may be held back."""
_TOLD_BY = 200
"""Characters of what a line says by which it is told from others."""


class _Kind:
    """The lines of one kind in the present window."""

    __slots__ = ("began", "count")

    def __init__(self, began: float) -> None:
        self.began = began
        self.count = 0


class Floods:
    """Counts lines by kind, and says which are too many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kinds: OrderedDict[tuple[str, str], _Kind] = OrderedDict()

    def admit(self, logger: str, event: str) -> int | None:
        """Return how many lines of this kind were left out in the window before, which is to be said with this one;
        None where this one has to be left out."""
        now, key = self._clock(), (logger, event)
        kind = self._kinds.get(key)
        left_out = 0
        if kind is None or now - kind.began >= WINDOW:
            left_out = 0 if kind is None else max(0, kind.count - MOST)
            kind = self._kinds[key] = _Kind(now)
            self._kinds.move_to_end(key)
            if len(self._kinds) > KINDS:
                self._kinds.popitem(last=False)
        kind.count += 1
        return left_out if kind.count <= MOST else None


class FloodFilter(logging.Filter):
    """Leaves out lines of libraries that log through ``logging``. Those of structlog have passed ``hold_back``."""

    def __init__(self, floods: Floods) -> None:
        super().__init__()
        self._floods = floods

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is written."""
        if record.levelno < logging.WARNING or isinstance(record.msg, Mapping):
            return True
        # The words before the arguments were filled in, which are the same each time.
        left_out = self._floods.admit(record.name, str(record.msg)[:_TOLD_BY])
        if left_out:
            record.msg = f"{record.msg} (suppressed: {left_out} lines like this)"
        return left_out is not None


def holding_back(floods: Floods) -> Callable[[Any, str, MutableMapping[str, Any]], MutableMapping[str, Any]]:
    """Return a processor of structlog that drops lines of a flood."""

    def hold_back(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if method in _LOUD:
            left_out = floods.admit(getattr(logger, "name", ""), str(event.get("event"))[:_TOLD_BY])
            if left_out is None:
                raise structlog.DropEvent
            if left_out:
                event["suppressed"] = left_out
        return event

    return hold_back
