"""Posting, editing, deleting, reacting and changing channels: changes the state, sends events and notifies
observers."""

import time

from gateway.emulators.common.observe import Observers
from gateway.emulators.common.values import JSON
from gateway.emulators.discord import page, wire
from gateway.emulators.discord.applications import Application
from gateway.emulators.discord.gateway import Gateway
from gateway.emulators.discord.permissions import IN_DM, Permission, permissions
from gateway.emulators.discord.state import Channel, Guild, Member, Message
from gateway.emulators.discord.values import MessageType
from gateway.emulators.discord.world import World

TYPING_SECONDS = 10.0
"""Seconds a typing indicator shows (POST /channels/{channel.id}/typing)."""
MAX_TYPING = 1_000
"""Typing indicators kept; the oldest are forgotten first."""


class Backend:
    """State, gateway and observers of the emulated Discord, used by the REST routes and by what people do."""

    def __init__(self, world: World, application: Application, gateway: Gateway, observers: Observers) -> None:
        self.world = world
        self.application = application
        self.gateway = gateway
        self.observers = observers
        self.typing: dict[tuple[str, str], float] = {}
        """When each typing indicator ends (``time.monotonic``), by channel and user."""

    # -- permissions

    def may(self, user_id: str, channel: Channel) -> Permission:
        """Return the permissions of a user in a channel."""
        guild = self.world.guild_of(channel)
        if guild is not None:
            return permissions(guild, user_id, channel)
        return IN_DM if user_id in (channel.recipient, self.world.bot.id) else Permission(0)

    def bot_may(self, channel: Channel) -> Permission:
        """Return the permissions of the bot in a channel."""
        return self.may(self.world.bot.id, channel)

    def readable(self, message: Message) -> bool:
        """Return whether an application without the message content intent may read a message."""
        own = message.author_id == self.world.bot.id or message.ephemeral_for is not None
        dm = self.world.channels[message.channel_id].guild_id is None
        return own or dm or self.world.bot.id in message.pings.users

    def shown(self, message: Message) -> JSON:
        """Return a message as the REST API shows it to the bot."""
        full = wire.message(self.world, message)
        if self.application.reads_content or self.readable(message):
            return full
        return wire.emptied(full, self.world.bot.id)

    # -- messages

    def post(self, channel: Channel, message: Message) -> None:
        """Add a message to a channel, send the event and notify the observers."""
        channel.add(message)
        self.typing.pop((channel.id, message.author_id), None)
        self._tell(channel, message, "MESSAGE_CREATE")
        self.notice(message)

    def update(self, message: Message, *, edited: bool = True) -> None:
        """Announce that a message changed. With ``edited`` the message is marked as edited."""
        if edited:
            message.edited_at = time.time()
        self._tell(self.world.channels[message.channel_id], message, "MESSAGE_UPDATE")
        self.notice(message)

    def delete(self, channel: Channel, message: Message) -> None:
        """Delete a message, send the event and notify the observers."""
        self._forget(channel, message)
        event = {"id": message.id, **self._where(channel, message)}
        self.emit(channel, "MESSAGE_DELETE", event, ephemeral=message.ephemeral_for is not None)

    def hide(self, channel: Channel, message: Message) -> None:
        """Delete a message without an event to the bot."""
        self._forget(channel, message)

    def delete_many(self, channel: Channel, messages: list[Message]) -> None:
        """Delete several messages with one event (MESSAGE_DELETE_BULK)."""
        for message in messages:
            self._forget(channel, message)
        self.emit(channel, "MESSAGE_DELETE_BULK", {"ids": [m.id for m in messages], **self._where(channel)})

    def react(self, message: Message, user_id: str, key: str, *, added: bool) -> None:
        """Add a reaction to a message or remove it. Nothing happens when it is there already, or not there."""
        users = message.reactions.get(key, [])
        if (user_id in users) == added:
            return
        if added:
            message.reactions.setdefault(key, []).append(user_id)
        else:
            users.remove(user_id)
            if not users:
                del message.reactions[key]
        channel = self.world.channels[message.channel_id]
        event: JSON = {
            "user_id": user_id,
            "message_id": message.id,
            **self._where(channel),
            "emoji": wire.emoji(key),
            "burst": False,
            "type": 0,
        }
        guild = self.world.guild_of(channel)
        if added:
            event["message_author_id"] = message.author_id
            if guild is not None and user_id in guild.members:
                event["member"] = wire.member(guild.members[user_id])
        self.emit(channel, "MESSAGE_REACTION_ADD" if added else "MESSAGE_REACTION_REMOVE", event)
        self.notice(message)

    def type_in(self, channel: Channel, user_id: str) -> None:
        """Show that a user is typing in a channel."""
        self.typing[channel.id, user_id] = time.monotonic() + TYPING_SECONDS
        if len(self.typing) > MAX_TYPING:
            del self.typing[next(iter(self.typing))]
        event: JSON = {"user_id": user_id, "timestamp": int(time.time()), **self._where(channel)}
        guild = self.world.guild_of(channel)
        if guild is not None:
            event["member"] = wire.member(guild.members[user_id])
        self.emit(channel, "TYPING_START", event)
        self.observers.changed()
        if self.observers.watched:
            shown = {"channel": channel.id, "user": user_id, "seconds": TYPING_SECONDS}
            self.observers.publish({"type": "change", "entity": "typing", **shown})

    # -- channels

    def channel_changed(self, channel: Channel) -> None:
        """Announce that a channel or thread changed."""
        kind = "CHANNEL_UPDATE" if channel.thread is None else "THREAD_UPDATE"
        self.emit(channel, kind, wire.channel(self.world, channel), seen=True)
        self.notice_channel(channel)

    def delete_channel(self, channel: Channel) -> None:
        """Delete a thread, or a channel with its threads."""
        seen = bool(self.bot_may(channel))
        shown = wire.channel(self.world, channel)
        for gone in self.world.remove_channel(channel):
            if self.observers.watched:
                left = {"id": gone.id, "deleted": True}
                self.observers.publish({"type": "change", "entity": "channel", "channel": left})
        if channel.thread is None:
            self._dispatch(channel, "CHANNEL_DELETE", shown)
        elif seen:
            ids = {"id": channel.id, "guild_id": channel.guild_id, "parent_id": channel.parent_id}
            self._dispatch(channel, "THREAD_DELETE", {**ids, "type": int(channel.type)})
        self.observers.changed()

    # -- the guild

    def remove_bot(self, guild: Guild) -> None:
        """Remove the bot from a guild. The only event it receives is GUILD_DELETE."""
        del guild.members[self.world.bot.id]
        self.gateway.dispatch("GUILD_DELETE", {"id": guild.id}, guild_id=guild.id)
        self._notice_guild(guild)

    def add_bot(self, guild: Guild, member: Member) -> None:
        """Add the bot to a guild. It receives GUILD_CREATE, as for any guild that is new to it."""
        guild.members[member.user.id] = member
        created = wire.guild_created(self.world, guild, all_members=False)
        del created["unavailable"]
        self.gateway.dispatch("GUILD_CREATE", created, guild_id=guild.id)
        self._notice_guild(guild)

    def outage(self, guild: Guild, *, over: bool) -> None:
        """Make a guild unavailable, or available again when the outage is ``over``."""
        if over:
            created = wire.guild_created(self.world, guild, all_members=False)
            self.gateway.dispatch("GUILD_CREATE", created, guild_id=guild.id)
        else:
            self.gateway.dispatch("GUILD_DELETE", {"id": guild.id, "unavailable": True}, guild_id=guild.id)

    def _notice_guild(self, guild: Guild) -> None:
        if self.observers.watched:
            self.observers.publish({"type": "change", "entity": "guild", "guild": page.guild(self.world, guild)})

    # -- events and observers

    def emit(
        self,
        channel: Channel,
        name: str,
        event: JSON,
        *,
        ephemeral: bool = False,
        seen: bool = False,
        full: bool = True,
    ) -> None:
        """Send an event about a channel if the bot can see the channel. ``seen`` sends it in any case; without ``full``
        an application that may not read content gets the event without it."""
        if seen or ephemeral or self.bot_may(channel) & Permission.VIEW_CHANNEL:
            reduced = None if full else wire.emptied(event, self.world.bot.id)
            self._dispatch(channel, name, event, ephemeral=ephemeral, reduced=reduced)

    def notice(self, message: Message) -> None:
        """Notify the observers of a message's present form."""
        self.observers.changed()
        if self.observers.watched:
            shown = page.message(self.world, message)
            channel = message.channel_id
            self.observers.publish({"type": "change", "entity": "message", "channel": channel, "message": shown})

    def notice_channel(self, channel: Channel) -> None:
        """Notify the observers of a channel's present form."""
        self.observers.changed()
        if self.observers.watched:
            shown = page.channel(self.world, channel)
            self.observers.publish({"type": "change", "entity": "channel", "channel": shown})

    def note(self, channel: Channel, user_id: str, kind: MessageType, content: str) -> Message:
        """Return a system message, by which Discord itself tells what a user did."""
        return Message(self.world.ids.next(), channel.id, user_id, content, kind)

    def reference(self, message: Message) -> JSON:
        """Return the ``message_reference`` that points at a message."""
        channel = self.world.channels[message.channel_id]
        out: JSON = {"type": 0, "channel_id": channel.id, "message_id": message.id}
        if channel.guild_id is not None:
            out["guild_id"] = channel.guild_id
        return out

    def created(self, message: Message) -> JSON:
        """Return the payload of MESSAGE_CREATE and MESSAGE_UPDATE: the message with the fields that only events
        have."""
        channel = self.world.channels[message.channel_id]
        out = wire.message(self.world, message)
        out["channel_type"] = int(channel.type)
        guild = self.world.guild_of(channel)
        if guild is None or message.ephemeral_for is not None:
            return out
        out["guild_id"] = guild.id
        if message.author_id in guild.members:
            out["member"] = wire.member(guild.members[message.author_id], with_user=False)
        for mention in out["mentions"]:
            if mention["id"] in guild.members:
                mention["member"] = wire.member(guild.members[mention["id"]], with_user=False)
        return out

    def _tell(self, channel: Channel, message: Message, name: str) -> None:
        ephemeral = message.ephemeral_for is not None
        self.emit(channel, name, self.created(message), ephemeral=ephemeral, full=self.readable(message))

    def _dispatch(
        self, channel: Channel, name: str, event: JSON, *, ephemeral: bool = False, reduced: JSON | None = None
    ) -> None:
        guild_id = None if ephemeral else channel.guild_id
        if guild_id is not None and self.world.bot.id not in self.world.guilds[guild_id].members:
            return
        self.gateway.dispatch(name, event, guild_id=guild_id, reduced=reduced)

    def _where(self, channel: Channel, message: Message | None = None) -> JSON:
        out: JSON = {"channel_id": channel.id}
        if channel.guild_id is not None and (message is None or message.ephemeral_for is None):
            out["guild_id"] = channel.guild_id
        return out

    def _forget(self, channel: Channel, message: Message) -> None:
        channel.messages.pop(message.id, None)
        if channel.thread is not None and message.id != channel.id:
            channel.thread.message_count = max(0, channel.thread.message_count - 1)
        self.observers.changed()
        if self.observers.watched:
            gone = {"id": message.id, "deleted": True}
            entry = {"type": "change", "entity": "message", "channel": channel.id, "message": gone}
            self.observers.publish(entry)
