"""The operations on journals: the effects of turns that are not done."""

from collections.abc import Sequence

from gateway.store.core.codec import Row
from gateway.store.core.kind import Kind
from gateway.store.core.statements import ByRows
from gateway.store.core.transaction import Transaction

RECORD_EFFECT = ByRows(
    "INSERT INTO effects (delivery, ordinal, kind, body) VALUES",
    "(?, ?, ?, ?)",
    "ON CONFLICT (delivery, ordinal) DO UPDATE SET kind = excluded.kind, body = excluded.body",
)
FIND_EFFECTS = "SELECT delivery, ordinal, kind, body FROM effects WHERE delivery = ? ORDER BY ordinal"


def _record(tx: Transaction, items: Sequence[tuple[str, Sequence[Row]]]) -> Sequence[None]:
    RECORD_EFFECT.run(tx, [row for _, rows in items for row in rows])
    return [None] * len(items)


def _effects(tx: Transaction, items: Sequence[tuple[str, str]]) -> list[list[Row]]:
    return [tx.execute(FIND_EFFECTS, (delivery,)).fetchall() for _, delivery in items]


RECORD = Kind(_record)
READ_EFFECTS = Kind(_effects, writes=False, owned=False)
