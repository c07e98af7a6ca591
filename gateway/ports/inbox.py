"""The durable inbox: what platforms delivered and no turn has finished yet."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, Protocol

from gateway.model import Envelope
from gateway.ports.sessions import SessionRecord

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


class PutResult(NamedTuple):
    """What ``Inbox.put`` found."""

    delivery: Delivery
    new: bool
    """False when this key was there already."""
    session: SessionRecord | None = None
    """The conversation's open session, if it was asked for and there is one."""


class DeadLetter(NamedTuple):
    """A delivery given up on."""

    key: str
    conversation: str
    received_at: float
    attempts: int
    error: str


class Inbox(Protocol):
    """What arrived and is not done yet."""

    async def put(self, envelope: Envelope, *, started: bool = False, with_session: bool = False) -> PutResult:
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
