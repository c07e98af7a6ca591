"""The operation that finds which contents of elements are still needed."""

from collections.abc import Collection, Sequence

from gateway.store.core.kind import Kind
from gateway.store.core.statements import ByKeys
from gateway.store.core.transaction import Transaction

ANY_WAITS = "SELECT 1 FROM outbox LIMIT 1"
FIND = ByKeys('SELECT "objectKey" FROM elements WHERE "objectKey" IN')


def _referenced(tx: Transaction, items: Sequence[Collection[str]]) -> list[Collection[str]]:
    # What waits for a data layer elsewhere may need any of them. That is rare, and looking into it would take long.
    if tx.execute(ANY_WAITS).fetchone() is not None:
        return list(items)
    return [{key for (key,) in FIND.find(tx, list(keys))} for keys in items]


READ_REFERENCED = Kind(_referenced, writes=False, owned=False)
