"""Which conversations this replica runs: the leases it holds, and the right to write that goes with them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from gateway.errors import Fenced
from gateway.ports import Lease
from gateway.store.core.kind import Operation
from gateway.store.core.transaction import Transaction

_HOLDERS = """SELECT leases.conversation, leases.replica FROM leases JOIN replicas ON replicas.number = leases.replica
    WHERE leases.conversation = ANY (CAST(? AS text[]))"""
_TAKE = """INSERT INTO leases AS lease (conversation, replica)
    SELECT conversation, CAST(? AS bigint) FROM unnest(CAST(? AS text[])) AS wanted (conversation) ORDER BY conversation
    ON CONFLICT (conversation) DO UPDATE SET replica = excluded.replica
    WHERE NOT EXISTS (SELECT 1 FROM replicas WHERE replicas.number = lease.replica)
    RETURNING conversation"""
_RELEASE = "DELETE FROM leases WHERE conversation = ANY (CAST(? AS text[])) AND replica = ?"


PART = "part:"
"""How the names of leases on parts begin (``Cluster.lead``); a conversation's key begins with a platform's name."""


class Membership(NamedTuple):
    """That this process is a replica of the cluster."""

    number: int
    """The replica's number; it is the token of its leases."""
    id: str
    """What tells it from a replica of the same number, which there may be once a database was restored."""


class Leases:
    """Implements ``gateway.store.core.ownership.Ownership`` for one of several replicas.

    A lease is a row that names the replica, and is worth something as long as that replica has its row too. Every
    transaction that writes keeps the replica's row from being deleted, and finds out whether it is there: so whoever
    was frozen, or cut off, writes nothing once another has taken over.

    Args:
        membership: Returns the present membership; None in a process that is no replica, or is none now.
    """

    def __init__(self, membership: Callable[[], Membership | None]) -> None:
        self._membership = membership
        self.retired = False
        """Whether no further leases are taken."""
        self._held: dict[str, int] = {}
        """The number of the replica under which each conversation is held."""
        self._seen = (0.0, 0)
        self._taken: list[tuple[str, int]] = []
        self._released: list[str] = []
        """What the running transaction takes and releases."""

    # On the event loop

    def holds(self, conversation: str) -> bool:
        """Return whether this replica holds the lease, as far as it knows."""
        membership = self._membership()
        return membership is not None and self._held.get(conversation) == membership.number

    def held(self) -> Sequence[str]:
        """Return the conversations and parts whose leases this replica holds, as far as it knows."""
        membership = self._membership()
        return [] if membership is None else list(self._held)  # copied at once: the writer's thread changes it

    def claim(self, conversation: str) -> Lease | None:
        """Return the lease if this replica holds it already."""
        return Lease(conversation, self._held[conversation]) if self.holds(conversation) else None

    def forget(self) -> None:
        """Hold no lease any more: this replica is fenced."""
        self._held.clear()

    def begin(self) -> None:
        """Hold nothing, and take leases from now on: the store is being opened, perhaps once more."""
        self.forget()
        self.retired = False

    # In the writer's thread

    def saw(self, now: float, number: int) -> None:
        """Note what the database said when the transaction began: its time, and the number of this replica as it has
        it, 0 where it has none."""
        self._seen = (now, number)

    def enter(self, tx: Transaction, *, writes: bool) -> None:
        """Take the time and the owner's number from what the database said when the transaction began. One that only
        reads takes the number that this process remembers."""
        if writes:
            tx.now, tx.epoch = self._seen
        elif (membership := self._membership()) is not None:
            tx.epoch = membership.number

    def refusal(self, tx: Transaction, operation: Operation) -> Fenced | None:
        """Return why this replica must not run the operation: it is none any more, or it does not hold the lease."""
        if operation.kind.owned and not tx.epoch:
            return Fenced("this replica's leases have ended, and others may have taken over")
        lease = operation.lease
        if lease is not None and (lease.token != tx.epoch or self._held.get(lease.conversation) != tx.epoch):
            return Fenced(f"the lease of replica {lease.token} is not held any more; this is replica {tx.epoch}")
        return None

    def holders(self, tx: Transaction, conversations: Sequence[str]) -> dict[str, int]:
        """Return which replica holds each conversation, without those nobody holds."""
        kept = [each for each in conversations if each not in self._released]
        found = {each: tx.epoch for each in kept if tx.epoch and self._held.get(each) == tx.epoch}
        others = [each for each in conversations if each not in found]
        return found | (dict(tx.execute(_HOLDERS, (others,)).fetchall()) if others else {})

    def take(self, tx: Transaction, conversations: Sequence[str]) -> dict[str, int]:
        """Take the leases that nobody holds, unless this replica takes none; return which replica holds each."""
        found = self.holders(tx, conversations)
        free = [each for each in conversations if each not in found]
        if not free or not tx.epoch or self.retired:
            return found
        taken = [each for (each,) in tx.execute(_TAKE, (tx.epoch, free)).fetchall()]
        self._taken += [(each, tx.epoch) for each in taken]
        found |= dict.fromkeys(taken, tx.epoch)
        missed = [each for each in free if each not in found]  # another replica was quicker
        return found | self.holders(tx, missed) if missed else found

    def just_taken(self) -> list[str]:
        """Return the conversations whose leases the running transaction took."""
        return [conversation for conversation, _ in self._taken]

    def release(self, tx: Transaction, conversations: Sequence[str]) -> None:
        """Release leases that this replica holds."""
        tx.execute(_RELEASE, (list(conversations), tx.epoch))
        self._released += conversations

    def give_up(self) -> None:
        """Release the leases on all conversations, whose rows the running transaction deletes."""
        self._released += [each for each in self._held if not each.startswith(PART)]

    def committed(self) -> None:
        """Count what the transaction took and released."""
        for conversation in self._released:
            self._held.pop(conversation, None)
        self._held.update(self._taken)
        self.rolled_back()

    def rolled_back(self) -> None:
        """Forget what the transaction took and released."""
        self._taken, self._released = [], []

    @property
    def membership(self) -> Membership | None:
        """The present membership."""
        return self._membership()
