"""What people see in the end of the calls that a gateway made: messages as they stand, reactions, titles, notices.

A message that is streamed is edited as often as time allows, which differs from run to run. So calls are put together
to what they lead to, and that is what two runs are compared by.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from gateway.recording.calls import JSON, references_in

SILENT = frozenset({"status", "find", "complete", "profile", "history", "set_commands", "open_dm"})
"""Calls that leave nothing behind for people to see."""


@dataclass(slots=True)
class Item:
    """Something people see: a message in its latest form, or something that was done beside messages."""

    what: str
    """``message``, or the method of what is no message (``react``)."""
    window: int
    """The number of the delivery that came last in the conversation before it; 0 where none did."""
    content: JSON
    id: str = ""
    """The platform's id of a message."""
    key: str = ""
    """The key a message was sent under."""
    failure: str | None = None
    """The class of the error with which it ended; None where it worked."""
    deleted: bool = False
    tries: int = 1
    length: int = 0
    """Characters of the message's text so far."""
    references: list[str] = field(default_factory=list[str])
    """The tokens in the message, in the order in which they came."""

    def refer(self, value: Any) -> None:
        """Note the references in what the message shows now."""
        self.references += [each for each, _ in references_in(value) if each not in self.references]


@dataclass(slots=True)
class Conversation:
    """What people see in one conversation."""

    items: list[Item] = field(default_factory=list[Item])
    window: int = 0
    """The number of the delivery that came last."""

    @property
    def progress(self) -> tuple[int, int]:
        """How far it has come: the number of items, and the characters of the last one."""
        return len(self.items), self.items[-1].length if self.items else 0


class Shown:
    """Puts calls together to what people see, by conversation (its name in the recording)."""

    def __init__(self) -> None:
        self.conversations: dict[str, Conversation] = {}
        self._messages: dict[tuple[str, str], Item] = {}

    def conversation(self, name: str) -> Conversation:
        """Return a conversation; one that is not known yet is empty."""
        return self.conversations.setdefault(name, Conversation())

    def arrived(self, conversation: str, number: int) -> None:
        """Note that a delivery came."""
        self.conversation(conversation).window = number

    def called(
        self, conversation: str, method: str, args: JSON, result: JSON, *, window: int | None = None
    ) -> Item | None:
        """Note a call and what came of it. Returns the item that it made or changed, if any. ``window`` is the number
        of the delivery that came last before it, where that is not the last one that was noted."""
        if method in SILENT:
            return None
        place = self.conversation(conversation)
        window = place.window if window is None else window
        match method:
            case "send" | "start_stream":
                return self._posted(conversation, place, window, args, result)
            case "edit" | "stop_stream" | "append_stream" | "delete":
                return self._changed(conversation, place, window, method, args, result)
            case _:
                item = Item(method, window, dict(args), failure=result.get("failure"))
                place.items.append(item)
                return item

    def _posted(self, name: str, place: Conversation, window: int, args: JSON, result: JSON) -> Item | None:
        if result.get("found") is False:
            return None  # no native stream here: the message is sent instead
        key = str(args.get("key", ""))
        item = next((each for each in reversed(place.items) if key and each.key == key and each.failure), None)
        if item is None:
            item = Item("message", window, {}, key=key)
            place.items.append(item)
        else:
            item.tries += 1
        item.failure = result.get("failure")
        self._show(item, args.get("message"))
        if isinstance(result.get("id"), str):
            item.id = result["id"]
            self._messages[name, item.id] = item
        return item

    def _changed(self, name: str, place: Conversation, window: int, method: str, args: JSON, result: JSON) -> Item:
        failure = result.get("failure")
        id = str(args.get("id", ""))
        item = self._messages.get((name, id))
        if item is None:
            item = Item("message", window, {}, id=id)
            place.items.append(item)
            self._messages[name, id] = item
        if method == "append_stream":
            item.length = int(args.get("length", 0))
        if failure is not None:
            item.failure = failure if method != "append_stream" else item.failure
            return item
        item.failure = None
        if method == "delete":
            item.deleted = True
        else:
            self._show(item, args.get("message"))
        if isinstance(result.get("id"), str) and result["id"] != id:
            self._messages[name, result["id"]] = item
        return item

    @staticmethod
    def _show(item: Item, message: Any) -> None:
        if isinstance(message, Mapping):
            shown = cast(Mapping[str, Any], message)
            item.content = {**shown}
            item.length = len(str(shown.get("text", "")))
            item.refer(shown)


def conversation_name(to: Mapping[str, Any]) -> str:
    """Return the name of a conversation: its parts, as far as they tell it from others."""
    parts = [to.get("platform"), to.get("workspace"), to.get("channel"), to.get("thread")]
    return "/".join(str(each) for each in parts if each)


def fresh_deliveries(lines: Iterable[JSON]) -> set[int]:
    """Return the numbers of the deliveries that began or changed something: those that came a second time, and those
    that concern nobody, did not."""
    idle = {line["n"] for line in lines if line["kind"] == "accepted" and line["result"].get("status") in _IDLE}
    return {line["n"] for line in lines if line["kind"] == "arrived"} - idle


_IDLE = ("duplicate", "ignored")


def shown_of(lines: Iterable[JSON]) -> Shown:
    """Return what people saw by the lines of a recording."""
    lines = list(lines)
    fresh = fresh_deliveries(lines)
    shown = Shown()
    for line in lines:
        name = conversation_name(line["to"]) if "to" in line else ""
        if line["kind"] == "arrived" and line["n"] in fresh:
            shown.arrived(name, line["n"])
        elif line["kind"] == "call":
            shown.called(name, line["method"], line["args"], line["result"])
    return shown
