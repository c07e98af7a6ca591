"""Deletes threads and conversations, also those that are in use."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Protocol

import structlog

from gateway.errors import RequestRefused
from gateway.model import ConversationRef
from gateway.ports import Blobs, Deletions, Erased
from gateway.runtime.contents import FOLDER
from gateway.runtime.erasure import HeldFiles, StillRunning
from gateway.runtime.files import Files

log = structlog.get_logger(__name__)


class RunningConversations(Protocol):
    """What a running gateway has of conversations in memory."""

    def suspended(self, conversations: Collection[str]) -> AbstractAsyncContextManager[None]:
        """Let no turn run in these conversations during the block; those that run end first. Raises ``StillRunning``
        when one does not."""
        ...

    def discard(self, conversations: Iterable[str]) -> None:
        """Drop the sessions of these conversations from memory, without storing them."""
        ...


class Deletion:
    """Deletes threads and conversations. Implements ``gateway.adapter.Conversations``.

    It is made before the dispatcher, because adapters are given it; ``running`` is set once there is one.

    Args:
        store: The open store, owned by this process.
        blobs: The blob store.
        held: The files that platforms fetch later.
        files: The downloaded attachments.
    """

    def __init__(self, *, store: Deletions, blobs: Blobs, held: HeldFiles, files: Files) -> None:
        self._store = store
        self._blobs = blobs
        self._held = held
        self._files = files
        self.running: RunningConversations | None = None
        """What is in memory of conversations; None where no gateway runs."""

    async def forget(self, conversation: ConversationRef) -> None:
        """End the session of a conversation and delete all that is kept of it. Raises ``RequestRefused`` (409) when a
        turn of it does not end."""
        try:
            await self._forget(conversation.key, None)
        except StillRunning as error:
            raise RequestRefused(409, str(error)) from None

    async def delete_thread(self, thread: str) -> Erased | None:
        """Delete a thread; with the session that it belongs to, where that is open, so that the conversation begins
        anew with the next message. Returns what was deleted, None where there is no such thread. Raises
        ``StillRunning`` when a turn of its conversation does not end."""
        conversation = await self._store.conversation_of(thread)
        if conversation is None:
            return None
        if conversation and (await self._store.is_open(thread) or await self._is_last(thread, conversation)):
            return await self._forget(conversation, [thread])
        return await self._delete([thread])

    async def _is_last(self, thread: str, conversation: str) -> bool:
        """Return whether nothing of a conversation stays without this thread."""
        return set(await self._store.threads_of(conversation)) == {thread}

    async def _forget(self, conversation: str, threads: Sequence[str] | None) -> Erased:
        """Delete these threads of a conversation (None: all) and its session."""
        running = self.running
        async with nullcontext() if running is None else running.suspended([conversation]):
            if running is not None:
                running.discard([conversation])
            erased = await self._delete(await self._store.threads_of(conversation) if threads is None else threads)
            await self._store.forget_conversation(conversation)
            await self._held.forget(conversation)
        log.info("conversation.deleted", conversation=conversation, **erased._asdict())
        return erased

    async def _delete(self, threads: Sequence[str]) -> Erased:
        # Files and contents first: after a crash the rows still say which they are.
        keys = {*await self._store.contents_of(threads)}
        for thread in threads:
            await self._files.forget(thread)
            keys |= {info.key async for info in self._blobs.list(f"{FOLDER}/{thread}")}
        await self._blobs.delete(sorted(keys))
        return await self._store.delete_threads(threads)
