"""A Slack on loopback: Web API, Events API, interactivity, files, modals and Socket Mode, with Slack's own limits.

The real adapter with the real SDK runs against it; tests call its methods, the playground's page speaks JSON:

``snapshot()`` ->
    ``{"platform": "slack", "team": {"id", "name"}, "me": "U…", "bot": {"user_id", "name"},
    "users": [{"id", "name", "real_name", "is_bot"}], "channels": [{"id", "name", "kind": "channel" | "im", "user"}],
    "messages": {channel: [message]}, "views": [{"id", "view", "errors", "user"}], "status": [status],
    "prompts": [prompts]}``

    message: ``{"ts", "thread_ts"?, "user"? | "bot_id"?, "username"?, "subtype"?, "text", "blocks"?, "files": [{"id",
    "name", "title", "mimetype", "size", "url"}], "reactions": [{"name", "count", "users"}], "edited", "streaming",
    "ephemeral_for"?, "reply_count"?, "metadata"?}``. A file's ``url`` needs no token.
    A message written as Markdown (``markdown_text``, streams) has ``markdown`` blocks; streams also ``task_card`` and
    ``plan`` blocks. A deleted parent of a thread stays with ``subtype: tombstone``.
    status: ``{"channel", "thread_ts", "text", "processing"}``; ``processing`` means: show the stop button.
    prompts: ``{"channel", "thread_ts" ("" for the whole conversation), "title", "prompts": [{"title", "message"}]}``.

``act(action)`` -> ``{"ok": true, …}`` or ``{"ok": false, "error", "errors"?}``. ``user`` (default: me) goes with all:
    ``{"type": "post", "channel", "text", "thread_ts"?, "files"?: [{"name", "mime", "data": base64}]}`` -> ``ts`` ·
    ``{"type": "click", "channel", "ts" | "view_id", "action_id", "block_id"?, "value"?, "selected_option"?,
    "selected_options"?}`` · ``{"type": "submit", "view_id", "values": {block_id: {action_id: value}}}`` (a file input's
    value is a list of files as above, a select's its option's value, a checkbox group's a list) ·
    ``{"type": "close_view", "view_id"}`` · ``{"type": "react", "channel", "ts", "name", "added"}`` ·
    ``{"type": "edit", "channel", "ts", "text"}`` · ``{"type": "delete", "channel", "ts"}`` ·
    ``{"type": "command", "channel", "command", "text"}`` · ``{"type": "stop", "channel", "thread_ts"}`` ·
    ``{"type": "open_dm", "channel"?}`` -> ``channel``.

``watch()`` yields
    ``{"type": "change", "entity": "message", "channel", "message"}`` (replace by ``ts``; ``"deleted": true`` removes) ·
    ``{"type": "change", "entity": "view", "view_id", "view": {…} | null, "errors"?, "user"?}`` ·
    ``{"type": "change", "entity": "status", …status}`` · ``{"type": "change", "entity": "prompts", …prompts}`` ·
    ``{"type": "change", "entity": "channel", "channel": {…}}`` ·
    ``{"type": "wire", "direction": "to_bot" | "from_bot", "name", "status", "request", "response", "ms", "at"}`` with
    secrets redacted · ``{"type": "resync"}`` after which a lagging page takes a new snapshot.
"""

import itertools
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import orjson
from aiohttp import web

from gateway.emulators.common.faults import Fault, Faults, Hold, When
from gateway.emulators.common.listener import Listener
from gateway.emulators.common.observe import Observers
from gateway.emulators.common.values import JSON, Call, PersonError
from gateway.emulators.common.watched import Watched
from gateway.emulators.slack import chat, files, page, playground
from gateway.emulators.slack.backend import Backend
from gateway.emulators.slack.delivery import Deliveries, Delivery
from gateway.emulators.slack.events import Events, TwinOrder
from gateway.emulators.slack.interactions import Interactions
from gateway.emulators.slack.limits import Limits
from gateway.emulators.slack.oauth import OAuth
from gateway.emulators.slack.people import People, Upload
from gateway.emulators.slack.sockets import SocketHub
from gateway.emulators.slack.staging import Staging
from gateway.emulators.slack.state import Channel, ChannelKind, File, Message, User
from gateway.emulators.slack.values import InteractionResult, new_id
from gateway.emulators.slack.views import View, Views
from gateway.emulators.slack.web_api import WebApi
from gateway.emulators.slack.world import Org, Team, World

__all__ = ["Call", "Delivery", "DeliveryFailed", "Hold", "InteractionResult", "PersonError", "SlackEmulator"]

MAX_SHOWN = 1_000
"""Messages of a channel in a snapshot, the newest ones."""


class DeliveryFailed(RuntimeError):
    """The bot did not acknowledge an event in any attempt."""


class SlackEmulator(Watched):
    """Emulates Slack; implements ``gateway.adapter.Emulator``.

    ``limits``: whether to answer 429 as Slack would. ``socket_mode``: deliver events over Socket Mode instead of HTTP.
    ``retry_delays``: seconds before the first, second and third retry of an event. ``ack_timeout``: seconds the bot has
    to acknowledge. ``stream_idle``: seconds after which a stream without appends is over. ``twin_order``: the order of
    the two events of one mention; ``seed`` makes a random order repeatable. ``echo``: deliver the bot's own messages to
    it, as Slack does. ``agent_view``: the app is declared as an agent of the newer kind.
    """

    name: ClassVar[str] = "slack"

    def __init__(
        self,
        *,
        limits: Literal["real", "off"] = "real",
        socket_mode: bool = False,
        retry_delays: Sequence[float] = (0.0, 60.0, 300.0),
        ack_timeout: float = 3.0,
        stream_idle: float = 300.0,
        twin_order: TwinOrder = "mention_first",
        seed: int = 0,
        echo: bool = True,
        agent_view: bool = True,
    ) -> None:
        self.world = World()
        self.signing_secret = secrets.token_hex(16)
        self.app_token = f"xapp-1-{self.world.app_id}-{secrets.token_hex(16)}" if socket_mode else None
        self.interaction_errors: deque[str] = deque(maxlen=1_000)
        """What people were shown because the bot did not answer an interaction well."""
        self._observers = Observers()
        self._faults = Faults()
        self.sockets = SocketHub(self.world.app_id)
        self.deliveries = Deliveries(
            self._observers,
            self.sockets if socket_mode else None,
            signing_secret=self.signing_secret,
            ack_timeout=ack_timeout,
            retry_delays=retry_delays,
        )
        events = Events(self.world, self.deliveries.enqueue, twin_order=twin_order, seed=seed, echo=echo)
        self.oauth = OAuth(self.world, events)
        """How the app is installed in workspaces, and removed from them."""
        self.backend = Backend(self.world, events, self._observers, stream_idle=stream_idle, agent_view=agent_view)
        self.views = Views(self.backend)
        self._people = People(self.backend, self.views)
        self._interactions = Interactions(self.backend, self.views, self.deliveries)
        self._api = WebApi(
            self.backend,
            self.views,
            self._faults,
            limits=Limits() if limits == "real" else None,
            sockets=self.sockets,
            oauth=self.oauth,
            app_token=self.app_token,
        )
        self._listener = Listener(self._serve)
        self._lay_out_world()
        self.staging = Staging(self.backend, self.team, self.deliveries)
        """What plays payloads of another workspace."""

    def _lay_out_world(self) -> None:
        self.team = self.world.add_team(
            "T0GATEWAY", "Gateway HQ", bot_token=f"xoxb-{secrets.token_hex(20)}", bot_user="U0BOT", bot_id="B0BOT"
        )
        self.ada = self.add_user("Ada", user_id="U0ADA", real_name="Ada Lovelace", email="ada@gateway.example")
        self.grace = self.add_user("Grace", user_id="U0GRACE", real_name="Grace Hopper", email="grace@gateway.example")
        self.linus = self.add_user(
            "Linus", user_id="U0LINUS", real_name="Linus Torvalds", email="linus@gateway.example"
        )
        people = [self.ada.id, self.grace.id, self.linus.id]
        self.general = self.add_channel("general", channel_id="C0GENERAL", members=[*people, self.team.bot.id])
        self.random = self.add_channel("random", channel_id="C0RANDOM", members=people)
        self.dm = Channel("D0ADA", self.team.id, "", "im", members={self.ada.id, self.team.bot.id}, user=self.ada.id)
        self.team.channels[self.dm.id] = self.dm

    # -- the Emulator protocol

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Serve on loopback. Raises ``OSError`` when the port is taken."""
        self.world.base = await self._listener.open(host, port)
        await self.deliveries.open()

    async def stop(self) -> None:
        """Stop serving and delivering. The workspaces keep their state."""
        self._faults.clear()
        await self.deliveries.close()
        await self.sockets.close()
        await self._listener.close()

    def environment(self) -> Mapping[str, str]:
        """Return the settings that point the Slack adapter at this emulator."""
        found = {
            "SLACK_API_URL": f"{self.world.base}/api/",
            "SLACK_BOT_TOKEN": self.team.bot_token,
            "SLACK_SIGNING_SECRET": self.signing_secret,
        }
        if self.app_token is not None:
            found["SLACK_APP_TOKEN"] = self.app_token
        return found

    def oauth_environment(self) -> Mapping[str, str]:
        """Return the settings of an app that many workspaces install, instead of one with a bot token."""
        found = {name: value for name, value in self.environment().items() if name != "SLACK_BOT_TOKEN"}
        return {**found, "SLACK_CLIENT_ID": self.oauth.client_id, "SLACK_CLIENT_SECRET": self.oauth.client_secret}

    def deliver_to(self, base_url: str) -> None:
        """Set the base URL of the bot, which receives events at ``/slack/events``."""
        self.deliveries.base_url = base_url.rstrip("/")

    def snapshot(self) -> Mapping[str, Any]:
        """Return what Ada sees in Slack, in the form the module's docstring describes."""
        team, me = self.team, self.ada.id
        channels = [c for c in team.channels.values() if c.kind != "im" or c.user == me]
        return {
            "platform": "slack",
            "team": {"id": team.id, "name": team.name},
            "me": me,
            "bot": {"user_id": team.bot.id, "name": team.bot.name},
            "users": [page.user(user) for user in team.users.values()],
            "channels": [page.channel(team, channel) for channel in channels],
            "messages": {c.id: _latest(self.world, c) for c in channels},
            "views": [
                {"id": v.id, "view": v.wire, "errors": v.errors, "user": v.user} for v in self.views.open.values()
            ],
            "status": [a.wire() for a in self.backend.activities.values() if a.text or a.session == "processing"],
            "prompts": list(self.backend.prompts.values()),
        }

    async def act(self, action: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what a person does, in the form the module's docstring describes."""
        return await playground.act(self, action)

    # -- the world

    def add_team(self, team_id: str, name: str) -> Team:
        """Add another workspace with the app installed. It has a bot token of its own (``team.bot_token``)."""
        token = f"xoxb-{secrets.token_hex(20)}"
        suffix = team_id[1:]
        return self.world.add_team(team_id, name, bot_token=token, bot_user=f"U{suffix}BOT", bot_id=f"B{suffix}BOT")

    def add_org(self, org_id: str, name: str, *teams: str) -> Org:
        """Add an organisation with workspaces (by their ids), in which the app's bot is one and the same user."""
        suffix = org_id[1:]
        made: list[Team] = []
        for team_id in teams:
            token = f"xoxb-{secrets.token_hex(20)}"
            team = self.world.add_team(
                team_id, f"{name} {team_id}", bot_token=token, bot_user=f"W{suffix}BOT", bot_id=f"B{suffix}BOT"
            )
            team.enterprise, team.installed = org_id, False
            del self.world.tokens[token]
            made.append(team)
        org = self.world.orgs[org_id] = Org(org_id, name, made)
        return org

    def add_user(
        self,
        name: str,
        *,
        team: Team | None = None,
        user_id: str | None = None,
        real_name: str | None = None,
        email: str | None = None,
        is_bot: bool = False,
    ) -> User:
        """Add a person, or with ``is_bot`` another app's bot."""
        team = team or self.team
        user = User(user_id or new_id("U"), team.id, name.lower(), real_name or name, email, is_bot)
        if is_bot:
            user.bot_id, user.app_id = new_id("B"), new_id("A")
        team.users[user.id] = user
        return user

    def add_group(self, members: Sequence[str]) -> str:
        """Add a user group with these people, by their ids, and return its id."""
        group = new_id("S")
        self.team.groups[group] = list(members)
        return group

    def add_channel(
        self,
        name: str,
        *,
        team: Team | None = None,
        channel_id: str | None = None,
        kind: ChannelKind = "channel",
        members: Sequence[str] = (),
    ) -> Channel:
        """Add a channel with these members (user ids)."""
        team = team or self.team
        channel = Channel(channel_id or new_id("C"), team.id, name, kind, members=set(members))
        team.channels[channel.id] = channel
        self._observers.publish({"type": "change", "entity": "channel", "channel": page.channel(team, channel)})
        return channel

    # -- what people do

    async def post(
        self,
        channel: str,
        text: str,
        *,
        user: str | None = None,
        thread_ts: str | None = None,
        files: Sequence[Upload | File] = (),
        **fields: Any,
    ) -> str:
        """Post a message as a person and return its ``ts``. The delivery of its events has begun by then.

        ``@gateway`` and ``<@U0BOT>`` mention; ``@here`` and ``#general`` work too; everything else is escaped. A
        channel or a user goes by id or by name. ``fields`` are fields the message has besides or instead (``blocks``,
        ``attachments``).
        """
        team, found = self._channel(channel)
        return self._people.post(team, found, self._user(team, user), text, thread_ts, files, fields)

    def add_file(
        self, name: str, data: bytes = b"", mime: str = "application/octet-stream", *, bare: bool = False, **fields: Any
    ) -> File:
        """Store a file that ``post`` can share. ``fields`` are fields its file object has besides or instead; with
        ``bare``, events contain only its id."""
        file = self.backend.new_file(self.team, self.ada.id, name, mime, data, len(data))
        file.bare, file.fields = bare, fields
        return file

    async def edit(self, channel: str, ts: str, text: str) -> None:
        """Edit a person's message."""
        team, found = self._channel(channel)
        self._people.edit(team, found, ts, text)

    async def delete_message(self, channel: str, ts: str) -> None:
        """Delete a message."""
        team, found = self._channel(channel)
        self._people.delete(team, found, ts)

    async def react(self, channel: str, ts: str, name: str, *, user: str | None = None, added: bool = True) -> None:
        """Add a person's reaction to a message, or remove it."""
        team, found = self._channel(channel)
        self._people.react(team, found, ts, self._user(team, user), name, added=added)

    async def join(self, channel: str, user: str) -> str:
        """Let a user or the bot (``"gateway"``) join a channel and return the ``ts`` of Slack's note."""
        team, found = self._channel(channel)
        return self._people.join(team, found, team.user(user))

    async def remove_bot(self, channel: str) -> None:
        """Remove the bot from a channel, as a person would."""
        team, found = self._channel(channel)
        self._people.remove_bot(team, found)

    async def archive(self, channel: str, *, user: str | None = None) -> None:
        """Archive a channel."""
        team, found = self._channel(channel)
        self._people.close(team, found, self._user(team, user), how="archive")

    async def delete_channel(self, channel: str, *, user: str | None = None) -> None:
        """Delete a channel."""
        team, found = self._channel(channel)
        self._people.close(team, found, self._user(team, user), how="deleted")

    async def click(
        self,
        channel: str,
        ts: str,
        action_id: str | None = None,
        *,
        label: str | None = None,
        block_id: str | None = None,
        value: Any = None,
        user: str | None = None,
    ) -> InteractionResult:
        """Use a message's button, menu or feedback buttons, found by action id or by label.

        ``value`` selects an option, or for feedback buttons "positive" or "negative" (or the button's own value).
        """
        team, found = self._channel(channel)
        message = found.messages.get(ts)
        if message is None:
            raise PersonError("no such message")
        where = (found, message)
        return await self._click(team, user, where, action_id=action_id, label=label, block_id=block_id, value=value)

    async def click_view(
        self, view_id: str, action_id: str | None = None, *, label: str | None = None, value: Any = None
    ) -> InteractionResult:
        """Use an element in an open modal."""
        view = self.view(view_id)
        return await self._click(
            view.team, view.user, view, action_id=action_id, label=label, block_id=None, value=value
        )

    async def submit(self, view_id: str, values: Mapping[str, Mapping[str, Any]] | None = None) -> InteractionResult:
        """Submit a modal's form: ``{block_id: {action_id: value}}``. A file input takes ``[(name, bytes, media
        type)]``."""
        result = await self._interactions.submit(self.view(view_id), values or {})
        self._note(result)
        return result

    async def close_view(self, view_id: str) -> InteractionResult:
        """Dismiss a modal."""
        result = await self._interactions.close_view(self.view(view_id))
        self._note(result)
        return result

    async def command(
        self, command: str, text: str = "", channel: str = "general", *, user: str | None = None
    ) -> InteractionResult:
        """Send a slash command. ``/invite`` is Slack's own and is not sent to the bot."""
        team, found = self._channel(channel)
        if command == "/invite" and found.kind != "im":  # Slack's own; with nobody named it is the app that comes
            self._people.join(team, found, team.user(text.strip().lstrip("@")) if text.strip() else team.bot)
            return InteractionResult(200)
        result = await self._interactions.command(team, found, self._user(team, user), command, text)
        self._note(result)
        return result

    async def open_home(self, user: str | None = None, *, tab: str = "messages") -> str:
        """Open the conversation with the app and return its channel id."""
        return self._people.open_home(self.team, self._user(self.team, user), tab=tab).id

    async def stop_session(self, channel: str, thread_ts: str, *, user: str | None = None) -> None:
        """Press Slack's stop button. Raises ``PersonError`` when Slack shows none."""
        team, found = self._channel(channel)
        self._people.stop(team, found, thread_ts, self._user(team, user))

    # -- what tests read

    def messages(self, channel: str, thread_ts: str | None = None) -> list[JSON]:
        """Return all messages of a channel, or of one thread with its parent; oldest first.

        They are Slack's message objects, with ``metadata`` and, during a stream, ``streaming: True``.
        """
        _, found = self._channel(channel)
        return [_seen(m) for m in found.messages.values() if thread_ts is None or thread_ts in (m.ts, m.thread_ts)]

    def message(self, channel: str, ts: str) -> JSON | None:
        """Return one message as ``messages`` does, or None when there is none."""
        _, found = self._channel(channel)
        message = found.messages.get(ts)
        return None if message is None else _seen(message)

    def open_views(self, user: str | None = None) -> list[JSON]:
        """Return the modals open before a user, the topmost last."""
        person = self._user(self.team, user)
        return [self.views.open[view_id].wire for view_id in self.views.stacks.get((self.team.id, person.id), ())]

    def prompts(self, channel: str) -> list[JSON]:
        """Return the suggested prompts in a channel and its threads."""
        _, found = self._channel(channel)
        return [
            p
            for (channel_id, _), shown in self.backend.prompts.items()
            if channel_id == found.id
            for p in shown["prompts"]
        ]

    def status(self, channel: str, thread_ts: str) -> JSON:
        """Return ``text`` and ``processing`` of a thread, with its ``session`` state and ``title``."""
        _, found = self._channel(channel)
        activity = self.backend.activities.get((found.id, thread_ts))
        if activity is None:
            return {"text": "", "processing": False, "session": None, "title": None}
        return {**activity.wire(), "session": activity.session, "title": activity.title}

    async def wait_for_message(
        self,
        channel: str,
        matches: Callable[[JSON], bool],
        *,
        thread_ts: str | None = None,
        timeout: float = 5.0,
    ) -> JSON:
        """Wait for the first message that ``matches`` and return it. Raises ``TimeoutError`` after ``timeout``
        seconds."""

        def look() -> JSON | None:
            return next((m for m in self.messages(channel, thread_ts) if matches(m)), None)

        found = await self._observers.wait_for(look, timeout)
        assert found is not None
        return found

    async def delivered(self, ts: str, timeout: float = 10.0) -> None:
        """Wait until every event about a message is acknowledged. Raises ``DeliveryFailed``, and ``TimeoutError`` after
        ``timeout`` seconds."""
        await self._observers.wait_for(lambda: all(d.done.is_set() for d in self.deliveries.of(ts)), timeout)
        failed = [d for d in self.deliveries.of(ts) if not d.acked]
        if failed:
            raise DeliveryFailed(f"{failed[0].name} was not acknowledged: {failed[0].attempts}")

    async def settled(self, timeout: float = 10.0) -> None:
        """Wait until no event is under way. Raises ``TimeoutError`` after ``timeout`` seconds."""
        await self._observers.wait_for(lambda: all(d.done.is_set() for d in self.deliveries.log.values()), timeout)

    # -- failures that tests order

    def fail_next(
        self,
        method: str,
        *,
        times: int = 1,
        status: int | Literal["disconnect", "half"] | None = None,
        error: str | None = None,
        retry_after: int | None = None,
        after_effect: bool = False,
        when: When | None = None,
    ) -> None:
        """Make the next calls of a method fail.

        ``retry_after`` (seconds) answers 429, ``error`` alone 200 with that error, otherwise ``status`` (500 by
        default); ``"disconnect"`` breaks the connection, ``"half"`` does so in the middle of the answer. With
        ``after_effect`` the call is performed and only its answer is lost. ``when`` chooses among the calls by their
        arguments.
        """
        half, code = status == "half", 0 if isinstance(status, str) else status
        self._faults.fail_next(method, Fault(times, code, error, retry_after, after_effect or half, when, half))

    def sign(self, body: bytes, *, at: float | None = None) -> dict[str, str]:
        """Return Slack's signature headers for a body. ``at`` (seconds since the epoch) makes a stale signature."""
        return self.deliveries.sign(body, at=at)

    async def send_raw(self, body: bytes, headers: Mapping[str, str]) -> InteractionResult:
        """POST any bytes to the bot. Raises ``aiohttp.ClientError`` and ``TimeoutError``."""
        status, answer, _ = await self.deliveries.raw(body, headers)
        return InteractionResult(status, answer)

    async def redeliver(self, ts: str, *, new_event_id: bool = True) -> list[Delivery]:
        """Deliver the events of a message again, as Slack sometimes does."""
        again: list[Delivery] = []
        for delivery in {d.name: d for d in reversed(self.deliveries.of(ts))}.values():
            event_id = new_id("Ev") if new_event_id else delivery.envelope["event_id"]
            self.deliveries.enqueue({**delivery.envelope, "event_id": event_id}, ts)
            again.append(self.deliveries.log[event_id])
        return again

    async def emit(self, event: JSON, *, team: Team | None = None) -> Delivery:
        """Deliver an event of any type, whether the app subscribed to it or not."""
        envelope = self.backend.events.envelope(team or self.team, event)
        self.deliveries.enqueue(envelope, None)
        return self.deliveries.log[envelope["event_id"]]

    # -- internals

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith("/api/"):
            return await self._api.handle(request, path[5:].rstrip("/"))
        if path.startswith("/upload/v1/"):
            answer = await files.upload(self.world, path.removeprefix("/upload/v1/"), request)
            self._observers.changed()
            return answer
        if path.startswith(("/files-pri/", "/files-origin/")):
            header = request.headers.get("Authorization", "")
            return files.download(self.world, path, header[7:] if header.startswith("Bearer ") else None)
        if path.startswith("/playground/files/"):
            return files.show(self.world, path)
        if path.startswith("/actions/"):
            return await self._respond(request, path)
        if path == "/oauth/v2/authorize":
            return self.oauth.page(request)
        if path == "/oauth/v2/decide":
            return self.oauth.decide(request)
        if path.startswith("/link"):
            return await self.sockets.serve(request)
        return web.Response(status=404, text="not found")

    async def _respond(self, request: web.BaseRequest, path: str) -> web.Response:
        try:
            given = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            given = None
        if not isinstance(given, dict):
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        status, body = chat.respond(self.backend, path.rpartition("/")[2], given)
        self._observers.wire(
            "from_bot", "response_url", status=status, request=given, response=body, ms=0.0, at=time.time()
        )
        return web.json_response(body, status=status)

    async def _click(
        self, team: Team, user: str | None, where: tuple[Channel, Message] | View, **how: Any
    ) -> InteractionResult:
        result = await self._interactions.click(team, self._user(team, user), where, **how)
        self._note(result)
        return result

    def _note(self, result: InteractionResult) -> None:
        if result.error is not None:
            self.interaction_errors.append(result.error)

    def _channel(self, name: str) -> tuple[Team, Channel]:
        """Return a channel by id or by name; ``T0OTHER/general`` is that of another workspace."""
        team_id, _, rest = name.rpartition("/")
        if team_id:
            return self.world.teams[team_id], self.world.teams[team_id].channel(rest)
        for team in self.world.teams.values():
            if name in team.channels:
                return team, team.channels[name]
        return self.team, self.team.channel(name)

    def _user(self, team: Team, name: str | None) -> User:
        if name is not None:
            return team.user(name)
        return self.ada if team is self.team else next(u for u in team.users.values() if not u.is_bot)

    def view(self, view_id: str) -> View:
        """Return an open modal. Raises ``PersonError`` when it is closed."""
        view = self.views.open.get(view_id)
        if view is None:
            raise PersonError("that form is closed")
        return view


def _latest(world: World, channel: Channel) -> list[JSON]:
    newest = itertools.islice(reversed(channel.messages.values()), MAX_SHOWN)
    return [page.message(world, m) for m in newest][::-1]


def _seen(message: Message) -> JSON:
    out = dict(message.wire)
    if message.metadata:
        out["metadata"] = message.metadata
    if message.stream is not None:
        out["streaming"] = True
    if message.ephemeral_for is not None:
        out["ephemeral_for"] = message.ephemeral_for
    return out
