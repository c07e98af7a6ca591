"""Events of threads as replicas tell them to one another: in packets, a long text in pieces, and what is longer still
by the item that is kept of it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adapters.chatkit.threads import ThreadStore
from adapters.jsons import dump

Event = Mapping[str, Any]
"""An event in the words of the protocol (``ThreadStreamEvent``)."""

PACKET = 6_000
"""Bytes of the events that are told together; the port ``Cluster`` takes 7,000 with what is said about them."""
_LARGE = 2_000
"""Bytes of an event that is told as it is."""
_PIECE = 500
"""Characters of a piece of text; each has 4 bytes at most, or 6 where it is a control character."""
_KEPT = "kept"
"""In a packet, in place of a part of an event that is read from the store: the id of an item."""


def packets(events: Iterable[Event]) -> Iterator[list[Event]]:
    """Yield the events in groups that may be told at once, in their order. What fits into none and is not kept is left
    out: the thread's items show it in the end."""
    packet: list[Event] = []
    size = 0
    for event in events:
        for piece in _pieces(event):
            length = len(dump(piece)) + 1
            if packet and size + length > PACKET:
                yield packet
                packet, size = [], 0
            packet.append(piece)
            size += length
    if packet:
        yield packet


def is_whole(piece: Event) -> bool:
    """Return whether a piece is an event as it is."""
    return _KEPT not in piece


async def event_of(piece: Event, thread: str, threads: ThreadStore) -> Event | None:
    """Return the event that a piece of a packet stands for; None where the item of it is gone."""
    if is_whole(piece):
        return piece
    item = await threads.item(thread, piece[_KEPT])
    if item is None:
        return None
    event = {name: value for name, value in piece.items() if name != _KEPT}
    if "update" not in event:
        return {**event, "item": item}
    content = item["content"] if item["type"] == "assistant_message" else ()
    return {**event, "update": {**event["update"], "content": content[0]}} if content else None


def merged(events: Iterable[Event]) -> list[Event]:
    """Return events with the texts that follow one another in the same item as one."""
    found: list[Event] = []
    for event in events:
        delta = _delta(event)
        before = _delta(found[-1]) if found else None
        if delta is not None and before is not None and event["item_id"] == found[-1]["item_id"]:
            found[-1] = _with_delta(event, before + delta)
        else:
            found.append(event)
    return found


def grows(event: Event) -> bool:
    """Return whether an event only adds to what is being written, so that others may learn of it a moment later."""
    return _delta(event) is not None or event["type"] == "progress_update"


def digest(item: Mapping[str, Any]) -> str:
    """Return what tells how an item reads from how it read before."""
    return json.dumps(item, sort_keys=True)


def _pieces(event: Event) -> Iterator[Event]:
    if len(dump(event)) <= _LARGE:
        yield event
        return
    delta = _delta(event)
    match event:
        case {"type": "thread.item.updated"} if delta is not None:
            for start in range(0, len(delta), _PIECE):
                yield _with_delta(event, delta[start : start + _PIECE])
        case {"type": "thread.item.updated", "item_id": id, "update": {"content": {"text": str()}, **rest}}:
            yield {"type": event["type"], "item_id": id, "update": rest, _KEPT: id}
        case {"type": "thread.item.added" | "thread.item.done" | "thread.item.replaced", "item": {"id": id}}:
            yield {"type": event["type"], _KEPT: id}
        case _ if len(dump(event)) <= PACKET:
            yield event
        case _:
            pass


def _delta(event: Event) -> str | None:
    """Return the text that an event adds to a message."""
    delta = event["update"].get("delta") if event["type"] == "thread.item.updated" else None
    return delta if isinstance(delta, str) else None


def _with_delta(event: Event, delta: str) -> Event:
    return {**event, "update": {**event["update"], "delta": delta}}
