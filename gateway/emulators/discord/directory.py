"""The routes of users, guilds, the application and the gateway's address."""

from gateway.emulators.common.values import JSON
from gateway.emulators.discord import lookup, wire
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.checker import Checker
from gateway.emulators.discord.errors import ApiError
from gateway.emulators.discord.permissions import by_roles
from gateway.emulators.discord.requests import Request
from gateway.emulators.discord.state import Guild

SESSION_STARTS = 1_000
"""IDENTIFY commands a day (Discord's guide on the gateway, session start limit)."""


def current_user(backend: Backend, request: Request) -> JSON:
    """Answer the request for the bot's own user."""
    return {**wire.user(backend.world.bot), "verified": True, "mfa_enabled": True, "email": None, "flags": 0}


def application(backend: Backend, request: Request) -> JSON:
    """Answer the request for the bot's application."""
    guild = next(iter(backend.world.guilds.values()))
    return backend.application.wire(wire.user(backend.world.users[guild.owner_id]))


def user(backend: Backend, request: Request) -> JSON:
    """Answer the request for a user."""
    found = backend.world.users.get(request.params["user_id"])
    if found is None:
        raise ApiError.of(10013)
    return wire.user(found)


def create_dm(backend: Backend, request: Request) -> JSON:
    """Answer the opening of a direct message."""
    checker = Checker()
    recipient = checker.snowflake(request.form.get("recipient_id"), ("recipient_id",))
    if recipient is None and not checker.errors:
        checker.required(("recipient_id",))
    checker.errors.raise_any()
    found = backend.world.users.get(str(recipient))
    if found is None:
        raise ApiError.of(50033)
    if found is backend.world.bot:
        raise ApiError.of(50007)
    return wire.channel(backend.world, backend.world.dm(found.id))


def current_guilds(backend: Backend, request: Request) -> list[JSON]:
    """Answer the request for the guilds the bot is in."""
    mine = [g for g in backend.world.guilds.values() if backend.world.bot.id in g.members]
    return [_partial(guild, backend.world.bot.id) for guild in mine]


def _partial(guild: Guild, user_id: str) -> JSON:
    may = str(int(by_roles(guild, user_id)))
    owned = guild.owner_id == user_id
    return {"id": guild.id, "name": guild.name, "icon": None, "owner": owned, "permissions": may, "features": []}


def leave_guild(backend: Backend, request: Request) -> None:
    """Answer the bot's request to leave a guild."""
    backend.remove_bot(lookup.guild(backend, request))


def guild(backend: Backend, request: Request) -> JSON:
    """Answer the request for a guild."""
    return wire.guild(lookup.guild(backend, request))


def guild_channels(backend: Backend, request: Request) -> list[JSON]:
    """Answer the request for a guild's channels."""
    found = lookup.guild(backend, request)
    return [wire.channel(backend.world, c) for c in found.channels.values()]


def roles(backend: Backend, request: Request) -> list[JSON]:
    """Answer the request for a guild's roles."""
    return [wire.role(each) for each in lookup.guild(backend, request).roles.values()]


def member(backend: Backend, request: Request) -> JSON:
    """Answer the request for a member of a guild."""
    found = lookup.guild(backend, request)
    user_id = request.params["user_id"]
    user_id = backend.world.bot.id if user_id == "@me" else user_id
    if user_id not in found.members:
        raise ApiError.of(10007 if user_id in backend.world.users else 10013)
    return wire.member(found.members[user_id])


def gateway(backend: Backend, request: Request) -> JSON:
    """Answer the request for the gateway's address."""
    return {"url": f"{backend.world.base.replace('http', 'ws', 1)}/gateway/"}


def gateway_bot(backend: Backend, request: Request) -> JSON:
    """Answer the request for the gateway's address with the limits on sessions."""
    left = max(0, SESSION_STARTS - backend.gateway.identifies)
    limit = {"total": SESSION_STARTS, "remaining": left, "reset_after": 14_400_000, "max_concurrency": 1}
    return {**gateway(backend, request), "shards": backend.gateway.wanted_shards, "session_start_limit": limit}
