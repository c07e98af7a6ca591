"""The events of threads, as they happen: whoever reads a thread's stream gets them, and again what was missed."""

import asyncio
import secrets
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from adapters.chatkit.drafts import Drafts
from adapters.chatkit.limits import BEHIND, LOG_BYTES, LOG_EVENTS, LOGS
from adapters.jsons import dump

Event = Mapping[str, Any]
"""An event in the words of the protocol (``ThreadStreamEvent``)."""


class EventReader:
    """Reads the events of a thread from one moment on, as server-sent events. Iterating ends when the reader is closed
    and everything before that was read."""

    __slots__ = ("_closed", "_waiting", "_wanted", "overrun")

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._wanted: asyncio.Future[None] | None = None
        self._closed = False
        self.overrun = False
        """Whether the reader was so slow that it lost events."""

    def put(self, data: bytes) -> None:
        """Add an event. Where the reader is ``BEHIND``, it is closed instead."""
        if self._closed:
            return
        if len(self._waiting) >= BEHIND:
            self._waiting.clear()
            self.overrun = True
            self.close()
            return
        self._waiting.append(data)
        self._wake()

    def put_first(self, data: bytes) -> None:
        """Add what is to be read before all that waits."""
        if data:
            self._waiting.appendleft(data)
            self._wake()

    def close(self) -> None:
        """End the stream behind what was put so far."""
        self._closed = True
        self._wake()

    async def read(self, *, patience: float) -> bytes | None:
        """Return what was put since the last call; empty where nothing was for ``patience`` seconds, None at the
        end."""
        if not self._waiting and not self._closed:
            self._wanted = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(patience):
                    await self._wanted
            except TimeoutError:
                return b""
            finally:
                self._wanted = None
        if not self._waiting:
            return None
        data = b"".join(self._waiting)
        self._waiting.clear()
        return data

    def _wake(self) -> None:
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)


class ThreadLog:
    """The last events of one thread, numbered, and who reads them now."""

    def __init__(self) -> None:
        self._epoch = secrets.token_hex(6)
        """What tells these events from those of a log of the same thread that was forgotten, or of another process."""
        self._events: deque[tuple[int, bytes]] = deque()
        self._bytes = 0
        self._last = 0
        self.readers: set[EventReader] = set()
        self.drafts = Drafts()

    def begin_anew(self) -> None:
        """Remember none of the events so far, because others may have happened meanwhile that are not known."""
        self._epoch = secrets.token_hex(6)
        self._events.clear()
        self._bytes = 0

    @property
    def position(self) -> str:
        """The id of the last event."""
        return f"{self._epoch}-{self._last}"

    def publish(self, event: Event) -> None:
        """Number an event, remember it for clients that come back, and hand it to whoever reads the thread now."""
        self.drafts.note(event)
        self._last += 1
        data = b"id: %s-%d\ndata: %s\n\n" % (self._epoch.encode(), self._last, dump(event))
        self._events.append((self._last, data))
        self._bytes += len(data)
        while len(self._events) > LOG_EVENTS or self._bytes > LOG_BYTES:
            self._bytes -= len(self._events.popleft()[1])
        for reader in list(self.readers):
            reader.put(data)

    def since(self, last: str) -> Iterator[bytes] | None:
        """Return the events behind the one with this id; None where they are not all remembered."""
        epoch, _, number = last.rpartition("-")
        if epoch != self._epoch or not (number.isascii() and number.isdigit() and len(number) < 16):
            return None
        behind = int(number)
        first = self._events[0][0] if self._events else self._last + 1
        if behind > self._last or behind < first - 1:
            return None
        return (data for each, data in self._events if each > behind)


class ThreadLogs:
    """The logs of all threads in memory: of those that somebody reads, and of the ``LOGS`` others that were used
    last."""

    def __init__(self) -> None:
        self._logs: OrderedDict[str, ThreadLog] = OrderedDict()

    def publish(self, thread: str, *events: Event) -> None:
        """Add events of a thread."""
        log = self._log(thread)
        for event in events:
            log.publish(event)

    async def follow(self, thread: str) -> None:
        """Learn from now on what happens in a thread, before somebody reads it."""

    async def settle(self, thread: str) -> None:
        """Show those who read a thread, which has come to rest, what they were not shown of it."""

    async def keep_up(self) -> None:
        """Do what has to be done every now and then, until the task is cancelled."""

    @contextmanager
    def reading(self, thread: str, *, after: str | None = None) -> Iterator[tuple[EventReader, bool]]:
        """Read a thread's events for the time of a block, from now on.

        Args:
            thread: The thread's id.
            after: The id of the event the reader has seen last: what came behind it is read first. The second value
                is False where that is not remembered.
        """
        log, reader = self._log(thread), EventReader()
        missed = None if after is None else log.since(after)
        for data in missed or ():
            reader.put(data)
        log.readers.add(reader)
        try:
            yield reader, after is None or missed is not None
        finally:
            log.readers.discard(reader)
            self._thin()

    def is_read(self, thread: str) -> bool:
        """Return whether somebody reads a thread now, which is only possible while there is that thread."""
        log = self._logs.get(thread)
        return log is not None and bool(log.readers)

    def position(self, thread: str) -> str:
        """Return the id of the last event of a thread; whoever comes back with it gets what follows."""
        return self._log(thread).position

    def drafts(self, thread: str) -> dict[str, Sequence[Event]]:
        """Return, for each message of a thread that is being written now, the events that show it so far."""
        return self._log(thread).drafts.events()

    def show(self, reader: EventReader, events: Sequence[Event], *, position: str) -> None:
        """Show one reader events that are no news to others, before all that waits for it.

        Args:
            reader: The reader.
            events: What it is shown.
            position: The id of the thread's event up to which these tell what happened.
        """
        id = position.encode()
        reader.put_first(b"".join(b"id: %s\ndata: %s\n\n" % (id, dump(event)) for event in events))

    def forget(self, thread: str) -> None:
        """Forget the events of a thread that was deleted, and end its streams."""
        log = self._logs.pop(thread, None)
        for reader in log.readers if log is not None else ():
            reader.close()

    def close(self) -> None:
        """End the streams of all readers, because the gateway ends."""
        for log in self._logs.values():
            for reader in log.readers:
                reader.close()

    def _log(self, thread: str) -> ThreadLog:
        log = self._logs.get(thread)
        if log is None:
            log = self._logs[thread] = ThreadLog()
            self._thin()
        self._logs.move_to_end(thread)
        return log

    def _thin(self) -> None:
        if len(self._logs) <= LOGS:
            return
        for thread in [name for name, log in self._logs.items() if not log.readers][: len(self._logs) - LOGS]:
            del self._logs[thread]


async def stream(reader: EventReader, *, patience: float) -> AsyncIterator[bytes]:
    """Yield what a reader reads as server-sent events, with a comment where nothing happens for ``patience``
    seconds."""
    while (data := await reader.read(patience=patience)) is not None:
        yield data or b": still here\n\n"
