"""Deletes threads with everything that is kept of them."""

from adapters.chatkit.log import ThreadLogs
from adapters.chatkit.threads import Thread, ThreadStore
from gateway.adapter import Conversations


class Removal:
    """Deletes threads: their items, and what the gateway keeps of the conversation."""

    def __init__(self, threads: ThreadStore, logs: ThreadLogs, conversations: Conversations | None) -> None:
        self._threads = threads
        self._logs = logs
        self._conversations = conversations

    async def delete(self, thread: Thread) -> None:
        """Delete a thread, end its streams, and let the gateway forget the conversation.

        Raises ``RequestRefused`` (409) when a turn of it does not end; the thread is then still there.
        """
        if self._conversations is not None:
            await self._conversations.forget(thread.ref)
        await self._threads.delete(thread)
        self._logs.forget(thread.id)
