"""Reads the actions of the playground's Slack tab (``gateway.emulators.slack.emulator``)."""

from collections.abc import Mapping
from typing import Any

from gateway.drivers.steps import Step, Verb, entered, files_of
from gateway.drivers.values import FieldInput, Place
from gateway.emulators.slack.elements import options
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.model import COMMANDS

Action = Mapping[str, Any]


def step_of(slack: SlackEmulator, action: Action) -> Step | None:
    """Return what an action does, before it is done; None for what leaves no trace. Raises ``KeyError`` and
    ``ValueError`` for an action that cannot be done."""
    user = slack.team.user(action["user"]) if action.get("user") else slack.ada
    person, kind = user.name.capitalize(), action["type"]
    place = _place(slack, action)
    match kind:
        case "post":
            text = readable(slack, action.get("text", ""))
            return Step("says", person, place, text, files=files_of(action.get("files") or ()))
        case "edit":
            return Step("edits", person, place, readable(slack, action["text"]), message=action["ts"])
        case "delete":
            return Step("deletes", person, place, message=action["ts"])
        case "react":
            added = action.get("added", True)
            return Step("reacts", person, place, action["name"].strip(":"), message=action["ts"], on=added)
        case "click" if "view_id" in action:
            return Step("other", person, place, "used a control within a form")
        case "click":
            return _click(slack, action, person, place)
        case "submit":
            return Step("submits", person, place, values=_values(slack, action))
        case "command":
            return Step("runs", person, place, _command(slack, action["command"], action.get("text", "")))
        case "stop":
            return Step("stops", person, place)
        case "open_dm":
            return Step("opens", person, Place(slack.team.dm(user.id).id))
        case _:
            return None


def readable(slack: SlackEmulator, text: str) -> str:
    """Return what was typed with the names of those it mentions."""
    text = text.replace(f"<@{slack.team.bot.id}>", f"@{slack.team.bot.name}")
    for user in (slack.ada, slack.grace, slack.linus):
        text = text.replace(f"<@{user.id}>", f"@{user.name.capitalize()}")
    return text


def _place(slack: SlackEmulator, action: Action) -> Place:
    """Return where an action happens: a direct message, a thread, or a channel."""
    if "channel" not in action:
        return Place(slack.dm.id)
    channel = slack.team.channel(str(action["channel"]))
    if channel.kind == "im":
        return Place(channel.id)
    if thread := action.get("thread_ts"):
        return Place(channel.id, thread)
    if (ts := action.get("ts")) and (found := channel.messages.get(ts)) is not None:
        return Place(channel.id, found.thread_ts or ts)
    return Place(channel.id)


def _click(slack: SlackEmulator, action: Action, person: str, place: Place) -> Step:
    message = slack.message(action["channel"], action["ts"]) or {}
    found = [
        element
        for block in message.get("blocks", ())
        for element in block.get("elements", ())
        if element.get("action_id") == action["action_id"] and action.get("block_id") in (None, block.get("block_id"))
    ]
    [element, *_] = found
    value = action.get("value") or action.get("selected_option") or action.get("selected_options")
    if element["type"] == "feedback_buttons":
        up = value in ("positive", element["positive_button"]["value"])
        return Step("gives_feedback", person, place, message=action["ts"], on=up)
    verb: Verb = "clicks"
    label = element.get("text", {}).get("text", "")
    if choices := options(element):
        wanted = value[0] if isinstance(value, list) else value
        wanted = wanted.get("value") if isinstance(wanted, dict) else wanted
        label = next(each["text"]["text"] for each in choices if wanted in (each["value"], each["text"]["text"]))
        verb = "selects"
    return Step(verb, person, place, label, message=action["ts"])


def _values(slack: SlackEmulator, action: Action) -> Mapping[str, FieldInput]:
    blocks = slack.view(action["view_id"]).wire["blocks"]
    found: dict[str, FieldInput] = {}
    for block in blocks:
        given = (action.get("values") or {}).get(block.get("block_id"))
        if not given or "element" not in block:
            continue
        value, element = next(iter(given.values())), block["element"]
        if element["type"] == "checkboxes" and [each["value"] for each in element["options"]] == ["on"]:
            found[block["label"]["text"]] = bool(value)
            continue
        filled = entered(value, {each["value"]: each["text"]["text"] for each in options(element)})
        if filled is not None:
            found[block["label"]["text"]] = filled
    return found


def _command(slack: SlackEmulator, command: str, text: str) -> str:
    name = command.removeprefix("/")
    if name == slack.team.bot.name and name not in {each.name for each in COMMANDS}:
        return f"/{text}".strip()
    return f"/{name} {text}".strip()
