"""A Microsoft Teams on loopback: Bot Connector, login, OpenID keys, people, invokes and files, with Teams' own limits.

The real adapter with the real SDK runs against it; tests call its methods, the playground's page speaks JSON:

``snapshot()`` ->
    ``{"platform": "teams", "tenant": {"id", "name"}, "me": "29:…", "bot": {"id": "28:…", "name"},
    "users": [{"id", "name", "given_name", "email", "aad_object_id"}], "teams": [{"id", "name"}],
    "conversations": [conversation], "messages": {conversation id: [message]}, "dialogs": [dialog],
    "typing": [conversation id]}``

    conversation: ``{"id", "kind": "personal" | "groupChat" | "channel", "name", "user" (the owner of a personal chat),
    "team", "installed", "members": [user id]}``. A personal chat of somebody else than me is not listed.
    message: ``{"id", "conversation", "thread" (the post it replies to, or null), "from", "name", "bot", "at", "edited",
    "deleted"}`` and, unless deleted, ``{"text", "format": "plain" | "markdown" | "xml" | "extendedmarkdown",
    "mentions": [{"text": "<at>…</at>", "id"}], "layout": "list" | "carousel", "attachments": [attachment],
    "suggested": [{"type": "imBack" | "Action.Submit" | "Action.Compose", "title", "value"}],
    "reactions": [{"type", "users"}], "streaming": null | "informative" | "streaming" (show Stop), "stopped",
    "ai_generated", "citations": [the entity's claims], "feedback": null | "default" | "custom",
    "verdict": null | "like" | "dislike" (mine), "undelivered" (the bot did not take it), "targeted_for"}``.
    Teams shows the suggestions of the last message only, three at first.
    attachment: ``{"index", "type": its content type, "name", "url", "content"}``: an adaptive card's ``content`` is the
    card as I see it now (Teams shows six actions of a set, the rest in a menu); pictures and files have a ``url`` that
    loads without a token, files a ``size``; a consent card has ``state``: "open" | "accepted" | "declined".
    dialog: ``{"id", "title", "card" | "url", "conversation", "message", "user", "kind": "task" | "feedback"}``.

``act(action)`` -> ``{"ok": true, …}`` or ``{"ok": false, "error", "errors"? (by input id)}``; what a click or a submit
    led to comes as ``"message"`` (a notice), ``"dialog"`` (the id of the one open now). ``user`` (default: me) and
    ``conversation`` go with all but dialogs:
    ``{"type": "say", "text", "thread"?, "files"?: [{"name", "mime", "data": base64}], "images"?: the same}`` -> ``id``
    · ``{"type": "edit", "message", "text"}`` · ``{"type": "delete" | "undelete", "message"}`` ·
    ``{"type": "react", "message", "reaction", "added"}`` · ``{"type": "click", "message", "title" | "action": the
    action object as it stands in the card, "inputs": {input id: value}}`` (also a hero card's buttons) ·
    ``{"type": "choose", "message", "title"}`` (a suggested action) · ``{"type": "feedback", "message", "reaction":
    "like" | "dislike", "comment"?}`` (opens a dialog where the form is the bot's own) · ``{"type": "consent",
    "message", "accept"}`` · ``{"type": "stop"}`` · ``{"type": "install" | "uninstall"}`` ·
    ``{"type": "add_member" | "remove_member", "member"}`` · ``{"type": "submit_dialog", "dialog", "inputs", "title"? |
    "action"?}`` · ``{"type": "close_dialog", "dialog"}``. ``@gateway`` and ``@Ada`` in a text are mentions.

``watch()`` yields
    ``{"type": "change", "entity": "message", "conversation", "message"}`` (replace by ``id``) ·
    ``{"type": "change", "entity": "conversation", "conversation": {…}}`` (``"removed": true`` in it: gone) ·
    ``{"type": "change", "entity": "typing", "conversation", "typing"}`` (show it for some ten seconds) ·
    ``{"type": "change", "entity": "dialog", "dialog_id", "dialog": {…} | null}`` ·
    ``{"type": "wire", "direction": "to_bot" | "from_bot", "name", "status", "request", "response", "ms", "at"}`` with
    secrets redacted · ``{"type": "resync"}`` after which a lagging page takes a new snapshot.
"""

import itertools
import secrets
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import orjson

from gateway.emulators.common.faults import Fault, Faults, Hold, When
from gateway.emulators.common.listener import Listener
from gateway.emulators.common.observe import Observers
from gateway.emulators.common.values import JSON, Call, PersonError, Upload
from gateway.emulators.common.watched import Watched
from gateway.emulators.teams import page, playground
from gateway.emulators.teams.backend import Backend
from gateway.emulators.teams.clicks import Clicks
from gateway.emulators.teams.clouds import CLOUDS, CloudName
from gateway.emulators.teams.connector import Connector
from gateway.emulators.teams.delivery import Deliveries, Delivery
from gateway.emulators.teams.dialogs import Dialog, Dialogs
from gateway.emulators.teams.interactions import Interactions
from gateway.emulators.teams.invoking import Invoking
from gateway.emulators.teams.keys import Forgery, Keys
from gateway.emulators.teams.limits import Limits
from gateway.emulators.teams.login import Login
from gateway.emulators.teams.people import People
from gateway.emulators.teams.routes import Routes
from gateway.emulators.teams.staging import Staging
from gateway.emulators.teams.values import InvokeResult
from gateway.emulators.teams.world import Conversation, Person, Tenant, World

__all__ = ["Call", "Delivery", "DeliveryFailed", "Hold", "InvokeResult", "PersonError", "TeamsEmulator", "Upload"]

MAX_SHOWN = 1_000
"""Messages of a conversation in a snapshot, the newest ones."""


class DeliveryFailed(RuntimeError):
    """The bot did not take an activity."""


class TeamsEmulator(Watched):
    """Emulates Teams; implements ``gateway.adapter.Emulator``.

    ``limits``: whether to answer 429 as Teams would. ``answer_timeout``: seconds the bot has to answer an activity.
    ``stream_seconds``: how long a stream may take; without ``streaming`` all streams are refused. ``token_seconds``:
    how long an access token is valid. ``download_seconds``: how long the address of a shared file works. ``rsc``: the
    app was granted ``ChannelMessage.Read.Group`` and ``ChatMessage.Read.Chat``, so it receives messages that do not
    mention it. ``anonymous``: no token is sent or required, as with Microsoft's Agents Playground. ``cloud``: the cloud
    that it is in.
    """

    name: ClassVar[str] = "teams"

    def __init__(
        self,
        *,
        limits: Literal["real", "off"] = "real",
        answer_timeout: float = 15.0,
        stream_seconds: float = 120.0,
        streaming: bool = True,
        token_seconds: int = 3599,
        download_seconds: float = 3600.0,
        rsc: bool = False,
        anonymous: bool = False,
        cloud: CloudName = "public",
    ) -> None:
        self._cloud: CloudName = cloud
        self.app_id = str(uuid.uuid4())
        self.password = secrets.token_urlsafe(30)
        self.world = World(self.app_id)
        self.interaction_errors: deque[str] = deque(maxlen=1_000)
        """What people were shown because the bot did not answer an interaction well."""
        self._anonymous = anonymous
        self._observers = Observers()
        self._faults = Faults()
        self.keys = Keys(self.app_id, CLOUDS[cloud].bots)
        self._lay_out_world()
        self.login = Login(
            self.keys, self.app_id, self.password, self.tenant.id, seconds=token_seconds, cloud=CLOUDS[cloud]
        )
        self.deliveries = Deliveries(self._observers, self.keys, timeout=answer_timeout, anonymous=anonymous)
        self.backend = Backend(
            self.world,
            self._observers,
            self.deliveries,
            stream_seconds=stream_seconds,
            streaming=streaming,
            rsc=rsc,
            download_seconds=download_seconds,
            viewer=self.ada.id,
        )
        self.dialogs = Dialogs(self._observers)
        self.staging = Staging(self.backend, self.tenant)
        """What plays activities of another tenant."""
        self._people = People(self.backend)
        invoking = Invoking(self.backend, self._people)
        self._clicks = Clicks(self.backend, self.dialogs, invoking)
        self._interactions = Interactions(self.backend, self.dialogs, invoking)
        routes = Routes(self.backend, self.keys, self.login, Limits() if limits == "real" else None)
        self._connector = Connector(self.backend, routes, self.login, self._faults, anonymous=anonymous)
        self._listener = Listener(self._connector.handle)

    def _lay_out_world(self) -> None:
        self.tenant = self.world.add_tenant("Gateway HQ")
        self.ada = self.add_user("Ada", "Lovelace", email="ada@gateway.example")
        self.grace = self.add_user("Grace", "Hopper", email="grace@gateway.example")
        self.linus = self.add_user("Linus", "Torvalds", email="linus@gateway.example")
        people = [self.ada.id, self.grace.id, self.linus.id]
        self.group = self.world.add_conversation("groupChat", self.tenant.id, "Lunch", people)
        self.team = self.world.add_team(self.tenant, "Builders", people)
        self.general = self.team.channels[0]
        self.random = self.world.add_conversation("channel", self.tenant.id, "Random", people, team=self.team)

    # -- the Emulator protocol

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Serve on loopback. Raises ``OSError`` when the port is taken."""
        self.world.base = await self._listener.open(host, port)
        await self.deliveries.open()

    async def stop(self) -> None:
        """Stop serving and delivering. The conversations keep their state."""
        self._faults.clear()
        await self.deliveries.close()
        await self._listener.close()

    def environment(self) -> Mapping[str, str]:
        """Return the settings that point the Teams adapter at this emulator."""
        if self._anonymous:
            return {"TEAMS_AUTH": "anonymous"}
        return {
            "TEAMS_APP_ID": self.app_id,
            "TEAMS_APP_PASSWORD": self.password,
            "TEAMS_APP_TENANT_ID": self.tenant.id,
            **({} if self._cloud == "public" else {"TEAMS_CLOUD": self._cloud}),
            "TEAMS_LOGIN_URL": self.world.base,
            "TEAMS_OPENID_METADATA_URL": f"{self.world.base}/v1/.well-known/openidconfiguration",
        }

    def managed_identity(self) -> Mapping[str, str]:
        """Return the environment that App Service sets for an app with a managed identity, and the address a virtual
        machine's identity has."""
        return {
            "IDENTITY_ENDPOINT": f"{self.world.base}/msi/token",
            "IDENTITY_HEADER": self.login.identity_header,
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": self.world.base,
        }

    def deliver_to(self, base_url: str) -> None:
        """Set the base URL of the bot, which receives activities at ``/teams/events``."""
        self.deliveries.base_url = base_url.rstrip("/")

    def snapshot(self) -> Mapping[str, Any]:
        """Return what Ada sees in Teams, in the form the module's docstring describes."""
        me = self.ada.id
        shown = [c for c in self.world.conversations.values() if me in c.members]
        return {
            "platform": "teams",
            "tenant": {"id": self.tenant.id, "name": self.tenant.name},
            "me": me,
            "bot": self.world.bot(),
            "users": [page.user(p) for p in self.world.people.values() if p.tenant_id == self.tenant.id],
            "teams": [{"id": t.id, "name": t.name} for t in self.world.teams.values()],
            "conversations": [page.conversation(self.world, c) for c in shown],
            "messages": {c.id: self._latest(c, me) for c in shown},
            "dialogs": [d.wire() for d in self.dialogs.open.values() if d.person.id == me],
            "typing": [c.id for c in shown if c.typing],
        }

    async def act(self, action: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what a person does, in the form the module's docstring describes."""
        return await playground.act(self, action)

    # -- the world

    def add_user(
        self, given_name: str, surname: str = "", *, email: str | None = None, tenant: Tenant | None = None
    ) -> Person:
        """Add a person, who has a personal chat with the bot."""
        person = self.world.add_person(tenant or self.tenant, given_name, surname, email)
        self.world.add_conversation("personal", person.tenant_id, "", [person.id])
        return person

    def add_tenant(self, name: str) -> Tenant:
        """Add another organisation that uses the app."""
        return self.world.add_tenant(name)

    def add_group(self, name: str, members: Sequence[str]) -> Conversation:
        """Add a group chat with the app in it."""
        return self._added(self.world.add_conversation("groupChat", self.tenant.id, name, self._ids(members)))

    def add_channel(self, name: str, *, user: str | None = None) -> Conversation:
        """Create a channel in the team as a person. The bot is told."""
        members = list(self.general.members)
        channel = self.world.add_conversation("channel", self.tenant.id, name, members, team=self.team)
        self._people.add_channel(channel, self._person(user))
        return channel

    def personal(self, user: str | None = None) -> Conversation:
        """Return a person's chat with the bot."""
        return self.world.place("personal", self._person(user))

    # -- what people do; a place is a conversation's id or name, or "personal"

    async def say(
        self,
        place: str,
        text: str = "",
        *,
        user: str | None = None,
        thread: str | None = None,
        files: Sequence[Upload] = (),
        images: Sequence[Upload] = (),
        quote: str | None = None,
    ) -> str:
        """Post a message as a person and return its id. Its delivery has begun by then.

        ``@gateway`` and ``@Ada`` are mentions, except in personal chats. In channels ``thread`` names a post (or one of
        its replies) to reply to; in chats ``quote`` names the message to reply to. ``images`` are pictures pasted into
        the text.
        """
        person = self._person(user)
        where = self.world.place(place, person)
        return self._people.say(where, person, text, thread=thread, files=files, images=images, quote=quote).id

    async def edit(self, place: str, message_id: str, text: str, *, user: str | None = None) -> None:
        """Edit a person's message."""
        self._people.edit(*self._at(place, user), message_id, text)

    async def delete_message(self, place: str, message_id: str, *, user: str | None = None) -> None:
        """Delete a person's message."""
        self._people.delete(*self._at(place, user), message_id)

    async def undelete(self, place: str, message_id: str, *, user: str | None = None) -> None:
        """Restore a person's deleted message."""
        self._people.undelete(*self._at(place, user), message_id)

    async def react(
        self, place: str, message_id: str, reaction: str, *, user: str | None = None, added: bool = True
    ) -> None:
        """Add a person's reaction to a message, or remove it."""
        self._people.react(*self._at(place, user), message_id, reaction, added=added)

    async def stop_stream(self, place: str = "personal", *, user: str | None = None) -> str:
        """Press the stop button and return the id of the message that was being streamed."""
        return self._people.stop(*self._at(place, user))

    async def install(self, place: str = "personal", *, user: str | None = None) -> None:
        """Install the app in a chat, or in the team of a channel."""
        self._people.install(*self._at(place, user))

    async def uninstall(self, place: str = "personal", *, user: str | None = None) -> None:
        """Uninstall the app from a chat, or from the team of a channel."""
        self._people.uninstall(*self._at(place, user))

    async def add_member(self, place: str, member: str, *, user: str | None = None) -> None:
        """Add a person to a group chat, or to the team of a channel."""
        where, actor = self._at(place, user)
        self._people.member(where, actor, self.world.person(member), added=True)

    async def remove_member(self, place: str, member: str, *, user: str | None = None) -> None:
        """Remove a person from a group chat, or from the team of a channel."""
        where, actor = self._at(place, user)
        self._people.member(where, actor, self.world.person(member), added=False)

    async def delete_channel(self, place: str, *, user: str | None = None) -> None:
        """Delete a channel. The bot is told."""
        self._people.remove_channel(*self._at(place, user))

    async def delete_team(self, *, user: str | None = None) -> None:
        """Delete the team with all its channels."""
        self._people.remove_team(self.team, self._person(user))

    async def click(
        self,
        place: str,
        message_id: str,
        title: str | None = None,
        *,
        action: Mapping[str, Any] | None = None,
        inputs: Mapping[str, Any] | None = None,
        user: str | None = None,
    ) -> InvokeResult:
        """Use a card's action, found by its title or given as the action object in the card.

        ``inputs`` are the values filled in, by input id; a choice goes by its value or its title.
        """
        where, person = self._at(place, user)
        clicked = self._clicks.click(where, person, message_id, title=title, action=action, inputs=inputs or {})
        return self._noted(await clicked)

    async def choose(self, place: str, message_id: str, title: str, *, user: str | None = None) -> InvokeResult:
        """Select a suggested action."""
        return self._noted(await self._interactions.choose(*self._at(place, user), message_id, title))

    async def feedback(
        self,
        place: str,
        message_id: str,
        reaction: Literal["like", "dislike"],
        comment: str = "",
        *,
        user: str | None = None,
    ) -> InvokeResult:
        """Give a verdict with a comment. When the bot has a feedback form of its own, a dialog opens instead."""
        given = self._interactions.feedback(*self._at(place, user), message_id, reaction, comment)
        return self._noted(await given)

    async def consent(
        self, place: str, message_id: str, *, accept: bool = True, user: str | None = None
    ) -> InvokeResult:
        """Answer a file consent card. Raises ``PersonError`` when it was answered already."""
        return self._noted(await self._interactions.consent(*self._at(place, user), message_id, accept=accept))

    async def submit_dialog(
        self,
        dialog_id: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        title: str | None = None,
        action: Mapping[str, Any] | None = None,
    ) -> InvokeResult:
        """Use an action of an open dialog. Without ``title`` and ``action`` it is the dialog's only one."""
        given = self._interactions.submit_dialog(dialog_id, inputs or {}, title=title, action=action)
        return self._noted(await given)

    async def close_dialog(self, dialog_id: str) -> None:
        """Close a dialog. The bot is not told."""
        self.dialogs.close(dialog_id)

    async def invoke(
        self, place: str, name: str, value: Any = None, *, message_id: str | None = None, user: str | None = None
    ) -> InvokeResult:
        """Send an invoke of any name, also one that the bot does not know, and return what came of it."""
        where, person = self._at(place, user)
        return self._noted(await self._interactions.invoke(where, person, name, value, message_id=message_id))

    # -- what tests read

    def messages(self, place: str, thread: str | None = None, *, user: str | None = None) -> list[JSON]:
        """Return the messages of a conversation, or of one thread with its post; oldest first, without deleted ones.

        They are the activities as they were sent, with ``id``, ``from``, ``thread``, ``streaming``, ``edited``,
        ``reactions`` and ``pings`` (the ids it mentions).
        """
        where, _ = self._at(place, user)
        found = where.messages.values()
        return [page.seen(self.backend, m) for m in found if not m.deleted and thread in (None, m.thread)]

    def message(self, place: str, message_id: str, *, user: str | None = None) -> JSON | None:
        """Return one message as ``messages`` does, or None. A deleted message is returned with ``deleted`` True."""
        where, _ = self._at(place, user)
        found = where.messages.get(message_id)
        return None if found is None else page.seen(self.backend, found)

    def typing(self, place: str = "personal", *, user: str | None = None) -> bool:
        """Return whether the bot is shown as typing: it sent a typing indicator and nothing after it."""
        return self._at(place, user)[0].typing

    def open_dialogs(self, user: str | None = None) -> list[Dialog]:
        """Return the dialogs open before a person, the latest last."""
        person = self._person(user)
        return [dialog for dialog in self.dialogs.open.values() if dialog.person is person]

    async def wait_for_message(
        self,
        place: str,
        matches: Callable[[JSON], bool],
        *,
        thread: str | None = None,
        user: str | None = None,
        timeout: float = 5.0,
    ) -> JSON:
        """Wait for the first message that ``matches`` and return it. Raises ``TimeoutError`` after ``timeout``
        seconds."""

        def look() -> JSON | None:
            return next((m for m in self.messages(place, thread, user=user) if matches(m)), None)

        found = await self._observers.wait_for(look, timeout)
        assert found is not None
        return found

    async def delivered(self, activity_id: str, timeout: float = 10.0) -> None:
        """Wait until every activity of this id is answered. Raises ``DeliveryFailed``, and ``TimeoutError`` after
        ``timeout`` seconds."""
        deliveries = self.deliveries.of(activity_id)
        await self._observers.wait_for(lambda: all(d.done.is_set() for d in deliveries), timeout)
        failed = [d for d in deliveries if not d.ok]
        if failed:
            raise DeliveryFailed(f"{failed[0].name} was not taken: {failed[0].error}")

    async def settled(self, timeout: float = 10.0) -> None:
        """Wait until no activity is under way. Raises ``TimeoutError`` after ``timeout`` seconds."""
        await self._observers.wait_for(lambda: not self.deliveries.pending(), timeout)

    # -- failures that tests order

    def fail_next(
        self,
        name: str,
        *,
        times: int = 1,
        status: int | Literal["disconnect", "half"] | None = None,
        error: str | None = None,
        retry_after: int | None = None,
        after_effect: bool = False,
        when: When | None = None,
    ) -> None:
        """Make the next calls of a name (see ``calls``) fail.

        ``status`` (500 by default, 429 with ``retry_after`` in seconds) is answered with Teams' body for it; ``error``
        puts another code into that body; ``"disconnect"`` breaks the connection, ``"half"`` does so in the middle of
        the answer. With ``after_effect`` the call is performed and only its answer is lost. ``when`` chooses among the
        calls by their arguments.
        """
        half, code = status == "half", 0 if isinstance(status, str) else status
        self._faults.fail_next(name, Fault(times, code, error, retry_after, after_effect or half, when, half))

    def rotate_keys(self, *, keep_old: bool = True, endorsed: Sequence[str] = ("msteams",)) -> str:
        """Sign with a new key from now on and return the key's id. ``keep_old``: the old keys stay published.
        ``endorsed``: the channels the new key may speak for."""
        return self.keys.rotate(keep_old=keep_old, endorsed=endorsed)

    def block(self, user: str | None = None, *, blocked: bool = True) -> None:
        """Block or unblock the bot in a person's chat."""
        self.personal(user).blocked = blocked

    async def redeliver(self, activity_id: str) -> Delivery:
        """Deliver the newest activity of this id again and wait for the answer."""
        found = self.deliveries.of(activity_id)
        if not found:
            raise PersonError("nothing was delivered under this id")
        return await self.deliveries.send(found[-1].activity)

    async def emit(self, activity: JSON, *, place: str = "personal", user: str | None = None) -> Delivery:
        """Deliver an activity of any kind and wait for the answer. Fields that it lacks are those all activities
        have."""
        where, person = self._at(place, user)
        return await self.deliveries.send(self.backend.activities.of(where, person, "event") | activity)

    async def send_forged(self, how: Forgery, activity: JSON | None = None) -> Delivery:
        """Deliver a message whose token is not genuine and return the delivery, which has the bot's answer."""
        forged = self.backend.activities.of(self.personal(), self.ada, "message", text="forged", textFormat="plain")
        delivery = Delivery(forged | (activity or {}))
        headers = {"Content-Type": "application/json"}
        authorization = self.keys.forge(how, delivery.activity["serviceUrl"])
        if authorization is not None:
            headers["Authorization"] = authorization
        delivery.status, delivery.body = await self.deliveries.raw(orjson.dumps(delivery.activity), headers)
        delivery.done.set()
        return delivery

    async def send_raw(self, body: bytes, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """POST any bytes to the bot, with a genuine token unless headers are given. Raises ``aiohttp.ClientError`` and
        ``TimeoutError``."""
        genuine = {"Content-Type": "application/json", "Authorization": self.authorization()}
        return await self.deliveries.raw(body, genuine if headers is None else headers)

    def authorization(self, service_url: str | None = None) -> str:
        """Return a genuine ``Authorization`` header."""
        return self.keys.authorization(service_url or self.world.service_url(self.tenant.id))

    # -- internals

    def _latest(self, where: Conversation, viewer: str) -> list[JSON]:
        visible = (m for m in reversed(where.messages.values()) if m.targeted_for in (None, viewer))
        newest = itertools.islice(visible, MAX_SHOWN)
        return [page.message(self.backend, where, m, viewer) for m in newest][::-1]

    def _noted(self, result: InvokeResult) -> InvokeResult:
        if result.error is not None:
            self.interaction_errors.append(result.error)
        return result

    def _at(self, place: str, user: str | None) -> tuple[Conversation, Person]:
        person = self._person(user)
        return self.world.place(place, person), person

    def _person(self, name: str | None) -> Person:
        return self.ada if name is None else self.world.person(name)

    def _ids(self, members: Sequence[str]) -> list[str]:
        return [self.world.person(member).id for member in members]

    def _added(self, conversation: Conversation) -> Conversation:
        self.backend.notice_conversation(conversation)
        return conversation
