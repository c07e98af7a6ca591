"""Messages and workflows that are being written: what was shown of them, which nobody keeps before they end."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.chatkit import render

_PART = "assistant_message.content_part"


class Drafts:
    """What grows in one thread, as its events tell."""

    def __init__(self) -> None:
        self._items: dict[str, Mapping[str, Any]] = {}
        """Each as it began."""
        self._texts: dict[str, list[str]] = {}
        self._tasks: dict[str, list[Any]] = {}

    def note(self, event: Mapping[str, Any]) -> None:
        """Take over what an event says."""
        match event:
            case {"type": "thread.item.added", "item": {"type": "assistant_message", "content": []} as item}:
                self._items[item["id"]], self._texts[item["id"]] = item, []
            case {"type": "thread.item.added", "item": {"type": "workflow"} as item}:
                self._items[item["id"]], self._tasks[item["id"]] = item, list(item["workflow"]["tasks"])
            case {"type": "thread.item.updated", "item_id": id, "update": update}:
                self._grow(id, update)
            case {"type": "thread.item.done" | "thread.item.replaced", "item": item}:
                self._end(item["id"])
            case {"type": "thread.item.removed", "item_id": id}:
                self._end(id)
            case _:
                pass

    def events(self) -> dict[str, Sequence[Mapping[str, Any]]]:
        """Return, for each item by its id, the events that show it as far as it is written."""
        return {id: self._shown(id, item) for id, item in self._items.items()}

    def __contains__(self, id: str) -> bool:
        return id in self._items

    def ids(self) -> set[str]:
        """Return the ids of the items that are being written."""
        return set(self._items)

    def is_ahead_of(self, item: Mapping[str, Any]) -> bool:
        """Return whether an item is being written here and more of it was shown than the store has (``item``)."""
        id = item["id"]
        if id in self._tasks:
            return True
        return id in self._texts and len("".join(self._texts[id])) > sum(len(part["text"]) for part in item["content"])

    def _grow(self, id: str, update: Mapping[str, Any]) -> None:
        if id in self._texts and "delta" in update:
            self._texts[id].append(update["delta"])
        elif id in self._tasks and "task" in update:
            self._tasks[id][update["task_index"] : update["task_index"] + 1] = [update["task"]]

    def _end(self, id: str) -> None:
        for each in (self._items, self._texts, self._tasks):
            each.pop(id, None)

    def _shown(self, id: str, item: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        if id in self._tasks:
            workflow = {**item["workflow"], "tasks": list(self._tasks[id])}
            return [{"type": "thread.item.added", "item": {**item, "workflow": workflow}}]
        text = "".join(self._texts[id])
        updates: list[dict[str, Any]] = [{"type": f"{_PART}.added", "content_index": 0, "content": render.content("")}]
        if text:
            updates.append({"type": f"{_PART}.text_delta", "content_index": 0, "delta": text})
        shown = [{"type": "thread.item.updated", "item_id": id, "update": update} for update in updates]
        return [{"type": "thread.item.added", "item": item}, *shown]
