"""Keeps threads and their items: what other platforms keep themselves."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, Self, TypeVar

from adapters.chatkit.ids import conversation, new_id, person
from gateway.adapter import DocumentStore
from gateway.errors import RequestRefused
from gateway.model import ConversationRef, Document

T = TypeVar("T")

Item = Mapping[str, Any]
"""An item in the words of the protocol (``ThreadItem``)."""

_THREAD = "chatkit.thread"
_ITEM = "chatkit.item"
_ALL = 1_000
"""Items that are looked at in one read where all of a thread are wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A thread of a user."""

    id: str
    user: str
    created_at: float
    """Seconds since the epoch."""
    title: str | None = None
    titled: bool = True
    """Whether the bot may name it (automatic thread titling of the session that began it)."""
    metadata: Mapping[str, Any]

    @classmethod
    def new(
        cls, user: str, *, id: str = "", title: str | None = None, titled: bool = True, metadata: Mapping[str, Any]
    ) -> Self:
        """Return a thread that begins now. Without an ``id`` it gets one that nobody can guess."""
        return cls(
            id=id or new_id("cthr"), user=user, created_at=time.time(), title=title, titled=titled, metadata=metadata
        )

    @property
    def ref(self) -> ConversationRef:
        """The conversation that this thread is."""
        return conversation(self.user, self.id)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list."""

    data: Sequence[T]
    has_more: bool


class ThreadStore:
    """Threads by id and by user, and their items in order."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    # Threads

    async def create(self, thread: Thread, items: Sequence[Item], *, beside: Sequence[Document] = ()) -> None:
        """Keep a new thread with its first items, and documents ``beside`` them, in one transaction."""
        await self._documents.put_documents(
            [_of_thread(thread), *(_of_item(thread.ref, item) for item in items), *beside]
        )

    async def find(self, id: str, user: str | None = None) -> Thread:
        """Return a thread. Raises ``RequestRefused`` (404) where there is none, or it is not this user's."""
        document = await self._documents.get_document(_THREAD, id)
        thread = None if document is None else _thread_in(document)
        if thread is None or (user is not None and thread.user != user):
            raise RequestRefused(404, f"there is no thread {id[:100]!r}")
        return thread

    async def known(self, ref: ConversationRef) -> Thread | None:
        """Return the thread that a conversation is; None where it was deleted."""
        document = await self._documents.get_document(_THREAD, ref.thread or "")
        return None if document is None else _thread_in(document)

    async def save(self, thread: Thread) -> None:
        """Keep a thread as it is now."""
        await self._documents.put_documents([_of_thread(thread)])

    async def rename(self, thread: Thread, title: str) -> Thread:
        """Give a thread another title and return it."""
        renamed = replace(thread, title=title)
        await self.save(renamed)
        return renamed

    async def page(
        self, *, user: str | None, limit: int, newest_first: bool, after: str | None = None, before: str | None = None
    ) -> Page[Thread]:
        """Return threads, of one user or of all, by when they were made.

        Args:
            user: The user; None for all.
            limit: How many at most.
            newest_first: Whether the newest comes first.
            after: The id of the thread the page begins behind, in this order.
            before: The id of the thread the page ends before.

        Raises:
            RequestRefused: There is no such thread as ``after`` or ``before`` among them (400).
        """
        bounds = [await self._rank(_THREAD, id, user) for id in (after, before)]
        found = await self._page(_THREAD, user, bounds, limit=limit, newest_first=newest_first)
        return Page([_thread_in(each) for each in found.data], found.has_more)

    async def delete(self, thread: Thread) -> None:
        """Delete a thread with all its items."""
        await self._documents.delete_documents_below(_ITEM, thread.id)
        await self._documents.delete_documents(_THREAD, [thread.id])

    # Items

    async def put(self, ref: ConversationRef, items: Sequence[Item], *, beside: Sequence[Document] = ()) -> None:
        """Keep items of a thread, new ones at its end, others in their place, and documents ``beside`` them, in one
        transaction."""
        await self._documents.put_documents([*(_of_item(ref, item) for item in items), *beside])

    async def items(
        self, thread: str, *, limit: int, newest_first: bool, after: str | None = None, before: str | None = None
    ) -> Page[Item]:
        """Return items of a thread; the arguments and errors are those of ``page``."""
        bounds = [await self._rank(_ITEM, id, thread) for id in (after, before)]
        found = await self._page(_ITEM, thread, bounds, limit=limit, newest_first=newest_first)
        return Page([each.body for each in found.data], found.has_more)

    async def item(self, thread: str, id: str) -> Item | None:
        """Return an item of a thread, None if there is no such one in it."""
        found = await self._documents.get_document(_ITEM, id)
        return found.body if found is not None and found.parent == thread else None

    async def behind(self, thread: str, id: str) -> Sequence[Item]:
        """Return all items of a thread that come behind an item of it, oldest first."""
        found: list[Document] = []
        rank = await self._rank(_ITEM, id, thread)
        while True:
            more = await self._documents.list_documents(_ITEM, parent=thread, after=rank, limit=_ALL)
            found += more
            if len(more) < _ALL:
                return [each.body for each in found]
            rank = more[-1].rank

    async def since(self, thread: str, id: str) -> Sequence[Item]:
        """Return an item of a thread and all that come behind it, oldest first; none where it is gone."""
        item = await self.item(thread, id)
        return [] if item is None else [item, *await self.behind(thread, id)]

    async def before(self, thread: str, id: str) -> Sequence[Item]:
        """Return the items of a thread that come before an item of it, the newest first, ``_ALL`` at most."""
        rank = await self._rank(_ITEM, id, thread)
        found = await self._documents.list_documents(_ITEM, parent=thread, before=rank, newest_first=True, limit=_ALL)
        return [each.body for each in found]

    async def remove(self, ids: Collection[str]) -> None:
        """Delete the items with these ids, in whichever thread they are."""
        await self._documents.delete_documents(_ITEM, ids)

    # Both

    async def _page(
        self, kind: str, parent: str | None, bounds: Sequence[int | None], *, limit: int, newest_first: bool
    ) -> Page[Document]:
        first, last = bounds if not newest_first else reversed(bounds)
        # A page that only has an end is the one next to it, so it is read from there.
        backwards = bounds[0] is None and bounds[1] is not None
        found = await self._documents.list_documents(
            kind, parent=parent, after=first, before=last, newest_first=newest_first != backwards, limit=limit + 1
        )
        page = list(found[:limit])
        return Page(page[::-1] if backwards else page, len(found) > limit)

    async def _rank(self, kind: str, id: str | None, parent: str | None) -> int | None:
        if id is None:
            return None
        found = await self._documents.get_document(kind, id)
        if found is None or (parent is not None and found.parent != parent):
            raise RequestRefused(400, f"{id[:100]!r} is not in this list: take the id of a row that it returned")
        return found.rank


def time_of(seconds: float) -> str:
    """Return a time as the protocol writes it: ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_of(time_text: str) -> float:
    """Return the seconds since the epoch of a time that ``time_of`` wrote."""
    return datetime.fromisoformat(time_text).timestamp()


def _of_thread(thread: Thread) -> Document:
    body = {
        "created_at": thread.created_at,
        "title": thread.title,
        "titled": thread.titled,
        "metadata": dict(thread.metadata),
    }
    return Document(
        kind=_THREAD,
        id=thread.id,
        parent=thread.user,
        person=person(thread.user).key,
        conversation=thread.ref.key,
        body=body,
    )


def _thread_in(document: Document) -> Thread:
    body = document.body
    return Thread(
        id=document.id,
        user=document.parent,
        created_at=body["created_at"],
        title=body["title"],
        titled=body["titled"],
        metadata=body["metadata"],
    )


def _of_item(ref: ConversationRef, item: Item) -> Document:
    return Document(
        kind=_ITEM,
        id=item["id"],
        parent=ref.thread or "",
        person=person(ref.channel).key,
        conversation=ref.key,
        body=item,
    )
