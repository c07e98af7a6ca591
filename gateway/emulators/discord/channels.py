"""The routes of channels and threads: https://docs.discord.com/developers/resources/channel."""

from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.discord import lookup, mentions, threads, wire
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.checker import Checker
from gateway.emulators.discord.compose import Composer
from gateway.emulators.discord.errors import ApiError
from gateway.emulators.discord.limits import Limits
from gateway.emulators.discord.permissions import Permission
from gateway.emulators.discord.requests import Created, Request
from gateway.emulators.discord.state import Channel, Message
from gateway.emulators.discord.values import ARCHIVE_MINUTES, MAX_THREAD_NAME, WRITTEN, ChannelType, Flag


def get(backend: Backend, request: Request) -> JSON:
    """Answer the request for a channel."""
    return wire.channel(backend.world, lookup.channel(backend, request))


def modify(backend: Backend, limits: Limits, request: Request) -> JSON:
    """Answer the change of a channel or thread: rename it, or archive or lock a thread."""
    channel = lookup.channel(backend, request)
    if channel.recipient is not None:
        raise ApiError.of(50003)
    checker, form = Checker(), request.form
    name = _name(checker, form) if "name" in form else None
    topic = checker.string(form.get("topic"), ("topic",), most=1024)
    minutes = _minutes(checker, form) if "auto_archive_duration" in form else None
    archived, locked = form.get("archived"), form.get("locked")
    for key, value in (("archived", archived), ("locked", locked)):
        checker.boolean(value, (key,))
    checker.errors.raise_any()
    if channel.thread is None:
        if not backend.bot_may(channel) & Permission.MANAGE_CHANNELS:
            raise ApiError.of(50013)
        channel.topic = topic if "topic" in form else channel.topic
    else:
        _may_modify(backend, channel, form)
    if name is not None and name != channel.name:
        limits.rename(channel.id)
    if channel.thread is not None:
        channel.thread.auto_archive_duration = minutes or channel.thread.auto_archive_duration
        channel.thread.locked = channel.thread.locked if locked is None else locked
        if archived is not None and archived != channel.thread.archived:
            threads.archive(backend, channel, archived=archived)
    if name is not None and name != channel.name:
        threads.rename(backend, channel, backend.world.bot.id, name)
    elif form.keys() & {"topic", "locked", "auto_archive_duration"}:
        backend.channel_changed(channel)
    return wire.channel(backend.world, channel)


def delete(backend: Backend, request: Request) -> JSON:
    """Answer the deletion of a channel or thread. A direct message is only closed."""
    channel = lookup.channel(backend, request)
    shown = wire.channel(backend.world, channel)
    if channel.recipient is not None:
        return shown
    needed = Permission.MANAGE_CHANNELS if channel.thread is None else Permission.MANAGE_THREADS
    if not backend.bot_may(channel) & needed:
        raise ApiError.of(50013)
    backend.delete_channel(channel)
    return shown


def create_thread_from_message(backend: Backend, request: Request) -> Created:
    """Answer the creation of a thread from a message."""
    channel = lookup.channel(backend, request)
    _takes_threads(channel, (ChannelType.TEXT,))
    source = lookup.message(channel, request.params["message_id"])
    if source.id in backend.world.channels:
        raise ApiError.of(160004)
    if source.type not in WRITTEN:
        raise ApiError.of(50068)
    if not backend.bot_may(channel) & Permission.CREATE_PUBLIC_THREADS:
        raise ApiError.of(50013)
    checker = Checker()
    name, minutes = _name(checker, request.form), _minutes(checker, request.form)
    checker.errors.raise_any()
    owner = backend.world.bot.id
    opened = threads.start(backend, channel, owner, name, minutes=minutes, source=source, private=False)
    return Created(wire.channel(backend.world, opened))


def create_thread(backend: Backend, request: Request) -> Created:
    """Answer the creation of a thread without a message, or of a post in a forum."""
    channel = lookup.channel(backend, request)
    _takes_threads(channel, (ChannelType.TEXT, ChannelType.FORUM))
    checker, form = Checker(), request.form
    name, minutes = _name(checker, form), _minutes(checker, form)
    owner = backend.world.bot.id
    if channel.type == ChannelType.FORUM:
        return _create_post(backend, channel, request, checker, name, minutes)
    kind = checker.choice(form.get("type"), ("type",), (10, 11, 12), default=12)
    checker.errors.raise_any()
    needed = Permission.CREATE_PRIVATE_THREADS if kind == 12 else Permission.CREATE_PUBLIC_THREADS
    if not backend.bot_may(channel) & needed:
        raise ApiError.of(50013)
    opened = threads.start(backend, channel, owner, name, minutes=minutes, source=None, private=kind == 12)
    return Created(wire.channel(backend.world, opened))


def join_thread(backend: Backend, request: Request) -> None:
    """Answer a request to join a thread, or to add somebody to it."""
    threads.join(backend, _active_thread(backend, request), _member_id(backend, request))


def leave_thread(backend: Backend, request: Request) -> None:
    """Answer a request to leave a thread, or to remove somebody from it."""
    channel = _active_thread(backend, request)
    user_id = _member_id(backend, request)
    if user_id != backend.world.bot.id and not backend.bot_may(channel) & Permission.MANAGE_THREADS:
        raise ApiError.of(50013)
    threads.leave(backend, channel, user_id)


def thread_members(backend: Backend, request: Request) -> list[JSON]:
    """Answer the request for a thread's members."""
    channel = lookup.channel(backend, request)
    if channel.thread is None:
        raise ApiError.of(50024)
    return [wire.thread_member(channel, user_id) for user_id in channel.thread.members]


def thread_member(backend: Backend, request: Request) -> JSON:
    """Answer the request for one member of a thread."""
    channel = lookup.channel(backend, request)
    user_id = _member_id(backend, request)
    if channel.thread is None:
        raise ApiError.of(50024)
    if user_id not in channel.thread.members:
        raise ApiError.of(10007)
    return wire.thread_member(channel, user_id)


def archived_threads(backend: Backend, request: Request) -> JSON:
    """Answer the request for a channel's public archived threads, the last archived first."""
    channel = lookup.channel(backend, request, needs=Permission.READ_MESSAGE_HISTORY)
    found = [t for t in backend.world.threads_of(channel) if t.thread is not None and t.thread.archived]
    public = [t for t in found if t.type == ChannelType.PUBLIC_THREAD]
    public.sort(key=lambda t: t.thread.changed_at if t.thread is not None else 0.0, reverse=True)
    return _listed(backend, public)


def active_threads(backend: Backend, request: Request) -> JSON:
    """Answer the request for a guild's active threads."""
    guild = lookup.guild(backend, request)
    found = [t for t in backend.world.threads(guild) if t.thread is not None and not t.thread.archived]
    listed = _listed(backend, [t for t in found if backend.bot_may(t)])
    del listed["has_more"]
    return listed


def _listed(backend: Backend, found: list[Channel]) -> JSON:
    mine = [t for t in found if t.thread is not None and backend.world.bot.id in t.thread.members]
    return {
        "threads": [wire.channel(backend.world, t) for t in found],
        "members": [wire.thread_member(t, backend.world.bot.id) for t in mine],
        "has_more": False,
    }


def _create_post(
    backend: Backend, forum: Channel, request: Request, checker: Checker, name: str, minutes: int
) -> Created:
    form = checker.model(request.form.get("message"), ("message",)) if "message" in request.form else None
    if "message" not in request.form:
        checker.required(("message",))
    checker.errors.raise_any()
    if not backend.bot_may(forum) & Permission.SEND_MESSAGES:
        raise ApiError.of(50013)
    first = Message(backend.world.ids.next(), forum.id, backend.world.bot.id)
    settable = Flag.SUPPRESS_EMBEDS | Flag.SUPPRESS_NOTIFICATIONS | Flag.IS_COMPONENTS_V2
    composer = Composer(backend, forum, settable=settable, prefix=("message",))
    composer.fill(first, form or {}, request.files, default=mentions.ALL)
    opened = threads.start_post(backend, forum, backend.world.bot.id, name, minutes=minutes, first=first)
    return Created({**wire.channel(backend.world, opened), "message": backend.shown(first)})


def _may_modify(backend: Backend, channel: Channel, form: JSON) -> None:
    """Raise Discord's refusal unless the bot may modify a thread: its owner may rename and archive it, the rest needs
    MANAGE_THREADS."""
    assert channel.thread is not None
    may = backend.bot_may(channel)
    if may & Permission.MANAGE_THREADS:
        return
    own = channel.thread.owner_id == backend.world.bot.id
    only_opens = form.keys() == {"archived"} and form["archived"] is False
    member = backend.world.bot.id in channel.thread.members
    if not own and not (only_opens and member):
        raise ApiError.of(50013)
    if form.keys() & {"locked", "rate_limit_per_user"}:
        raise ApiError.of(50013)
    if channel.thread.locked:
        raise ApiError.of(160005)
    if channel.thread.archived and form.get("archived") is not False:
        raise ApiError.of(50083)


def _takes_threads(channel: Channel, kinds: tuple[ChannelType, ...]) -> None:
    if channel.type not in kinds:
        raise ApiError.of(50024)


def _active_thread(backend: Backend, request: Request) -> Channel:
    channel = lookup.channel(backend, request)
    if channel.thread is None:
        raise ApiError.of(50024)
    if channel.thread.archived:
        raise ApiError.of(50083)
    return channel


def _member_id(backend: Backend, request: Request) -> str:
    user_id = request.params.get("user_id", "@me")
    if user_id == "@me":
        return backend.world.bot.id
    guild = next(g for g in backend.world.guilds.values() if backend.world.bot.id in g.members)
    if user_id not in guild.members:
        raise ApiError.of(10007)
    return user_id


def _name(checker: Checker, form: JSON) -> str:
    return (checker.string(form.get("name"), ("name",), least=1, most=MAX_THREAD_NAME, required=True) or "").strip()


def _minutes(checker: Checker, form: JSON) -> int:
    given: Any = checker.choice(
        form.get("auto_archive_duration"), ("auto_archive_duration",), ARCHIVE_MINUTES, default=4320
    )
    return given if isinstance(given, int) else 4320
