"""The routes of reactions: https://docs.discord.com/developers/resources/message#create-reaction."""

from gateway.emulators.common.values import JSON
from gateway.emulators.discord import lookup, wire
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.checker import Checker
from gateway.emulators.discord.errors import ApiError
from gateway.emulators.discord.fields import is_emoji
from gateway.emulators.discord.permissions import Permission
from gateway.emulators.discord.requests import Request
from gateway.emulators.discord.state import Channel, Message

MAX_KINDS = 20
"""Different reactions on one message (Discord's error 30010)."""


def add(backend: Backend, request: Request) -> None:
    """Answer the creation of the bot's reaction. An emoji that nobody used yet needs ADD_REACTIONS."""
    channel, message, key = _found(backend, request)
    if channel.thread is not None and channel.thread.archived:
        raise ApiError.of(50083)
    if key not in message.reactions:
        if not backend.bot_may(channel) & Permission.ADD_REACTIONS:
            raise ApiError.of(50013)
        if len(message.reactions) >= MAX_KINDS:
            raise ApiError.of(30010)
    backend.react(message, backend.world.bot.id, key, added=True)


def remove(backend: Backend, request: Request) -> None:
    """Answer the removal of the bot's reaction, or with MANAGE_MESSAGES of somebody else's."""
    channel, message, key = _found(backend, request)
    user_id = request.params.get("user_id", backend.world.bot.id)
    if user_id != backend.world.bot.id and not backend.bot_may(channel) & Permission.MANAGE_MESSAGES:
        raise ApiError.of(50013)
    backend.react(message, user_id, key, added=False)


def users(backend: Backend, request: Request) -> list[JSON]:
    """Answer the request for the users who reacted with an emoji."""
    _, message, key = _found(backend, request)
    checker = Checker()
    limit = checker.integer(request.query.get("limit"), ("limit",), least=1, most=100, default=25)
    after = checker.snowflake(request.query.get("after"), ("after",))
    checker.errors.raise_any()
    ids = sorted(message.reactions.get(key, ()), key=int)
    return [wire.user(backend.world.users[u]) for u in ids if after is None or int(u) > int(after)][:limit]


def emoji_key(text: str) -> str:
    """Return the emoji of a path as it is stored. Raises Discord's 10014 when it is not an emoji."""
    name, colon, emoji_id = text.partition(":")
    if (colon and emoji_id.isdigit() and name) or (not colon and is_emoji(text)):
        return text
    raise ApiError.of(10014)


def _found(backend: Backend, request: Request) -> tuple[Channel, Message, str]:
    channel = lookup.channel(backend, request, needs=Permission.READ_MESSAGE_HISTORY)
    return channel, lookup.message(channel, request.params["message_id"]), emoji_key(request.params["emoji"])
