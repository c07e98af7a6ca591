"""The operations on what administrators ask of the running gateway, and on the audit of what was done."""

from collections.abc import Sequence
from typing import TypeAlias

import orjson

from gateway.model.text import time_text
from gateway.ports import AdminRequest, AuditLine
from gateway.store.core.kind import Kind
from gateway.store.core.transaction import Transaction

ASK = "INSERT INTO admin_requests (kind, argument, asked_at) VALUES (?, ?, ?) RETURNING id"
UNANSWERED = "SELECT id, kind, argument FROM admin_requests WHERE done_at IS NULL ORDER BY id LIMIT ?"
TELL = "UPDATE admin_requests SET result = ? WHERE id = ?"
# What it was about is forgotten: it may name a person who does not exist here any more.
ANSWER = "UPDATE admin_requests SET result = ?, done_at = ?, argument = '' WHERE id = ?"
FIND_ANSWER = "SELECT done_at IS NOT NULL, result FROM admin_requests WHERE id = ?"
PRUNE = "DELETE FROM admin_requests WHERE done_at < ?"
KEEP_ANSWERS = 86_400.0
"""Seconds for which the answer to a request is kept for whoever asked."""
NOTE = "INSERT INTO audit (at, action, subject, details) VALUES (?, ?, ?, ?)"
LINES = "SELECT at, action, subject, details FROM audit ORDER BY id DESC LIMIT ?"
LINES_ABOUT = "SELECT at, action, subject, details FROM audit WHERE subject = ? ORDER BY id DESC LIMIT ?"
LOOK_END = "SELECT id, at FROM audit WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?"
PRUNE_LINES = """DELETE FROM audit WHERE id IN (
    SELECT id FROM audit WHERE id > ? AND id <= ? AND at < ?
    AND action NOT IN ('exported', 'erased', 'expired', 'threads.exported', 'user.erased') ORDER BY id LIMIT ?)"""
"""What was done with people's data is for whoever has to account for it, and stays."""
_LAST_ID = 2**63 - 1

Answer: TypeAlias = tuple[bool, bytes | None]
"""Whether a request is done, and its result as JSON."""


def _ask(tx: Transaction, items: Sequence[tuple[str, str]]) -> list[int]:
    numbers: list[int] = []
    for kind, argument in items:
        numbers += tx.execute(ASK, (kind, argument, tx.now)).fetchone()
    return numbers


def _unanswered(tx: Transaction, limits: Sequence[int]) -> list[list[AdminRequest]]:
    return [[AdminRequest(*row) for row in tx.execute(UNANSWERED, (limit,)).fetchall()] for limit in limits]


def _answer(tx: Transaction, items: Sequence[tuple[int, bytes, bool]]) -> list[None]:
    for id, result, done in items:
        if done:
            tx.execute(ANSWER, (result.decode(), tx.now, id))
            tx.execute(PRUNE, (tx.now - KEEP_ANSWERS,))
        else:
            tx.execute(TELL, (result.decode(), id))
    return [None] * len(items)


def _find_answer(tx: Transaction, ids: Sequence[int]) -> list[tuple[bool, str | None] | None]:
    return [tx.execute(FIND_ANSWER, (id,)).fetchone() for id in ids]


def _note(tx: Transaction, items: Sequence[tuple[str, str | None, bytes]]) -> list[None]:
    tx.executemany(NOTE, [(time_text(tx.now), action, subject, details.decode()) for action, subject, details in items])
    return [None] * len(items)


def _lines(tx: Transaction, items: Sequence[tuple[str | None, int]]) -> list[list[AuditLine]]:
    results: list[list[AuditLine]] = []
    for subject, limit in items:
        found = tx.execute(LINES, (limit,)) if subject is None else tx.execute(LINES_ABOUT, (subject, limit))
        rows = reversed(found.fetchall())
        results.append([AuditLine(at, action, whose, orjson.loads(details)) for at, action, whose, details in rows])
    return results


def prune_audit(tx: Transaction, before: float, limit: int, after: int, *, look: int) -> tuple[int, int]:
    """Delete lines of the audit that are older than ``before``, in the order of time, but those that stay.

    Args:
        tx: The transaction.
        before: The time, in seconds since the epoch.
        limit: How many at most.
        after: The id after which to look.
        look: How many lines to look at, whether they are deleted or not.

    Returns how many were deleted, and the id after which to look the next time.
    """
    oldest = time_text(before)
    end = tx.execute(LOOK_END, (after, look - 1)).fetchone()
    removed = tx.execute(PRUNE_LINES, (after, _LAST_ID if end is None else end[0], oldest, limit)).rowcount
    if removed == limit:
        return removed, after  # there may be more between the two
    return removed, 0 if end is None or end[1] >= oldest else end[0]


ASKING = Kind(_ask, owned=False)
READ_UNANSWERED = Kind(_unanswered, writes=False, owned=False)
ANSWERING = Kind(_answer)
READ_ANSWER = Kind(_find_answer, writes=False, owned=False)
NOTING = Kind(_note, owned=False)
READ_AUDIT = Kind(_lines, writes=False, owned=False)
