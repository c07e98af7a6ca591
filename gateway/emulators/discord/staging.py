"""Plays dispatches of another server: makes the people, channels, threads, messages and files they speak of, and sends
them over the gateway.

A payload is a dispatch as Discord sent it once (https://docs.discord.com/developers/events/gateway-events): its name
under ``t`` and its data under ``d``; ``bot`` is the id of the bot that received it.
"""

import time
from collections.abc import Mapping
from typing import Any

from gateway.emulators.common.fillers import filler
from gateway.emulators.common.reading import items, obj, objects, text
from gateway.emulators.common.values import JSON
from gateway.emulators.discord import cdn, threads, wire
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.interactions import COMMAND, COMPONENT, MODAL, Interactions
from gateway.emulators.discord.state import Channel, File, Guild, Member, Message, Role, Thread, User
from gateway.emulators.discord.values import ChannelType, MessageType

_PERSON = frozenset({"username", "global_name", "discriminator"})
"""Fields of which an object has one if it is a user."""


class Staging:
    """Makes what dispatches speak of, and sends them to the bot."""

    def __init__(self, backend: Backend, interactions: Interactions) -> None:
        self.names: dict[str, str] = {}
        """Names of people, by their ids, where a payload does not tell them."""
        self._backend = backend
        self._world = backend.world
        self._interactions = interactions
        self._said: set[str] = set()
        """Ids of the messages that payloads bring: a thread of such an id is opened while they are played."""

    def own_ids(self, payload: JSON) -> Mapping[str, str]:
        """Return ids of a payload that stand for what there is already, the bot and its application. By them are this
        emulator's own ids."""
        theirs = {text(payload, "bot"), text(obj(payload, "d"), "application_id")}
        return {each: self._world.bot.id for each in theirs if each and each != self._world.bot.id}

    def stage(self, payload: JSON, *, thread: str | None = None) -> None:
        """Add the server, the channel and the people of a payload. ``thread`` is the id of the thread it belongs to,
        which is open already, or will be opened from the message of that id."""
        data = obj(payload, "d")
        self._people(data)
        guild_id, channel_id = text(data, "guild_id"), text(data, "channel_id")
        if text(payload, "t") == "MESSAGE_CREATE":
            self._said.add(text(data, "id"))
        if guild_id:
            self._guild(guild_id)
        for guild in self._world.guilds.values():  # who shares no server with the bot gets no direct messages from it
            for id, user in self._world.users.items():
                if id not in guild.members and not user.bot:
                    guild.members[id] = Member(user, time.time())
        if not channel_id or channel_id in self._world.channels or channel_id in self._said:
            return
        told = obj(data, "channel")
        kind = told.get("type")
        if not guild_id:
            author = text(obj(data, "author"), "id") or text(obj(data, "user"), "id") or text(data, "user_id")
            if author in self._world.users:
                self._world.add_channel(Channel(channel_id, ChannelType.DM, recipient=author))
        elif kind in (11, 12) or (kind is None and thread == channel_id):
            self._thread(guild_id, channel_id, text(told, "parent_id"))
        else:
            self._text_channel(guild_id, channel_id)

    async def deliver(self, payload: JSON, *, thread: str | None = None) -> bool:
        """Send a payload to the bot, once what it is about is there. Returns False when it was sent: Discord does not
        hear whether the bot took it."""
        self.stage(payload, thread=thread)
        name, data = text(payload, "t"), obj(payload, "d")
        channel = self._opened(text(data, "channel_id"), data)
        if name == "INTERACTION_CREATE" and channel is not None:
            await self._interact(data, channel)
            return False
        if channel is not None and name in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
            data = self._put(channel, data)
        elif channel is not None and name == "MESSAGE_DELETE":
            channel.messages.pop(text(data, "id"), None)
        elif channel is not None and name.startswith("MESSAGE_REACTION"):
            self._there(channel, text(data, "message_id"))
        self._backend.gateway.dispatch(name, data, guild_id=text(data, "guild_id") or None)
        return False

    # -- people and places

    def _people(self, data: JSON) -> None:
        for each in objects(data):
            id = text(each, "id")
            if id and id not in self._world.users and _PERSON & each.keys():
                name = text(each, "username") or f"person{len(self._world.users)}"
                bot = each.get("bot") is True
                self._world.users[id] = User(id, name, text(each, "global_name") or self.names.get(id), bot=bot)
        user = text(data, "user_id")
        if user and user not in self._world.users:
            self._world.users[user] = User(user, f"person{len(self._world.users)}", self.names.get(user))

    def _guild(self, id: str) -> Guild:
        found = self._world.guilds.get(id)
        if found is None:
            model = next(iter(self._world.guilds.values()))
            found = Guild(id, "Server", self._world.bot.id, time.time())
            for role in model.roles.values():
                own = id if role.id == model.id else str(int(role.id) + len(self._world.guilds) * 1_000)
                found.roles[own] = Role(
                    own, role.name, role.permissions, role.position, role.mentionable, role.managed, role.bot_id
                )
            roles = [role.id for role in found.roles.values() if role.bot_id == self._world.bot.id]
            found.members[self._world.bot.id] = Member(self._world.bot, time.time(), roles=roles)
            self._world.guilds[id] = found
        return found

    def _text_channel(self, guild_id: str, id: str) -> Channel:
        return self._world.add_channel(Channel(id, ChannelType.TEXT, f"channel{len(self._world.channels)}", guild_id))

    def _thread(self, guild_id: str, id: str, parent_id: str) -> None:
        """Add a thread that is open already, in a channel that is made where it is not known."""
        parent = self._world.channels.get(parent_id)
        if parent is None:
            parent = self._text_channel(guild_id, parent_id or self._world.ids.next())
        opened = Channel(id, ChannelType.PUBLIC_THREAD, "thread", guild_id, parent_id=parent.id)
        opened.thread = Thread(self._world.bot.id, time.time(), time.time(), members={self._world.bot.id: time.time()})
        self._world.add_channel(opened)

    def _opened(self, id: str, data: JSON) -> Channel | None:
        """Return a channel; a thread that nobody opened yet is opened from the message of its id, as a person does."""
        channel = self._world.channels.get(id)
        if channel is not None or id not in self._said:
            return channel
        for each in list(self._world.channels.values()):
            if (source := each.messages.get(id)) is not None and each.thread is None:
                author = text(obj(data, "author"), "id") or source.author_id
                return threads.start(self._backend, each, author, "thread", minutes=1440, source=source, private=False)
        return None

    # -- messages

    def _put(self, channel: Channel, data: JSON) -> JSON:
        """Let a channel show a message, and return its data with files that can be downloaded here."""
        id, author = text(data, "id"), text(obj(data, "author"), "id")
        shown = dict(data)
        files = [self._file(each, channel.id) for each in items(data, "attachments")]
        if files:
            shown["attachments"] = [
                {**told, **{name: value for name, value in wire.attachment(self._world, file).items() if "url" in name}}
                for told, file in zip(items(data, "attachments"), files, strict=True)
            ]
        if id and author in self._world.users:
            kinds = {int(each) for each in MessageType}
            kind: Any = data.get("type")
            message = Message(id, channel.id, author, text(data, "content"))
            message.type = MessageType(kind) if kind in kinds else MessageType.DEFAULT
            message.files, message.reference = files, obj(data, "message_reference") or None
            message.pings.users = [text(each, "id") for each in items(data, "mentions")]
            channel.add(message)
        return shown

    def _there(self, channel: Channel, id: str) -> Message:
        """Return a message; one of which nothing is known is added where it is not there."""
        if id not in channel.messages:
            people = (each.id for each in self._world.users.values() if not each.bot)
            channel.add(Message(id, channel.id, channel.recipient or next(people, self._world.bot.id)))
        return channel.messages[id]

    def _file(self, told: JSON, channel_id: str) -> File:
        id = text(told, "id") or self._world.ids.next()
        if id not in self._world.files:
            size: Any = told.get("size")
            kind = text(told, "content_type")
            content = filler(kind, size if isinstance(size, int) else 0)
            name = cdn.stored_name(text(told, "filename")) or "file"
            self._world.add_file(File(id, channel_id, name, kind, len(content), content))
        return self._world.files[id]

    # -- interactions

    async def _interact(self, data: JSON, channel: Channel) -> None:
        """Send an interaction with an id and a token that can be answered here."""
        user = text(obj(obj(data, "member"), "user"), "id") or text(obj(data, "user"), "id")
        kind = data.get("type")
        if kind not in (COMMAND, COMPONENT, MODAL) or user not in self._world.users:
            return
        message = channel.messages.get(text(obj(data, "message"), "id"))
        inner = dict(obj(data, "data"))
        for each in objects(inner):
            if "attachments" in each and isinstance(each["attachments"], dict):
                each["attachments"] = {
                    id: {**told, **wire.attachment(self._world, self._file({**told, "id": id}, channel.id))}
                    for id, told in each["attachments"].items()
                }
        await self._interactions.send(kind, self._world.users[user], channel, inner, message=message)
