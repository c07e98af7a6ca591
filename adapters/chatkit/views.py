"""Shows threads, pages and what happens in the words of the protocol."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.chatkit.log import Event
from adapters.chatkit.threads import Item, Page, Thread, ThreadStore, time_of


def metadata_of(thread: Thread) -> dict[str, Any]:
    """Return a thread without its items (``ThreadMetadata``)."""
    return {
        "id": thread.id,
        "title": thread.title,
        "created_at": time_of(thread.created_at),
        "status": {"type": "active"},
        "metadata": dict(thread.metadata),
    }


def thread_of(thread: Thread, items: Page[Item] | None = None) -> dict[str, Any]:
    """Return a thread with some of its items, by default none (``Thread``)."""
    shown = page_of([], more=False) if items is None else page_of(items.data, more=items.has_more)
    return {**metadata_of(thread), "items": shown}


def page_of(data: Sequence[Mapping[str, Any]], *, more: bool) -> dict[str, Any]:
    """Return a page of rows (``Page``)."""
    return {"data": list(data), "has_more": more, "after": data[-1]["id"] if data and more else None}


async def listed(
    threads: ThreadStore, user: str, *, limit: int, newest_first: bool, after: str | None, recent: int | None
) -> dict[str, Any]:
    """Return a page of a user's threads; with ``recent`` only of so many newest ones."""
    if recent is None:
        page = await threads.page(user=user, limit=limit, newest_first=newest_first, after=after)
        return page_of([metadata_of(each) for each in page.data], more=page.has_more)
    newest = list((await threads.page(user=user, limit=recent, newest_first=True)).data)
    if not newest_first:
        newest.reverse()
    if after is not None:
        ids = [each.id for each in newest]
        newest = newest[ids.index(after) + 1 :] if after in ids else []
    return page_of([metadata_of(each) for each in newest[:limit]], more=len(newest) > limit)


def created(thread: Thread) -> Event:
    """Return the event of a thread that was made."""
    return {"type": "thread.created", "thread": thread_of(thread)}


def arrived(item: Item) -> list[Event]:
    """Return the events of an item that appears complete."""
    return [{"type": "thread.item.added", "item": item}, {"type": "thread.item.done", "item": item}]


def removed(items: Sequence[Item]) -> list[Event]:
    """Return the events of items that are gone."""
    return [{"type": "thread.item.removed", "item_id": each["id"]} for each in items]


def notice(text: str) -> Event:
    """Return the event that shows a person a text which is no part of the thread."""
    return {"type": "notice", "level": "info", "message": text, "title": None}
