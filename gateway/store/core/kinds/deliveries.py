"""The operations on deliveries, each run for a set of arguments at once.

None of them scans the table: a delivery is found by its key, an open one by an index that holds only open ones.
"""

from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import orjson

from gateway.store.core.codec import Row
from gateway.store.core.kind import Kind
from gateway.store.core.kinds.payloads import FIND_VALUE, PUT_VALUE
from gateway.store.core.kinds.sessions import find_sessions
from gateway.store.core.statements import ByKeys, ByRows
from gateway.store.core.transaction import Transaction

OPEN, DONE, DEAD = 0, 1, 2
"""The values of the column ``deliveries.state``."""

INSERT = ByRows(
    "INSERT INTO deliveries (seq, key, conversation, ref, body, received_at, started, person) VALUES",
    "(?, ?, ?, ?, ?, ?, ?, ?)",
    "ON CONFLICT (key) DO NOTHING",
)
FIND = ByKeys("SELECT key, seq, state, attempts, interrupted, revived, closed_at FROM deliveries WHERE key IN")
REVIVE = """UPDATE deliveries SET state = 0, revived = 1, attempts = 0, interrupted = 0, not_before = 0,
    closed_at = NULL, error = NULL, seq = ?, ref = ?, body = ?, received_at = ?, started = ?, person = ?
    WHERE key = ?"""
AMEND = "UPDATE deliveries SET twin = ? WHERE key = ? AND state = 0"
START = ByKeys("UPDATE deliveries SET started = ? WHERE key IN", "AND state = 0")
FIND_POSTED = """SELECT posted FROM deliveries
    WHERE seq > ? AND seq < ? AND conversation = ? AND state = 1 AND posted IS NOT NULL"""
FORGET_EFFECTS = ByKeys("DELETE FROM effects WHERE delivery IN")
PAUSE = ByKeys("UPDATE deliveries SET started = 0, revived = 1 WHERE key IN", "AND state = 0")
HAND_OVER = "UPDATE deliveries SET started = 0, revived = 1 WHERE state = 0 AND started = ?"
SUSPECTS = """SELECT count(*), coalesce(sum(CASE WHEN interrupted > 0 THEN 1 ELSE 0 END), 0) FROM deliveries
    WHERE state = 0 AND started > 0 AND started < ?"""
INTERRUPT = """UPDATE deliveries SET interrupted = interrupted + 1, started = 0
    WHERE state = 0 AND started > 0 AND started < ?"""
EXONERATE = "UPDATE deliveries SET interrupted = 1 WHERE state = 0 AND interrupted > 1"
INTERRUPT_SEVERAL = """UPDATE deliveries
    SET interrupted = CASE WHEN interrupted < 2 THEN interrupted + 1 ELSE interrupted END, started = 0
    WHERE state = 0 AND started > 0 AND started < ?"""
COUNT_OPEN = "SELECT count(*) FROM deliveries WHERE state = 0"
PENDING = """SELECT seq, key, ref, body, twin, received_at, attempts, interrupted, revived FROM deliveries
    WHERE state = 0 AND seq > ? AND not_before <= ? ORDER BY seq LIMIT ?"""
PENDING_IN = """SELECT seq, key, ref, body, twin, received_at, attempts, interrupted, revived FROM deliveries
    WHERE state = 0 AND conversation = ? AND seq > ? AND not_before <= ? ORDER BY seq LIMIT ?"""
STATES = ByKeys("SELECT key, state, error, posted FROM deliveries WHERE key IN")
DEAD_LETTERS = """SELECT key, conversation, received_at, attempts, error FROM deliveries
    WHERE state = 2 ORDER BY closed_at DESC, seq DESC LIMIT ?"""
RETRY = """UPDATE deliveries SET state = 0, revived = 1, attempts = 0, interrupted = 0, started = 0, not_before = 0,
    closed_at = NULL, error = NULL, seq = ? WHERE key = ? AND state = 2"""
DROP = """UPDATE deliveries SET state = 1, closed_at = ?, ref = NULL, body = NULL, twin = NULL, error = NULL,
    person = NULL WHERE key = ? AND state = 2"""

DEATHS = 100
"""Number of deaths of the process that are remembered: those before a delivery arrived must not push out those it lives
through."""
DEATHS_AT = ("gateway", "deaths")
"""Owner and name of the stored value that holds the times of these deaths."""

REVIVE_AFTER = 60.0
"""Seconds after a delivery became a dead letter within which the same delivery is a duplicate and no new attempt of the
platform: Slack sends a mention as two events, and the second may come when the first has failed already."""
POSTED_WITHIN = 20_000
"""Number of deliveries, counted back from the one that asks, whose posted messages are searched. No index finds them by
conversation, and what runs again after a crash is younger than that."""

Key: TypeAlias = tuple[str, str]
"""The conversation of a delivery, and its key."""
Put: TypeAlias = tuple[str, str, bytes, bytes, float, bool, str | None, bool]
"""The arguments of a put: key, conversation, ref, body, received_at, started, person, with_session."""
Found: TypeAlias = tuple[int, bool, int, int, bool, Row | None, bool, bool]
"""The result of a put: seq, new, attempts, interrupted, revived, session, whether this process runs the conversation,
and whether older deliveries are open of which it may know nothing."""


def _put(tx: Transaction, items: Sequence[Put]) -> list[Found]:
    first = tx.last_seq + 1
    rows = [
        (seq, key, conversation, ref, body, received_at, tx.epoch if started else 0, person)
        for seq, (key, conversation, ref, body, received_at, started, person, _) in enumerate(items, first)
    ]
    tx.last_seq += len(rows)
    sessions = find_sessions(tx, [item[1] for item in items if item[7]])
    if INSERT.run(tx, rows) == len(rows):
        return [
            (row[0], True, 0, 0, False, sessions.get(item[1]) if item[7] else None, True, False)
            for row, item in zip(rows, items, strict=True)
        ]
    known = {key: columns for key, *columns in FIND.find(tx, [item[0] for item in items])}
    return [
        (*_known_or_new(tx, known, row[0], item), sessions.get(item[1]) if item[7] else None, True, False)
        for row, item in zip(rows, items, strict=True)
    ]


def _known_or_new(
    tx: Transaction, known: dict[str, list[Any]], inserted_as: int, item: Put
) -> tuple[int, bool, int, int, bool]:
    key, _, ref, body, received_at, started, person, _ = item
    seq, state, attempts, interrupted, revived, closed_at = known[key]
    new = seq == inserted_as
    if state == DEAD and received_at > closed_at + REVIVE_AFTER:
        # It gets a new seq, the highest, so that whoever reads on from a seq finds it.
        tx.last_seq += 1
        seq, new, attempts, interrupted, revived = tx.last_seq, True, 0, 0, 1
        tx.execute(REVIVE, (seq, ref, body, received_at, tx.epoch if started else 0, person, key))
        known[key] = [seq, OPEN, attempts, interrupted, revived, None]  # for its twin in this set
    return seq, new, attempts, interrupted, bool(revived)


def _amend(tx: Transaction, items: Sequence[tuple[str, str, bytes]]) -> Sequence[None]:
    tx.executemany(AMEND, [(twin, key) for _, key, twin in items])
    return [None] * len(items)


def _start(tx: Transaction, items: Sequence[Key]) -> list[bool]:
    keys = [key for _, key in items]
    if START.run(tx, keys, tx.epoch) == len(keys):
        return [True] * len(keys)
    return [START.run(tx, [key], tx.epoch) > 0 for key in keys]


def _pause(tx: Transaction, items: Sequence[Key]) -> Sequence[None]:
    PAUSE.run(tx, [key for _, key in items])
    return [None] * len(items)


def _hand_over(tx: Transaction, items: Sequence[None]) -> Sequence[None]:
    tx.execute(HAND_OVER, (tx.epoch,))
    return items


def _posted(tx: Transaction, items: Sequence[tuple[str, int]]) -> list[Collection[str]]:
    return [
        {
            id
            for (ids,) in tx.execute(FIND_POSTED, (before - POSTED_WITHIN, before, conversation)).fetchall()
            for id in ids.split()
        }
        for conversation, before in items
    ]


def _recover(tx: Transaction, items: Sequence[None]) -> list[int]:
    ran, suspected = tx.execute(SUSPECTS, (tx.epoch,)).fetchone()
    if ran:
        remember_death(tx)
    if ran and not suspected:
        tx.execute(EXONERATE)
    tx.execute(INTERRUPT if ran == 1 or suspected == 1 else INTERRUPT_SEVERAL, (tx.epoch,))
    count: int = tx.execute(COUNT_OPEN).fetchone()[0]
    return [count] * len(items)


def remember_death(tx: Transaction) -> None:
    """Note that a process has died while turns ran."""
    deaths = [*_deaths(tx), tx.now][-DEATHS:]
    PUT_VALUE.run(tx, [(*DEATHS_AT, orjson.dumps(deaths), tx.now)])


def _deaths(tx: Transaction) -> list[float]:
    row = tx.execute(FIND_VALUE, DEATHS_AT).fetchone()
    return [] if row is None else orjson.loads(row[0])


def _read_deaths(tx: Transaction, items: Sequence[None]) -> list[Sequence[float]]:
    return [_deaths(tx)] * len(items)


def _pending(tx: Transaction, items: Sequence[tuple[str | None, int, float, int]]) -> list[list[Row]]:
    return [
        tx.execute(PENDING, (after, now, limit)).fetchall()
        if conversation is None
        else tx.execute(PENDING_IN, (conversation, after, now, limit)).fetchall()
        for conversation, after, now, limit in items
    ]


def _states(tx: Transaction, items: Sequence[Sequence[str]]) -> list[list[Row]]:
    return [STATES.find(tx, keys) for keys in items]


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
        FORGET_EFFECTS.run(tx, dropped)
        counts.append(len(dropped))
    return counts


PUT = Kind(_put, last=True)
AMENDING = Kind(_amend, last=True)
"""Runs after the puts of its batch, because the delivery it amends may be in the same batch."""
STARTING = Kind(_start)
PAUSING = Kind(_pause)
HANDING_OVER = Kind(_hand_over)
RECOVER = Kind(_recover)
READ_DEATHS = Kind(_read_deaths, writes=False, owned=False)
READ_PENDING = Kind(_pending, writes=False, owned=False)
READ_POSTED = Kind(_posted, writes=False, owned=False)
READ_STATES = Kind(_states, writes=False, owned=False)
READ_DEAD = Kind(_dead_letters, writes=False, owned=False)
RETRYING = Kind(_retry, owned=False)
DROPPING = Kind(_drop, owned=False)
