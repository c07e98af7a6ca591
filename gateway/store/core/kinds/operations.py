"""The operations that show operators what is in the store. They only read, and pages of them are found by indexes."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from gateway.ports.operations import DayOfFeedback, InboxEntry, InboxSize, OpenSession
from gateway.store.core.codec import Row, load_user
from gateway.store.core.kind import Kind
from gateway.store.core.transaction import Transaction

_COLUMNS = """seq, key, conversation, person, state, received_at, attempts, interrupted, revived, started, not_before,
    closed_at, error"""
COUNT_OPEN = """SELECT count(*), coalesce(sum(CASE WHEN attempts > 0 OR interrupted > 0 THEN 1 ELSE 0 END), 0)
    FROM deliveries WHERE state = 0"""
OLDEST = "SELECT received_at FROM deliveries WHERE state = 0 ORDER BY seq LIMIT 1"
COUNT_DEAD = "SELECT count(*) FROM deliveries WHERE state = 2"
OPEN = f"SELECT {_COLUMNS} FROM deliveries WHERE state = 0 AND seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
OPEN_IN = f"""SELECT {_COLUMNS} FROM deliveries WHERE state = 0 AND conversation = ? AND seq > ?
    ORDER BY seq LIMIT ?"""  # noqa: S608
DEAD = f"""SELECT {_COLUMNS} FROM deliveries WHERE state = 2 AND (closed_at, seq) < (?, ?)
    ORDER BY closed_at DESC, seq DESC LIMIT ?"""  # noqa: S608
DEAD_IN = f"""SELECT {_COLUMNS} FROM deliveries WHERE state = 2 AND conversation = ? AND (closed_at, seq) < (?, ?)
    ORDER BY closed_at DESC, seq DESC LIMIT ?"""  # noqa: S608
DELIVERY = f"SELECT {_COLUMNS} FROM deliveries WHERE conversation = ? AND key = ?"  # noqa: S608
_SESSION = "id, conversation, opened_by, started_at, last_at"
SESSIONS = f"""SELECT {_SESSION} FROM sessions WHERE ended_at IS NULL AND (last_at, conversation) < (?, ?)
    ORDER BY last_at DESC, conversation DESC LIMIT ?"""  # noqa: S608
SESSION = f"SELECT {_SESSION} FROM sessions WHERE conversation = ? AND ended_at IS NULL"  # noqa: S608
THUMBS = """SELECT substr("createdAt", 1, 10), coalesce(sum(value), 0), count(*) FROM feedbacks WHERE "createdAt" >= ?
    GROUP BY substr("createdAt", 1, 10) ORDER BY 1"""

_STATES: Sequence[Literal["open", "done", "dead"]] = ("open", "done", "dead")
"""The values of the column ``deliveries.state``, by number."""


class OpenAfter(NamedTuple):
    """Which open deliveries are wanted."""

    conversation: str | None
    after: int
    """The ``seq`` behind which they begin."""
    limit: int


class DeadBefore(NamedTuple):
    """Which dead letters are wanted."""

    conversation: str | None
    closed_at: float
    seq: int
    """The place before which they were given up."""
    limit: int


def _entry(row: Row) -> InboxEntry:
    seq, key, conversation, person, state, received, attempts, interrupted, revived, started, due, closed, error = row
    return InboxEntry(
        seq=seq,
        key=key,
        conversation=conversation,
        person=person or "",
        state=_STATES[state],
        received_at=received,
        attempts=attempts,
        interrupted=interrupted,
        revived=bool(revived),
        started=state == 0 and bool(started),
        not_before=due,
        closed_at=closed,
        error=error or "",
    )


def _session(row: Row) -> OpenSession:
    id, conversation, opened_by, started_at, last_at = row
    user = None if opened_by is None else load_user(opened_by)
    return OpenSession(id, conversation, user, started_at, last_at)


def _sizes(tx: Transaction, items: Sequence[None]) -> list[InboxSize]:
    waiting, failing = tx.execute(COUNT_OPEN).fetchone()
    oldest = tx.execute(OLDEST).fetchone()
    dead = tx.execute(COUNT_DEAD).fetchone()[0]
    return [InboxSize(waiting, int(failing), None if oldest is None else oldest[0], dead)] * len(items)


def _open(tx: Transaction, items: Sequence[OpenAfter]) -> list[list[InboxEntry]]:
    found: list[list[InboxEntry]] = []
    for conversation, after, limit in items:
        rows = (
            tx.execute(OPEN, (after, limit))
            if conversation is None
            else tx.execute(OPEN_IN, (conversation, after, limit))
        )
        found.append([_entry(row) for row in rows.fetchall()])
    return found


def _dead(tx: Transaction, items: Sequence[DeadBefore]) -> list[list[InboxEntry]]:
    found: list[list[InboxEntry]] = []
    for conversation, closed_at, seq, limit in items:
        rows = (
            tx.execute(DEAD, (closed_at, seq, limit))
            if conversation is None
            else tx.execute(DEAD_IN, (conversation, closed_at, seq, limit))
        )
        found.append([_entry(row) for row in rows.fetchall()])
    return found


def _delivery(tx: Transaction, items: Sequence[tuple[str, str]]) -> list[InboxEntry | None]:
    rows = [tx.execute(DELIVERY, item).fetchone() for item in items]
    return [None if row is None else _entry(row) for row in rows]


def _sessions(tx: Transaction, items: Sequence[tuple[float, str, int]]) -> list[list[OpenSession]]:
    return [[_session(row) for row in tx.execute(SESSIONS, item).fetchall()] for item in items]


def _one_session(tx: Transaction, items: Sequence[str]) -> list[OpenSession | None]:
    rows = [tx.execute(SESSION, (conversation,)).fetchone() for conversation in items]
    return [None if row is None else _session(row) for row in rows]


def _thumbs(tx: Transaction, items: Sequence[str]) -> list[list[DayOfFeedback]]:
    rows = [tx.execute(THUMBS, (since,)).fetchall() for since in items]
    return [[DayOfFeedback(day, int(up), int(count) - int(up)) for day, up, count in days] for days in rows]


READ_SIZE = Kind(_sizes, writes=False, owned=False)
READ_OPEN = Kind(_open, writes=False, owned=False)
READ_DEAD = Kind(_dead, writes=False, owned=False)
READ_DELIVERY = Kind(_delivery, writes=False, owned=False)
READ_SESSIONS = Kind(_sessions, writes=False, owned=False)
READ_SESSION = Kind(_one_session, writes=False, owned=False)
READ_THUMBS = Kind(_thumbs, writes=False, owned=False)
