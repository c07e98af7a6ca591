"""The port for operators: what waits, what was given up, which conversations are open and who runs them. It only reads,
beside the writes, and tells no words of people but the errors of turns."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from gateway.model import UserRef
from gateway.ports.journals import EffectRecord


class InboxSize(NamedTuple):
    """How much is in the inbox."""

    open: int
    """Deliveries that wait, run or pause before the next attempt."""
    failing: int
    """Those of them whose turn has failed before, or whose process died."""
    oldest: float | None
    """When the first open one arrived, in seconds since the epoch; None if there is none."""
    dead: int
    """Dead letters."""


class InboxEntry(NamedTuple):
    """A delivery as an operator sees it: how far it is, not what is in it. Times are in seconds since the epoch."""

    seq: int
    key: str
    conversation: str
    """``ConversationRef.key``."""
    person: str
    """Whose delivery it is (``UserRef.key``); empty for one of the platform itself, and once it is done."""
    state: Literal["open", "done", "dead"]
    received_at: float
    attempts: int
    """How many of its turns failed."""
    interrupted: int
    """How often the process died while its turn was running."""
    revived: bool
    """Whether effects of an earlier run may be in its journal (see ``Delivery.revived``)."""
    started: bool
    """Whether its turn has begun and does more than wait for an answer."""
    not_before: float
    """When it is due again; 0 for at once."""
    closed_at: float | None
    """When it became done or dead."""
    error: str
    """Why it failed last; empty where it did not."""


class InboxPage(NamedTuple):
    """A part of a list of deliveries."""

    entries: Sequence[InboxEntry]
    cursor: str | None
    """Where the next page begins; None where this is the last one."""


class OpenSession(NamedTuple):
    """A session as an operator sees it, without its values. Times are in seconds since the epoch."""

    id: str
    """The session's id, which is that of its thread in history."""
    conversation: str
    """``ConversationRef.key``."""
    user: UserRef | None
    """The person whose event opened it."""
    started_at: float
    last_at: float
    """When its last turn began; in the store a minute behind at most."""


class SessionPage(NamedTuple):
    """A part of the list of open sessions."""

    sessions: Sequence[OpenSession]
    cursor: str | None
    """Where the next page begins; None where this is the last one."""


class ReplicaState(NamedTuple):
    """One of the replicas that share the store. Times are in seconds since the epoch, by the database's clock."""

    number: int
    host: str
    version: str
    joined_at: float
    seconds_left: float
    """Seconds until its leases end, unless its heart beats before that; negative where they have ended."""
    retired: bool
    """Whether it takes no further conversations, because it has just begun or is about to end."""
    here: bool
    """Whether it is the process that answers."""
    conversations: int
    """How many conversations it holds a lease on."""
    parts: Sequence[str]
    """What it does for all replicas (``housekeeping``, ``discord.shard.0``)."""


class DayOfFeedback(NamedTuple):
    """How many thumbs were given on a day (UTC)."""

    day: str
    """ISO 8601, ``2026-11-29``."""
    up: int
    down: int


class Operations(Protocol):
    """Shows operators what is in the store. All of it reads on a connection of its own. Raises ``StoreFailed`` when the
    store cannot be read."""

    async def inbox_size(self) -> InboxSize:
        """Return how much is in the inbox."""
        ...

    async def open_deliveries(
        self, *, conversation: str | None = None, limit: int, cursor: str | None = None
    ) -> InboxPage:
        """Return open deliveries, of one conversation or of all, oldest first. Raises ``ValueError`` for a cursor of
        another list."""
        ...

    async def given_up(self, *, conversation: str | None = None, limit: int, cursor: str | None = None) -> InboxPage:
        """Return dead letters, of one conversation or of all, the newest first. Raises ``ValueError`` for a cursor of
        another list."""
        ...

    async def delivery(self, conversation: str, key: str) -> InboxEntry | None:
        """Return a delivery of a conversation; None where there is none, or it was done so long ago that it was
        pruned."""
        ...

    async def journal_of(self, conversation: str, key: str) -> Sequence[EffectRecord]:
        """Return what the unfinished turn of a delivery has done on its platform, in the order of its ordinals."""
        ...

    async def open_sessions(self, *, limit: int, cursor: str | None = None) -> SessionPage:
        """Return the open sessions, the one used last first. Raises ``ValueError`` for a cursor of another list."""
        ...

    async def open_session(self, conversation: str) -> OpenSession | None:
        """Return the open session of a conversation, None if it has none."""
        ...

    async def replicas(self) -> Sequence[ReplicaState]:
        """Return the replicas that share the store, oldest first; empty where only one process can use it."""
        ...

    async def feedback_by_day(self, *, since: str) -> Sequence[DayOfFeedback]:
        """Return the days on which thumbs were given, oldest first.

        Args:
            since: The first day that counts (UTC), ISO 8601.
        """
        ...
