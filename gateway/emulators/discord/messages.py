"""The routes of messages: create, read, edit, delete, typing.

https://docs.discord.com/developers/resources/message.
"""

import time
from collections import OrderedDict
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.discord import lookup, mentions, threads
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.checker import Checker
from gateway.emulators.discord.compose import Composer
from gateway.emulators.discord.errors import ApiError, invalid
from gateway.emulators.discord.permissions import Permission
from gateway.emulators.discord.requests import Request
from gateway.emulators.discord.state import Channel, Message
from gateway.emulators.discord.values import (
    MAX_NONCE,
    WRITTEN,
    ChannelType,
    Flag,
    MessageType,
    is_snowflake,
    seconds_of,
)

NONCE_SECONDS = 300.0
"""Seconds for which a nonce is checked for uniqueness; Discord says "the past few minutes"."""
BULK_SECONDS = 14 * 24 * 3600
"""Seconds after which a message is too old for a bulk delete: two weeks (Discord's message resource)."""
_MAX_NONCES = 10_000
_ON_CREATE = Flag.SUPPRESS_EMBEDS | Flag.SUPPRESS_NOTIFICATIONS | Flag.IS_VOICE_MESSAGE | Flag.IS_COMPONENTS_V2
_ON_EDIT = Flag.SUPPRESS_EMBEDS | Flag.IS_COMPONENTS_V2


class Messages:
    """Answers the routes of messages and remembers the nonces used recently."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._nonces: OrderedDict[str, tuple[float, Message]] = OrderedDict()

    def create(self, request: Request) -> JSON:
        """Answer the creation of a message."""
        backend = self._backend
        channel = lookup.channel(backend, request)
        may_send(backend, channel)
        form = request.form
        nonce = _nonce(form)
        known = self._sent(nonce) if form.get("enforce_nonce") else None
        if known is not None:
            return backend.shown(known)
        message = Message(backend.world.ids.next(), channel.id, backend.world.bot.id, nonce=nonce)
        replied = _reply(backend, channel, message, form.get("message_reference"))
        composer = Composer(backend, channel, settable=_ON_CREATE)
        composer.fill(message, form, request.files, default=mentions.ALL, replied=replied)
        if message.flags & Flag.IS_VOICE_MESSAGE:
            _check_voice(backend, channel, message)
        threads.say(backend, channel, message)
        if nonce is not None:
            self._nonces[str(nonce)] = (time.monotonic(), message)
            self._nonces.move_to_end(str(nonce))
            if len(self._nonces) > _MAX_NONCES:
                self._nonces.popitem(last=False)
        return backend.shown(message)

    def forget_nonces(self) -> None:
        """Forget all nonces, as Discord does after some minutes. A message sent again is then posted twice."""
        self._nonces.clear()

    def get(self, request: Request) -> JSON:
        """Answer the request for one message."""
        channel = lookup.channel(self._backend, request, needs=Permission.READ_MESSAGE_HISTORY)
        return self._backend.shown(lookup.message(channel, request.params["message_id"]))

    def list(self, request: Request) -> list[JSON]:
        """Answer the request for a channel's messages, newest first."""
        channel = lookup.channel(self._backend, request)
        checker = Checker()
        limit = checker.integer(request.query.get("limit"), ("limit",), least=1, most=100, default=50)
        bounds = [name for name in ("around", "before", "after") if name in request.query]
        for name in bounds:
            checker.snowflake(request.query[name], (name,))
        checker.errors.raise_any()
        if not self._backend.bot_may(channel) & Permission.READ_MESSAGE_HISTORY:
            return []
        found = [m for m in channel.messages.values() if m.ephemeral_for is None]
        bound = bounds[0] if bounds else ""
        chosen = _slice(found, bound, int(request.query[bound]) if bound else 0, limit)
        return [self._backend.shown(m) for m in reversed(chosen)]

    def edit(self, request: Request) -> JSON:
        """Answer the edit of a message."""
        backend = self._backend
        channel = lookup.channel(backend, request)
        message = lookup.message(channel, request.params["message_id"])
        if message.author_id != backend.world.bot.id:
            raise ApiError.of(50005)
        if message.type not in WRITTEN:
            raise ApiError.of(50021)
        return edit(backend, channel, message, request, default=mentions.ALL)

    def delete(self, request: Request) -> None:
        """Answer the deletion of a message."""
        channel = lookup.channel(self._backend, request)
        message = lookup.message(channel, request.params["message_id"])
        own = message.author_id == self._backend.world.bot.id
        if message.type in (MessageType.THREAD_STARTER_MESSAGE, MessageType.CHANNEL_NAME_CHANGE):
            raise ApiError.of(50021)
        if not own and channel.guild_id is None:
            raise ApiError.of(50003)
        if not own and not self._backend.bot_may(channel) & Permission.MANAGE_MESSAGES:
            raise ApiError.of(50013)
        self._backend.delete(channel, message)

    def bulk_delete(self, request: Request) -> None:
        """Answer the deletion of several messages."""
        channel = lookup.channel(self._backend, request)
        if channel.guild_id is None:
            raise ApiError.of(50003)
        if not self._backend.bot_may(channel) & Permission.MANAGE_MESSAGES:
            raise ApiError.of(50013)
        ids = request.form.get("messages")
        if not isinstance(ids, list) or not 2 <= len(ids) <= 100:
            raise ApiError.of(50016)
        if len(set(map(str, ids))) != len(ids) or not all(is_snowflake(each) for each in ids):
            raise invalid(("messages",), "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value")
        if any(time.time() - seconds_of(each) > BULK_SECONDS for each in ids):
            raise ApiError.of(50034)
        found = [channel.messages[each] for each in ids if each in channel.messages]
        self._backend.delete_many(channel, [m for m in found if m.ephemeral_for is None])

    def typing(self, request: Request) -> None:
        """Answer the request to show the typing indicator."""
        channel = lookup.channel(self._backend, request)
        may_send(self._backend, channel)
        self._backend.type_in(channel, self._backend.world.bot.id)

    def _sent(self, nonce: str | int | None) -> Message | None:
        """Return the message sent with this nonce in the last minutes, or None. A deleted message does not count."""
        at, message = self._nonces.get(str(nonce), (0.0, None))
        if nonce is None or message is None or time.monotonic() - at > NONCE_SECONDS:
            return None
        return self._backend.world.message(message.channel_id, message.id)


def edit(backend: Backend, channel: Channel, message: Message, request: Request, *, default: mentions.Allowed) -> JSON:
    """Change a message of the bot as a form says, and return it."""
    if message.flags & Flag.IS_VOICE_MESSAGE:
        raise ApiError.of(50162)
    if channel.thread is not None and channel.thread.archived:
        raise ApiError.of(50083)
    Composer(backend, channel, settable=_ON_EDIT).fill(message, request.form, request.files, default=default)
    backend.update(message)
    return backend.shown(message)


def may_send(backend: Backend, channel: Channel) -> None:
    """Raise Discord's refusal when the bot cannot post in a channel."""
    if channel.type == ChannelType.FORUM:
        raise ApiError.of(40058)
    may = backend.bot_may(channel)
    if channel.recipient is not None:
        person = backend.world.users[channel.recipient]
        if person.bot or not person.takes_dms:
            raise ApiError.of(50007)
        bot_id = backend.world.bot.id
        if not any(person.id in g.members and bot_id in g.members for g in backend.world.guilds.values()):
            raise ApiError.of(50278)
        return
    needed = Permission.SEND_MESSAGES if channel.thread is None else Permission.SEND_MESSAGES_IN_THREADS
    if not may & needed:
        raise ApiError.of(50013)
    if channel.thread is not None and channel.thread.locked and not may & Permission.MANAGE_THREADS:
        raise ApiError.of(160005)


def _nonce(form: JSON) -> str | int | None:
    nonce = form.get("nonce")
    if nonce is None:
        return None
    if isinstance(nonce, bool) or not isinstance(nonce, str | int):
        raise invalid(("nonce",), "NONCE_TYPE_INVALID_TYPE", "This field must be a string or integer.")
    if len(str(nonce)) > MAX_NONCE:
        raise invalid(("nonce",), "NONCE_TYPE_TOO_LONG", f"Must be {MAX_NONCE} or fewer characters long.")
    return nonce


def _reply(backend: Backend, channel: Channel, message: Message, given: Any) -> str | None:
    """Make a message the reply to another one, and return the other one's author."""
    if given is None:
        return None
    checker = Checker()
    model = checker.model(given, ("message_reference",)) or {}
    message_id = checker.snowflake(model.get("message_id"), ("message_reference", "message_id"))
    channel_id = checker.snowflake(model.get("channel_id"), ("message_reference", "channel_id"))
    may_fail = checker.boolean(
        model.get("fail_if_not_exists"), ("message_reference", "fail_if_not_exists"), default=True
    )
    if message_id is None and not checker.errors:
        checker.required(("message_reference", "message_id"))
    checker.errors.raise_any()
    if channel_id is not None and channel_id != channel.id:
        what = "Cannot reply to a message in a different channel"
        raise invalid(("message_reference",), "REPLIES_CANNOT_REFERENCE_OTHER_CHANNEL", what)
    if not backend.bot_may(channel) & Permission.READ_MESSAGE_HISTORY:
        raise ApiError.of(160002)
    found = channel.messages.get(str(message_id))
    if found is None or found.ephemeral_for is not None:
        if may_fail:
            raise invalid(("message_reference",), "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
        return None
    if found.type not in WRITTEN:
        what = "Cannot reply to a system message"
        raise invalid(("message_reference",), "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", what)
    message.type, message.reference = MessageType.REPLY, backend.reference(found)
    return found.author_id


def _check_voice(backend: Backend, channel: Channel, message: Message) -> None:
    """Raise Discord's refusal unless a voice message is one audio file and nothing else."""
    if not backend.bot_may(channel) & Permission.SEND_VOICE_MESSAGES:
        raise ApiError.of(50173)
    if message.content or message.embeds or message.components:
        raise ApiError.of(50159)
    if len(message.files) != 1 or not message.files[0].content_type.startswith("audio/"):
        raise ApiError.of(50160)
    if message.files[0].duration_secs is None or message.files[0].waveform is None:
        raise ApiError.of(50161)


def _slice(found: list[Message], bound: str, at: int, limit: int) -> list[Message]:
    """Return the newest ``limit`` messages, or those before, after or around an id; oldest first."""
    if bound == "after":
        return [m for m in found if int(m.id) > at][:limit]
    if bound == "before":
        return [m for m in found if int(m.id) < at][-limit:]
    if bound == "around":
        before = [m for m in found if int(m.id) <= at][-(limit // 2 + 1) :]
        return [*before, *[m for m in found if int(m.id) > at][: limit - len(before)]]
    return found[-limit:]
