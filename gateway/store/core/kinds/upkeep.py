"""The operations on the store itself: the check that it can commit, and the deletion of old rows."""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.ports import documents
from gateway.store.core.kind import Kind
from gateway.store.core.kinds.audit import prune_audit
from gateway.store.core.kinds.documents import LAST
from gateway.store.core.transaction import Transaction

CHECK = "UPDATE owner SET checked_at = ?"
KEEP_LAST_SEQ = "UPDATE owner SET last_seq = ?"
PRUNE_DONE = """DELETE FROM deliveries WHERE seq IN (
    SELECT seq FROM deliveries WHERE seq > ? AND seq <= ? AND state = 1 AND closed_at < ? ORDER BY seq LIMIT ?)"""
LOOK_END = "SELECT seq, received_at FROM deliveries WHERE seq > ? ORDER BY seq LIMIT 1 OFFSET ?"
PRUNE_SESSIONS = """DELETE FROM sessions WHERE conversation IN (
    SELECT conversation FROM sessions WHERE ended_at < ? ORDER BY ended_at LIMIT ?)"""
PRUNE_TOKENS = """DELETE FROM tokens WHERE key IN (
    SELECT key FROM tokens WHERE put_at < ? ORDER BY put_at LIMIT ?)"""
PRUNE_VALUES = """DELETE FROM key_values WHERE owner = 'adapter' AND name IN (
    SELECT name FROM key_values WHERE owner = 'adapter' AND put_at < ? ORDER BY put_at LIMIT ?)"""
PRUNE_MESSAGES = """DELETE FROM message_records WHERE key IN (
    SELECT key FROM message_records WHERE put_at < ? ORDER BY put_at LIMIT ?)"""
PRUNE_DOCUMENTS = """DELETE FROM documents WHERE rank IN (SELECT rank FROM (
    SELECT rank, put_at FROM documents WHERE kind = ? ORDER BY rank LIMIT ?) AS oldest WHERE put_at < ?)"""

PUT_ONCE = (documents.REQUEST, documents.REQUESTED_MESSAGE)
"""Kinds of documents that are put once, so that the oldest of them are those that were made first."""
BROADCASTS = 100
"""How many broadcasts one ``prune`` looks at."""

LOOK = 2_000
"""Number of deliveries, and of lines of the audit, that one ``prune`` looks at, whether it deletes them or not: a few
milliseconds at most."""


class Looked(NamedTuple):
    """How far was looked already, so that the next call goes on from there; 0 begins anew."""

    seq: int = 0
    """The seq up to which no delivery can be pruned."""
    line: int = 0
    """The id up to which no line of the audit can."""


class Prune(NamedTuple):
    """What is old enough to be deleted (see ``Store.prune``)."""

    done_before: float
    tokens_before: float
    values_before: float
    messages_before: float
    requests_before: float
    audit_before: float
    limit: int
    looked: Looked


def _ping(tx: Transaction, items: Sequence[None]) -> Sequence[None]:
    tx.execute(CHECK, (tx.now,))  # a new value each time, because SQLite does not write a page that has not changed
    return items


def _renew(tx: Transaction, items: Sequence[None]) -> Sequence[None]:
    # Nothing to write: the writer compared the lease's token with the owner's epoch before it called this.
    return items


def _prune(tx: Transaction, items: Sequence[Prune]) -> list[tuple[int, Looked]]:
    return [_prune_once(tx, item) for item in items]


def _prune_once(tx: Transaction, wish: Prune) -> tuple[int, Looked]:
    """Return the number of rows removed, and where to look on the next time."""
    if tx.last_seq:  # else the database gives the numbers itself
        tx.execute(KEEP_LAST_SEQ, (tx.last_seq,))
    removed, seq = _prune_done(tx, wish.done_before, wish.limit, wish.looked.seq)
    for statement, before in (
        (PRUNE_SESSIONS, wish.done_before),
        (PRUNE_TOKENS, wish.tokens_before),
        (PRUNE_VALUES, wish.values_before),
        (PRUNE_MESSAGES, wish.messages_before),
    ):
        removed += tx.execute(statement, (before, wish.limit - removed)).rowcount
    for kind in PUT_ONCE:
        removed += tx.execute(PRUNE_DOCUMENTS, (kind, wish.limit - removed, wish.requests_before)).rowcount
    removed += tx.execute(PRUNE_DOCUMENTS, (documents.BROADCAST, BROADCASTS, wish.messages_before)).rowcount
    lines, line = prune_audit(tx, wish.audit_before, max(0, wish.limit - removed), wish.looked.line, look=LOOK)
    return removed + lines, Looked(seq, line)


def _prune_done(tx: Transaction, before: float, limit: int, after: int) -> tuple[int, int]:
    """Delete done deliveries in the order of arrival, which needs no index of what is done.

    What remains (open deliveries that wait for an answer, dead letters) is looked at again only when the search has
    reached a delivery that arrived too late to be done before ``before``.
    """
    end = tx.execute(LOOK_END, (after, LOOK - 1)).fetchone()
    removed = tx.execute(PRUNE_DONE, (after, LAST if end is None else end[0], before, limit)).rowcount
    if removed == limit:
        return removed, after  # there may be more between the two
    return removed, 0 if end is None or end[1] >= before else end[0]


PING = Kind(_ping)
RENEW = Kind(_renew, writes=False)
PRUNING = Kind(_prune)
