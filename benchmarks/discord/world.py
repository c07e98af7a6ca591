"""The made-up Discord of the benchmarks: a bot, a person, and a server with channels, roles and threads."""

from typing import Any

import orjson

Json = dict[str, Any]

EPOCH_MS = 1_420_070_400_000
"""The start of 2015, from which Discord's ids count, in milliseconds since the epoch."""


def _id(number: int) -> str:
    """Return an id that is the same in every run, of 2024."""
    return str((1_704_067_200_000 - EPOCH_MS << 22) + number)


GUILD, APP, BOT, PERSON, DIRECT = _id(1), _id(2), _id(3), _id(4), _id(5)
EVERYONE, BOT_ROLE = GUILD, _id(6)
CHANNELS = [_id(100 + number) for number in range(32)]
TOKEN = "MTEy.benchmark.token"

A_PERSON: Json = {
    "id": PERSON,
    "username": "person",
    "global_name": "A Person",
    "discriminator": "0",
    "avatar": "a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5",
    "avatar_decoration_data": None,
    "collectibles": None,
    "clan": None,
    "primary_guild": None,
    "display_name_styles": None,
    "public_flags": 0,
}
ME: Json = {
    "id": BOT,
    "username": "Benchmark",
    "global_name": None,
    "discriminator": "0420",
    "avatar": None,
    "avatar_decoration_data": None,
    "bot": True,
    "public_flags": 0,
}
MEMBER: Json = {
    "roles": [_id(10), _id(11)],
    "nick": None,
    "avatar": None,
    "banner": None,
    "joined_at": "2024-02-01T09:30:00.000000+00:00",
    "premium_since": None,
    "deaf": False,
    "mute": False,
    "pending": False,
    "flags": 0,
    "communication_disabled_until": None,
}


def thread_id(number: int) -> str:
    """Return the id of one of the threads the server has from the beginning."""
    return _id(1_000 + number)


def thread(id: str, parent: str, name: str) -> Json:
    """Return an open public thread."""
    return {
        "id": id,
        "type": 11,
        "guild_id": GUILD,
        "parent_id": parent,
        "name": name,
        "owner_id": BOT,
        "last_message_id": None,
        "rate_limit_per_user": 0,
        "message_count": 0,
        "total_message_sent": 0,
        "member_count": 1,
        "flags": 0,
        "thread_metadata": {
            "archived": False,
            "archive_timestamp": "2024-02-01T09:30:00.000000+00:00",
            "auto_archive_duration": 4320,
            "locked": False,
            "create_timestamp": "2024-02-01T09:30:00.000000+00:00",
        },
        "member": {"id": id, "user_id": BOT, "join_timestamp": "2024-02-01T09:30:00.000000+00:00", "flags": 1},
    }


def application() -> Json:
    """Return the bot's application, as the API has it."""
    return {
        "id": APP,
        "name": "Benchmark",
        "icon": None,
        "description": "",
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "owner": A_PERSON,
        "flags": 1 << 19,
    }


def ready(resume_url: str) -> Json:
    """Return the data of the dispatch READY."""
    return {
        "v": 10,
        "user": {**ME, "verified": True, "mfa_enabled": True, "email": None, "flags": 0},
        "guilds": [{"id": GUILD, "unavailable": True}],
        "session_id": "0123456789abcdef0123456789abcdef",
        "resume_gateway_url": resume_url,
        "session_type": "normal",
        "shard": [0, 1],
        "application": {"id": APP, "flags": 1 << 19},
        "private_channels": [],
        "relationships": [],
        "user_settings": {},
    }


def guild_create(threads: int) -> bytes:
    """Return the data of the dispatch GUILD_CREATE, serialised: a server with some channels and roles."""
    return orjson.dumps(
        {
            "id": GUILD,
            "name": "Benchmark",
            "owner_id": PERSON,
            "icon": None,
            "splash": None,
            "banner": None,
            "description": None,
            "afk_channel_id": None,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "application_id": None,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "vanity_url_code": None,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "premium_progress_bar_enabled": False,
            "preferred_locale": "en-US",
            "features": [],
            "emojis": [],
            "stickers": [],
            "roles": _roles(),
            "joined_at": "2024-02-01T09:30:00.000000+00:00",
            "large": False,
            "unavailable": False,
            "member_count": 40,
            "members": [{**MEMBER, "roles": [BOT_ROLE], "user": ME}],
            "channels": [_channel(id, position) for position, id in enumerate(CHANNELS)],
            "threads": [
                thread(thread_id(number), CHANNELS[number % len(CHANNELS)], f"Thread {number}")
                for number in range(threads)
            ],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }
    )


def _channel(id: str, position: int) -> Json:
    return {
        "id": id,
        "type": 0,
        "guild_id": GUILD,
        "name": f"channel-{position}",
        "position": position,
        "parent_id": None,
        "topic": None,
        "nsfw": False,
        "last_message_id": None,
        "rate_limit_per_user": 0,
        "permission_overwrites": [],
        "flags": 0,
    }


def _roles() -> list[Json]:
    named = {EVERYONE: "@everyone", BOT_ROLE: "Benchmark", **{_id(10 + n): f"role-{n}" for n in range(20)}}
    return [_role(id, name, position) for position, (id, name) in enumerate(named.items())]


def _role(id: str, name: str, position: int) -> Json:
    role: Json = {
        "id": id,
        "name": name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": position,
        "permissions": str((1 << 50) - 1),
        "managed": id == BOT_ROLE,
        "mentionable": False,
        "flags": 0,
    }
    if id == BOT_ROLE:
        role["tags"] = {"bot_id": BOT}
    return role
