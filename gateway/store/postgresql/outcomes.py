"""The operations that end turns and keep journals, where several replicas share them: each names the conversation."""

from collections.abc import Sequence

from gateway.store.core.codec import Row
from gateway.store.core.kinds import history, outbox
from gateway.store.core.kinds.outcomes import Left
from gateway.store.core.kinds.sessions import SAVE_SESSION
from gateway.store.core.statements import ByRows
from gateway.store.core.transaction import Transaction
from gateway.store.postgresql.deliveries import FORGET_EFFECTS, OPEN_OF

_OF = "WHERE conversation = ? AND key = ? AND state = 0"
CLOSE = f"""UPDATE deliveries SET state = 1, closed_at = ?, ref = NULL, body = NULL, twin = NULL, error = NULL,
    person = NULL {OPEN_OF}"""  # noqa: S608
FAIL = f"UPDATE deliveries SET attempts = attempts + 1, error = ?, not_before = ? {_OF}"  # noqa: S608
BURY = f"UPDATE deliveries SET state = 2, attempts = attempts + 1, error = ?, closed_at = ? {_OF}"  # noqa: S608
POSTED = "UPDATE deliveries SET posted = ? WHERE conversation = ? AND key = ?"
RECORD_EFFECT = ByRows(
    "INSERT INTO effects (conversation, delivery, ordinal, kind, body) VALUES",
    "(?, ?, ?, ?, ?)",
    "ON CONFLICT (conversation, delivery, ordinal) DO UPDATE SET kind = excluded.kind, body = excluded.body",
    key=(0, 1, 2),
)
FIND_EFFECTS = """SELECT delivery, ordinal, kind, body FROM effects
    WHERE conversation = ? AND delivery = ? ORDER BY ordinal"""


def _leave(tx: Transaction, items: Sequence[Left]) -> None:
    if posted := [(ids, conversation, key) for key, _, _, ids, conversation, _ in items if ids]:
        tx.executemany(POSTED, posted)
    SAVE_SESSION.run(tx, [session for _, session, *_ in items if session is not None])
    history.keep(tx, [record for *_, outcome in items for record in outcome.records])
    if elsewhere := [(conversation, outcome.outbox) for *_, conversation, outcome in items if outcome.outbox]:
        outbox.put(tx, elsewhere)


def _done(tx: Transaction, items: Sequence[Left]) -> None:
    tx.execute(CLOSE, (tx.now, *_places(items)))
    _leave(tx, items)
    if journaled := [item for item in items if item[2]]:
        tx.execute(FORGET_EFFECTS, _places(journaled))


def _places(items: Sequence[Left]) -> tuple[list[str], list[str]]:
    return [item[4] for item in items], [item[0] for item in items]


def finish(tx: Transaction, items: Sequence[Left]) -> Sequence[None]:
    """Mark deliveries done."""
    _done(tx, items)
    return [None] * len(items)


def answer(tx: Transaction, items: Sequence[tuple[Row, Left]]) -> Sequence[None]:
    """Record the answers of asks, and mark the deliveries that brought them done."""
    RECORD_EFFECT.run(tx, [(left[4], *ask) for ask, left in items])
    _done(tx, [left for _, left in items])
    return [None] * len(items)


def fail(tx: Transaction, items: Sequence[tuple[Left, str, float]]) -> Sequence[None]:
    """Count failed attempts."""
    tx.executemany(FAIL, [(error, not_before, left[4], left[0]) for left, error, not_before in items])
    _leave(tx, [left for left, _, _ in items])
    return [None] * len(items)


def bury(tx: Transaction, items: Sequence[tuple[Left, str]]) -> Sequence[None]:
    """Give deliveries up."""
    tx.executemany(BURY, [(error, tx.now, left[4], left[0]) for left, error in items])
    _leave(tx, [left for left, _ in items])
    return [None] * len(items)


def keep(tx: Transaction, items: Sequence[Left]) -> Sequence[None]:
    """Write what turns leave so far."""
    _leave(tx, items)
    return [None] * len(items)


def record(tx: Transaction, items: Sequence[tuple[str, Sequence[Row]]]) -> Sequence[None]:
    """Record effects of turns."""
    RECORD_EFFECT.run(tx, [(conversation, *row) for conversation, rows in items for row in rows])
    return [None] * len(items)


def effects(tx: Transaction, items: Sequence[tuple[str, str]]) -> list[list[Row]]:
    """Return the effects of deliveries."""
    return [tx.execute(FIND_EFFECTS, item).fetchall() for item in items]
