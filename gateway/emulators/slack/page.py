"""Builds what the playground's page sees of a message, a file, a channel and a user."""

from typing import Any
from urllib.parse import quote

from gateway.emulators.common.values import JSON
from gateway.emulators.slack.state import Channel, Message, User
from gateway.emulators.slack.world import Team, World

_COPIED = ("ts", "thread_ts", "user", "bot_id", "username", "icon_emoji", "subtype", "text", "blocks", "reply_count")


def message(world: World, shown: Message) -> JSON:
    """Return a message as the playground's page sees it."""
    wire = shown.wire
    out: JSON = {name: wire[name] for name in _COPIED if name in wire}
    out |= {
        "files": [file(world, f) for f in wire.get("files", ())],
        "reactions": [dict(r) for r in wire.get("reactions", ())],
        "edited": "edited" in wire,
        "streaming": shown.stream is not None,
    }
    if "attachments" in wire:
        out["attachments"] = wire["attachments"]
    if shown.ephemeral_for is not None:
        out["ephemeral_for"] = shown.ephemeral_for
    if shown.metadata:
        out["metadata"] = shown.metadata
    return out


def file(world: World, wire: Any) -> JSON:
    """Return a file as the playground's page sees it, with a ``url`` that needs no token."""
    url = f"{world.base}/playground/files/{wire['id']}/{quote(wire['name'])}"
    return {
        "id": wire["id"],
        "name": wire["name"],
        "title": wire["title"],
        "mimetype": wire["mimetype"],
        "size": wire["size"],
        "url": url,
    }


def channel(team: Team, shown: Channel) -> JSON:
    """Return a channel as the playground's page sees it."""
    name = shown.name
    if shown.kind == "im" and shown.user in team.users:
        name = team.bot.name
    return {"id": shown.id, "name": name, "kind": "im" if shown.kind == "im" else "channel", "user": shown.user}


def user(shown: User) -> JSON:
    """Return a user as the playground's page sees it."""
    return {"id": shown.id, "name": shown.name, "real_name": shown.real_name, "is_bot": shown.is_bot}
