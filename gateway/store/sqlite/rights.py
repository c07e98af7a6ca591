"""The part of the store on SQLite by which people's data are found, erased and left to expire."""

import asyncio
import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import orjson

from gateway.disk import in_thread
from gateway.ports import AdminRequest, AuditLine, Erased, Expired, Lease, Traces
from gateway.store.core.kind import Kind
from gateway.store.core.kinds import audit, deletions, expiry, rights, search
from gateway.store.core.transaction import Transaction

A = TypeVar("A")
R = TypeVar("R")

AT_ONCE = 500
"""Rows that one transaction deletes, so that others need not wait for long."""
_CONVERSATIONS = 20
_THREADS = 50
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


class RightsOnSQLite:
    """Implements ``gateway.ports.Rights`` and ``gateway.ports.Deletions``, for ``SQLiteStore``, which runs the
    operations."""

    path: Path

    def _do(self, kind: Kind[A, R], args: A, lease: Lease | None = None) -> asyncio.Future[R]:
        raise NotImplementedError

    async def _read(self, kind: Kind[A, R], args: A) -> R:
        raise NotImplementedError

    async def index_steps(self, *, new: bool = True) -> bool:
        raise NotImplementedError

    async def purge_index(self, *, removed_before: float) -> bool:
        raise NotImplementedError

    async def traces(self, person: str) -> Traces:
        return await self._read(rights.FIND_TRACES, person)

    async def object_keys(self, person: str, traces: Traces) -> Sequence[str]:
        return await self._read(rights.FIND_OBJECT_KEYS, (person, traces.own))

    async def erase(self, person: str, traces: Traces, *, before: float) -> Erased:
        for start in range(0, len(traces.shared), AT_ONCE):
            await self._do(rights.ERASING_TITLES, (person, traces.shared[start : start + AT_ONCE]))
        pieces, ids = list(traces.conversations.items()), [*traces.own, *traces.shared]
        for start in range(0, len(pieces), _CONVERSATIONS):
            some = rights.Conversations(person, pieces[start : start + _CONVERSATIONS], ids)
            await self._do(rights.ERASING_CONVERSATIONS, some)
        tokens = await self._read(rights.FIND_TOKENS, list(traces.conversations))
        for start in range(0, len(tokens), AT_ONCE):
            await self._do(rights.ERASING_TOKENS, tokens[start : start + AT_ONCE])
        erased = await _until_few(lambda: self._do(rights.ERASING_STEPS, (person, AT_ONCE)))
        for start in range(0, len(traces.own), _THREADS):
            threads = traces.own[start : start + _THREADS]
            erased = erased.plus(await self._delete_threads(threads))
        await self._do(rights.ERASING_REST, (person, traces, before))
        return erased

    async def _delete_threads(self, threads: Sequence[str]) -> Erased:
        return await _until_few(lambda: self._do(rights.ERASING_THREADS, (threads, AT_ONCE)))

    async def conversation_of(self, thread: str) -> str | None:
        return await self._read(deletions.READ_CONVERSATION, thread)

    async def is_open(self, thread: str) -> bool:
        return await self._read(deletions.READ_OPEN, thread)

    async def threads_of(self, conversation: str) -> Sequence[str]:
        return await self._read(deletions.READ_THREADS, conversation)

    async def contents_of(self, threads: Sequence[str]) -> Sequence[str]:
        return await self._read(deletions.READ_CONTENTS, threads)

    async def delete_threads(self, threads: Sequence[str]) -> Erased:
        return await self._delete_threads(threads)

    async def forget_conversation(self, conversation: str) -> None:
        tokens = await self._read(deletions.READ_TOKENS, conversation)
        await self._do(deletions.FORGETTING, (conversation, tokens))

    async def scrub(self, *, rewrite: bool) -> bool:
        while await self.index_steps(new=False):
            pass
        while await self.purge_index(removed_before=math.inf):
            pass
        return await self._do(SCRUB, rewrite)

    async def drop_copies(self, person: str) -> Sequence[str]:
        return await in_thread(self._drop_copies, rights.id_of(person).encode())

    def _drop_copies(self, words: bytes) -> list[str]:
        dropped: list[str] = []
        for copy in self.path.parent.glob(f"{self.path.name}.v*"):
            number = copy.name.removeprefix(f"{self.path.name}.v")
            if number.isdecimal() and _contains(copy, words):
                copy.unlink(missing_ok=True)
                dropped.append(copy.name)
        return dropped

    async def size(self) -> int:
        with contextlib.suppress(OSError):
            return (await in_thread(self.path.stat)).st_size
        return 0

    async def expire(self, *, before: float, limit: int = AT_ONCE) -> Expired:
        return await self._do(expiry.EXPIRING, (before, limit))

    async def ask(self, kind: str, argument: str) -> int:
        """Ask something of the gateway that owns the database, and return the number of the request."""
        return await self._do(audit.ASKING, (kind, argument))

    async def answered(self, id: int) -> tuple[bool, Mapping[str, Any] | None]:
        """Return whether a request is done, and its result; before that how far it is, None if it was not begun."""
        row = await self._read(audit.READ_ANSWER, id)
        return (False, None) if row is None else (bool(row[0]), None if row[1] is None else orjson.loads(row[1]))

    async def requests(self, *, limit: int = 10) -> Sequence[AdminRequest]:
        return await self._read(audit.READ_UNANSWERED, limit)

    async def answer_request(self, id: int, result: Mapping[str, Any], *, done: bool = True) -> None:
        await self._do(audit.ANSWERING, (id, orjson.dumps(dict(result)), done))

    async def note(self, action: str, subject: str | None, details: Mapping[str, Any]) -> None:
        await self._do(audit.NOTING, (action, subject, orjson.dumps(dict(details))))

    async def audit(self, *, subject: str | None = None, limit: int = 1_000) -> Sequence[AuditLine]:
        return await self._read(audit.READ_AUDIT, (subject, limit))


def _contains(path: Path, words: bytes) -> bool:
    with path.open("rb") as file:
        before = b""
        while chunk := file.read(_CHUNK):
            if words in before + chunk:
                return True
            before = chunk[-len(words) :]
    return False


async def _until_few(delete: Callable[[], asyncio.Future[Erased]]) -> Erased:
    """Delete until a batch is not full any more, and return the sum."""
    erased = Erased()
    while True:
        batch = await delete()
        erased = erased.plus(batch)
        if batch.steps < AT_ONCE:
            return erased
