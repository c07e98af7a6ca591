"""The operation that lets expire what nobody used for long."""

import json
from collections.abc import Sequence
from typing import TypeAlias

from gateway.model.text import time_text
from gateway.ports import Erased, Expired
from gateway.store.core.kind import Kind
from gateway.store.core.kinds.deliveries import FORGET_EFFECTS
from gateway.store.core.kinds.rights import delete_steps
from gateway.store.core.transaction import Transaction

_THREADS_AT_ONCE = 50
"""Threads of which one batch deletes steps at most."""

# A turn that waits for an answer may wait for longer than conversations are kept.
_IDLE = "NOT EXISTS (SELECT 1 FROM deliveries WHERE state = 0 AND deliveries.conversation = {}.conversation)"
_OLD_THREADS = f"""SELECT id FROM (SELECT id, conversation FROM threads WHERE "updatedAt" < ?1
        UNION ALL SELECT id, conversation FROM threads WHERE "updatedAt" IS NULL AND "createdAt" < ?1) AS old
    WHERE {_IDLE.format("old")} LIMIT ?2"""  # noqa: S608
_PEOPLE = """SELECT DISTINCT "userIdentifier" FROM steps
        WHERE "threadId" IN (SELECT value FROM json_each(?1)) AND "userIdentifier" IS NOT NULL
    UNION SELECT feedbacks."userIdentifier" FROM steps JOIN feedbacks ON feedbacks."forId" = steps.id
        WHERE steps."threadId" IN (SELECT value FROM json_each(?1)) AND feedbacks."userIdentifier" IS NOT NULL
    UNION SELECT "userIdentifier" FROM threads
        WHERE id IN (SELECT value FROM json_each(?1)) AND "userIdentifier" IS NOT NULL"""
_STEPS = 'SELECT id FROM steps WHERE "threadId" IN (SELECT value FROM json_each(?)) LIMIT ?'
_OBJECT_KEYS = """SELECT "objectKey" FROM elements
    WHERE "threadId" IN (SELECT value FROM json_each(?)) AND "objectKey" IS NOT NULL"""
_DELETE_ELEMENTS = 'DELETE FROM elements WHERE "threadId" IN (SELECT value FROM json_each(?))'
_DELETE_THREADS = "DELETE FROM threads WHERE id IN (SELECT value FROM json_each(?))"
_DELETE_USERS = """DELETE FROM users WHERE identifier IN (SELECT value FROM json_each(?))
    AND NOT EXISTS (SELECT 1 FROM threads WHERE threads."userId" = users.id)
    AND NOT EXISTS (SELECT 1 FROM steps WHERE "userIdentifier" = users.identifier)
    AND NOT EXISTS (SELECT 1 FROM elements WHERE "userIdentifier" = users.identifier)
    AND NOT EXISTS (SELECT 1 FROM feedbacks WHERE "userIdentifier" = users.identifier)"""
_DELETE_SESSIONS = f"""DELETE FROM sessions WHERE conversation IN (SELECT conversation FROM sessions
    WHERE ended_at IS NULL AND last_at < ? AND {_IDLE.format("sessions")} ORDER BY last_at LIMIT ?)"""  # noqa: S608
_DEAD = "SELECT key FROM deliveries WHERE state = 2 AND closed_at < ? ORDER BY closed_at LIMIT ?"
_DROP_DEAD = """UPDATE deliveries SET state = 1, ref = NULL, body = NULL, twin = NULL, error = NULL, person = NULL
    WHERE key = ? AND state = 2"""
_DELETE_SETTINGS = """DELETE FROM key_values
    WHERE owner = 'gateway' AND put_at < ? AND substr(name, 1, 9) = 'settings:'"""
_DELETE_DOCUMENTS = f"""DELETE FROM documents WHERE conversation IN (SELECT conversation FROM documents
    WHERE conversation <> '' GROUP BY conversation HAVING max(put_at) < ? AND {_IDLE.format("documents")} LIMIT ?)"""  # noqa: S608

Wish: TypeAlias = tuple[float, int]
"""The time (epoch seconds) before which what was used last expires, and how many rows may be deleted."""


def _expire(tx: Transaction, items: Sequence[Wish]) -> list[Expired]:
    return [_expire_once(tx, before, limit) for before, limit in items]


def _expire_once(tx: Transaction, before: float, limit: int) -> Expired:
    threads = [id for (id,) in tx.execute(_OLD_THREADS, (time_text(before), _THREADS_AT_ONCE)).fetchall()]
    if threads:
        return _expire_threads(tx, threads, limit)
    sessions = tx.execute(_DELETE_SESSIONS, (before, limit)).rowcount
    dead = [key for (key,) in tx.execute(_DEAD, (before, limit)).fetchall()]
    FORGET_EFFECTS.run(tx, dead)
    tx.executemany(_DROP_DEAD, [(key,) for key in dead])
    tx.execute(_DELETE_SETTINGS, (before,))
    documents = tx.execute(_DELETE_DOCUMENTS, (before, _THREADS_AT_ONCE)).rowcount
    more = sessions == limit or len(dead) == limit or documents > 0
    return Expired(Erased(), (), (), more=more)


def _expire_threads(tx: Transaction, threads: Sequence[str], limit: int) -> Expired:
    """Delete some of the steps of threads; with the last ones the threads, and people of whom nothing is left."""
    ids = json.dumps(threads)
    people = json.dumps([person for (person,) in tx.execute(_PEOPLE, (ids,)).fetchall()])
    keys = [key for (key,) in tx.execute(_OBJECT_KEYS, (ids,)).fetchall()]
    erased = delete_steps(tx, [id for (id,) in tx.execute(_STEPS, (ids, limit)).fetchall()])
    elements = tx.execute(_DELETE_ELEMENTS, (ids,)).rowcount
    gone: Sequence[str] = ()
    if erased.steps < limit:
        gone = threads
        erased = erased.plus(Erased(threads=tx.execute(_DELETE_THREADS, (ids,)).rowcount))
    tx.execute(_DELETE_USERS, (people,))
    return Expired(erased.plus(Erased(elements=elements)), gone, keys, more=True)


EXPIRING = Kind(_expire)
