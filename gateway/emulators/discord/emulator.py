"""A Discord on loopback: REST API v10, gateway websocket, CDN, interactions and forms, with Discord's own limits.

The real adapter with the real discord.py runs against it; tests call its methods, the playground's page speaks JSON:

``snapshot()`` ->
    ``{"platform": "discord", "guild": {"id", "name", "bot_present", "roles": [{"id", "name"}]}, "me": user id,
    "bot": {"user_id", "name"}, "users": [{"id", "name", "display_name", "bot", "avatar"}], "channels": [channel],
    "messages": {channel: [message]}, "modals": [modal], "typing": [{"channel", "user", "seconds"}],
    "commands": [command]}``

    channel: ``{"id", "name", "kind": "text" | "forum" | "thread" | "dm", "parent_id", "topic", "user"}``, a thread also
    ``archived``, ``locked``, ``owner``. A thread opened from a message has that message's id; so has a forum post, the
    first message of its thread.
    message: ``{"id", "channel", "author": user id, "type", "content", "timestamp", "edited", "flags", "loading" (the
    bot is thinking), "embeds", "components", "attachments": [{"id", "filename", "title", "content_type", "size", "url",
    "description", "width", "height", "duration_secs", "waveform", "spoiler"}], "reactions": [{"emoji", "count",
    "users"}], "reply_to": id | null, "thread": id | null, "mentions": {"<@1>": "@Ada"}, "pings": {"users", "roles",
    "everyone"}, "ephemeral_for"?: user id, "command"?: {"name", "user"}}``. ``type`` 0 and 19 (a reply) are what people
    and the bot write, 20 answers a command; 4 (new name), 18 (thread opened) and 21 (thread's starter, its
    ``reply_to``) are Discord's own notes. ``content`` is Discord's markdown; ``components`` are Discord's objects, with
    ready links in ``media`` and ``file``; flag ``1 << 15`` marks Components V2. A file's ``url`` needs no token.
    modal: ``{"id", "user", "title", "custom_id", "components": Discord's objects}``.
    command: ``{"name", "description", "options"?, "guild_id"?, …}`` as the bot registered it.

``act(action)`` -> ``{"ok": true, …}`` or ``{"ok": false, "error", "errors"?: {custom id: text}}``. ``user`` (default:
me) goes with all, channels by id or name:
    ``{"type": "post", "channel", "text", "reply_to"?: id, "files"?: [{"name", "mime", "data": base64}]}`` -> ``id`` ·
    ``{"type": "voice", "channel", "data": base64, "duration": seconds}`` -> ``id`` ·
    ``{"type": "edit", "channel", "id", "text"}`` · ``{"type": "delete", "channel", "id"}`` ·
    ``{"type": "dismiss", "channel", "id"}`` (an ephemeral message) ·
    ``{"type": "react", "channel", "id", "emoji", "added"}`` · ``{"type": "typing", "channel"}`` ·
    ``{"type": "click", "channel", "id", "custom_id", "values"?: […]}`` -> ``kind``, ``message_id``, ``modal_id`` ·
    ``{"type": "submit", "modal_id", "values": {custom id: text | value | [values] | bool | [files]}}`` -> the same ·
    ``{"type": "close_modal", "modal_id"}`` ·
    ``{"type": "command", "channel", "command": "name [subcommand]", "options"?: {name: value | file}}`` -> the same ·
    ``{"type": "create_thread", "channel", "name", "id"?: message}`` -> ``channel`` ·
    ``{"type": "create_post", "channel": forum, "title", "text", "files"?}`` -> ``channel`` ·
    ``{"type": "delete_thread", "channel"}`` · ``{"type": "open_dm"}`` -> ``channel`` · ``{"type": "remove_bot"}`` ·
    ``{"type": "add_bot"}``.

``watch()`` yields
    ``{"type": "change", "entity": "message", "channel", "message"}`` (replace by ``id``; ``"deleted": true`` removes) ·
    ``{"type": "change", "entity": "channel", "channel": {…}}`` (``"deleted": true`` removes it) ·
    ``{"type": "change", "entity": "typing", "channel", "user", "seconds"}`` ·
    ``{"type": "change", "entity": "modal", "modal_id", "modal": {…} | null}`` ·
    ``{"type": "change", "entity": "commands", "commands": […]}`` ·
    ``{"type": "change", "entity": "guild", "guild": {…}}`` (the bot was kicked or invited) ·
    ``{"type": "wire", "direction": "to_bot" | "from_bot", "name", "status", "request", "response", "ms", "at"}`` with
    secrets redacted: ``from_bot`` are REST calls by readable name, ``to_bot`` gateway events (status 0: nobody was
    connected) · ``{"type": "resync"}`` after which a lagging page takes a new snapshot.
"""

import itertools
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from aiohttp import web

from gateway.emulators.common.faults import Faults, Hold, When
from gateway.emulators.common.listener import Listener
from gateway.emulators.common.observe import Observers
from gateway.emulators.common.values import JSON, Call, PersonError
from gateway.emulators.common.watched import Watched
from gateway.emulators.discord import cdn, home, page, playground, threads, wire
from gateway.emulators.discord.applications import Application, PrivilegedIntent
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.gateway import Gateway
from gateway.emulators.discord.interactions import InteractionResult, Interactions, Modal
from gateway.emulators.discord.limits import Limits, Scope
from gateway.emulators.discord.people import People, Upload
from gateway.emulators.discord.permissions import named
from gateway.emulators.discord.rest import Rest, fault
from gateway.emulators.discord.routes import Routes
from gateway.emulators.discord.staging import Staging
from gateway.emulators.discord.state import Channel, Member, Message, Overwrite, Role, User
from gateway.emulators.discord.user_interactions import UserInteractions
from gateway.emulators.discord.values import ChannelType
from gateway.emulators.discord.world import World

__all__ = ["Call", "DiscordEmulator", "Hold", "InteractionResult", "PersonError"]

MAX_SHOWN = 1_000
"""Messages of a channel in a snapshot, the newest ones."""
MAX_SHOWN_THREADS = 200
"""Threads in a snapshot, the newest ones."""
API = "/api/v10"
"""Path under which the REST API is served."""
DEFAULT_INTENTS: tuple[PrivilegedIntent, ...] = ("message_content",)
"""Privileged intents that are switched on unless a test says otherwise."""


class DiscordEmulator(Watched):
    """Emulates Discord; implements ``gateway.adapter.Emulator``.

    ``limits``: whether to answer 429, and to refuse what the gateway limits, as Discord would. ``heartbeat_interval``,
    ``session_timeout`` (how long a lost session can be resumed), ``interaction_deadline`` and ``token_seconds`` (how
    long an interaction's token is valid) are in seconds. ``resume_buffer``: how many missed events a session keeps.
    ``privileged_intents``: the switches set in the developer portal. ``bot_permissions``: what the bot's role allows
    beyond what everyone may do, by name or as a number.
    """

    name: ClassVar[str] = "discord"
    _second = 1_000

    def __init__(
        self,
        *,
        limits: Literal["real", "off"] = "real",
        heartbeat_interval: float = 41.25,
        session_timeout: float = 120.0,
        resume_buffer: int = 2_000,
        interaction_deadline: float = 3.0,
        token_seconds: float = 900.0,
        privileged_intents: Collection[PrivilegedIntent] = DEFAULT_INTENTS,
        bot_permissions: Iterable[str] | int = (),
    ) -> None:
        self.world = World(home.bot())
        self.application = Application(self.world.application_id, "Gateway")
        self.application.allow(privileged_intents)
        self.guild = home.build_guild(self.world, int(named(bot_permissions)))
        self._observers = Observers()
        self._faults = Faults()
        self._limits = Limits(enforced=limits == "real")
        self.gateway = Gateway(
            self.world,
            self.application,
            self._observers,
            heartbeat_interval=heartbeat_interval,
            session_timeout=session_timeout,
            resume_buffer=resume_buffer,
            limited=limits == "real",
        )
        self.backend = Backend(self.world, self.application, self.gateway, self._observers)
        self._interactions = Interactions(self.backend, deadline=interaction_deadline, token_seconds=token_seconds)
        self._people = People(self.backend)
        self._user_interactions = UserInteractions(self.backend, self._interactions)
        self.staging = Staging(self.backend, self._interactions)
        """What plays dispatches of another server."""
        self.routes = Routes(self.backend, self._interactions, self._limits)
        self._rest = Rest(self.backend, self.routes, self._faults, self._limits)
        self._listener = Listener(self._serve, grace=0.5)
        self.ada, self.grace, self.linus = (self.world.users[i] for i in (home.ADA_ID, home.GRACE_ID, home.LINUS_ID))
        self.bot = self.world.bot
        self.general, self.random = self.world.channels[home.GENERAL_ID], self.world.channels[home.RANDOM_ID]
        self.ideas, self.secret = self.world.channels[home.IDEAS_ID], self.world.channels[home.SECRET_ID]
        self.dm = self.world.channels[home.DM_ID]

    # -- the Emulator protocol

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Serve on loopback. Raises ``OSError`` when the port is taken."""
        self.world.base = await self._listener.open(host, port)

    async def stop(self) -> None:
        """Stop serving. The guild keeps its state, and ``start`` serves it again."""
        self._faults.clear()
        await self.gateway.stop()
        await self._listener.close()

    def environment(self) -> Mapping[str, str]:
        """Return the settings that point the Discord adapter at this emulator."""
        return {
            "DISCORD_API_URL": f"{self.world.base}{API}",
            "DISCORD_GATEWAY_URL": f"{self.world.base.replace('http', 'ws', 1)}/gateway/",
            "DISCORD_BOT_TOKEN": self.world.token,
        }

    def deliver_to(self, base_url: str) -> None:
        """Do nothing: Discord delivers events over the gateway, which the bot connects to."""

    def snapshot(self) -> Mapping[str, Any]:
        """Return what Ada sees in Discord, in the form the module's docstring describes."""
        world, me = self.world, self.ada
        channels = [c for c in self.guild.channels.values() if self.backend.may(me.id, c)]
        channels += [t for t in world.threads(self.guild)[-MAX_SHOWN_THREADS:] if self.backend.may(me.id, t)]
        channels.append(world.dm(me.id))
        now = time.monotonic()
        typing = [(key, until - now) for key, until in self.backend.typing.items() if until > now]
        return {
            "platform": "discord",
            "guild": page.guild(world, self.guild),
            "me": me.id,
            "bot": {"user_id": self.bot.id, "name": self.bot.display_name},
            "users": [page.user(world, user) for user in world.users.values()],
            "channels": [page.channel(world, channel) for channel in channels],
            "messages": {c.id: _latest(world, c) for c in channels},
            "modals": [{**m.wire, "id": m.id, "user": m.user_id} for m in self._interactions.modals.values()],
            "typing": [{"channel": c, "user": u, "seconds": round(left, 1)} for (c, u), left in typing],
            "commands": [c for scope in self.application.commands.values() for c in scope.values()],
        }

    async def act(self, action: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what a person does, in the form the module's docstring describes."""
        return await playground.act(self, action)

    # -- the world

    def add_user(
        self, name: str, *, nick: str | None = None, is_bot: bool = False, member: bool = True, takes_dms: bool = True
    ) -> User:
        """Add a person, or with ``is_bot`` another app's bot. ``member``: the user joins the guild."""
        user = User(self.world.ids.next(), name.lower(), None if is_bot else name, bot=is_bot, takes_dms=takes_dms)
        self.world.users[user.id] = user
        if member:
            self.guild.members[user.id] = Member(user, time.time(), nick)
        return user

    def add_role(self, name: str, *, members: Iterable[str] = ()) -> Role:
        """Add a role to the guild, and give it to these members, by their ids."""
        role = Role(self.world.ids.next(), name, 0, position=len(self.guild.roles))
        self.guild.roles[role.id] = role
        for member in members:
            self.guild.members[member].roles.append(role.id)
        created = {"guild_id": self.guild.id, "role": wire.role(role)}
        self.backend.emit(next(iter(self.guild.channels.values())), "GUILD_ROLE_CREATE", created)
        return role

    def add_channel(self, name: str, *, forum: bool = False) -> Channel:
        """Add a text channel or a forum to the guild."""
        kind = ChannelType.FORUM if forum else ChannelType.TEXT
        position = len(self.guild.channels)
        channel = Channel(self.world.ids.next(), kind, name, self.guild.id, position=position)
        self.world.add_channel(channel)
        self.backend.emit(channel, "CHANNEL_CREATE", wire.channel(self.world, channel))
        self.backend.notice_channel(channel)
        return channel

    def permit(
        self, channel: str, *, allow: Iterable[str] = (), deny: Iterable[str] = (), who: str | None = None
    ) -> None:
        """Set the permissions, by name, that a member (the bot by default) is allowed and denied in a channel."""
        found = self.world.channel(channel)
        user_id = self.bot.id if who is None else self.world.user(who).id
        found.overwrites[user_id] = Overwrite(user_id, 1, allow=int(named(allow)), deny=int(named(deny)))
        self.backend.channel_changed(found)

    # -- what people do

    async def post(
        self,
        channel: str,
        text: str,
        *,
        user: str | None = None,
        files: Sequence[Upload] = (),
        reply_to: str | None = None,
        ping: bool = True,
        more: JSON | None = None,
    ) -> str:
        """Send a message and return its id. ``more`` are fields that only people's messages have, as Discord shows them
        (``poll``, ``sticker_items``, ``embeds``).

        ``@gateway`` and ``@Ada`` mention, ``@team`` mentions a role, ``@everyone`` everybody, ``#general`` links. A
        channel goes by id or name, ``@ada`` is Ada's direct message with the bot; a user goes by id or name.
        """
        found, person = self.world.channel(channel), self._user(user)
        return self._people.post(found, person, text, files=files, reply_to=reply_to, ping=ping, more=more)

    async def forward(self, channel: str, message_id: str, to: str, *, user: str | None = None) -> str:
        """Forward a message to another channel and return the id of the new message."""
        source = self.world.channel(channel).messages[message_id]
        return self._people.forward(source, self.world.channel(to), self._user(user))

    async def voice(self, channel: str, audio: bytes, *, duration: float, user: str | None = None) -> str:
        """Send a voice message of ``duration`` seconds and return its id."""
        return self._people.speak(self.world.channel(channel), self._user(user), audio, duration)

    async def edit(self, channel: str, message_id: str, text: str) -> None:
        """Edit a person's message."""
        self._people.edit(self.world.channel(channel), message_id, text)

    async def delete_message(self, channel: str, message_id: str) -> None:
        """Delete a message."""
        self._people.delete(self.world.channel(channel), message_id)

    async def delete_messages(self, channel: str, message_ids: Sequence[str]) -> None:
        """Delete several messages at once, as a moderator can (MESSAGE_DELETE_BULK)."""
        found = self.world.channel(channel)
        self.backend.delete_many(found, [found.messages[each] for each in message_ids])

    async def dismiss(self, channel: str, message_id: str) -> None:
        """Dismiss an ephemeral message."""
        self._people.dismiss(self.world.channel(channel), message_id)

    async def react(
        self, channel: str, message_id: str, emoji: str, *, user: str | None = None, added: bool = True
    ) -> None:
        """Add a person's reaction to a message, or remove it. ``emoji`` is the character, or ``name:id`` of a custom
        one."""
        self._people.react(self.world.channel(channel), message_id, self._user(user), emoji, added=added)

    async def typing(self, channel: str, *, user: str | None = None) -> None:
        """Show that a person is typing."""
        self.backend.type_in(self.world.channel(channel), self._user(user).id)

    async def click(
        self,
        channel: str,
        message_id: str,
        custom_id: str | None = None,
        *,
        label: str | None = None,
        values: Sequence[str] | None = None,
        user: str | None = None,
    ) -> InteractionResult:
        """Press a button or select in a menu, found by custom id or by label, and return what the bot answered.

        ``values`` are the options selected, by value or label; in a menu of users, roles or channels they are ids.
        """
        found, person = self.world.channel(channel), self._user(user)
        return await self._user_interactions.click(
            found, message_id, person, custom_id=custom_id, label=label, values=values
        )

    async def submit(self, modal_id: str, values: Mapping[str, Any] | None = None) -> InteractionResult:
        """Submit a form and return what the bot answered.

        ``values`` go by custom id or label: text, an option's value or label (or a list of them), a boolean, or files
        as ``(name, bytes, media type)``. A result of kind ``invalid`` was not sent to the bot.
        """
        return await self._user_interactions.submit(self._modal(modal_id), values or {})

    def close_modal(self, modal_id: str) -> None:
        """Close a form without submitting it. The bot is not told."""
        self._interactions.close_modal(self._modal(modal_id).id)

    async def command(
        self,
        name: str,
        channel: str = "general",
        *,
        options: Mapping[str, Any] | None = None,
        user: str | None = None,
    ) -> InteractionResult:
        """Run a slash command the bot registered; after a blank, ``name`` may contain a subcommand's name."""
        return await self._user_interactions.command(self.world.channel(channel), self._user(user), name, options or {})

    async def create_thread(
        self, channel: str, name: str, *, message_id: str | None = None, user: str | None = None
    ) -> str:
        """Open a thread, from a message or without one, and return its id."""
        return self._people.create_thread(self.world.channel(channel), self._user(user), name, message_id)

    async def create_post(
        self, forum: str, title: str, text: str, *, files: Sequence[Upload] = (), user: str | None = None
    ) -> str:
        """Open a forum post and return the id of its thread, which is that of its first message too."""
        return self._people.create_post(self.world.channel(forum), self._user(user), title, text, files)

    async def archive_thread(self, channel: str, *, archived: bool = True, locked: bool = False) -> None:
        """Archive (and lock) a thread as a moderator, or open it again."""
        found = self.world.channel(channel)
        if found.thread is None:
            raise PersonError("not a thread")
        found.thread.locked = locked
        threads.archive(self.backend, found, archived=archived)

    async def rename(self, channel: str, name: str, *, user: str | None = None) -> None:
        """Give a channel or thread another name."""
        threads.rename(self.backend, self.world.channel(channel), self._user(user).id, name)

    async def delete_thread(self, channel: str) -> None:
        """Delete a thread, or a channel with its threads."""
        self.backend.delete_channel(self.world.channel(channel))

    async def open_dm(self, user: str | None = None) -> str:
        """Open a user's direct message with the bot and return its id. The bot hears of it only when something is
        written."""
        return self.world.dm(self._user(user).id).id

    async def remove_bot(self) -> None:
        """Remove the bot from the guild. Raises ``PersonError`` when it is not there."""
        if self.bot.id not in self.guild.members:
            raise PersonError("the bot is not here")
        self.backend.remove_bot(self.guild)

    async def add_bot(self) -> None:
        """Invite the bot to the guild. Nothing happens when it is there already."""
        if self.bot.id not in self.guild.members:
            role = next(r.id for r in self.guild.roles.values() if r.bot_id == self.bot.id)
            self.backend.add_bot(self.guild, Member(self.bot, time.time(), roles=[role]))

    # -- what tests read

    def messages(self, channel: str) -> list[JSON]:
        """Return all messages of a channel, oldest first: Discord's message objects, with ``pings`` and
        ``ephemeral_for``."""
        return [self._seen(message) for message in self.world.channel(channel).messages.values()]

    def message(self, channel: str, message_id: str) -> JSON | None:
        """Return one message as ``messages`` does, or None when there is none."""
        found = self.world.channel(channel).messages.get(message_id)
        return None if found is None else self._seen(found)

    def thread(self, message_id: str) -> JSON | None:
        """Return the thread opened from a message, or None."""
        found = self.world.channels.get(message_id)
        return None if found is None else wire.channel(self.world, found)

    def threads(self, channel: str) -> list[JSON]:
        """Return the threads of a channel, oldest first."""
        return [wire.channel(self.world, each) for each in self.world.threads_of(self.world.channel(channel))]

    def open_modals(self, user: str | None = None) -> list[JSON]:
        """Return the forms open before a user, the latest last, each with the ``id`` that ``submit`` takes."""
        person = self._user(user)
        modals = self._interactions.modals.values()
        return [{**m.wire, "id": m.id} for m in modals if m.user_id == person.id]

    def modal(self, modal_id: str) -> JSON:
        """Return an open form. Raises ``PersonError`` when it is closed."""
        return self._modal(modal_id).wire

    def is_typing(self, channel: str, *, user: str | None = None) -> bool:
        """Return whether a user (the bot by default) is shown as typing."""
        user_id = self.bot.id if user is None else self.world.user(user).id
        return self.backend.typing.get((self.world.channel(channel).id, user_id), 0.0) > time.monotonic()

    def commands(self, *, of_guild: bool = False) -> list[JSON]:
        """Return the commands registered globally, or for the guild."""
        return list(self.application.commands.get(self.guild.id if of_guild else "", {}).values())

    @property
    def interaction_deadline(self) -> float:
        """Seconds the bot has for its first answer; a new value holds for interactions still to come."""
        return self._interactions.deadline

    @interaction_deadline.setter
    def interaction_deadline(self, seconds: float) -> None:
        self._interactions.deadline = seconds

    @property
    def interaction_errors(self) -> deque[str]:
        """The errors people were shown because the bot did not answer an interaction well."""
        return self._interactions.errors

    async def wait_for_message(self, channel: str, matches: Callable[[JSON], bool], *, timeout: float = 5.0) -> JSON:
        """Wait for the first message that ``matches`` and return it. Raises ``TimeoutError`` after ``timeout``
        seconds."""

        def look() -> JSON | None:
            return next((m for m in self.messages(channel) if matches(m)), None)

        found = await self._observers.wait_for(look, timeout)
        assert found is not None
        return found

    async def connected(self, timeout: float = 10.0) -> None:
        """Wait until a client has identified or resumed at the gateway. Raises ``TimeoutError`` after ``timeout``
        seconds."""
        await self._observers.wait_for(lambda: self.gateway.connected, timeout)

    # -- failures that tests order

    def fail_next(
        self,
        method: str,
        *,
        times: int = 1,
        status: int | Literal["disconnect", "half"] | None = None,
        code: int | None = None,
        retry_after: float | None = None,
        scope: Scope = "user",
        after_effect: bool = False,
        when: When | None = None,
    ) -> None:
        """Make the next calls of a method (``"*"`` for any method) fail.

        ``code`` answers Discord's numbered error, ``retry_after`` (seconds) or status 429 a rate limit of that
        ``scope``, otherwise ``status`` (500 by default); ``"disconnect"`` breaks the connection, ``"half"`` does so in
        the middle of the answer. With ``after_effect`` the call is performed and only its answer is lost. ``when``
        chooses among the calls by their arguments.
        """
        half, number = status == "half", 0 if isinstance(status, str) else status
        ordered = fault(
            times=times,
            status=number,
            code=code,
            retry_after=retry_after,
            scope=scope,
            after_effect=after_effect or half,
            when=when,
            half=half,
        )
        self._faults.fail_next(method, ordered)

    def forget_nonces(self) -> None:
        """Forget all nonces, as Discord does after some minutes. A message sent again is then posted twice."""
        self.routes.messages.forget_nonces()

    def emit(self, name: str, data: JSON) -> None:
        """Send an event of any name to every session, whether its intents cover the event or not."""
        self.gateway.dispatch(name, data, guild_id=data.get("guild_id"))

    def redeliver(self, channel: str, message_id: str) -> None:
        """Send a message's MESSAGE_CREATE again."""
        found = self.world.channel(channel)
        self.backend.emit(found, "MESSAGE_CREATE", self.backend.created(found.messages[message_id]))

    # -- internals

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.rel_url.raw_path
        if path.startswith(f"{API}/"):
            return await self._rest.handle(request, path[len(API) :])
        if path.startswith("/cdn/"):
            return cdn.serve(self.world, request)
        if path.rstrip("/") == "/gateway":
            return await self.gateway.serve(request)
        return web.Response(status=404, text="not found")

    def _user(self, name: str | None) -> User:
        return self.ada if name is None else self.world.user(name)

    def _modal(self, modal_id: str) -> Modal:
        modal = self._interactions.modals.get(modal_id)
        if modal is None:
            raise PersonError("that form is closed")
        return modal

    def _seen(self, message: Message) -> JSON:
        out = wire.message(self.world, message)
        pings = message.pings
        out["pings"] = {"users": list(pings.users), "roles": list(pings.roles), "everyone": pings.everyone}
        if message.ephemeral_for is not None:
            out["ephemeral_for"] = message.ephemeral_for
        return out


def _latest(world: World, channel: Channel) -> list[JSON]:
    newest = itertools.islice(reversed(channel.messages.values()), MAX_SHOWN)
    return [page.message(world, message) for message in newest][::-1]
