"""Keeps the bot's messages as items of their threads, and tells whoever reads those."""

import time
from collections.abc import Sequence
from typing import Any

from adapters.chatkit import render
from adapters.chatkit.ids import item_id, message_id
from adapters.chatkit.log import Event, ThreadLogs
from adapters.chatkit.sharing import Sharing
from adapters.chatkit.threads import Item, ThreadStore
from gateway.errors import Gone
from gateway.model import ConversationRef, Outgoing, Receipt, TaskUpdate

ITEMS = "items"
"""In a receipt: the ids of the message's items."""
AT = "at"
"""In a receipt: when the message was sent, in seconds since the epoch."""
FILES = "files"
"""In a receipt: the lines that show the message's files."""
TASKS = "tasks"
"""In the receipt of a running stream: its tasks, by their ids."""


class Outbox:
    """Sends, edits, deletes and streams messages."""

    def __init__(self, threads: ThreadStore, logs: ThreadLogs, sharing: Sharing) -> None:
        self._threads = threads
        self._logs = logs
        self._sharing = sharing

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        """Add a message to its thread. Sent again under the same key it replaces itself."""
        await self._must_exist(to)
        id, at = message_id(to, key), time.time()
        lines = await self._sharing.lines(to, message.files, key=id)
        items = render.items_of(message, to, id=id, at=at, files=lines)
        await self._threads.put(to, items)
        self._publish(to, [event for item in items for event in _appearing(item)])
        return _receipt(to, id, at, items, lines)

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Make the message read as given; its files stay where it says so. Raises ``Gone`` where it was deleted."""
        to, at = receipt.to, float(receipt.data.get(AT, 0.0)) or time.time()
        there = set(receipt.data.get(ITEMS, (receipt.id,)))
        for id in there:
            if await self._threads.item(to.thread or "", id) is not None:
                break
        else:
            raise Gone(f"the message {receipt.id} was deleted")
        if message.keeps_files:
            lines: Sequence[str] = receipt.data.get(FILES, ())
        else:
            lines = await self._sharing.lines(to, message.files, key=receipt.id)
        items = render.items_of(message, to, id=receipt.id, at=at, files=lines)
        gone = there - {item["id"] for item in items}
        await self._threads.put(to, items)
        await self._threads.remove(gone)
        events: list[Event] = [{"type": "thread.item.removed", "item_id": id} for id in sorted(gone)]
        for item in items:
            known = item["id"] in there
            events += [{"type": "thread.item.replaced", "item": item}] if known else _appearing(item)
        self._publish(to, events)
        return _receipt(to, receipt.id, at, items, lines)

    async def delete(self, receipt: Receipt) -> None:
        """Remove the message's items."""
        ids = list(receipt.data.get(ITEMS, (receipt.id,)))
        await self._threads.remove(ids)
        self._publish(receipt.to, [{"type": "thread.item.removed", "item_id": id} for id in ids])

    async def find(self, to: ConversationRef, key: str) -> Receipt | None:
        """Return the receipt of the message that was sent under a key; None if none was."""
        id = message_id(to, key)
        ids = (id, item_id(id, render.PLAN), item_id(id, render.CONTROLS))
        found = [item for each in ids if (item := await self._threads.item(to.thread or "", each)) is not None]
        return _receipt(to, id, time.time(), found, ()) if found else None

    # Streams

    async def start_stream(self, to: ConversationRef, text: str, *, key: str, author: str | None) -> Receipt:
        """Begin a message that grows. Readers see it before it is kept, so that the first word comes soon."""
        await self._must_exist(to)
        id, at = message_id(to, key), time.time()
        empty = render.text_item(to, id, at, [])
        self._publish(
            to,
            [
                {"type": "thread.item.added", "item": empty},
                _updated(id, {"type": f"{_PART}.added", "content_index": 0, "content": render.content("")}),
                *_growing(id, render.heading(author) + text),
            ],
        )
        item = render.text_item(to, id, at, [render.content(text)])
        await self._threads.put(to, [item])
        return _receipt(to, id, at, [item], ())

    async def append_stream(self, receipt: Receipt, *, delta: str, tasks: Sequence[TaskUpdate]) -> Receipt:
        """Add a piece of text, and tasks that began or changed. What is kept follows at the end of the stream."""
        self._publish(receipt.to, _growing(receipt.id, delta))
        return self._show_tasks(receipt, tasks) if tasks else receipt

    async def stop_stream(self, receipt: Receipt, message: Outgoing, *, delta: str) -> Receipt:
        """End the stream with the whole message."""
        to, id, at = receipt.to, receipt.id, float(receipt.data.get(AT, 0.0)) or time.time()
        await self._must_exist(to)
        lines = await self._sharing.lines(to, message.files, key=id)
        items = render.items_of(message, to, id=id, at=at, files=lines)
        if items[0]["id"] != id:
            items.insert(
                0, render.text_item(to, id, at, [render.content(render.heading(message.author) + message.text)])
            )
        tasks: dict[str, Any] = receipt.data.get(TASKS, {})
        plan = item_id(id, render.PLAN)
        if tasks and all(item["id"] != plan for item in items):
            items.insert(1, _tasks_item(to, plan, at, tasks))
        await self._threads.put(to, items)
        events = [*_growing(id, delta), _part_done(items[0]), {"type": "thread.item.done", "item": items[0]}]
        for item in items[1:]:
            shown = item["id"] == plan and bool(tasks)
            events += [{"type": "thread.item.done", "item": item}] if shown else _appearing(item)
        self._publish(to, events)
        return _receipt(to, id, at, items, lines)

    def _show_tasks(self, receipt: Receipt, tasks: Sequence[TaskUpdate]) -> Receipt:
        to, plan, at = receipt.to, item_id(receipt.id, render.PLAN), float(receipt.data.get(AT, 0.0))
        known: dict[str, Any] = dict(receipt.data.get(TASKS, {}))
        events: list[Event] = []
        if not known:
            events.append({"type": "thread.item.added", "item": _tasks_item(to, plan, at, {})})
        for task in tasks:
            verb = "updated" if task.id in known else "added"
            known[task.id] = render.task_of(task)
            index = list(known).index(task.id)
            events.append(
                _updated(plan, {"type": f"workflow.task.{verb}", "task_index": index, "task": known[task.id]})
            )
        self._publish(to, events)
        return Receipt(to=to, id=receipt.id, data={**receipt.data, TASKS: known})

    # All of them

    async def _must_exist(self, to: ConversationRef) -> None:
        if not self._logs.is_read(to.thread or "") and await self._threads.known(to) is None:
            raise Gone(f"the thread {to.thread} was deleted")

    def _publish(self, to: ConversationRef, events: Sequence[Event]) -> None:
        self._logs.publish(to.thread or "", *events)


_PART = "assistant_message.content_part"


def _receipt(to: ConversationRef, id: str, at: float, items: Sequence[Item], lines: Sequence[str]) -> Receipt:
    return Receipt(to=to, id=id, data={ITEMS: [item["id"] for item in items], AT: at, FILES: list(lines)})


def _appearing(item: Item) -> list[Event]:
    """Return the events of an item that appears complete; a text comes as a stream of one piece."""
    if item["type"] != "assistant_message":
        return [{"type": "thread.item.added", "item": item}, {"type": "thread.item.done", "item": item}]
    id, text = item["id"], item["content"][0]["text"]
    return [
        {"type": "thread.item.added", "item": {**item, "content": []}},
        _updated(id, {"type": f"{_PART}.added", "content_index": 0, "content": render.content("")}),
        *_growing(id, text),
        _part_done(item),
        {"type": "thread.item.done", "item": item},
    ]


def _growing(id: str, delta: str) -> list[Event]:
    return [_updated(id, {"type": f"{_PART}.text_delta", "content_index": 0, "delta": delta})] if delta else []


def _part_done(item: Item) -> Event:
    return _updated(item["id"], {"type": f"{_PART}.done", "content_index": 0, "content": item["content"][0]})


def _updated(id: str, update: dict[str, Any]) -> Event:
    return {"type": "thread.item.updated", "item_id": id, "update": update}


def _tasks_item(to: ConversationRef, id: str, at: float, tasks: dict[str, Any]) -> Item:
    shown = {"type": "custom", "tasks": list(tasks.values()), "summary": None, "expanded": False}
    base = render.text_item(to, id, at, [])
    return {**{name: base[name] for name in ("id", "thread_id", "created_at")}, "type": "workflow", "workflow": shown}
