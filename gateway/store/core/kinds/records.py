"""The operations on history that programs ask for over HTTP."""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.model import Record
from gateway.ports.records import Condition, FoundPage, Noun, RecordPage, RecordQuery, RowUpsert
from gateway.store.core import pages
from gateway.store.core.kind import Kind
from gateway.store.core.kinds.history import keep
from gateway.store.core.transaction import Transaction
from gateway.store.core.upserts import upsert


class Search(NamedTuple):
    """What is searched for (see ``Records.search_steps``)."""

    text: str
    conditions: Sequence[Condition]
    limit: int
    cursor: str | None


def _pages(tx: Transaction, items: Sequence[RecordQuery]) -> list[RecordPage]:
    return [pages.page(tx, query) for query in items]


def _counts(tx: Transaction, items: Sequence[tuple[Noun, Sequence[Condition]]]) -> list[int]:
    return [pages.count(tx, noun, conditions) for noun, conditions in items]


def _searches(tx: Transaction, items: Sequence[Search]) -> list[FoundPage]:
    return [pages.search(tx, item.text, item.conditions, limit=item.limit, cursor=item.cursor) for item in items]


def _change(tx: Transaction, items: Sequence[Sequence[Record]]) -> list[None]:
    for changes in items:
        keep(tx, changes)
    return [None] * len(items)


def _upsert(tx: Transaction, items: Sequence[Sequence[RowUpsert]]) -> list[None]:
    for rows in items:
        for row in rows:
            upsert(tx, row)
    return [None] * len(items)


READ_PAGE = Kind(_pages, writes=False, owned=False)
READ_COUNT = Kind(_counts, writes=False, owned=False)
READ_SEARCH = Kind(_searches, writes=False, owned=False)
CHANGING = Kind(_change, owned=False)
UPSERTING = Kind(_upsert, owned=False)
