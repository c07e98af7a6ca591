"""What the writer does with deliveries: sets of operations of one kind, on the rows of one table.

Nothing here scans: a delivery is found by its key, open ones by indexes that hold only open ones.
"""

from collections.abc import Sequence
from typing import TypeAlias

from gateway.store.codec import Row
from gateway.store.sessions import FIND_SESSION, SAVE_SESSION
from gateway.store.writer import Kind, Transaction

OPEN, DONE, DEAD = 0, 1, 2
"""``deliveries.state``."""

INSERT = """INSERT INTO deliveries (seq, key, conversation, ref, body, received_at, started)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"""
FIND = "SELECT seq, state, attempts, interrupted, revived, closed_at FROM deliveries WHERE key = ?"
REVIVE = """UPDATE deliveries SET state = 0, revived = 1, attempts = 0, interrupted = 0, not_before = 0,
    closed_at = NULL, error = NULL, seq = ?, ref = ?, body = ?, received_at = ?, started = ? WHERE key = ?"""
START = "UPDATE deliveries SET started = ? WHERE key = ? AND state = 0"
CLOSE = """UPDATE deliveries SET state = 1, closed_at = ?, ref = NULL, body = NULL, error = NULL
    WHERE key = ? AND state = 0"""
FORGET_EFFECTS = "DELETE FROM effects WHERE delivery = ?"
FAIL = "UPDATE deliveries SET attempts = attempts + 1, error = ?, not_before = ? WHERE key = ? AND state = 0"
BURY = """UPDATE deliveries SET state = 2, attempts = attempts + 1, error = ?, closed_at = ?
    WHERE key = ? AND state = 0"""
INTERRUPT = """UPDATE deliveries SET interrupted = interrupted + 1, started = 0
    WHERE state = 0 AND started > 0 AND started < ?"""
COUNT_OPEN = "SELECT count(*) FROM deliveries WHERE state = 0"
PENDING = """SELECT seq, key, ref, body, received_at, attempts, interrupted, revived FROM deliveries
    WHERE state = 0 AND seq > ? AND not_before <= ? ORDER BY seq LIMIT ?"""
PENDING_IN = """SELECT seq, key, ref, body, received_at, attempts, interrupted, revived FROM deliveries
    WHERE state = 0 AND conversation = ? AND seq > ? AND not_before <= ? ORDER BY seq LIMIT ?"""
DEAD_LETTERS = """SELECT key, conversation, received_at, attempts, error FROM deliveries
    WHERE state = 2 AND closed_at IS NOT NULL ORDER BY closed_at DESC, seq DESC LIMIT ?"""
RETRY = """UPDATE deliveries SET state = 0, revived = 1, attempts = 0, interrupted = 0, started = 0, not_before = 0,
    closed_at = NULL, error = NULL, seq = ? WHERE key = ? AND state = 2"""
DROP = """UPDATE deliveries SET state = 1, closed_at = ?, ref = NULL, body = NULL, error = NULL
    WHERE key = ? AND state = 2"""

REVIVE_AFTER = 60.0
"""Seconds after a delivery was given up within which the same one is no new try of the platform: Slack sends a mention
twice, and the second may come when the first has failed already."""

Put: TypeAlias = tuple[str, str, bytes, bytes, float, bool, bool]
"""key, conversation, ref, body, received_at, started, with_session"""
Found: TypeAlias = tuple[int, bool, int, int, bool, Row | None]
"""seq, new, attempts, interrupted, revived, session"""


def _put(tx: Transaction, items: Sequence[Put]) -> list[Found]:
    first = tx.last_seq + 1
    rows = [
        (seq, key, conversation, ref, body, received_at, tx.epoch if started else 0)
        for seq, (key, conversation, ref, body, received_at, started, _) in enumerate(items, first)
    ]
    tx.last_seq += len(rows)
    if tx.executemany(INSERT, rows).rowcount == len(rows):
        return [(row[0], True, 0, 0, False, _session(tx, item)) for row, item in zip(rows, items, strict=True)]
    return [_known_or_new(tx, row[0], item) for row, item in zip(rows, items, strict=True)]


def _known_or_new(tx: Transaction, inserted_as: int, item: Put) -> Found:
    key, _, ref, body, received_at, started, _ = item
    seq, state, attempts, interrupted, revived, closed_at = tx.execute(FIND, (key,)).fetchone()
    new = seq == inserted_as
    if state == DEAD and received_at > closed_at + REVIVE_AFTER:
        # It arrives now: behind everything else, so that whoever reads on from a seq finds it.
        tx.last_seq += 1
        seq, new, attempts, interrupted, revived = tx.last_seq, True, 0, 0, 1
        tx.execute(REVIVE, (seq, ref, body, received_at, tx.epoch if started else 0, key))
    return seq, new, attempts, interrupted, bool(revived), _session(tx, item)


def _session(tx: Transaction, item: Put) -> Row | None:
    row: Row | None = tx.execute(FIND_SESSION, (item[1],)).fetchone() if item[6] else None
    return row


def _start(tx: Transaction, keys: Sequence[str]) -> list[bool]:
    return [tx.execute(START, (tx.epoch, key)).rowcount > 0 for key in keys]


def _finish(tx: Transaction, items: Sequence[tuple[str, Row | None, bool]]) -> Sequence[None]:
    tx.executemany(CLOSE, [(tx.now, key) for key, _, _ in items])
    if sessions := [session for _, session, _ in items if session is not None]:
        tx.executemany(SAVE_SESSION, sessions)
    if journals := [(key,) for key, _, journal in items if journal]:
        tx.executemany(FORGET_EFFECTS, journals)
    return [None] * len(items)


def _fail(tx: Transaction, items: Sequence[tuple[str, str, float]]) -> Sequence[None]:
    tx.executemany(FAIL, [(error, not_before, key) for key, error, not_before in items])
    return [None] * len(items)


def _bury(tx: Transaction, items: Sequence[tuple[str, str]]) -> Sequence[None]:
    tx.executemany(BURY, [(error, tx.now, key) for key, error in items])
    return [None] * len(items)


def _recover(tx: Transaction, items: Sequence[None]) -> list[int]:
    tx.execute(INTERRUPT, (tx.epoch,))
    count: int = tx.execute(COUNT_OPEN).fetchone()[0]
    return [count] * len(items)


def _pending(tx: Transaction, items: Sequence[tuple[str | None, int, float, int]]) -> list[list[Row]]:
    return [
        tx.execute(PENDING, (after, now, limit)).fetchall()
        if conversation is None
        else tx.execute(PENDING_IN, (conversation, after, now, limit)).fetchall()
        for conversation, after, now, limit in items
    ]


def _dead_letters(tx: Transaction, limits: Sequence[int]) -> list[list[Row]]:
    return [tx.execute(DEAD_LETTERS, (limit,)).fetchall() for limit in limits]


def _retry(tx: Transaction, items: Sequence[Sequence[str]]) -> list[int]:
    counts: list[int] = []
    for keys in items:
        rows = [(seq, key) for seq, key in enumerate(keys, tx.last_seq + 1)]
        tx.last_seq += len(rows)
        counts.append(tx.executemany(RETRY, rows).rowcount if rows else 0)
    return counts


def _drop(tx: Transaction, items: Sequence[Sequence[str]]) -> list[int]:
    counts: list[int] = []
    for keys in items:
        dropped = [key for key in keys if tx.execute(DROP, (tx.now, key)).rowcount]
        tx.executemany(FORGET_EFFECTS, [(key,) for key in dropped])
        counts.append(len(dropped))
    return counts


PUT = Kind(_put, last=True)
STARTING = Kind(_start)
FINISH = Kind(_finish, patient=True)
FAILING = Kind(_fail)
BURYING = Kind(_bury)
RECOVER = Kind(_recover)
READ_PENDING = Kind(_pending, writes=False, owned=False)
READ_DEAD = Kind(_dead_letters, writes=False, owned=False)
RETRYING = Kind(_retry, owned=False)
DROPPING = Kind(_drop, owned=False)
