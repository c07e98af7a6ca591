"""Builds what Discord's API shows of users, members, roles, channels, guilds and messages."""

from gateway.emulators.common.values import JSON
from gateway.emulators.discord import cdn
from gateway.emulators.discord.permissions import permissions
from gateway.emulators.discord.state import Channel, File, Guild, Member, Message, Overwrite, Role, User
from gateway.emulators.discord.values import Flag, MessageType, iso, seconds_of
from gateway.emulators.discord.world import World

LOCALE = "en-US"
"""The language of every guild and every client."""
_EMPTIED: JSON = {"content": "", "embeds": [], "attachments": [], "components": []}
"""What an application without the message content intent sees instead."""
_FORWARDED = frozenset(
    {
        *("type", "content", "embeds", "attachments", "timestamp", "edited_timestamp", "flags", "mentions"),
        *("mention_roles", "sticker_items", "components"),
    }
)
"""Fields of a message snapshot (Discord's message resource, message snapshot object)."""


def user(shown: User) -> JSON:
    """Return a user as the API shows it."""
    out: JSON = {
        "id": shown.id,
        "username": shown.username,
        "discriminator": "0420" if shown.bot else "0",
        "global_name": shown.global_name,
        "avatar": shown.avatar,
        "avatar_decoration_data": None,
        "public_flags": 0,
    }
    if shown.bot:
        out["bot"] = True
    return out


def member(shown: Member, *, with_user: bool = True) -> JSON:
    """Return a member of a guild as the API shows it."""
    out: JSON = {
        "nick": shown.nick,
        "avatar": None,
        "roles": list(shown.roles),
        "joined_at": iso(shown.joined_at),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
        "communication_disabled_until": None,
    }
    if with_user:
        out["user"] = user(shown.user)
    return out


def role(shown: Role) -> JSON:
    """Return a role as the API shows it."""
    out: JSON = {
        "id": shown.id,
        "name": shown.name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": shown.position,
        "permissions": str(int(shown.permissions)),
        "managed": shown.managed,
        "mentionable": shown.mentionable,
        "flags": 0,
    }
    if shown.bot_id is not None:
        out["tags"] = {"bot_id": shown.bot_id}
    return out


def overwrite(shown: Overwrite) -> JSON:
    """Return a permission overwrite as the API shows it."""
    return {"id": shown.id, "type": shown.kind, "allow": str(int(shown.allow)), "deny": str(int(shown.deny))}


def channel(world: World, shown: Channel) -> JSON:
    """Return a channel of any kind, as ``GET /channels/{channel.id}`` does."""
    out: JSON = {"id": shown.id, "type": int(shown.type), "last_message_id": shown.last_message_id, "flags": 0}
    if shown.recipient is not None:
        return {**out, "recipients": [user(world.users[shown.recipient])]}
    out |= {"guild_id": shown.guild_id, "name": shown.name, "parent_id": shown.parent_id, "rate_limit_per_user": 0}
    thread = shown.thread
    if thread is None:
        out |= {
            "position": shown.position,
            "topic": shown.topic,
            "nsfw": False,
            "permission_overwrites": [overwrite(each) for each in shown.overwrites.values()],
            "default_auto_archive_duration": 4320,
        }
        if shown.type == 15:
            out |= {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None}
            out |= {"default_forum_layout": 0, "default_thread_rate_limit_per_user": 0}
        return out
    out |= {
        "owner_id": thread.owner_id,
        "message_count": thread.message_count,
        "total_message_sent": thread.total_message_sent,
        "member_count": min(len(thread.members), 50),
        "thread_metadata": {
            "archived": thread.archived,
            "auto_archive_duration": thread.auto_archive_duration,
            "archive_timestamp": iso(thread.changed_at),
            "locked": thread.locked,
            "create_timestamp": iso(thread.created_at),
        },
    }
    if shown.parent_id is not None and world.channels[shown.parent_id].type == 15:
        out["applied_tags"] = list(thread.applied_tags)
    if world.bot.id in thread.members:
        out["member"] = thread_member(shown, world.bot.id)
    return out


def thread_member(shown: Channel, user_id: str) -> JSON:
    """Return a member of a thread as the API shows it."""
    assert shown.thread is not None
    joined = shown.thread.members[user_id]
    return {"id": shown.id, "user_id": user_id, "join_timestamp": iso(joined), "flags": 1}


def guild(shown: Guild) -> JSON:
    """Return a guild as the API shows it."""
    return {
        "id": shown.id,
        "name": shown.name,
        "owner_id": shown.owner_id,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "region": "deprecated",
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
        "preferred_locale": LOCALE,
        "max_members": 500_000,
        "max_video_channel_users": 25,
        "features": [],
        "emojis": [],
        "stickers": [],
        "roles": [role(each) for each in shown.roles.values()],
        "incidents_data": None,
    }


def guild_created(world: World, shown: Guild, *, all_members: bool) -> JSON:
    """Return the payload of GUILD_CREATE. Without ``all_members`` (the presence intent) it lists only the bot.

    ``unavailable`` is False for a guild that READY announced or that was unavailable; a guild just joined has no such
    key.
    """
    bot = shown.members[world.bot.id]
    seen = [t for t in world.threads(shown) if t.thread is not None and not t.thread.archived]
    return {
        **guild(shown),
        "joined_at": iso(bot.joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(shown.members),
        "members": [member(each) for each in (shown.members.values() if all_members else [bot])],
        "channels": [channel(world, each) for each in shown.channels.values()],
        "threads": [channel(world, each) for each in seen if permissions(shown, world.bot.id, each)],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def attachment(world: World, shown: File) -> JSON:
    """Return an attachment as the API shows it."""
    url = cdn.link(world, shown)
    out: JSON = {
        "id": shown.id,
        "filename": shown.filename,
        "size": shown.size,
        "url": url,
        "proxy_url": url,
    }
    if shown.content_type:
        out["content_type"] = shown.content_type
    if shown.spoiler:
        out["flags"] = 1 << 3
    if shown.ephemeral:
        out["ephemeral"] = True
    for name in ("title", "description", "width", "height", "duration_secs", "waveform"):
        value = getattr(shown, name)
        if value is not None:
            out[name] = value
    return out


def emoji(key: str) -> JSON:
    """Return the partial emoji of a reaction: ``🔥``, or ``name:id`` for a custom one."""
    name, _, emoji_id = key.partition(":")
    return {"id": emoji_id or None, "name": name}


def message(world: World, shown: Message, *, nested: bool = False) -> JSON:
    """Return a message as the API shows it to the bot. A ``nested`` message, inside another one, has no reference of
    its own."""
    out: JSON = {
        "id": shown.id,
        "channel_id": shown.channel_id,
        "author": user(world.users[shown.author_id]),
        "content": shown.content,
        "timestamp": iso(seconds_of(shown.id)),
        "edited_timestamp": None if shown.edited_at is None else iso(shown.edited_at),
        "tts": False,
        "mention_everyone": shown.pings.everyone,
        "mentions": [user(world.users[u]) for u in shown.pings.users if u in world.users],
        "mention_roles": list(shown.pings.roles),
        "attachments": [attachment(world, f) for f in shown.files if f.id not in shown.embedded],
        "embeds": [] if shown.flags & Flag.SUPPRESS_EMBEDS else shown.embeds,
        "components": shown.components,
        "pinned": False,
        "type": int(shown.type),
        "flags": int(shown.flags),
    }
    if shown.reactions:
        out["reactions"] = [_reaction(world, key, users) for key, users in shown.reactions.items()]
    if shown.nonce is not None:
        out["nonce"] = shown.nonce
    if shown.interaction is not None:
        out |= {"webhook_id": world.application_id, "application_id": world.application_id}
        out["interaction_metadata"] = shown.interaction
        if shown.command is not None:
            who = shown.interaction["user"]
            out["interaction"] = {"id": shown.interaction["id"], "type": 2, "name": shown.command, "user": who}
    if shown.reference is not None and not nested:
        out["message_reference"] = shown.reference
        if shown.type in (MessageType.REPLY, MessageType.THREAD_STARTER_MESSAGE):
            found = world.message(shown.reference["channel_id"], shown.reference["message_id"])
            out["referenced_message"] = None if found is None else message(world, found, nested=True)
    if shown.flags & Flag.HAS_THREAD and shown.id in world.channels:
        out["thread"] = channel(world, world.channels[shown.id])
    return out | shown.more


def snapshot(world: World, shown: Message) -> JSON:
    """Return a message as it is forwarded: its content without its author."""
    return {
        "message": {name: value for name, value in message(world, shown, nested=True).items() if name in _FORWARDED}
    }


def emptied(shown: JSON, bot_id: str) -> JSON:
    """Return a message without its content, for an application that may not read it. The bot's own message in
    ``referenced_message`` keeps its content."""
    out = {**shown, **_EMPTIED}
    referenced = out.get("referenced_message")
    if isinstance(referenced, dict) and referenced["author"]["id"] != bot_id:
        out["referenced_message"] = {**referenced, **_EMPTIED}
    return out


def _reaction(world: World, key: str, users: list[str]) -> JSON:
    return {
        "emoji": emoji(key),
        "count": len(users),
        "count_details": {"burst": 0, "normal": len(users)},
        "me": world.bot.id in users,
        "me_burst": False,
        "burst_colors": [],
    }
