"""The part of a store by which people's data are found, erased and left to expire."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from gateway.ports import AdminRequest, AuditLine, Erased, Expired, Lease, Traces
from gateway.store.core.kind import Kind
from gateway.store.core.kinds import audit, deletions, expiry, rights

A = TypeVar("A")
R = TypeVar("R")

AT_ONCE = 500
"""Rows that one transaction deletes, so that others need not wait for long."""
_CONVERSATIONS = 20
_THREADS = 50


class DatabaseRights:
    """Implements ``gateway.ports.Deletions``, and of ``gateway.ports.Rights`` what is the same on every database, for
    ``DatabaseStore``, which runs the operations."""

    def _do(self, kind: Kind[A, R], args: A, lease: Lease | None = None) -> asyncio.Future[R]:
        raise NotImplementedError

    async def _read(self, kind: Kind[A, R], args: A) -> R:
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


async def _until_few(delete: Callable[[], asyncio.Future[Erased]]) -> Erased:
    """Delete until a batch is not full any more, and return the sum."""
    erased = Erased()
    while True:
        batch = await delete()
        erased = erased.plus(batch)
        if batch.steps < AT_ONCE:
            return erased
