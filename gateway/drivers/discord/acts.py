"""Reads the actions of the playground's Discord tab (``gateway.emulators.discord.emulator``)."""

from collections.abc import Mapping
from typing import Any

from gateway.drivers.discord.reading import controls, selects
from gateway.drivers.steps import Step, entered, files_of
from gateway.drivers.values import FieldInput, Place
from gateway.emulators.discord.emulator import DiscordEmulator

Action = Mapping[str, Any]


def step_of(discord: DiscordEmulator, action: Action) -> Step | None:
    """Return what an action does, before it is done; None for what leaves no trace. Raises ``KeyError`` and
    ``ValueError`` for an action that cannot be done."""
    user = discord.world.user(action["user"]) if action.get("user") else discord.ada
    person, kind = user.display_name, action["type"]
    place = _place(discord, action)
    match kind:
        case "post":
            text = readable(discord, action.get("text", ""))
            return Step("says", person, place, text, files=files_of(action.get("files") or ()))
        case "edit":
            return Step("edits", person, place, readable(discord, action["text"]), message=action["id"])
        case "delete":
            return Step("deletes", person, place, message=action["id"])
        case "react":
            added = action.get("added", True)
            return Step("reacts", person, place, action["emoji"], message=action["id"], on=added)
        case "click":
            return _click(discord, action, person, place)
        case "submit":
            return Step("submits", person, place, values=_values(discord, action))
        case "command":
            options = dict(action.get("options") or {})
            text = options.pop("text", "")
            if options:
                return Step("other", person, place, f"ran /{action['command']} with options")
            return Step("runs", person, place, f"/{action['command']} {text}".strip())
        case "voice" | "create_post":
            return Step("other", person, place, f"did {kind}")
        case _:
            return None


def readable(discord: DiscordEmulator, text: str) -> str:
    """Return what was typed with the names of those it mentions."""
    text = text.replace(f"<@{discord.bot.id}>", f"@{discord.bot.display_name}")
    for user in (discord.ada, discord.grace):
        text = text.replace(f"<@{user.id}>", f"@{user.display_name}")
    return text


def _place(discord: DiscordEmulator, action: Action) -> Place:
    """Return where an action happens: a direct message, a thread, or a channel."""
    if "channel" not in action:
        return Place(discord.dm.id)
    channel = discord.world.channel(str(action["channel"]))
    if channel.thread is not None and channel.parent_id is not None:
        return Place(channel.parent_id, channel.id)
    if channel.recipient is None and (id := action.get("id")) and id in channel.messages:
        return Place(channel.id, id)
    return Place(channel.id)


def _click(discord: DiscordEmulator, action: Action, person: str, place: Place) -> Step:
    message = discord.message(str(action["channel"]), action["id"]) or {}
    for menu in selects(message):
        if menu["custom_id"] == action["custom_id"]:
            [value, *_] = action["values"]
            label = next(each["label"] for each in menu["options"] if value in (each["value"], each["label"]))
            return Step("selects", person, place, label, message=action["id"])
    button = next(each for each in controls(message) if each["custom_id"] == action["custom_id"])
    face = (button.get("emoji") or {}).get("name")
    if face in ("👍", "👎") and not button.get("label"):
        return Step("gives_feedback", person, place, message=action["id"], on=face == "👍")
    return Step("clicks", person, place, button.get("label") or "", message=action["id"])


def _values(discord: DiscordEmulator, action: Action) -> Mapping[str, FieldInput]:
    found: dict[str, FieldInput] = {}
    for label in discord.modal(action["modal_id"])["components"]:
        component = label.get("component") or {}
        labels = {each["value"]: each["label"] for each in component.get("options", ())}
        value = entered((action.get("values") or {}).get(component.get("custom_id")), labels)
        if value is not None:
            found[label["label"]] = value
    return found
