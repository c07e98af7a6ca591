"""THE interfaces stores implement: the durable inbox, how turns end, the journal, the sessions, buttons' payloads.

One object usually implements all of them, because what a turn leaves behind (its journal, its session, its delivery
done) must be one transaction. Every method returns after its change is durable (committed and synced); changes
submitted at the same time share a commit.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from gateway.model import ConversationRef, Envelope, UserRef

# Named tuples, because several are made for every event: making one costs half of a frozen dataclass.


class Lease(NamedTuple):
    """The right to run one conversation's turns. ``token`` grows with every owner: a stale one can write nothing."""

    conversation: str
    token: int


class Delivery(NamedTuple):
    """A stored envelope. ``seq`` is the order of arrival, over all conversations."""

    seq: int
    envelope: Envelope
    attempts: int = 0
    """Turns of it that failed."""
    interrupted: int = 0
    """Times its process died while it was (or may have been) running, see ``Inbox.recover``."""
    revived: bool = False
    """What an earlier run left is still there, though it does not count: it was a dead letter, it waited for an answer
    when its process died, or a process that ended in time handed it over."""
    twin: dict[str, Any] | None = None
    """The body of another delivery of the same message that said more (see ``Inbox.amend``)."""


class EffectRecord(NamedTuple):
    """One effect of a turn, keyed (delivery, ordinal). ``body`` is the runtime's own JSON."""

    delivery: str
    ordinal: int
    kind: Literal["message", "ask", "once"]
    body: Mapping[str, Any]


class SessionRecord(NamedTuple):
    """The part of a session that outlives the process."""

    id: str
    ref: ConversationRef
    user: UserRef | None
    """Who opened it."""
    data: Mapping[str, Any]
    """The JSON part of ``user_session`` (and the runtime's own keys)."""
    started_at: float
    last_at: float
    """Seconds since the epoch of the last turn; at most a minute behind."""


class Stored(NamedTuple):
    """What ``Inbox.put`` found."""

    delivery: Delivery
    new: bool
    """False when this key was there already."""
    session: SessionRecord | None = None
    """The conversation's open session, if it was asked for and there is one."""


class Outcome(NamedTuple):
    """What a turn leaves behind when it ends, however it ends. The store writes all of it in one transaction."""

    session: SessionRecord | None = None
    """The session to save; None when it did not change."""
    journal: bool = True
    """Whether the store may hold effects of the delivery. They are dropped when the delivery is done (``finish``,
    ``answer``) and kept while it can run again (``fail``, ``bury``)."""
    posted: Collection[str] = ()
    """Ids of the turn's messages that no other turn shall take for its own (see ``Inbox.posted``)."""
    records: tuple[()] = ()
    """History rows to insert or replace. No row has a type yet, so the tuple is empty."""


NO_OUTCOME = Outcome()
"""The outcome of a turn that changed no session: a journal it may have is dropped when the delivery is done."""


class DeadLetter(NamedTuple):
    """A delivery given up on."""

    key: str
    conversation: str
    received_at: float
    attempts: int
    error: str


class Inbox(Protocol):
    """What arrived and is not done yet."""

    async def put(self, envelope: Envelope, *, started: bool = False, with_session: bool = False) -> Stored:
        """Store the envelope unless its key is known. A dead letter that arrives again (a minute or more after it was
        given up: sooner it is only the other half of a twin) is taken up again (new).

        ``started`` says that its turn begins as soon as this returns (see ``start``).
        """
        ...

    async def amend(self, twin: Envelope) -> None:
        """Keep the body of another delivery of the same message beside the first one's, while that is open: it says
        what the first one did not. A second twin replaces the first."""
        ...

    async def start(self, lease: Lease, key: str) -> bool:
        """Its turn begins: if the process dies from here on, effects may stand on the platform. False when it is not
        open any more, so there is nothing to run."""
        ...

    async def pause(self, lease: Lease, key: str) -> None:
        """Its turn only waits for an answer: if the process dies now, that interrupts nothing (it is ``revived``). When
        the turn goes on, ``start`` it again."""
        ...

    async def hand_over(self) -> None:
        """The process ends in time: none of the turns it leaves was interrupted, they are ``revived``."""
        ...

    async def claim(self, conversation: str) -> Lease | None:
        """Take the conversation's lease; None while another process holds it."""
        ...

    async def renew(self, lease: Lease) -> None:
        """Keep the lease while a long turn runs. Raises ``Fenced`` if it was lost."""
        ...

    async def release(self, lease: Lease) -> None:
        """Give the conversation back."""
        ...

    async def recover(self) -> int:
        """Once at start, before anything else: count an interruption for open deliveries whose turn had started.
        Returns how many deliveries are open.

        What ran when the process died is suspected of it. Alone, or as the only one that was suspected before, it is
        counted for certain. Several suspects are raised to two at most: none of them can be blamed for a third. A death
        at which only others ran speaks for the suspects that wait: they go back to one.
        """
        ...

    async def deaths(self) -> Sequence[float]:
        """When processes died while turns ran (epoch seconds, as ``recover`` found out): the last 100, oldest first."""
        ...

    async def pending(
        self, *, conversation: str | None = None, after: int = 0, now: float, limit: int
    ) -> Sequence[Delivery]:
        """Open deliveries that are due, oldest first, with ``seq`` greater than ``after``."""
        ...

    async def posted(self, conversation: str, *, before: int) -> Collection[str]:
        """Ids of messages that turns of the conversation posted which are done by now, among those of the deliveries
        ahead of a ``seq``: the last 20,000 of all conversations. Slow: it looks through them."""
        ...

    async def dead_letters(self, *, limit: int = 100) -> Sequence[DeadLetter]:
        """The newest dead letters first."""
        ...

    async def retry(self, keys: Collection[str]) -> int:
        """Dead letters back into the inbox, with no attempts counted; how many there were."""
        ...

    async def drop(self, keys: Collection[str]) -> int:
        """Dead letters marked done; how many there were."""
        ...


class Outcomes(Protocol):
    """How turns end. Only ``gateway.runtime.outcome`` calls these methods.

    Each of them writes an ``Outcome`` and the new state of the delivery in one transaction, and raises ``Fenced`` and
    writes nothing if the lease is stale.
    """

    async def finish(self, lease: Lease, key: str, outcome: Outcome = NO_OUTCOME, *, soon: bool = False) -> None:
        """Mark the delivery done. ``soon`` says that another turn waits for it: the write then waits for no other
        write whose commit it could share."""
        ...

    async def answer(self, lease: Lease, ask: EffectRecord, outcome: Outcome = NO_OUTCOME, *, answered_by: str) -> None:
        """Record an ask's answer and mark the delivery that brought it (``answered_by``) done."""
        ...

    async def fail(
        self, lease: Lease, key: str, outcome: Outcome = NO_OUTCOME, *, error: str, not_before: float
    ) -> None:
        """Count a failed attempt; the delivery stays open and is due again at ``not_before`` (epoch seconds)."""
        ...

    async def bury(self, lease: Lease, key: str, outcome: Outcome = NO_OUTCOME, *, error: str) -> None:
        """Give the delivery up: it becomes a dead letter with this error."""
        ...


class Journals(Protocol):
    """The effects of turns that are not done."""

    async def record(self, lease: Lease, effects: Sequence[EffectRecord]) -> None:
        """Insert or replace these effects."""
        ...

    async def effects(self, delivery: str) -> Sequence[EffectRecord]:
        """Everything recorded for a delivery, by ordinal."""
        ...


class Sessions(Protocol):
    """Open sessions, by conversation key."""

    async def load(self, conversation: str) -> SessionRecord | None:
        """The open session, None if there is none or it has ended."""
        ...

    async def exists(self, conversation: str) -> bool:
        """Whether a session is open."""
        ...

    async def save(self, session: SessionRecord) -> None:
        """Insert or replace."""
        ...

    async def end(self, conversation: str, *, at: float) -> None:
        """The session is over; its data is dropped."""
        ...

    async def within(self, conversation: str, *, limit: int) -> Sequence[SessionRecord]:
        """Open sessions of conversations below this one: the threads of a channel."""
        ...

    async def idle(self, *, before: float, limit: int) -> Sequence[SessionRecord]:
        """Open sessions whose last turn was before that moment, oldest first."""
        ...


class Payloads(Protocol):
    """What a button means when that does not fit into the button."""

    async def put_payload(self, token: str, body: Mapping[str, Any]) -> None:
        """Keep it."""
        ...

    async def get_payload(self, token: str) -> Mapping[str, Any] | None:
        """None if it is unknown or was pruned."""
        ...


class Store(Inbox, Outcomes, Journals, Sessions, Payloads, Protocol):
    """All of it over one database."""

    async def open(self) -> None:
        """Take ownership, create or migrate the schema. Raises ``SettingsError`` naming the fix when it cannot."""
        ...

    async def close(self) -> None:
        """Write what is pending and let go."""
        ...

    async def ping(self) -> None:
        """Raises unless the store can commit now."""
        ...

    async def prune(self, *, done_before: float, payloads_before: float, limit: int = 1000) -> int:
        """Forget done deliveries (their keys deduplicate until then), ended sessions and old payloads; rows removed."""
        ...
