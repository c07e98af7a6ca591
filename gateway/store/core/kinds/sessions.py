"""The operations on sessions: one row per conversation, whose data is removed when the session ends."""

from collections.abc import Sequence

from gateway.store.core.codec import Row
from gateway.store.core.kind import Kind
from gateway.store.core.statements import ByKeys, ByRows
from gateway.store.core.transaction import Transaction

SAVE_SESSION = ByRows(
    "INSERT INTO sessions (conversation, id, ref, opened_by, data, started_at, last_at) VALUES",
    "(?, ?, ?, ?, ?, ?, ?)",
    """ON CONFLICT (conversation) DO UPDATE SET id = excluded.id, ref = excluded.ref, opened_by = excluded.opened_by,
    data = excluded.data, started_at = excluded.started_at, last_at = excluded.last_at, ended_at = NULL""",
)
FIND_SESSIONS = ByKeys(
    "SELECT conversation, id, ref, opened_by, data, started_at, last_at FROM sessions WHERE conversation IN",
    "AND ended_at IS NULL",
)
FIND_CONVERSATIONS = ByKeys("SELECT conversation FROM sessions WHERE conversation IN", "AND ended_at IS NULL")
END_SESSION = """UPDATE sessions SET ended_at = ?, ref = NULL, opened_by = NULL, data = NULL
    WHERE conversation = ? AND ended_at IS NULL"""
IDLE_SESSIONS = """SELECT conversation, id, ref, opened_by, data, started_at, last_at FROM sessions
    WHERE ended_at IS NULL AND last_at < ? ORDER BY last_at LIMIT ?"""

SESSIONS_WITHIN = """SELECT conversation, id, ref, opened_by, data, started_at, last_at FROM sessions
    WHERE ended_at IS NULL AND conversation > ? AND conversation < ? ORDER BY conversation LIMIT ?"""


def find_sessions(tx: Transaction, conversations: Sequence[str]) -> dict[str, Row]:
    """Return the rows of the open sessions of these conversations, by conversation."""
    return {row[0]: row for row in FIND_SESSIONS.find(tx, conversations)}


def _load(tx: Transaction, conversations: Sequence[str]) -> list[Row | None]:
    found = find_sessions(tx, conversations)
    return [found.get(conversation) for conversation in conversations]


def _exists(tx: Transaction, conversations: Sequence[str]) -> list[bool]:
    found = {conversation for (conversation,) in FIND_CONVERSATIONS.find(tx, conversations)}
    return [conversation in found for conversation in conversations]


def _save(tx: Transaction, rows: Sequence[Row]) -> Sequence[None]:
    SAVE_SESSION.run(tx, rows)
    return [None] * len(rows)


def _end(tx: Transaction, items: Sequence[tuple[str, float]]) -> Sequence[None]:
    tx.executemany(END_SESSION, [(at, conversation) for conversation, at in items])
    return [None] * len(items)


def _idle(tx: Transaction, items: Sequence[tuple[float, int]]) -> list[list[Row]]:
    return [tx.execute(IDLE_SESSIONS, item).fetchall() for item in items]


def _within(tx: Transaction, items: Sequence[tuple[str, int]]) -> list[list[Row]]:
    # In the order of characters ';' follows ':', which separates the parts of a key.
    return [tx.execute(SESSIONS_WITHIN, (f"{above}:", f"{above};", limit)).fetchall() for above, limit in items]


LOAD = Kind(_load, writes=False, owned=False)
EXISTS = Kind(_exists, writes=False, owned=False)
SAVE = Kind(_save)
END = Kind(_end)
WITHIN = Kind(_within, writes=False, owned=False)
IDLE = Kind(_idle, writes=False, owned=False)
