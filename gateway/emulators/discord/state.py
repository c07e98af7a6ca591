"""The state of the emulated Discord: users, guilds, channels, threads, messages, files. Contains no rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.discord.values import ChannelType, Flag, MessageType

MAX_CHANNEL_MESSAGES = 20_000
"""Messages kept in a channel; the oldest are forgotten first."""


@dataclass(slots=True)
class User:
    """A person or a bot."""

    id: str
    username: str
    global_name: str | None = None
    avatar: str | None = None
    bot: bool = False
    takes_dms: bool = True
    """Whether somebody who shares a server with the person may send direct messages."""

    @property
    def display_name(self) -> str:
        """The name the user is shown under outside of guilds."""
        return self.global_name or self.username


@dataclass(slots=True)
class Role:
    """A role of a guild. ``bot_id`` is the bot whose own role it is."""

    id: str
    name: str
    permissions: int
    position: int = 0
    mentionable: bool = False
    managed: bool = False
    bot_id: str | None = None


@dataclass(slots=True)
class Member:
    """A user as a member of a guild."""

    user: User
    joined_at: float
    nick: str | None = None
    roles: list[str] = field(default_factory=list[str])

    @property
    def display_name(self) -> str:
        """The name the member is shown under in the guild."""
        return self.nick or self.user.display_name


@dataclass(slots=True)
class Overwrite:
    """What a channel allows or denies a role (``kind`` 0) or a member (``kind`` 1)."""

    id: str
    kind: int
    allow: int = 0
    deny: int = 0


@dataclass(slots=True)
class File:
    """An uploaded file. ``content`` is None after it was dropped to save memory."""

    id: str
    channel_id: str
    filename: str
    content_type: str
    size: int
    content: bytes | None
    title: str | None = None
    description: str | None = None
    width: int | None = None
    height: int | None = None
    duration_secs: float | None = None
    waveform: str | None = None
    ephemeral: bool = False
    spoiler: bool = False


@dataclass(slots=True)
class Pings:
    """Whom a message notified: users and roles by id, or everyone."""

    users: list[str] = field(default_factory=list[str])
    roles: list[str] = field(default_factory=list[str])
    everyone: bool = False


@dataclass(slots=True)
class Message:
    """A message. ``ephemeral_for`` is the only user who sees it, if it is ephemeral."""

    id: str
    channel_id: str
    author_id: str
    content: str = ""
    type: MessageType = MessageType.DEFAULT
    flags: int = 0
    embeds: list[JSON] = field(default_factory=list[JSON])
    components: list[JSON] = field(default_factory=list[JSON])
    files: list[File] = field(default_factory=list[File])
    embedded: set[str] = field(default_factory=set[str])
    """Ids of the files an embed or a component shows, which are not among the attachments therefore."""
    pings: Pings = field(default_factory=Pings)
    reactions: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """The users who reacted, in order, by emoji (``🔥`` or ``name:id``)."""
    edited_at: float | None = None
    nonce: str | int | None = None
    reference: JSON | None = None
    interaction: JSON | None = None
    """The ``interaction_metadata`` of an answer to an interaction."""
    command: str | None = None
    """The name of the command that the message answers."""
    ephemeral_for: str | None = None
    more: JSON = field(default_factory=dict[str, Any])
    """Fields that people's messages have and a bot cannot send: a poll, stickers, forwarded messages."""

    @property
    def loading(self) -> bool:
        """Whether the message shows that the bot is thinking."""
        return bool(self.flags & Flag.LOADING)

    @property
    def v2(self) -> bool:
        """Whether the message uses Components V2."""
        return bool(self.flags & Flag.IS_COMPONENTS_V2)


@dataclass(slots=True)
class Thread:
    """What a thread has beyond a channel."""

    owner_id: str
    created_at: float
    changed_at: float
    auto_archive_duration: int = 4320
    archived: bool = False
    locked: bool = False
    members: dict[str, float] = field(default_factory=dict[str, float])
    """When each member joined, in seconds since the epoch."""
    message_count: int = 0
    total_message_sent: int = 0
    applied_tags: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Channel:
    """A channel, a thread (then ``thread`` is set) or a direct message (then ``recipient`` is set)."""

    id: str
    type: ChannelType
    name: str = ""
    guild_id: str | None = None
    parent_id: str | None = None
    position: int = 0
    topic: str | None = None
    recipient: str | None = None
    """The person of a direct message."""
    overwrites: dict[str, Overwrite] = field(default_factory=dict[str, Overwrite])
    thread: Thread | None = None
    messages: dict[str, Message] = field(default_factory=dict[str, Message])
    last_message_id: str | None = None

    def add(self, message: Message) -> None:
        """Keep a message. Beyond ``MAX_CHANNEL_MESSAGES`` the oldest is forgotten."""
        self.messages[message.id] = message
        if message.ephemeral_for is None:
            self.last_message_id = message.id
        if len(self.messages) > MAX_CHANNEL_MESSAGES:
            del self.messages[next(iter(self.messages))]


@dataclass(slots=True)
class Guild:
    """A guild with its roles, members and channels."""

    id: str
    name: str
    owner_id: str
    created_at: float
    roles: dict[str, Role] = field(default_factory=dict[str, Role])
    members: dict[str, Member] = field(default_factory=dict[str, Member])
    channels: dict[str, Channel] = field(default_factory=dict[str, Channel])
    """The guild's channels without threads."""
