"""What the gateway and the bot log while a test runs, with the errors of handlers."""

import sys
import traceback
from collections import deque
from collections.abc import Callable, Generator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import structlog

KEPT = 1_000
"""Log entries that are kept, the newest ones."""
LEVELS = ("warning", "error", "critical", "exception")
"""Levels that a failed test shows."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the log."""

    level: str
    """``debug``, ``info``, ``warning`` or ``error``."""
    event: str
    """What happened, as ``component.event``."""
    fields: Mapping[str, Any]
    """What else the line says."""
    error: BaseException | None = None
    """The exception it was logged with."""


class Log:
    """The entries that were logged since the test began."""

    def __init__(self) -> None:
        self.entries: deque[LogEntry] = deque(maxlen=KEPT)
        """The newest entries, oldest first."""
        self.paused = False
        """Whether nothing is taken down: while the bot is killed, what it complains of means nothing."""
        self.on_error: Callable[[], object] = lambda: None
        """Called after each entry that ``failure_since`` may return."""
        self._count = 0

    @property
    def position(self) -> int:
        """How many entries there have been so far."""
        return self._count

    def since(self, position: int) -> Sequence[LogEntry]:
        """Return the entries that came after this many, as far as they are kept."""
        new = min(self._count - position, len(self.entries))
        return list(islice(self.entries, len(self.entries) - new, None))

    def failure_since(self, position: int) -> LogEntry | None:
        """Return the first exception of the bot that was logged after this many entries and is final, None if there is
        none: a turn that is run again may still succeed."""
        return next((entry for entry in self.since(position) if _is_failure(entry)), None)

    @contextmanager
    def captured(self) -> Generator[None]:
        """Take down what is logged in the block. Where logging was configured it is logged all the same; else nothing
        is printed, because a failed test shows what matters of it."""
        if not structlog.is_configured():
            structlog.configure(processors=[self._take, _drop])
            try:
                yield
            finally:
                structlog.reset_defaults()
            return
        processors = structlog.get_config()["processors"]
        processors.insert(0, self._take)  # in place: loggers that keep their configuration share the list
        try:
            yield
        finally:
            if self._take in processors:
                processors.remove(self._take)

    def _take(self, _: Any, level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if self.paused:
            raise structlog.DropEvent
        fields = {name: value for name, value in event.items() if name not in ("event", "exc_info")}
        entry = LogEntry(level, str(event.get("event", "")), fields, _error_of(event.get("exc_info")))
        self.entries.append(entry)
        self._count += 1
        if _is_failure(entry):
            self.on_error()
        return event


def _drop(_: Any, __: str, ___: MutableMapping[str, Any]) -> NoReturn:
    raise structlog.DropEvent


def _is_failure(entry: LogEntry) -> bool:
    return entry.error is not None and entry.level in LEVELS[1:] and not entry.fields.get("again")


def _error_of(given: Any) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if len(given) == 3 else None  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return sys.exc_info()[1] if given else None


def described(entries: Sequence[LogEntry], folder: Path) -> str:
    """Return warnings and errors as a failed test shows them, with tracebacks that begin in the bot's folder."""
    lines: list[str] = []
    for entry in entries:
        if entry.level in LEVELS:
            fields = " ".join(f"{name}={value!r}" for name, value in entry.fields.items())
            lines.append(f"{entry.level}: {entry.event} {fields}".rstrip())
        if entry.level in LEVELS and entry.error is not None:
            lines += traceback_of(entry.error, folder).splitlines()
    return "\n".join(lines)


def traceback_of(error: BaseException, folder: Path) -> str:
    """Return the traceback of an error from the first frame on that is in this folder; all of it where none is."""
    shown: TracebackType | None = error.__traceback__
    first = shown
    while first is not None and not Path(first.tb_frame.f_code.co_filename).is_relative_to(folder):
        first = first.tb_next
    return "".join(traceback.format_exception(type(error), error, first or shown)).rstrip()
