"""How far the dispatches of one session are dealt with: up to where Discord may forget them.

Theory. Discord has no acknowledgement but the sequence number a client names, in its heartbeats and when it resumes:
what came after that is sent again. So the number named is never the last one read but the last one up to which all is
durable, or of no interest. What lies between is in hand (``Intake`` keeps trying): a replay of it within the life of
this process is passed over; after a crash it comes again, and is taken.

One thread writes; the heartbeat's thread reads ``stored``.
"""

from collections import deque
from typing import NamedTuple


class Progress:
    """Of one session, over all connections it has. It can begin in an earlier process (``stored``)."""

    def __init__(self, session: str = "", stored: int | None = None) -> None:
        self.session = session
        """Its id; empty until READY tells."""
        self.stored = stored
        """Everything up to this sequence number is dealt with; None before the first one."""
        self.replaying = False
        """What comes was missed: between RESUME and RESUMED."""
        self.at = 0
        """The dispatch being read; 0 before the first one of a connection."""
        self._read = stored or 0
        self._in_hand = 0
        self._open: dict[int, int] = {}
        self._order: deque[int] = deque()

    @property
    def read(self) -> int:
        """The farthest dispatch that was read, over all connections; 0 before the first one."""
        return self._read

    def resume(self) -> None:
        """What was not dealt with is sent again."""
        self.replaying, self.at, self._in_hand = True, 0, self._read

    @property
    def in_hand(self) -> bool:
        """Whether the dispatch being read was read before, by this process."""
        return self.replaying and self.at <= self._in_hand

    def passed(self) -> None:
        """The dispatch was read; what of it has to be stored is held by now."""
        if self.at > self._read:
            self._read = self.at
        if not self._open and self._read:
            self.stored = self._read

    def mark(self) -> "Mark":
        """The place of the dispatch being read."""
        return Mark(self, self.at)

    def hold(self, seq: int) -> None:
        """It is not dealt with yet. What is held twice is settled twice."""
        count = self._open.get(seq, 0)
        self._open[seq] = count + 1
        if not count:
            self._order.append(seq)

    def settle(self, seq: int) -> None:
        """It is."""
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
        """The same when it is sent again."""
        return f"{self.progress.session}:{self.seq}"

    def hold(self) -> None:
        """See ``Progress.hold``."""
        self.progress.hold(self.seq)

    def settle(self) -> None:
        """See ``Progress.settle``."""
        self.progress.settle(self.seq)
