"""The operations that read kept threads."""

from collections.abc import Sequence

from gateway.model import ThreadDict
from gateway.store.core.kind import Kind
from gateway.store.core.threads import read_thread
from gateway.store.core.transaction import Transaction


def _read(tx: Transaction, items: Sequence[tuple[str, int, int]]) -> list[ThreadDict | None]:
    return [read_thread(tx, id, limit=limit, characters=characters) for id, limit, characters in items]


READ_THREAD = Kind(_read, writes=False, owned=False)
