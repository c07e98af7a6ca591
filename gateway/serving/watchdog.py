"""Reports code that blocks the event loop, which no other conversation and no probe gets past until it ends.

The loop notes the time once in a while, and a thread looks whether it still does. That costs a timer of the loop and a
thread's awakening a second, and nothing for each event.
"""

import asyncio
import sys
import sysconfig
import threading
import time
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import structlog

from gateway.telemetry.observer import Observer, Observers

log = structlog.get_logger(__name__)

FIX = "await cl.make_async(function)(...) runs a blocking function in a thread; cl.sleep(seconds) pauses one turn alone"
LOOKS = 5
"""Number of looks in the seconds after which a block is reported."""
MOST_FRAMES = 12
"""Frames of a stack that are shown at most."""


class Watchdog:
    """Logs ``event_loop.blocked``, once for each block, with the stack of the code that holds the loop up, and
    ``event_loop.free`` with the seconds it took."""

    def __init__(self, after: float, folder: Path, observers: Observer | None = None) -> None:
        """``after``: seconds after which a block is reported. ``folder``: where the bot's own files are.
        ``observers`` are told of each block once it is over."""
        self._observers = observers or Observers()
        self._after = after
        self._every = min(after / LOOKS, 1.0)
        self._folder = folder.resolve()
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._due = time.monotonic() + self._every
        """When the loop notes the time next."""
        self._reported = False
        self._ended = threading.Event()

    @contextmanager
    def watching(self) -> Generator[None]:
        """Watch the running loop within the block."""
        thread = threading.Thread(target=self._watch, name="gateway-watchdog", daemon=True)
        timer = self._loop.call_later(self._every, self._note)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            timer.cancel()

    def _note(self) -> None:
        """Note that the loop runs."""
        late = time.monotonic() - self._due
        if self._reported or late >= self._after:
            self._observers.loop_blocked(late)
        if self._reported:
            self._reported = False
            log.warning("event_loop.free", blocked_seconds=round(late, 1))
        elif late >= self._after:
            # The thread did not get to look either: the process was stopped, or its code holds Python's lock.
            log.warning(
                "event_loop.stood_still",
                seconds=round(late, 1),
                why="the process was stopped, the machine is overloaded, or a call into C code let no thread run",
            )
        self._due = time.monotonic() + self._every
        if not self._ended.is_set():
            self._loop.call_later(self._every, self._note)

    def _watch(self) -> None:
        looked = moving_since = time.monotonic()
        while not self._ended.wait(self._every):
            now = time.monotonic()
            if now - looked > self._every + self._after / 2:
                moving_since = now  # this thread stood still as well, which is nobody's code
            looked = now
            blocked = now - max(self._due, moving_since)
            if not self._reported and blocked >= self._after:
                self._reported = True
                self._report(blocked)

    def _report(self, seconds: float) -> None:
        frame = sys._current_frames().get(self._loop_thread)  # pyright: ignore[reportPrivateUsage] (documented, for this)
        stack = [] if frame is None else shortened(traceback.extract_stack(frame), self._folder)
        log.warning(
            "event_loop.blocked",
            seconds=round(seconds, 1),
            by=_place(stack, self._folder),
            fix=FIX,
            stack="\n" + "".join(traceback.format_list(stack)).rstrip(),
        )


def shortened(stack: list[traceback.FrameSummary], folder: Path) -> list[traceback.FrameSummary]:
    """Return the part of a stack that begins with the bot's own code, the innermost frames of it where that is long.

    ``folder``: where the bot's own files are; of a stack without any of them the innermost frames are returned.
    """
    first = next((n for n, each in enumerate(stack) if _is_own(each, folder)), None)
    if first is None:
        return stack[-MOST_FRAMES:]
    own = stack[first:]
    return own if len(own) <= MOST_FRAMES else own[:4] + own[4 - MOST_FRAMES :]


def _place(stack: list[traceback.FrameSummary], folder: Path) -> str | None:
    """Return the innermost line of the bot's own code, else of all code."""
    own = [each for each in stack if _is_own(each, folder)] or stack
    if not own:
        return None
    path = Path(own[-1].filename)
    shown = path.relative_to(folder) if _is_own(own[-1], folder) else path
    return f"{shown}:{own[-1].lineno} in {own[-1].name}"


def _is_own(frame: traceback.FrameSummary, folder: Path) -> bool:
    """Return whether a frame is code of the bot, and neither of an installed package nor of the gateway."""
    path = Path(frame.filename)
    if not path.is_relative_to(folder):
        return False
    others = {*sysconfig.get_paths().values(), str(Path(__file__).parents[1])}
    return not any(path.is_relative_to(each) for each in others)
