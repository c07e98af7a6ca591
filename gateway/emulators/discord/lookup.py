"""Finds what a route's path names, as far as the bot may see it."""

from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.errors import ApiError
from gateway.emulators.discord.permissions import Permission, require
from gateway.emulators.discord.requests import Request
from gateway.emulators.discord.state import Channel, Guild, Message


def channel(backend: Backend, request: Request, *, needs: Permission = Permission.VIEW_CHANNEL) -> Channel:
    """Return the route's channel. Raises Discord's 10003 and 50001, and 50013 if the bot lacks a permission it
    ``needs``."""
    found = backend.world.channels.get(request.params["channel_id"])
    if found is None:
        raise ApiError.of(10003)
    require(backend.bot_may(found), needs)
    return found


def message(channel: Channel, message_id: str) -> Message:
    """Return a message of a channel. Raises Discord's 10008, for ephemeral messages too."""
    found = channel.messages.get(message_id)
    if found is None or found.ephemeral_for is not None:
        raise ApiError.of(10008)
    return found


def guild(backend: Backend, request: Request) -> Guild:
    """Return the route's guild. Raises Discord's 10004, and 50001 when the bot is not a member."""
    found = backend.world.guilds.get(request.params["guild_id"])
    if found is None:
        raise ApiError.of(10004)
    if backend.world.bot.id not in found.members:
        raise ApiError.of(50001)
    return found
