"""Builds what the playground's page sees of a message, a guild, a file, a channel and a user."""

import re

from gateway.emulators.common.values import JSON
from gateway.emulators.discord import cdn
from gateway.emulators.discord.state import Channel, File, Guild, Message, User
from gateway.emulators.discord.values import ChannelType, iso, seconds_of
from gateway.emulators.discord.world import World

_KINDS = {ChannelType.TEXT: "text", ChannelType.DM: "dm", ChannelType.FORUM: "forum"}
_MENTION = re.compile(r"<(@&|@!?|#)(\d+)>")


def message(world: World, shown: Message) -> JSON:
    """Return a message as the playground's page sees it."""
    out: JSON = {
        "id": shown.id,
        "channel": shown.channel_id,
        "author": shown.author_id,
        "type": int(shown.type),
        "content": shown.content,
        "timestamp": iso(seconds_of(shown.id)),
        "edited": shown.edited_at is not None,
        "flags": int(shown.flags),
        "loading": shown.loading,
        "embeds": shown.embeds,
        "components": shown.components,
        "attachments": [] if shown.v2 else [file(world, f) for f in shown.files if f.id not in shown.embedded],
        "reactions": [{"emoji": k, "count": len(u), "users": list(u)} for k, u in shown.reactions.items()],
        "reply_to": None,
        "thread": shown.id if shown.id in world.channels else None,
        "mentions": mentions(world, shown),
        "pings": {
            "users": list(shown.pings.users),
            "roles": list(shown.pings.roles),
            "everyone": shown.pings.everyone,
        },
    }
    if shown.reference is not None and "message_id" in shown.reference:
        out["reply_to"] = shown.reference["message_id"]
    if shown.ephemeral_for is not None:
        out["ephemeral_for"] = shown.ephemeral_for
    if shown.command is not None and shown.interaction is not None:
        out["command"] = {"name": shown.command, "user": shown.interaction["user"]["id"]}
    return out


def guild(world: World, shown: Guild) -> JSON:
    """Return a guild as the playground's page sees it."""
    return {
        "id": shown.id,
        "name": shown.name,
        "bot_present": world.bot.id in shown.members,
        "roles": [{"id": each.id, "name": each.name} for each in shown.roles.values()],
    }


def mentions(world: World, shown: Message) -> JSON:
    """Return how the mentions in a message read: ``{"<@1>": "@Ada"}``."""
    found: JSON = {}
    here = world.guild_of(world.channels[shown.channel_id])
    guilds = list(world.guilds.values())
    for match in _MENTION.finditer(" ".join((shown.content, *_texts(shown.components)))):
        kind, wanted = match[1], match[2]
        if kind == "#" and wanted in world.channels:
            found[match[0]] = f"#{world.channels[wanted].name}"
        elif kind == "@&":
            roles = [g.roles[wanted].name for g in guilds if wanted in g.roles]
            found[match[0]] = f"@{roles[0]}" if roles else "@deleted-role"
        elif wanted in world.users:
            known = None if here is None else here.members.get(wanted)
            found[match[0]] = f"@{(known or world.users[wanted]).display_name}"
    return found


def file(world: World, shown: File) -> JSON:
    """Return a file as the playground's page sees it, with a ``url`` that needs no token."""
    return {
        "id": shown.id,
        "filename": shown.filename,
        "title": shown.title,
        "content_type": shown.content_type,
        "size": shown.size,
        "url": cdn.link(world, shown),
        "description": shown.description,
        "width": shown.width,
        "height": shown.height,
        "duration_secs": shown.duration_secs,
        "waveform": shown.waveform,
        "spoiler": shown.spoiler,
    }


def channel(world: World, shown: Channel) -> JSON:
    """Return a channel or thread as the playground's page sees it."""
    out: JSON = {
        "id": shown.id,
        "name": shown.name,
        "kind": _KINDS.get(shown.type, "thread"),
        "parent_id": shown.parent_id,
        "topic": shown.topic,
        "user": shown.recipient,
    }
    if shown.thread is not None:
        out |= {"archived": shown.thread.archived, "locked": shown.thread.locked, "owner": shown.thread.owner_id}
    if shown.recipient is not None:
        out["name"] = world.bot.display_name
    return out


def user(world: World, shown: User) -> JSON:
    """Return a user as the playground's page sees it."""
    avatar = f"{world.base}/cdn/avatars/{shown.id}/{shown.avatar}.png" if shown.avatar else None
    names = [g.members[shown.id].display_name for g in world.guilds.values() if shown.id in g.members]
    return {
        "id": shown.id,
        "name": shown.username,
        "display_name": names[0] if names else shown.display_name,
        "bot": shown.bot,
        "avatar": avatar,
    }


def _texts(components: list[JSON]) -> list[str]:
    """Return the texts of the text displays among components, at any depth."""
    out: list[str] = []
    for each in components:
        if each.get("type") == 10:
            out.append(str(each["content"]))
        out += _texts(each.get("components", []))
    return out
