"""The operations that fill the search index of ``gateway.step_search`` and take out of it what is gone."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from gateway.step_search import INDEX
from gateway.store.core.codec import Row
from gateway.store.core.connection import Cursor
from gateway.store.core.kind import Kind
from gateway.store.core.transaction import Transaction

ROWS = 250
"""Steps that one batch indexes at most, and takes out at most: 5 ms for short ones."""
CHARACTERS = 100_000
"""Characters after which a batch takes no further step: 20 ms."""
LONGEST = 250_000
"""Characters of the longest output that is indexed (50 ms); each search reads the longer ones."""
PAGES = 64
"""Pages (of 4 KB) of the index that one batch rewrites, about."""

_EXISTS = "SELECT count(*) FROM sqlite_master WHERE name = ?"
_STATE = "SELECT indexed, step, removed_at, purging FROM steps_search_state"
_BEHIND = """SELECT EXISTS (SELECT 1 FROM steps_search_aside WHERE stays = 0)
    OR ?1 AND EXISTS (SELECT 1 FROM steps WHERE rowid > (SELECT indexed FROM steps_search_state))
    OR EXISTS (SELECT 1 FROM steps_search_state WHERE indexed > 0
        AND NOT EXISTS (SELECT 1 FROM steps WHERE steps.rowid = indexed AND steps.id = step))"""
_STEP_AT = """SELECT id FROM steps WHERE rowid = ?1
    AND NOT EXISTS (SELECT 1 FROM steps_search_aside WHERE number = ?1 AND stays = 0)"""
_IS_ASIDE = "SELECT 1 FROM steps_search_aside WHERE number = ? AND stays = 0"

_ASIDE = "SELECT number, output FROM steps_search_aside WHERE stays = 0 ORDER BY number LIMIT ?"
_AGAIN = """SELECT rowid, output, id FROM steps
    WHERE rowid IN (SELECT value FROM json_each(?)) AND rowid <= (SELECT indexed FROM steps_search_state)"""
_NEW = "SELECT rowid, output, id FROM steps WHERE rowid > ? ORDER BY rowid LIMIT ?"
_NEWEST = "SELECT rowid, id FROM steps WHERE rowid <= ? ORDER BY rowid DESC LIMIT 1"
_ADD = "INSERT INTO steps_search (rowid, output) VALUES (?, ?)"
_TAKE_OUT = "INSERT INTO steps_search (steps_search, rowid, output) VALUES ('delete', ?, ?)"
_SET_ASIDE = "INSERT INTO steps_search_aside (number, output, stays) VALUES (?, NULL, 1)"
_PUT_BACK = "DELETE FROM steps_search_aside WHERE number = ?"
_REMOVED = "UPDATE steps_search_state SET removed_at = coalesce(removed_at, ?)"
_INDEXED = "UPDATE steps_search_state SET indexed = ?, step = ?"

_EMPTY = (
    "INSERT INTO steps_search (steps_search) VALUES ('delete-all')",
    "DELETE FROM steps_search_aside",
    "UPDATE steps_search_state SET indexed = 0, step = NULL, removed_at = NULL, purging = 0",
)
_CHANGES = "SELECT total_changes()"
_MERGE = "INSERT INTO steps_search (steps_search, rank) VALUES ('merge', ?)"
_PURGING = "UPDATE steps_search_state SET purging = 1, removed_at = NULL"
_PURGED = "UPDATE steps_search_state SET purging = 0"


class State(NamedTuple):
    """How far the index is."""

    indexed: int
    """The rowid of the newest step that was indexed."""
    step: str | None
    """The id of that step."""
    removed_at: float | None
    """When the first of those entries was taken out that the index's pages still have, in seconds since the epoch."""
    purging: bool
    """Whether the pages are being rewritten without such entries."""


def check(tx: Transaction) -> None:
    """Empty the index if the rows of ``steps`` have other numbers now: SQLite promises them only until a ``VACUUM``,
    and a database that was dumped and loaded has others."""
    if _exists(tx):
        _checked(tx)


def _exists(tx: Transaction) -> bool:
    return bool(tx.execute(_EXISTS, (INDEX,)).fetchone()[0])


def _state(tx: Transaction) -> State:
    indexed, step, removed_at, purging = tx.execute(_STATE).fetchone()
    return State(indexed, step, removed_at, bool(purging))


def _checked(tx: Transaction) -> State:
    state = _state(tx)
    found = tx.execute(_STEP_AT, (state.indexed,)).fetchone()
    if not state.indexed or (found is not None and found[0] == state.step):
        return state
    if found is None and tx.execute(_IS_ASIDE, (state.indexed,)).fetchone() is not None:
        return state  # it was deleted, or changed, a moment ago
    for statement in _EMPTY:
        tx.execute(statement)
    return _state(tx)


def _catch_up(tx: Transaction, items: Sequence[bool]) -> list[bool]:
    return [_exists(tx) and _catch_up_once(tx, new=new) for new in items]


def _catch_up_once(tx: Transaction, *, new: bool) -> bool:
    """Take some of what was changed or deleted out of the index, or add some of what is new; return whether there may
    be more."""
    state = _checked(tx)
    if _take_out(tx):
        return True
    if not new:
        return False
    rows = _some(tx.execute(_NEW, (state.indexed, ROWS)))
    _add(tx, rows)
    if rows:
        tx.execute(_INDEXED, (rows[-1][0], rows[-1][2]))
    return bool(rows)


def _some(found: Cursor) -> list[Row]:
    """Return rows, whose second column is a text, until they have enough characters."""
    rows: list[Row] = []
    size = 0
    while size < CHARACTERS and (row := found.fetchone()) is not None:
        rows.append(row)
        size += len(row[1] or "")
    return rows


def _take_out(tx: Transaction) -> bool:
    """Take entries out of the index, and return whether there were any. What the steps say now takes their place."""
    found = _some(tx.execute(_ASIDE, (ROWS,)))
    if not found:
        return False
    numbers = [(number,) for number, _ in found]
    tx.executemany(_TAKE_OUT, [(number, output.casefold()) for number, output in found if output])
    tx.executemany(_PUT_BACK, numbers)
    _add(tx, tx.execute(_AGAIN, (json.dumps([number for (number,) in numbers]),)).fetchall())
    # The next step gets the number of the newest one if that is gone.
    newest = tx.execute(_NEWEST, (_state(tx).indexed,)).fetchone()
    tx.execute(_INDEXED, (0, None) if newest is None else newest)
    tx.execute(_REMOVED, (tx.now,))
    return True


def _add(tx: Transaction, rows: Sequence[Row]) -> None:
    """Add rows (number, output, id) to the index; those that are too long are set aside."""
    tx.executemany(_ADD, [(row[0], row[1].casefold()) for row in rows if row[1] and len(row[1]) <= LONGEST])
    tx.executemany(_SET_ASIDE, [(row[0],) for row in rows if row[1] and len(row[1]) > LONGEST])


def _is_behind(tx: Transaction, items: Sequence[bool]) -> list[bool]:
    return [_exists(tx) and bool(tx.execute(_BEHIND, (new,)).fetchone()[0]) for new in items]


def _purge(tx: Transaction, items: Sequence[float]) -> list[bool]:
    return [_exists(tx) and _purge_once(tx, before) for before in items]


def _purge_once(tx: Transaction, before: float) -> bool:
    """Rewrite some pages of the index without the entries that were taken out, and return whether more are left."""
    state = _state(tx)
    if not state.purging:
        if not _is_due(state, before):
            return False
        tx.execute(_PURGING)
    changed = tx.execute(_CHANGES).fetchone()[0]
    # A negative number begins to merge all parts of the index, positive ones go on. It is done when it changes nothing
    # but the row that says so (FTS5, 6.8).
    tx.execute(_MERGE, (PAGES if state.purging else -PAGES,))
    if tx.execute(_CHANGES).fetchone()[0] - changed >= 2:
        return True
    tx.execute(_PURGED)
    return _is_due(_state(tx), before)


def _is_due(state: State, before: float) -> bool:
    return state.removed_at is not None and state.removed_at < before


def _is_purge_due(tx: Transaction, items: Sequence[float]) -> list[bool]:
    if not _exists(tx):
        return [False] * len(items)
    state = _state(tx)
    return [state.purging or _is_due(state, before) for before in items]


INDEXING: Kind[bool, bool] = Kind(_catch_up)
READ_BEHIND: Kind[bool, bool] = Kind(_is_behind, writes=False, owned=False)
PURGING: Kind[float, bool] = Kind(_purge)
READ_PURGE_DUE: Kind[float, bool] = Kind(_is_purge_due, writes=False, owned=False)
