"""The numbers of Discord's wire: limits, snowflakes, timestamps, types, flags, intents.

https://docs.discord.com/developers/reference, /resources/channel, /resources/message, /events/gateway.
"""

import time
from datetime import UTC, datetime
from enum import IntEnum, IntFlag

DISCORD_EPOCH = 1_420_070_400_000
"""The time from which snowflakes count, in milliseconds since 1970: the first second of 2015."""

MAX_CONTENT = 2_000
"""Characters of a message's content (Discord's message resource, create message)."""
MAX_FILE_BYTES = 10 * 1024 * 1024
"""Bytes of one uploaded file in a guild without boosts (Discord's reference, uploading files)."""
MAX_REQUEST_BYTES = 25 * 1024 * 1024
"""Bytes of a request (Discord's message resource, create message)."""
MAX_ATTACHMENTS = 10
"""Files of one message (Discord's error 30015)."""
MAX_NONCE = 25
"""Characters of a nonce (Discord's message resource, create message)."""
MAX_THREAD_NAME = 100
"""Characters of the name of a channel or thread (Discord's channel resource)."""
ARCHIVE_MINUTES = (60, 1440, 4320, 10080)
"""Values of ``auto_archive_duration``, in minutes (Discord's channel resource)."""


class ChannelType(IntEnum):
    """The channel types this emulator knows."""

    TEXT = 0
    DM = 1
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15


class MessageType(IntEnum):
    """The message types this emulator knows."""

    DEFAULT = 0
    CHANNEL_NAME_CHANGE = 4
    THREAD_CREATED = 18
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    THREAD_STARTER_MESSAGE = 21


WRITTEN = (MessageType.DEFAULT, MessageType.REPLY, MessageType.CHAT_INPUT_COMMAND)
"""Types of messages that somebody wrote. All others are system messages."""


class Flag(IntFlag):
    """The message flags this emulator knows."""

    SUPPRESS_EMBEDS = 1 << 2
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    IS_VOICE_MESSAGE = 1 << 13
    IS_COMPONENTS_V2 = 1 << 15


class Intent(IntFlag):
    """The intents that decide about this emulator's events."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15


PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
"""Intents that must be switched on in the developer portal."""
KNOWN_INTENTS = (1 << 17) - 1 | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25
"""Every bit that Discord documents. Another bit is an invalid intent (close code 4013)."""


class Snowflakes:
    """Makes ids that increase and contain the time at which they were made."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        """Return a new id."""
        self._last = max((int(time.time() * 1000) - DISCORD_EPOCH) << 22, self._last + 1)
        return str(self._last)


def snowflake(year: int, number: int) -> str:
    """Return a fixed id from the first day of a year, for objects that every emulator has."""
    at = int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000)
    return str(((at - DISCORD_EPOCH) << 22) + number)


def is_snowflake(given: object) -> bool:
    """Return whether a value is a string that can be an id."""
    return isinstance(given, str) and given.isascii() and given.isdigit() and int(given) < 1 << 64


def seconds_of(snowflake_id: str) -> float:
    """Return when an id was made, in seconds since the epoch."""
    return ((int(snowflake_id) >> 22) + DISCORD_EPOCH) / 1000


def iso(at: float) -> str:
    """Return a time, given in seconds since the epoch, as Discord writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
