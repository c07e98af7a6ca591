"""What the writer does besides: payloads of buttons, the check that it can commit, and forgetting what is old."""

from collections.abc import Sequence

from gateway.store.core.kind import Kind
from gateway.store.core.statements import ByRows
from gateway.store.core.transaction import Transaction

PUT_PAYLOAD = ByRows(
    "INSERT INTO payloads (token, body, put_at) VALUES",
    "(?, ?, ?)",
    "ON CONFLICT (token) DO UPDATE SET body = excluded.body, put_at = excluded.put_at",
)
FIND_PAYLOAD = "SELECT body FROM payloads WHERE token = ?"
CHECK = "UPDATE owner SET checked_at = ?"
KEEP_LAST_SEQ = "UPDATE owner SET last_seq = ?"
PRUNE_DONE = """DELETE FROM deliveries WHERE seq IN (
    SELECT seq FROM deliveries WHERE seq > ? AND seq <= ? AND state = 1 AND closed_at < ? ORDER BY seq LIMIT ?)"""
LOOK_END = "SELECT seq, received_at FROM deliveries WHERE seq > ? ORDER BY seq LIMIT 1 OFFSET ?"
PRUNE_SESSIONS = """DELETE FROM sessions WHERE conversation IN (
    SELECT conversation FROM sessions WHERE ended_at < ? ORDER BY ended_at LIMIT ?)"""
PRUNE_PAYLOADS = """DELETE FROM payloads WHERE token IN (
    SELECT token FROM payloads WHERE put_at < ? AND token != 'seal' ORDER BY put_at LIMIT ?)"""
"""``seal``: the key of ``gateway.runtime.seals``, which has no end."""

LOOK = 2_000
"""Deliveries looked at in one go, pruned or not: some milliseconds at most."""


def _put_payload(tx: Transaction, items: Sequence[tuple[str, bytes]]) -> Sequence[None]:
    PUT_PAYLOAD.run(tx, [(token, body, tx.now) for token, body in items])
    return [None] * len(items)


def _get_payload(tx: Transaction, tokens: Sequence[str]) -> list[bytes | None]:
    rows = [tx.execute(FIND_PAYLOAD, (token,)).fetchone() for token in tokens]
    return [None if row is None else row[0] for row in rows]


def _ping(tx: Transaction, items: Sequence[None]) -> Sequence[None]:
    tx.execute(CHECK, (tx.now,))  # another value each time: SQLite does not write a page that stays as it is
    return items


def _renew(tx: Transaction, items: Sequence[None]) -> Sequence[None]:
    # The writer has compared the lease's token with the owner's epoch before it came here: that is all there is to it.
    return items


def _prune(tx: Transaction, items: Sequence[tuple[float, float, int, int]]) -> list[tuple[int, int]]:
    return [_prune_once(tx, *item) for item in items]


def _prune_once(tx: Transaction, done_before: float, payloads_before: float, limit: int, after: int) -> tuple[int, int]:
    """The rows removed, and the seq after which to look for done deliveries the next time."""
    tx.execute(KEEP_LAST_SEQ, (tx.last_seq,))
    removed, after = _prune_done(tx, done_before, limit, after)
    for statement, before in (
        (PRUNE_SESSIONS, done_before),
        (PRUNE_PAYLOADS, payloads_before),
    ):
        removed += tx.execute(statement, (before, limit - removed)).rowcount
    return removed, after


def _prune_done(tx: Transaction, before: float, limit: int, after: int) -> tuple[int, int]:
    """By order of arrival, which needs no index of what is done. What stays (open ones that wait for an answer, dead
    letters) is looked at again only when the look has come to what arrived too late to be done before ``before``."""
    end = tx.execute(LOOK_END, (after, LOOK - 1)).fetchone()
    removed = tx.execute(PRUNE_DONE, (after, tx.last_seq if end is None else end[0], before, limit)).rowcount
    if removed == limit:
        return removed, after  # there may be more between the two
    return removed, 0 if end is None or end[1] >= before else end[0]


PUT_PAYLOADS = Kind(_put_payload)
GET_PAYLOADS = Kind(_get_payload, writes=False, owned=False)
PING = Kind(_ping)
RENEW = Kind(_renew, writes=False)
PRUNE = Kind(_prune)
