"""Reads the actions of the playground's Teams tab (``gateway.emulators.teams.emulator``)."""

from collections.abc import Mapping
from typing import Any

from gateway.drivers.steps import Step, entered, files_of
from gateway.drivers.teams.reading import MENU, cards, inputs
from gateway.drivers.values import FieldInput, Place
from gateway.emulators.teams.emulator import TeamsEmulator
from gateway.emulators.teams.world import Conversation, Person

Action = Mapping[str, Any]


def step_of(teams: TeamsEmulator, action: Action) -> Step | None:
    """Return what an action does, before it is done; None for what leaves no trace. Raises ``KeyError`` and
    ``ValueError`` for an action that cannot be done."""
    user = teams.world.person(action["user"]) if action.get("user") else teams.ada
    person, kind, message = user.given_name, action["type"], str(action.get("message", ""))
    if kind in ("submit_dialog", "close_dialog"):
        return _dialog(teams, action) if kind == "submit_dialog" else None
    conversation = teams.world.place(str(action.get("conversation", "personal")), user)
    place = _place(conversation, action)
    match kind:
        case "say":
            files = files_of([*(action.get("files") or ()), *(action.get("images") or ())])
            return Step("says", person, place, str(action.get("text", "")), files=files)
        case "edit":
            return Step("edits", person, place, action["text"], message=message)
        case "delete":
            return Step("deletes", person, place, message=message)
        case "react":
            added = action.get("added", True)
            return Step("reacts", person, place, action["reaction"], message=message, on=added)
        case "click":
            return _click(teams, action, user, place)
        case "choose":
            suggested = (teams.message(place.channel, message) or {}).get("suggestedActions") or {}
            chosen = next(each for each in suggested.get("actions", ()) if each["title"] == action["title"])
            return Step("says", person, place, str(chosen.get("value") or chosen["title"]))
        case "feedback":
            up = action["reaction"] == "like"
            return Step("gives_feedback", person, place, str(action.get("comment") or ""), message=message, on=up)
        case "consent" if action.get("accept"):
            offered = (teams.message(place.channel, message) or {}).get("attachments") or [{}]
            return Step("downloads", person, place, str(offered[0].get("name", "")))
        case "stop":
            return Step("stops", person, place)
        case "install" if conversation.kind == "personal":
            return Step("opens", person, place)
        case _:
            return Step("other", person, place, f"did {kind}")


def _place(conversation: Conversation, action: Action) -> Place:
    """Return where an action happens: a chat, a thread, or a channel."""
    if conversation.kind != "channel":
        return Place(conversation.id)
    found = conversation.messages.get(str(action.get("thread") or action.get("message") or ""))
    return Place(conversation.id, None if found is None else found.thread or found.id)


def _click(teams: TeamsEmulator, action: Action, user: Person, place: Place) -> Step:
    message, clicked = str(action["message"]), action.get("action") or {}
    data = clicked.get("data") or {}
    if isinstance(data, dict) and MENU in data:
        value = (action.get("inputs") or {})[data[MENU]]
        shown = teams.message(place.channel, message, user=user.id) or {}
        choosers = [each for card in cards(shown) for each in card.get("body", ()) if each.get("id") == data[MENU]]
        label = next(each["title"] for each in choosers[0]["choices"] if value in (each["value"], each["title"]))
        return Step("selects", user.given_name, place, label, message=message)
    label = str(action.get("title") or clicked.get("title") or "")
    return Step("clicks", user.given_name, place, label, message=message)


def _dialog(teams: TeamsEmulator, action: Action) -> Step:
    dialog = teams.dialogs.find(str(action["dialog"]))
    given, values = action.get("inputs") or {}, dict[str, FieldInput]()
    for label, field in inputs(dialog.card or {"body": []}).items():
        value = given.get(field["id"])
        if field["type"] == "Input.Toggle":
            if value is not None:
                values[label] = str(value) == field.get("valueOn", "true")
            continue
        filled = entered(value, {each["value"]: each["title"] for each in field.get("choices", ())})
        if filled is not None:
            values[label] = filled
    in_thread = dialog.message is not None and dialog.conversation.kind == "channel"
    place = Place(dialog.conversation.id, dialog.message.thread if in_thread and dialog.message else None)
    return Step("submits", dialog.person.given_name, place, values=values)
