"""The port for deletions: threads of history, and all that is kept of a conversation."""

from collections.abc import Sequence
from typing import Protocol

from gateway.ports.rights import Erased


class Deletions(Protocol):
    """Deletes threads, and conversations with everything that is kept to go on with them."""

    async def conversation_of(self, thread: str) -> str | None:
        """Return the conversation (``ConversationRef.key``) that a thread is of, empty for a thread that a program
        other than the gateway made; None where there is no such thread."""
        ...

    async def is_open(self, thread: str) -> bool:
        """Return whether a thread is that of its conversation's open session, which goes on with it."""
        ...

    async def threads_of(self, conversation: str) -> Sequence[str]:
        """Return the ids of a conversation's threads and of its session."""
        ...

    async def contents_of(self, threads: Sequence[str]) -> Sequence[str]:
        """Return the keys, in the blob store, of the contents of the threads' elements."""
        ...

    async def delete_threads(self, threads: Sequence[str]) -> Erased:
        """Delete threads with their steps, elements, feedback and scores, in batches that let other writes through."""
        ...

    async def forget_conversation(self, conversation: str) -> None:
        """Delete the session of a conversation, its documents and what leads back to its messages, and finish the
        deliveries that wait in it without running them."""
        ...
