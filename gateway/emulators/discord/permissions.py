"""Computes who may do what where: https://docs.discord.com/developers/topics/permissions."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntFlag

from gateway.emulators.discord.errors import ApiError
from gateway.emulators.discord.state import Channel, Guild


class Permission(IntFlag):
    """The permissions this emulator knows, with Discord's bits."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    SEND_VOICE_MESSAGES = 1 << 46


ALL = Permission(0)
"""All permissions this emulator knows."""
for _each in Permission:
    ALL |= _each

EVERYONE = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.SEND_TTS_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.MENTION_EVERYONE
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.CREATE_PRIVATE_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.SEND_VOICE_MESSAGES
)
"""What the @everyone role of a new guild allows."""

IN_DM = EVERYONE & ~Permission.CREATE_PUBLIC_THREADS & ~Permission.CREATE_PRIVATE_THREADS
"""What a person and the bot may do in their direct message."""
_NEEDS_SEND = (
    Permission.MENTION_EVERYONE | Permission.SEND_TTS_MESSAGES | Permission.ATTACH_FILES | Permission.EMBED_LINKS
)


def named(names: Iterable[str] | int) -> Permission:
    """Return permissions given by name (``"SEND_MESSAGES"``) or as a bit set. Raises ``KeyError`` for an unknown
    name."""
    if isinstance(names, int):
        return Permission(names)
    found = Permission(0)
    for name in names:
        found |= Permission[name]
    return found


def by_roles(guild: Guild, user_id: str) -> Permission:
    """Return what a member's roles allow in a guild, without regard to its channels; everything to its owner. That is
    what Get Current User Guilds tells."""
    base = Permission(guild.roles[guild.id].permissions)
    for role_id in guild.members[user_id].roles:
        base |= Permission(guild.roles[role_id].permissions)
    return ALL if user_id == guild.owner_id else base


def permissions(guild: Guild, user_id: str, channel: Channel) -> Permission:
    """Return what a member may do in a channel; in a thread the parent's rules apply. Somebody who is not a member may
    do nothing."""
    member = guild.members.get(user_id)
    if member is None:
        return Permission(0)
    everyone = guild.roles[guild.id]
    base = Permission(everyone.permissions)
    for role_id in member.roles:
        base |= Permission(guild.roles[role_id].permissions)
    if user_id == guild.owner_id or base & Permission.ADMINISTRATOR:
        return ALL
    source = guild.channels[channel.parent_id] if channel.thread is not None and channel.parent_id else channel
    found = _overwritten(base, source, guild.id, member.roles, user_id)
    if not found & Permission.VIEW_CHANNEL:
        return Permission(0)
    speak = Permission.SEND_MESSAGES if channel.thread is None else Permission.SEND_MESSAGES_IN_THREADS
    if not found & speak:
        found &= ~_NEEDS_SEND
    return found


def _overwritten(base: Permission, source: Channel, everyone_id: str, roles: Iterable[str], user_id: str) -> Permission:
    found = base
    everyone = source.overwrites.get(everyone_id)
    if everyone is not None:
        found = found & ~Permission(everyone.deny) | Permission(everyone.allow)
    mine = [source.overwrites[role] for role in roles if role in source.overwrites]
    for overwrite in mine:
        found &= ~Permission(overwrite.deny)
    for overwrite in mine:
        found |= Permission(overwrite.allow)
    own = source.overwrites.get(user_id)
    if own is not None:
        found = found & ~Permission(own.deny) | Permission(own.allow)
    return found


def require(found: Permission, needed: Permission) -> None:
    """Raise Discord's 50001 when the channel cannot be seen, and its 50013 when another permission is missing."""
    if not found & Permission.VIEW_CHANNEL:
        raise ApiError.of(50001)
    if found & needed != needed:
        raise ApiError.of(50013)
