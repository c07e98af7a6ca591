"""The guild with the bot in it, its people, the direct messages, ids and files. Every collection is bounded."""

from __future__ import annotations

import base64
import secrets

from gateway.emulators.common.values import PersonError
from gateway.emulators.discord.state import Channel, File, Guild, Message, User
from gateway.emulators.discord.values import ChannelType, Snowflakes, snowflake

MAX_FILES = 2_000
"""Files kept; the oldest are forgotten first."""
MAX_TOTAL_FILE_BYTES = 256 * 1024 * 1024
"""Bytes of all files together; the oldest lose their content first."""
MAX_THREADS = 20_000
"""Threads kept; the oldest are forgotten first, with their messages."""


class World:
    """All users, guilds, channels and files. ``base`` is the emulator's own URL, ``token`` the bot's token."""

    def __init__(self, bot: User) -> None:
        self.bot = bot
        self.application_id = bot.id
        self.token = _token(bot.id)
        self.base = ""
        self.ids = Snowflakes()
        self.cdn_key = secrets.token_bytes(16)
        self.users: dict[str, User] = {bot.id: bot}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        """All channels by id: those of guilds, threads and direct messages."""
        self.files: dict[str, File] = {}
        self._threads: dict[str, None] = {}

    # -- channels

    def add_channel(self, channel: Channel) -> Channel:
        """Keep a channel. Beyond ``MAX_THREADS`` the oldest thread is forgotten."""
        self.channels[channel.id] = channel
        if channel.thread is not None:
            self._threads[channel.id] = None
            if len(self._threads) > MAX_THREADS:
                self.remove_channel(self.channels[next(iter(self._threads))])
        elif channel.guild_id is not None:
            self.guilds[channel.guild_id].channels[channel.id] = channel
        return channel

    def remove_channel(self, channel: Channel) -> list[Channel]:
        """Forget a channel, and return it with its threads."""
        gone = [channel, *self.threads_of(channel)] if channel.thread is None else [channel]
        for each in gone:
            self.channels.pop(each.id, None)
            self._threads.pop(each.id, None)
        if channel.guild_id is not None:
            self.guilds[channel.guild_id].channels.pop(channel.id, None)
        return gone

    def threads_of(self, channel: Channel) -> list[Channel]:
        """Return the threads of a channel, oldest first."""
        return [self.channels[i] for i in self._threads if self.channels[i].parent_id == channel.id]

    def threads(self, guild: Guild) -> list[Channel]:
        """Return the threads of a guild, oldest first."""
        return [self.channels[i] for i in self._threads if self.channels[i].guild_id == guild.id]

    def guild_of(self, channel: Channel) -> Guild | None:
        """Return the guild of a channel, or None for a direct message."""
        return None if channel.guild_id is None else self.guilds[channel.guild_id]

    def dm(self, user_id: str) -> Channel:
        """Return the direct message of a user with the bot, opening it if necessary."""
        for channel in self.channels.values():
            if channel.recipient == user_id:
                return channel
        return self.add_channel(Channel(self.ids.next(), ChannelType.DM, recipient=user_id))

    # -- by name, for what people do

    def channel(self, name: str) -> Channel:
        """Return a channel by id, by name (``general``, ``#general``, the newest thread of a name), or ``@ada`` for her
        direct message."""
        found = self.channels.get(name)
        if found is not None:
            return found
        if name.startswith("@"):
            return self.dm(self.user(name[1:]).id)
        wanted = name.removeprefix("#")
        named = [c for c in self.channels.values() if c.name == wanted and c.recipient is None]
        if not named:
            raise PersonError(f"no channel {name}")
        return named[-1]

    def user(self, name: str) -> User:
        """Return a user by id or by name. Raises ``PersonError`` when there is none."""
        found = self.users.get(name)
        if found is None:
            wanted = name.lower()
            found = next((u for u in self.users.values() if wanted in (u.username, u.display_name.lower())), None)
        if found is None:
            raise PersonError(f"no user {name}")
        return found

    def message(self, channel_id: str, message_id: str) -> Message | None:
        """Return a message, or None when it is not there."""
        channel = self.channels.get(channel_id)
        return None if channel is None else channel.messages.get(message_id)

    # -- files

    def add_file(self, file: File) -> None:
        """Keep a file. Beyond the bounds the oldest files lose their content, then their entry."""
        self.files[file.id] = file
        while len(self.files) > MAX_FILES:
            del self.files[next(iter(self.files))]
        total = sum(f.size for f in self.files.values() if f.content is not None)
        for old in self.files.values():
            if total <= MAX_TOTAL_FILE_BYTES:
                return
            if old.content is not None:
                total -= old.size
                old.content = None


def fixed_id(number: int) -> str:
    """Return a fixed id, for objects that every emulator begins with."""
    return snowflake(2024, number)


def _token(bot_id: str) -> str:
    """Return a token in Discord's form: the bot's id in base64, a time and a signature."""
    head = base64.urlsafe_b64encode(bot_id.encode()).decode().rstrip("=")
    return f"{head}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"
