"""Dialogs (task modules) open before people, and the values a person entered in a card's inputs."""

import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gateway.emulators.common.observe import Observers
from gateway.emulators.common.values import JSON, PersonError
from gateway.emulators.teams.world import Conversation, Message, Person

MAX_DIALOGS = 200
"""Open dialogs kept; the oldest are forgotten first."""


@dataclass(slots=True, frozen=True)
class Dialog:
    """A dialog open before a person: a card, or a page at ``url``. ``reaction`` is the verdict that opened a bot's own
    feedback form."""

    id: str
    kind: Literal["task", "feedback"]
    title: str
    person: Person
    conversation: Conversation
    message: Message | None
    card: JSON | None
    url: str | None
    reaction: str | None = None

    def wire(self) -> JSON:
        """Return the dialog as the playground's page sees it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "title": self.title,
            "user": self.person.id,
            "conversation": self.conversation.id,
            "message": self.message.id if self.message is not None else None,
            "card": self.card,
            "url": self.url,
        }


class Dialogs:
    """The open dialogs by id."""

    def __init__(self, observers: Observers) -> None:
        self.open: OrderedDict[str, Dialog] = OrderedDict()
        self._observers = observers

    def find(self, dialog_id: str) -> Dialog:
        """Return an open dialog. Raises ``PersonError`` when it is closed."""
        dialog = self.open.get(dialog_id)
        if dialog is None:
            raise PersonError("that dialog is closed")
        return dialog

    def show(self, dialog: Dialog) -> None:
        """Open a dialog, or replace the one with its id."""
        self.open[dialog.id] = dialog
        if len(self.open) > MAX_DIALOGS:
            self.open.popitem(last=False)
        self._changed(dialog.id, dialog.wire())

    def close(self, dialog_id: str) -> None:
        """Close a dialog, if it is open."""
        if self.open.pop(dialog_id, None) is not None:
            self._changed(dialog_id, None)

    def _changed(self, dialog_id: str, shown: JSON | None) -> None:
        self._observers.changed()
        self._observers.publish({"type": "change", "entity": "dialog", "dialog_id": dialog_id, "dialog": shown})


def new_dialog_id() -> str:
    """Return a new dialog id."""
    return secrets.token_hex(8)


def filled(inputs: Iterable[JSON], given: Mapping[str, Any]) -> tuple[JSON, JSON]:
    """Return the values a client would send, all strings, and the messages beside inputs by input id. Raises
    ``PersonError`` for an unknown input or choice."""
    values: JSON = {}
    errors: JSON = {}
    known = set[str]()
    for element in inputs:
        name = element["id"]
        known.add(name)
        value = _value(element, given[name]) if name in given else _initial(element)
        complaint = _complaint(element, value)
        if complaint is not None:
            errors[name] = complaint
        if value != "" or element["type"] == "Input.Text":
            values[name] = value
    unknown = set(given) - known
    if unknown:
        raise PersonError(f"the card has no input {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}")
    return values, errors


def _initial(element: JSON) -> str:
    if element["type"] == "Input.Toggle":
        return str(element.get("value", element.get("valueOff", "false")))
    return str(element.get("value", ""))


def _value(element: JSON, given: Any) -> str:
    match element["type"]:
        case "Input.Toggle":
            on = given if isinstance(given, bool) else str(given) == element.get("valueOn", "true")
            return str(element.get("valueOn", "true") if on else element.get("valueOff", "false"))
        case "Input.ChoiceSet":
            chosen = (
                [str(g) for g in given] if isinstance(given, list | tuple) else [g for g in str(given).split(",") if g]
            )
            if len(chosen) > 1 and not element.get("isMultiSelect"):
                raise PersonError(f"only one choice can be made in {element['id']}")
            return ",".join(_choice(element, each) for each in chosen)
        case _:
            return "" if given is None else str(given)


def _matches(pattern: Any, value: str) -> bool:
    """Return whether a value matches an input's pattern. A pattern that is not valid matches everything."""
    try:
        return not isinstance(pattern, str) or re.search(pattern, value) is not None
    except re.error:
        return True


def _choice(element: JSON, given: str) -> str:
    for choice in element.get("choices") or ():
        if given in (choice["value"], choice["title"]):
            return str(choice["value"])
    if element.get("style") == "filtered" and "choices.data" in element:
        return given
    raise PersonError(f"{element['id']} has no choice {given!r}")


def _complaint(element: JSON, value: str) -> str | None:
    """Return the message that the client shows beside an input, or None."""
    wrong = element.get("errorMessage") or "This value is not valid"
    if not value or (element["type"] == "Input.Toggle" and value == element.get("valueOff", "false")):
        return (element.get("errorMessage") or "This field is required") if element.get("isRequired") else None
    if element["type"] == "Input.Text":
        too_long = len(value) > element.get("maxLength", len(value))
        return wrong if too_long or not _matches(element.get("regex"), value) else None
    if element["type"] == "Input.Number":
        try:
            number = float(value)
        except ValueError:
            return wrong
        return wrong if not element.get("min", number) <= number <= element.get("max", number) else None
    if element["type"] in ("Input.Date", "Input.Time"):
        return wrong if not element.get("min", value) <= value <= element.get("max", value) else None
    return None
