"""The operations on documents, which adapters and the HTTP interfaces keep."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from gateway.store.core.codec import Row
from gateway.store.core.kind import Kind
from gateway.store.core.statements import ByKeys, ByRows
from gateway.store.core.transaction import Transaction

_INSERT = "INSERT INTO documents (kind, id, parent, person, conversation, body, put_at) VALUES"
_ROW = "(?, ?, ?, ?, ?, ?, ?)"
_AGAIN = "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body, put_at = excluded.put_at"
PUT = ByRows(_INSERT, _ROW, _AGAIN, key=(0, 1))
ADD = f"{_INSERT} {_ROW} ON CONFLICT (kind, id) DO NOTHING"
_COLUMNS = "rank, kind, id, parent, person, conversation, body"
FIND = f"SELECT {_COLUMNS} FROM documents WHERE kind = ? AND id = ?"  # noqa: S608
_OF_KIND = f"SELECT {_COLUMNS} FROM documents WHERE kind = ?1 AND rank > ?2 AND rank < ?3"  # noqa: S608
LIST = {
    (below, newest_first): f"""{_OF_KIND} {"AND parent = ?5" if below else ""}
        ORDER BY rank {"DESC" if newest_first else "ASC"} LIMIT ?4"""
    for below in (True, False)
    for newest_first in (True, False)
}
DELETE = ByKeys("DELETE FROM documents WHERE kind = ? AND id IN")
DELETE_BELOW = "DELETE FROM documents WHERE kind = ? AND parent = ?"

LAST = 2**63 - 1
"""A rank that no document has."""

Values: TypeAlias = tuple[str, str, str, str, str, bytes]
"""A document's kind, id, parent, person, conversation and body."""


class Wanted(NamedTuple):
    """Which documents to list (see ``Documents.list_documents``)."""

    kind: str
    parent: str | None
    after: int
    before: int
    newest_first: bool
    limit: int


def _put(tx: Transaction, items: Sequence[Sequence[Values]]) -> list[None]:
    PUT.run(tx, [(*values, tx.now) for documents in items for values in documents])
    return [None] * len(items)


def _add(tx: Transaction, items: Sequence[Values]) -> list[bool]:
    return [tx.execute(ADD, (*values, tx.now)).rowcount == 1 for values in items]


def _find(tx: Transaction, items: Sequence[tuple[str, str]]) -> list[Any]:
    return [tx.execute(FIND, item).fetchone() for item in items]


def _list(tx: Transaction, items: Sequence[Wanted]) -> list[list[Row]]:
    return [
        tx.execute(
            LIST[item.parent is not None, item.newest_first],
            (item.kind, item.after, item.before, item.limit, *(() if item.parent is None else (item.parent,))),
        ).fetchall()
        for item in items
    ]


def _delete(tx: Transaction, items: Sequence[tuple[str, Sequence[str]]]) -> list[None]:
    for kind, ids in items:
        DELETE.run(tx, ids, kind)
    return [None] * len(items)


def _delete_below(tx: Transaction, items: Sequence[tuple[str, str]]) -> list[None]:
    tx.executemany(DELETE_BELOW, items)
    return [None] * len(items)


PUTTING_DOCUMENTS = Kind(_put, owned=False)
ADDING_DOCUMENT = Kind(_add, owned=False)
READ_DOCUMENT = Kind(_find, writes=False, owned=False)
LIST_DOCUMENTS = Kind(_list, writes=False, owned=False)
DELETING_DOCUMENTS = Kind(_delete, owned=False)
DELETING_DOCUMENTS_BELOW = Kind(_delete_below, owned=False)
