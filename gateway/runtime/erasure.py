"""Erases a person: rows, contents and files, memory, and what is left of all of them in the database's files."""

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, Protocol

import structlog

from gateway.ports import Blobs, ContentKeys, Erased, Rights, Traces
from gateway.runtime.contents import FOLDER, Contents
from gateway.runtime.files import Files
from gateway.runtime.seals import Seals

log = structlog.get_logger(__name__)

FORGOTTEN = "person.forgotten"
"""The topic on which replicas tell each other to forget a person (``UserRef.key``)."""
AT_ONCE = 16
"""Threads whose contents are looked for at the same time."""
REWRITTEN = 256_000_000
"""Bytes of the largest database that is rewritten while the gateway runs: nothing is acknowledged meanwhile, and
platforms wait for three seconds at least."""


class ErasableStore(Rights, ContentKeys, Protocol):
    """The store, as far as people are erased from it."""


class HeldFiles(Protocol):
    """The files that platforms fetch later."""

    async def forget(self, *conversations: str) -> None:
        """Remove every file that is held for these conversations (``ConversationRef.key``)."""
        ...


class RunningGateway(Protocol):
    """What a running gateway has of people in memory."""

    def conversations(self, person: str) -> Collection[str]:
        """Return the conversations (``ConversationRef.key``) in memory that a person takes part in."""
        ...

    def alone(self) -> AbstractAsyncContextManager[None]:
        """Let nobody else be erased during the block, on any replica: two who wait for each other's conversations would
        wait for ever. Raises ``StillRunning`` when another erasure does not end."""
        ...

    def suspended(self, conversations: Collection[str]) -> AbstractAsyncContextManager[None]:
        """Let no turn run in these conversations during the block; those that run end first. Raises ``StillRunning``
        when one does not."""
        ...

    def forget(self, person: str, conversations: Iterable[str]) -> None:
        """Forget what is in memory of the person and of these conversations, without storing it."""
        ...


class StillRunning(RuntimeError):
    """A turn of a conversation does not end, so nothing was erased."""


class Outcome(NamedTuple):
    """What came of an erasure."""

    erased: Erased
    files: int
    """How many contents were deleted from the blob store."""
    anything: bool
    """Whether there was anything about the person."""
    rewritten: bool
    """Whether the database file was written anew."""
    emptied: bool
    """Whether the database's log could be emptied."""
    copies: Sequence[str]
    """Names of the copies of the database that were deleted."""

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as JSON, for the command that asked."""
        return {**self._asdict(), "erased": self.erased._asdict(), "copies": list(self.copies)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Outcome":
        """Return the outcome that ``to_json`` described."""
        values: dict[str, Any] = {**value, "erased": Erased(**value["erased"])}
        return cls(**values)


class Erasure:
    """Erases people. It can be asked again for the same person: it goes on where it was, or does nothing.

    Args:
        store: The open store, owned by this process.
        blobs: The blob store.
        held: The files that platforms fetch later.
        files: The downloaded attachments.
        seals: What the audit's keyed hashes are made with.
        contents: What the running gateway knows to be in the blob store; None where none runs, or nothing is kept.
        running: What the running gateway has in memory; None where none runs.
    """

    def __init__(
        self,
        *,
        store: ErasableStore,
        blobs: Blobs,
        held: HeldFiles,
        files: Files,
        seals: Seals,
        contents: Contents | None = None,
        running: RunningGateway | None = None,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._held = held
        self._files = files
        self._seals = seals
        self._contents = contents
        self._running = running

    async def erase(self, person: str) -> Outcome:
        """Erase a person (``UserRef.key``). Raises ``StillRunning``, ``StoreFailed`` when the database cannot be
        written, and ``OSError`` when the blob store fails; asked again it goes on."""
        began = time.time()
        if self._running is None:
            return await self._erase(person, await self._store.traces(person), began)
        async with self._running.alone():
            return await self._suspend(self._running, person, frozenset(), began)

    async def _suspend(self, running: RunningGateway, person: str, held: frozenset[str], began: float) -> Outcome:
        """Suspend the person's conversations, those too that came up meanwhile, and erase."""
        traces = await self._store.traces(person)
        more = {*traces.conversations, *running.conversations(person)} - held
        if more:
            async with running.suspended(more):
                running.forget(person, more)
                return await self._suspend(running, person, held | more, began)
        outcome = await self._erase(person, traces, began)
        running.forget(person, held)
        return outcome

    async def _erase(self, person: str, traces: Traces, began: float) -> Outcome:
        # Files and contents first: after a crash the rows still say which they are.
        for session in (*traces.own, *traces.shared):
            await self._files.forget(session)
        await self._held.forget(person, *traces.conversations)
        contents = await self._delete_contents(person, traces)
        erased = await self._store.erase(person, traces, before=began)
        copies = await self._store.drop_copies(person)
        rewrite = self._running is None or await self._store.size() <= REWRITTEN
        emptied = await self._store.scrub(rewrite=rewrite)
        outcome = Outcome(erased, contents, bool(traces), rewrite, emptied, copies)
        if outcome.anything:
            subject = subject_of(self._seals, person)
            details = {**erased._asdict(), "files": contents}
            await self._store.note("erased", subject, details)
            log.info("data.erased", subject=subject, **details)
        return outcome

    async def _delete_contents(self, person: str, traces: Traces) -> int:
        keys = set(await self._store.object_keys(person, traces))
        keys |= await self._keys_in(traces.own)
        lost = await self._keys_in(traces.shared)  # what a turn left that was broken off has no row
        keys |= lost - {*await self._store.referenced(lost)}
        await self._blobs.delete(sorted(keys))
        if self._contents is not None:
            for key in keys:
                self._contents.forget(key)
        return len(keys)

    async def _keys_in(self, threads: Sequence[str]) -> set[str]:
        """Return the keys of all contents of these threads."""

        async def keys_of(thread: str) -> set[str]:
            return {info.key async for info in self._blobs.list(f"{FOLDER}/{thread}")}

        keys: set[str] = set()
        for start in range(0, len(threads), AT_ONCE):
            keys.update(*await asyncio.gather(*map(keys_of, threads[start : start + AT_ONCE])))
        return keys


def subject_of(seals: Seals, person: str) -> str:
    """Return how the audit names a person: a keyed hash, which says nothing about who it was to whoever has not the
    database's key."""
    return seals.seal("audit", person)
