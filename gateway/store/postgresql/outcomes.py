"""The operations that end turns and keep journals, where several replicas share them: each names the conversation."""

from collections.abc import Sequence

from gateway.store.core.codec import Row
from gateway.store.core.kinds.outcomes import Left, leave
from gateway.store.core.statements import ByRows
from gateway.store.core.transaction import Transaction
from gateway.store.postgresql.deliveries import FORGET_EFFECTS, OPEN_OF

CLOSE = f"""UPDATE deliveries SET state = 1, closed_at = ?, ref = NULL, body = NULL, twin = NULL, error = NULL,
    person = NULL {OPEN_OF}"""  # noqa: S608
RECORD_EFFECT = ByRows(
    "INSERT INTO effects (conversation, delivery, ordinal, kind, body) VALUES",
    "(?, ?, ?, ?, ?)",
    "ON CONFLICT (conversation, delivery, ordinal) DO UPDATE SET kind = excluded.kind, body = excluded.body",
    key=(0, 1, 2),
)
FIND_EFFECTS = """SELECT delivery, ordinal, kind, body FROM effects
    WHERE conversation = ? AND delivery = ? ORDER BY ordinal"""


def _places(items: Sequence[Left]) -> tuple[list[str], list[str]]:
    return [item[4] for item in items], [item[0] for item in items]


def finish(tx: Transaction, items: Sequence[Left]) -> Sequence[None]:
    """Mark deliveries done, and write what their turns leave behind."""
    tx.execute(CLOSE, (tx.now, *_places(items)))
    leave(tx, items)
    if journaled := [item for item in items if item[2]]:
        tx.execute(FORGET_EFFECTS, _places(journaled))
    return [None] * len(items)


def answer(tx: Transaction, items: Sequence[tuple[Row, Left]]) -> Sequence[None]:
    """Record the answers of asks, and mark the deliveries that brought them done."""
    RECORD_EFFECT.run(tx, [(left[4], *ask) for ask, left in items])
    return finish(tx, [left for _, left in items])


def record(tx: Transaction, items: Sequence[tuple[str, Sequence[Row]]]) -> Sequence[None]:
    """Record effects of turns."""
    RECORD_EFFECT.run(tx, [(conversation, *row) for conversation, rows in items for row in rows])
    return [None] * len(items)


def effects(tx: Transaction, items: Sequence[tuple[str, str]]) -> list[list[Row]]:
    """Return the effects of deliveries."""
    return [tx.execute(FIND_EFFECTS, item).fetchall() for item in items]
