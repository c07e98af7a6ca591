"""The operations by which threads and conversations are deleted."""

import json
from collections.abc import Sequence

from gateway.store.core.kind import Kind
from gateway.store.core.kinds.deliveries import DEAD, FORGET_EFFECTS, OPEN
from gateway.store.core.statements import ByKeys
from gateway.store.core.transaction import Transaction

CONVERSATION = "SELECT conversation FROM threads WHERE id = ?"
IS_OPEN = """SELECT EXISTS (SELECT 1 FROM threads JOIN sessions
    ON sessions.conversation = threads.conversation AND sessions.id = threads.id
    WHERE threads.id = ? AND sessions.ended_at IS NULL)"""
THREADS = """SELECT id FROM threads WHERE conversation = ?1
    UNION SELECT id FROM sessions WHERE conversation = ?1"""
CONTENTS = """SELECT DISTINCT "objectKey" FROM elements
    WHERE "threadId" IN (SELECT value FROM json_each(?)) AND "objectKey" IS NOT NULL"""
DELIVERIES = [f"SELECT key FROM deliveries WHERE state = {state} AND conversation = ?" for state in (OPEN, DEAD)]  # noqa: S608
CLOSE = ByKeys(
    """UPDATE deliveries SET state = 1, closed_at = ?, ref = NULL, body = NULL, twin = NULL, error = NULL,
    person = NULL WHERE key IN"""
)
TOKENS = "SELECT key FROM tokens WHERE json_extract(CAST(body AS TEXT), '$.conversation') = ?"
DELETE_TOKENS = ByKeys("DELETE FROM tokens WHERE key IN")
DELETE_MESSAGES = "DELETE FROM message_records WHERE key > ?1 AND key < ?2 AND instr(substr(key, ?3), ':') = 0"
DELETE = [
    "DELETE FROM sessions WHERE conversation = ?",
    "DELETE FROM documents WHERE conversation = ? AND conversation <> ''",
    "DELETE FROM outbox WHERE thread = ?",
]


def _conversation(tx: Transaction, threads: Sequence[str]) -> list[str | None]:
    rows = [tx.execute(CONVERSATION, (thread,)).fetchone() for thread in threads]
    return [None if row is None else row[0] for row in rows]


def _open(tx: Transaction, threads: Sequence[str]) -> list[bool]:
    return [bool(tx.execute(IS_OPEN, (thread,)).fetchone()[0]) for thread in threads]


def _threads(tx: Transaction, conversations: Sequence[str]) -> list[list[str]]:
    return [[id for (id,) in tx.execute(THREADS, (each,)).fetchall()] for each in conversations]


def _contents(tx: Transaction, items: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[key for (key,) in tx.execute(CONTENTS, (json.dumps(list(ids)),)).fetchall()] for ids in items]


def _tokens(tx: Transaction, conversations: Sequence[str]) -> list[list[str]]:
    return [[key for (key,) in tx.execute(TOKENS, (each,)).fetchall()] for each in conversations]


def _forget(tx: Transaction, items: Sequence[tuple[str, Sequence[str]]]) -> list[None]:
    """Forget conversations, each given with the keys of its tokens."""
    for conversation, tokens in items:
        keys = [key for statement in DELIVERIES for (key,) in tx.execute(statement, (conversation,)).fetchall()]
        FORGET_EFFECTS.run(tx, keys)
        CLOSE.run(tx, keys, tx.now)
        DELETE_TOKENS.run(tx, tokens)
        for kind in ("m", "p"):
            start = f"{kind}:{conversation}"
            tx.execute(DELETE_MESSAGES, (f"{start}:", f"{start};", len(start) + 2))
        for statement in DELETE:
            tx.execute(statement, (conversation,))
    return [None] * len(items)


READ_CONVERSATION = Kind(_conversation, writes=False, owned=False)
READ_OPEN = Kind(_open, writes=False, owned=False)
READ_THREADS = Kind(_threads, writes=False, owned=False)
READ_CONTENTS = Kind(_contents, writes=False, owned=False)
READ_TOKENS = Kind(_tokens, writes=False, owned=False)
FORGETTING = Kind(_forget)
