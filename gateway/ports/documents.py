"""The port for documents: JSON objects by kind and id, listed in the order in which they were made."""

from collections.abc import Collection, Sequence
from typing import Protocol

from gateway.model import Document

REQUESTED_MESSAGE = "gateway.message"
"""The kind of the documents that say what programs asked to be said, and where."""
REQUEST = "gateway.request"
"""The kind of the documents by which a repeated request of a program is recognised."""
BROADCAST = "gateway.broadcast"
"""The kind of the documents that say how far a broadcast is."""


class Documents(Protocol):
    """Stores the documents of adapters and of the gateway's own HTTP interfaces."""

    async def put_documents(self, documents: Sequence[Document]) -> None:
        """Insert these documents, or replace the bodies of those that are there, in one transaction. A document that is
        replaced keeps its rank, parent, person and conversation."""
        ...

    async def add_document(self, document: Document) -> bool:
        """Insert a document unless there is one of the same kind and id. Returns whether it was inserted."""
        ...

    async def get_document(self, kind: str, id: str) -> Document | None:
        """Return the document, None if there is none."""
        ...

    async def list_documents(
        self,
        kind: str,
        *,
        parent: str | None = None,
        after: int | None = None,
        before: int | None = None,
        newest_first: bool = False,
        limit: int,
    ) -> Sequence[Document]:
        """Return at most ``limit`` documents of a kind by their rank.

        Args:
            kind: The kind.
            parent: Only those below this parent; None for all of the kind.
            after: Only those whose rank is greater.
            before: Only those whose rank is smaller.
            newest_first: Whether the greatest rank comes first; with it the documents next to ``before`` are taken,
                without it those next to ``after``.
            limit: How many at most.
        """
        ...

    async def delete_documents(self, kind: str, ids: Collection[str]) -> None:
        """Delete documents of a kind. One that is not there is no error."""
        ...

    async def delete_documents_below(self, kind: str, parent: str) -> None:
        """Delete all documents of a kind below a parent."""
        ...
