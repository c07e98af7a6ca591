"""Removes what was deleted from a SQLite file too."""

from collections.abc import Sequence
from pathlib import Path

from gateway.store.core.kind import Kind
from gateway.store.core.kinds import search
from gateway.store.core.transaction import Transaction

IN_MEMORY = 256_000_000
"""Bytes up to which a database is rewritten in memory; a larger one needs a temporary file."""
_CHUNK = 1_048_576
_BUSY = 500
"""Milliseconds that the log's readers are waited for."""


def _scrub(tx: Transaction, items: Sequence[bool]) -> list[bool]:
    results: list[bool] = []
    for rewrite in items:
        if rewrite:
            size = tx.execute("PRAGMA page_count").fetchone()[0] * tx.execute("PRAGMA page_size").fetchone()[0]
            tx.execute(f"PRAGMA temp_store = {'MEMORY' if size <= IN_MEMORY else 'FILE'}")
            try:
                tx.execute("VACUUM")
            finally:
                tx.execute("PRAGMA temp_store = MEMORY")
            search.check(tx)
        results.append(_empty_log(tx))
    return results


def _empty_log(tx: Transaction) -> bool:
    patience = tx.execute("PRAGMA busy_timeout").fetchone()[0]
    tx.execute(f"PRAGMA busy_timeout = {_BUSY}")
    try:
        busy: int = tx.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return not busy
    finally:
        tx.execute(f"PRAGMA busy_timeout = {patience}")


SCRUB: Kind[bool, bool] = Kind(_scrub, alone=True)


def drop_copies(path: Path, words: bytes) -> list[str]:
    """Delete the copies of a database, made before it was migrated, that have these words in them; return their
    names."""
    dropped: list[str] = []
    for copy in path.parent.glob(f"{path.name}.v*"):
        number = copy.name.removeprefix(f"{path.name}.v")
        if number.isdecimal() and _contains(copy, words):
            copy.unlink(missing_ok=True)
            dropped.append(copy.name)
    return dropped


def _contains(path: Path, words: bytes) -> bool:
    with path.open("rb") as file:
        before = b""
        while chunk := file.read(_CHUNK):
            if words in before + chunk:
                return True
            before = chunk[-len(words) :]
    return False
