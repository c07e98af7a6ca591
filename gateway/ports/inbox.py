"""The durable inbox: deliveries that were acknowledged to a platform and that no turn has finished yet."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from gateway.model import Envelope
from gateway.ports.sessions import SessionRecord

# Named tuples, because each event makes several, and one costs half of what a frozen dataclass costs.


class Lease(NamedTuple):
    """The right to run the turns of one conversation. ``token`` grows with every owner, so that a stale lease is
    recognised: every write with one raises ``Fenced``."""

    conversation: str
    token: int


class Delivery(NamedTuple):
    """A stored envelope. ``seq`` is its place in the order of arrival, over all conversations."""

    seq: int
    envelope: Envelope
    attempts: int = 0
    """How many of its turns failed."""
    interrupted: int = 0
    """How often the process died while its turn was, or may have been, running (see ``Inbox.recover``)."""
    revived: bool = False
    """Whether effects of an earlier run may be in its journal although neither ``attempts`` nor ``interrupted`` counts
    that run: it was a dead letter, its turn waited for an answer when the process died, or a process that ended in time
    handed it over."""
    twin: dict[str, Any] | None = None
    """The body of a second delivery of the same message, which said more (see ``Inbox.amend``)."""


class PutResult(NamedTuple):
    """What ``Inbox.put`` did: the delivery, and whether it is new."""

    delivery: Delivery
    new: bool
    """False when a delivery with this key was stored already, so this one is a duplicate."""
    session: SessionRecord | None = None
    """The conversation's open session, if ``with_session`` asked for it and there is one."""
    owned: bool = True
    """Whether this process runs the conversation's turns: it held the lease, or took it with this put. Otherwise
    another process does, and was woken; ``started`` was not noted then."""
    behind: bool = False
    """Whether deliveries of the conversation are open, this one of a duplicate among them, that this process may know
    nothing of, because it took the lease with this put; ``started`` was not noted then."""


class DeadLetter(NamedTuple):
    """A delivery that was given up: its turn failed as often as is allowed, or for good."""

    key: str
    conversation: str
    received_at: float
    attempts: int
    error: str


class DeliveryState(NamedTuple):
    """How far a delivery is."""

    state: Literal["open", "done", "dead"]
    """``open``: it waits, runs or pauses before the next attempt; ``done``: nothing is left to do; ``dead``: it was
    given up."""
    error: str = ""
    """Why it failed last; empty where it did not, or is done."""
    posted: Sequence[str] = ()
    """Ids of the messages its turn posted, where the turn noted them (see ``Outcome.posted``)."""


class Watcher(Protocol):
    """Is told, on the event loop, what other processes do in the inbox."""

    def woken(self, conversation: str | None) -> None:
        """Look for deliveries that wait in a conversation (``ConversationRef.key``), which another process has stored;
        None for all that no process runs."""
        ...

    def fenced(self) -> None:
        """Stop every turn and forget every session: the leases of this process have ended, and others may run the
        conversations now. ``woken`` is called when it may take leases again."""
        ...


class Inbox(Protocol):
    """Stores deliveries, and keeps track of which turns began, were interrupted or wait."""

    async def put(
        self, envelope: Envelope, *, person: str = "", started: bool = False, with_session: bool = False
    ) -> PutResult:
        """Store the envelope unless a delivery with its key is stored already, in which case it is a duplicate.

        A dead letter that is delivered again more than 60 s after it was given up is opened again, as new. One that is
        redelivered sooner is a duplicate: Slack sends a mention as two events, and the second may arrive when the turn
        of the first has failed already.

        ``person`` is whose delivery it is (``UserRef.key``), empty for one of the platform itself. ``started`` says
        that the turn begins as soon as this returns (see ``start``). ``with_session`` asks for the conversation's open
        session in the result.
        """
        ...

    async def amend(self, twin: Envelope) -> None:
        """Store the body of a second delivery of the same message, which says more, beside the body of the first one.
        It replaces an earlier twin. Nothing is stored when the delivery is not open any more."""
        ...

    async def start(self, lease: Lease, key: str) -> bool:
        """Record that the delivery's turn begins: if the process dies after this, the turn may have posted something.
        Returns False when the delivery is not open any more, so there is nothing to run."""
        ...

    async def pause(self, lease: Lease, key: str) -> None:
        """Record that the delivery's turn only waits for an answer: if the process dies now, the delivery is
        ``revived`` and not counted as interrupted. Call ``start`` again when the turn goes on."""
        ...

    async def hand_over(self) -> None:
        """Record that the process ends in time: the deliveries whose turns it leaves are ``revived``, and not counted
        as interrupted, and it holds no lease any more."""
        ...

    def watch(self, watcher: Watcher) -> None:
        """Have this watcher told what other processes do, from now on. Call it before anything is put or recovered."""
        ...

    def holds(self, conversation: str) -> bool:
        """Return whether this process holds the conversation's lease, as far as it knows."""
        ...

    async def claim(self, conversation: str) -> Lease | None:
        """Take and return the conversation's lease, which this process may hold already. Returns None while another
        process holds it."""
        ...

    async def renew(self, lease: Lease) -> None:
        """Prolong the lease while a long turn runs. Raises ``Fenced`` if another process holds it now."""
        ...

    async def release(self, lease: Lease) -> None:
        """Give the lease back, so that another process can claim the conversation. Nothing of it is in memory here."""
        ...

    async def pass_on(self, conversation: str) -> None:
        """Wake another process for what waits in a conversation that this one does not hold, and does not take."""
        ...

    async def retire(self) -> None:
        """Take no further lease, because the process is about to end: what is put from now on in a conversation that
        this process does not hold is for others, and so are the deliveries left in one that it releases."""
        ...

    async def recover(self) -> int:
        """Count an interruption for each open delivery whose turn had started when an earlier process died. Returns how
        many deliveries are open. Call it once at the start, before anything else.

        Every turn that ran when a process died is suspected. A delivery that ran alone, or as the only one that was
        suspected before, is counted without a bound. Where several suspects ran, none is raised above two
        interruptions, because none of them is the cause for certain. A death at which no earlier suspect ran speaks for
        those that wait: they go back to one interruption.
        """
        ...

    async def deaths(self) -> Sequence[float]:
        """Return when processes died while turns ran (epoch seconds, as ``recover`` noted them): the last 100, oldest
        first."""
        ...

    async def pending(
        self, *, conversation: str | None = None, after: int = 0, now: float, limit: int
    ) -> Sequence[Delivery]:
        """Return at most ``limit`` open deliveries that are due at ``now`` (epoch seconds) and whose ``seq`` is greater
        than ``after``, oldest first; of one conversation or of all."""
        ...

    async def posted(self, conversation: str, *, before: int) -> Collection[str]:
        """Return the ids of the messages posted by done turns of the conversation, as far as their deliveries arrived
        before ``seq`` ``before`` and among the last 20,000 of all conversations. Slow: it looks through all of
        those."""
        ...

    async def states(self, keys: Collection[str]) -> Mapping[str, DeliveryState]:
        """Return how far the deliveries with these keys are. Those that were never stored, or were done so long ago
        that they were pruned, are left out."""
        ...

    async def dead_letters(self, *, limit: int = 100) -> Sequence[DeadLetter]:
        """Return at most ``limit`` dead letters, newest first."""
        ...

    async def retry(self, keys: Collection[str]) -> int:
        """Open the dead letters with these keys again, with no attempts counted. Returns how many there were."""
        ...

    async def drop(self, keys: Collection[str]) -> int:
        """Mark the dead letters with these keys done without running them. Returns how many there were."""
        ...
