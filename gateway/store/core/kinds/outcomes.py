"""The operations that end turns: each for a set of deliveries that end alike, with what their turns left behind."""

from collections.abc import Sequence
from typing import TypeAlias

from gateway.ports import Outcome
from gateway.store.core.codec import Row
from gateway.store.core.kind import Kind
from gateway.store.core.kinds import history, outbox
from gateway.store.core.kinds.deliveries import FORGET_EFFECTS
from gateway.store.core.kinds.journal import RECORD_EFFECT
from gateway.store.core.kinds.sessions import SAVE_SESSION
from gateway.store.core.statements import ByKeys
from gateway.store.core.transaction import Transaction

CLOSE = ByKeys(
    """UPDATE deliveries SET state = 1, closed_at = ?, ref = NULL, body = NULL, twin = NULL, error = NULL, person = NULL
    WHERE key IN""",
    "AND state = 0",
)
FAIL = """UPDATE deliveries SET attempts = attempts + 1, error = ?, not_before = ?
    WHERE conversation = ? AND key = ? AND state = 0"""
BURY = """UPDATE deliveries SET state = 2, attempts = attempts + 1, error = ?, closed_at = ?
    WHERE conversation = ? AND key = ? AND state = 0"""
POSTED = "UPDATE deliveries SET posted = ? WHERE conversation = ? AND key = ?"

Left: TypeAlias = tuple[str, Row | None, bool, str, str, Outcome]
"""What one turn leaves behind: the delivery's key, the session's row, whether there is a journal, the ids of the posted
messages (separated by blanks), the conversation, and all of it, for its records."""


def leave(tx: Transaction, items: Sequence[Left]) -> None:
    """Write what turns leave behind, whatever becomes of their deliveries."""
    if posted := [(ids, conversation, key) for key, _, _, ids, conversation, _ in items if ids]:
        tx.executemany(POSTED, posted)
    SAVE_SESSION.run(tx, [session for _, session, *_ in items if session is not None])
    history.keep(tx, [record for *_, outcome in items for record in outcome.records])
    if elsewhere := [(conversation, outcome.outbox) for *_, conversation, outcome in items if outcome.outbox]:
        outbox.put(tx, elsewhere)


def _done(tx: Transaction, items: Sequence[Left]) -> None:
    """Mark deliveries done: nothing runs them again, so their journals go."""
    CLOSE.run(tx, [key for key, *_ in items], tx.now)
    leave(tx, items)
    FORGET_EFFECTS.run(tx, [key for key, _, journal, *_ in items if journal])


def _finish(tx: Transaction, items: Sequence[Left]) -> Sequence[None]:
    _done(tx, items)
    return [None] * len(items)


def _answer(tx: Transaction, items: Sequence[tuple[Row, Left]]) -> Sequence[None]:
    RECORD_EFFECT.run(tx, [ask for ask, _ in items])
    _done(tx, [left for _, left in items])
    return [None] * len(items)


def _fail(tx: Transaction, items: Sequence[tuple[Left, str, float]]) -> Sequence[None]:
    tx.executemany(FAIL, [(error, not_before, left[4], left[0]) for left, error, not_before in items])
    leave(tx, [left for left, _, _ in items])
    return [None] * len(items)


def _bury(tx: Transaction, items: Sequence[tuple[Left, str]]) -> Sequence[None]:
    tx.executemany(BURY, [(error, tx.now, left[4], left[0]) for left, error in items])
    leave(tx, [left for left, _ in items])
    return [None] * len(items)


def _keep(tx: Transaction, items: Sequence[Left]) -> Sequence[None]:
    leave(tx, items)
    return [None] * len(items)


FINISH = Kind(_finish, patient=True)
FINISH_SOON = Kind(_finish)
ANSWER = Kind(_answer)
FAIL_TURN = Kind(_fail)
BURY_TURN = Kind(_bury)
KEEP = Kind(_keep)
