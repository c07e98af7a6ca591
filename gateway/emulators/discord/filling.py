"""Fills in a form for a person: checks the input as Discord's client does, and builds what the bot receives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.emulators.common.values import JSON, PersonError
from gateway.emulators.discord import cdn, wire
from gateway.emulators.discord.modals import (
    CHECKBOX,
    CHECKBOX_GROUP,
    FILE_UPLOAD,
    LABEL,
    RADIO_GROUP,
    ROW,
    TEXT_INPUT,
    inputs,
)
from gateway.emulators.discord.values import MAX_FILE_BYTES
from gateway.emulators.discord.world import World

REQUIRED = "This field is required"
"""What Discord's client shows beside a required field that is empty."""


@dataclass(slots=True)
class Entered:
    """What a person entered in a form. ``mentioned`` are the ids of selected users, roles and channels; ``errors`` go
    by custom id."""

    components: list[JSON] = field(default_factory=list[JSON])
    resolved: JSON = field(default_factory=dict[str, Any])
    mentioned: list[str] = field(default_factory=list[str])
    errors: JSON = field(default_factory=dict[str, Any])


def filled(world: World, channel_id: str, form: JSON, values: Mapping[str, Any]) -> Entered:
    """Fill in a form and return what was entered.

    ``values`` go by custom id or label: text, an option's value or label, a list of these, a boolean, or for an upload
    files as ``(name, content, media type)``. Raises ``PersonError`` for a field the form does not have.
    """
    given = _by_custom_id(form, values)
    out = Entered()
    for top in form["components"]:
        shown: JSON = {"type": top["type"], "id": top["id"]}
        if top["type"] == LABEL:
            shown["component"] = _input(world, channel_id, top["component"], given, out)
        elif top["type"] == ROW:
            shown["components"] = [_input(world, channel_id, each, given, out) for each in top["components"]]
        out.components.append(shown)
    return out


def _by_custom_id(form: JSON, values: Mapping[str, Any]) -> dict[str, Any]:
    known = inputs(form)
    ids = {each["custom_id"] for each in known}
    labels = {each.get("label"): each["custom_id"] for each in known}
    out: dict[str, Any] = {}
    for key, value in values.items():
        custom_id = key if key in ids else labels.get(key)
        if custom_id is None:
            raise PersonError(f"the form has no field {key}")
        out[custom_id] = value
    return out


def _input(world: World, channel_id: str, model: JSON, given: Mapping[str, Any], out: Entered) -> JSON:
    custom_id, kind = model["custom_id"], model["type"]
    shown: JSON = {"type": kind, "id": model["id"], "custom_id": custom_id}
    value = given.get(custom_id)
    if kind == TEXT_INPUT:
        text = str(model.get("value", "") if value is None else value)
        _check_text(model, text, out)
        return {**shown, "value": text}
    if kind == CHECKBOX:
        return {**shown, "value": bool(model["default"] if value is None else value)}
    if kind == FILE_UPLOAD:
        return {**shown, "values": _upload(world, channel_id, model, value or (), out)}
    chosen = _chosen(model, value, out)
    if kind == RADIO_GROUP:
        return {**shown, "value": chosen[0] if chosen else None}
    if kind not in (3, CHECKBOX_GROUP):
        out.mentioned += chosen
    return {**shown, "values": chosen}


def _check_text(model: JSON, text: str, out: Entered) -> None:
    if not text:
        if model["required"]:
            out.errors[model["custom_id"]] = REQUIRED
    elif not model["min_length"] <= len(text) <= model["max_length"]:
        out.errors[model["custom_id"]] = f"Must be between {model['min_length']} and {model['max_length']} in length."


def _chosen(model: JSON, value: Any, out: Entered) -> list[str]:
    """Return the values of the selected options, given by value or label. Without a selection they are the defaults."""
    options = model.get("options")
    if value is None:
        picked = [o["value"] for o in options or () if o.get("default")]
        picked += [str(each["id"]) for each in model.get("default_values", ())]
    else:
        picked = [value] if isinstance(value, str) else [str(each) for each in value]
    if options is not None:
        labels = {o["label"]: o["value"] for o in options}
        picked = [labels.get(each, each) for each in picked]
        if not set(picked) <= set(labels.values()):
            raise PersonError("no such option")
    most = model.get("max_values", 1)
    _check_count(model, len(picked), least=model.get("min_values", 1), most=most, out=out)
    return picked


def _check_count(model: JSON, count: int, *, least: int, most: int, out: Entered) -> None:
    if not count:
        if model["required"]:
            out.errors[model["custom_id"]] = REQUIRED
    elif not least <= count <= most:
        out.errors[model["custom_id"]] = f"Must be between {least} and {most} in length."


def _upload(
    world: World, channel_id: str, model: JSON, files: Sequence[tuple[str, bytes, str]], out: Entered
) -> list[str]:
    if any(len(content) > MAX_FILE_BYTES for _, content, _ in files):
        raise PersonError("that file is too large: 10 MiB at most")
    _check_count(model, len(files), least=model["min_values"], most=model["max_values"], out=out)
    if model["custom_id"] in out.errors:
        return []
    ids: list[str] = []
    for name, content, mime in files:
        file = cdn.new_file(world, channel_id, name, content, mime)
        file.ephemeral = True
        out.resolved.setdefault("attachments", {})[file.id] = wire.attachment(world, file)
        ids.append(file.id)
    return ids
