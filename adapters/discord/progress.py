"""Tracks how far the dispatches of one session are stored: up to where Discord may forget them.

Theory. Discord has no acknowledgement but the sequence number a client names, in its heartbeats and when it resumes:
everything after that number is sent again. So the number named is never the last one read but the last one up to which
every dispatch is durable, or of no interest. Dispatches between the two are in hand (``Intake`` keeps trying): a replay
of one within the life of this process is dropped; after a crash it comes again, and is taken.

One thread writes; the heartbeat's thread reads ``stored``.
"""

from collections import deque
from typing import NamedTuple


class Progress:
    """The progress of one session, over all its connections. It can begin in an earlier process (``stored``)."""

    def __init__(self, session: str = "", stored: int | None = None) -> None:
        self.session = session
        """The session's id; empty until READY."""
        self.stored = stored
        """The sequence number up to which every dispatch is stored or of no interest; None before the first one."""
        self.replaying = False
        """Whether Discord is replaying what was missed: between RESUME and RESUMED."""
        self.at = 0
        """The sequence number of the dispatch being read; 0 before the first one of a connection."""
        self.abandoned = False
        """Whether another replica goes on with the session: what this process has read and not stored is for that one
        to store."""
        self._read = stored or 0
        self._in_hand = 0
        self._open: dict[int, int] = {}
        self._order: deque[int] = deque()

    @property
    def read(self) -> int:
        """The highest sequence number that was read, over all connections; 0 before the first dispatch."""
        return self._read

    def resume(self) -> None:
        """Prepare for a resumed connection, on which Discord sends again what was not stored."""
        self.replaying, self.at, self._in_hand = True, 0, self._read

    @property
    def in_hand(self) -> bool:
        """Whether this process has read the dispatch being read before."""
        return self.replaying and self.at <= self._in_hand

    def passed(self) -> None:
        """Mark the dispatch as read; what has to be stored of it was marked by ``hold`` before."""
        if self.at > self._read:
            self._read = self.at
        if not self._open and self._read:
            self.stored = self._read

    def mark(self) -> "Mark":
        """Return the place of the dispatch being read."""
        return Mark(self, self.at)

    def hold(self, seq: int) -> None:
        """Mark a sequence number as not yet durable. A number held twice has to be settled twice."""
        count = self._open.get(seq, 0)
        self._open[seq] = count + 1
        if not count:
            self._order.append(seq)

    def settle(self, seq: int) -> None:
        """Mark one hold on this sequence number as durable."""
        left = self._open.pop(seq) - 1
        if left:
            self._open[seq] = left
            return
        order = self._order
        while order and order[0] not in self._open:
            order.popleft()
        self.stored = order[0] - 1 if order else self._read


class Mark(NamedTuple):
    """The place of a dispatch in its session."""

    progress: Progress
    seq: int

    @property
    def place(self) -> str:
        """Session and sequence number as text, which is the same when the dispatch is sent again."""
        return f"{self.progress.session}:{self.seq}"

    def hold(self) -> None:
        """Mark the dispatch as not yet durable."""
        self.progress.hold(self.seq)

    def settle(self) -> None:
        """Mark one hold on the dispatch as durable."""
        self.progress.settle(self.seq)
