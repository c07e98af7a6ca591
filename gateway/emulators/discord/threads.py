"""What happens in threads: opened from a message, without one or as a forum post; joined, renamed, archived."""

import time

from gateway.emulators.common.values import JSON
from gateway.emulators.discord import wire
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.state import Channel, Message, Thread
from gateway.emulators.discord.values import ChannelType, Flag, MessageType


def start(
    backend: Backend, parent: Channel, owner_id: str, name: str, *, minutes: int, source: Message | None, private: bool
) -> Channel:
    """Open a thread without a message, or from a message, whose id it gets."""
    thread_id = backend.world.ids.next() if source is None else source.id
    kind = ChannelType.PRIVATE_THREAD if private else ChannelType.PUBLIC_THREAD
    channel = _open(backend, thread_id, kind, parent, owner_id, name, minutes)
    if source is not None:
        source.flags |= Flag.HAS_THREAD
        backend.update(source, edited=False)
        starter = backend.note(channel, source.author_id, MessageType.THREAD_STARTER_MESSAGE, "")
        starter.reference = backend.reference(source)
        backend.post(channel, starter)
    elif not private:
        note = backend.note(parent, owner_id, MessageType.THREAD_CREATED, name)
        note.reference = {"type": 0, "channel_id": channel.id, "guild_id": channel.guild_id}
        backend.post(parent, note)
    return channel


def start_post(backend: Backend, forum: Channel, owner_id: str, name: str, *, minutes: int, first: Message) -> Channel:
    """Open a forum post: a thread whose first message has the same id."""
    channel = _open(backend, first.id, ChannelType.PUBLIC_THREAD, forum, owner_id, name, minutes)
    forum.last_message_id = channel.id
    first.channel_id = channel.id
    for file in first.files:
        file.channel_id = channel.id
    backend.post(channel, first)
    return channel


def say(backend: Backend, channel: Channel, message: Message) -> None:
    """Post a message. In a thread its author joins first, and an archived thread becomes active again."""
    thread = channel.thread
    if thread is not None and message.ephemeral_for is None:
        if thread.archived:
            archive(backend, channel, archived=False)
        join(backend, channel, message.author_id)
        thread.message_count += 1
        thread.total_message_sent += 1
    backend.post(channel, message)


def rename(backend: Backend, channel: Channel, user_id: str, name: str) -> None:
    """Give a channel another name. In a thread a system message tells of it."""
    channel.name = name
    backend.channel_changed(channel)
    if channel.thread is not None:
        backend.post(channel, backend.note(channel, user_id, MessageType.CHANNEL_NAME_CHANGE, name))


def archive(backend: Backend, channel: Channel, *, archived: bool) -> None:
    """Archive a thread or make it active again."""
    assert channel.thread is not None
    channel.thread.archived, channel.thread.changed_at = archived, time.time()
    backend.channel_changed(channel)
    if not archived and backend.world.bot.id in channel.thread.members:
        member = wire.thread_member(channel, backend.world.bot.id)
        backend.emit(channel, "THREAD_MEMBER_UPDATE", {**member, "guild_id": channel.guild_id})


def join(backend: Backend, channel: Channel, user_id: str) -> None:
    """Make a user a member of a thread. The bot receives events only of its own joining; others need the members
    intent."""
    assert channel.thread is not None
    if user_id in channel.thread.members:
        return
    channel.thread.members[user_id] = time.time()
    if user_id == backend.world.bot.id:
        backend.emit(channel, "THREAD_CREATE", wire.channel(backend.world, channel))
        _tell_joined(backend, channel, user_id)


def leave(backend: Backend, channel: Channel, user_id: str) -> None:
    """End a user's membership of a thread."""
    assert channel.thread is not None
    if channel.thread.members.pop(user_id, None) is not None and user_id == backend.world.bot.id:
        _tell_members(backend, channel, {"removed_member_ids": [user_id]})


def _open(
    backend: Backend, thread_id: str, kind: ChannelType, parent: Channel, owner_id: str, name: str, minutes: int
) -> Channel:
    now = time.time()
    thread = Thread(owner_id, now, now, auto_archive_duration=minutes, members={owner_id: now})
    channel = Channel(thread_id, kind, name, guild_id=parent.guild_id, parent_id=parent.id, thread=thread)
    backend.world.add_channel(channel)
    backend.emit(channel, "THREAD_CREATE", {**wire.channel(backend.world, channel), "newly_created": True})
    if owner_id == backend.world.bot.id:
        _tell_joined(backend, channel, owner_id)
    backend.notice_channel(channel)
    return channel


def _tell_joined(backend: Backend, channel: Channel, user_id: str) -> None:
    guild = backend.world.guild_of(channel)
    assert guild is not None
    member = wire.member(guild.members[user_id])
    added = {**wire.thread_member(channel, user_id), "member": member, "presence": None}
    _tell_members(backend, channel, {"added_members": [added]})


def _tell_members(backend: Backend, channel: Channel, change: JSON) -> None:
    assert channel.thread is not None
    count = min(len(channel.thread.members), 50)
    event = {"id": channel.id, "guild_id": channel.guild_id, "member_count": count, **change}
    backend.emit(channel, "THREAD_MEMBERS_UPDATE", event)
