"""Messages in Discord's JSON: those people write to the bot, and those the bot wrote."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from benchmarks.discord.world import (
    A_PERSON,
    BOT,
    BOT_ROLE,
    CHANNELS,
    DIRECT,
    EPOCH_MS,
    GUILD,
    ME,
    MEMBER,
    Json,
    thread_id,
)
from benchmarks.fake import mark

_NOTHING: Json = {
    "tts": False,
    "mention_everyone": False,
    "mentions": [],
    "mention_roles": [],
    "attachments": [],
    "embeds": [],
    "components": [],
    "edited_timestamp": None,
    "pinned": False,
    "type": 0,
    "flags": 0,
}


def new_id(number: int) -> str:
    """Return an id of the current time, a different one for each number below four million."""
    return str((int(time.time() * 1000) - EPOCH_MS << 22) + number % (1 << 22))


def mention(number: int, threads: int) -> Json:
    """Return a message in which a person mentions the bot, in a channel or, with ``threads``, in one of so many
    threads. The message's text ends with the mark of its number."""
    channel = thread_id(number % threads) if threads else CHANNELS[number % len(CHANNELS)]
    return {
        **_said(number, channel, f"<@{BOT}> what is the weather going to be like tomorrow? {mark(number)}"),
        "mentions": [{**ME, "member": {**MEMBER, "roles": [BOT_ROLE]}}],
        "guild_id": GUILD,
        "member": MEMBER,
    }


def direct(number: int, words: str) -> Json:
    """Return a direct message from a person to the bot."""
    return _said(number, DIRECT, f"{words} {mark(number)}")


def _said(number: int, channel: str, content: str) -> Json:
    id = new_id(number)
    return {
        **_NOTHING,
        "id": id,
        "channel_id": channel,
        "channel_type": 1 if channel == DIRECT else 0,
        "author": A_PERSON,
        "content": content,
        "timestamp": datetime.now(UTC).isoformat(timespec="microseconds"),
        "nonce": id,
    }


def own(id: str, channel: str, sent: Mapping[str, Any]) -> Json:
    """Return a message of the bot, as the API answers and the gateway dispatches it."""
    return {
        **_NOTHING,
        "id": id,
        "channel_id": channel,
        "author": ME,
        "content": sent.get("content", ""),
        "timestamp": datetime.now(UTC).isoformat(timespec="microseconds"),
        "nonce": sent.get("nonce"),
    }
