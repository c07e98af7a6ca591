"""Posting, editing, deleting and sharing in a workspace: changes the state, sends events and notifies observers."""

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass

from gateway.emulators.common.observe import Observers
from gateway.emulators.common.values import JSON
from gateway.emulators.slack import page
from gateway.emulators.slack.events import Events
from gateway.emulators.slack.state import Channel, File, Message
from gateway.emulators.slack.values import ApiError, new_id
from gateway.emulators.slack.world import Team, World

TRIGGER_SECONDS = 3.0
"""Seconds a ``trigger_id`` is valid (Slack's guide on modals)."""
RESPONSE_URL_SECONDS = 1800.0
"""Seconds a ``response_url`` is valid: 30 minutes (Slack's guide on handling user interaction)."""
RESPONSE_URL_USES = 5
"""Posts a ``response_url`` accepts (Slack's guide on handling user interaction)."""
STATUS_SECONDS = 120.0
"""Seconds after which a status line disappears when no message is sent (assistant.threads.setStatus)."""
MAX_TRANSIENT = 2_000
"""Triggers, response URLs, activities, prompts and views kept, each; the oldest are forgotten first."""


@dataclass(slots=True)
class Trigger:
    """A ``trigger_id`` handed to the bot. ``at`` is when it was made, by the monotonic clock."""

    team: Team
    user: str
    at: float
    view_id: str | None = None
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """A ``response_url`` handed to the bot. ``at`` is when it was made, by the monotonic clock; ``ts`` is the message
    it may replace."""

    team: Team
    channel: Channel
    user: str
    at: float
    ts: str | None
    thread_ts: str | None
    uses: int = 0


@dataclass(slots=True)
class Activity:
    """What the agent shows beside a thread: a status line, until the monotonic time ``text_until``, and a session."""

    team: Team
    channel: str
    thread_ts: str
    text: str = ""
    text_until: float = 0.0
    session: str | None = None
    title: str | None = None

    def wire(self) -> JSON:
        """Return the activity as the playground's page sees it."""
        return {
            "channel": self.channel,
            "thread_ts": self.thread_ts,
            "text": self.text if self.text_until > time.monotonic() else "",
            "processing": self.session == "processing",
        }


class Backend:
    """State, events and observers of all workspaces, used by the Web API's methods and by what people do.

    ``stream_idle`` is the number of seconds after which a stream without appends is over. With ``agent_view`` the app
    is declared as an agent of the newer kind.
    """

    def __init__(
        self, world: World, events: Events, observers: Observers, *, stream_idle: float, agent_view: bool
    ) -> None:
        self.world = world
        self.events = events
        self.observers = observers
        self.stream_idle = stream_idle
        self.agent_view = agent_view
        self.unsupported_blocks: set[str] = set()
        """Block types this workspace refuses, as a workspace of another cloud or of an older plan does."""
        self.triggers: OrderedDict[str, Trigger] = OrderedDict()
        self.response_urls: OrderedDict[str, ResponseUrl] = OrderedDict()
        self.activities: OrderedDict[tuple[str, str], Activity] = OrderedDict()
        self.prompts: OrderedDict[tuple[str, str], JSON] = OrderedDict()

    # -- messages

    def bot_message(self, team: Team, text: str, *, thread_ts: str | None = None) -> JSON:
        """Return a new message of the bot, as the Web API shows it."""
        bot = team.bot
        wire: JSON = {
            "type": "message",
            "user": bot.id,
            "bot_id": bot.bot_id,
            "app_id": bot.app_id,
            "team": team.id,
            "text": text,
            "ts": self.world.clock.ts(),
            "bot_profile": {
                "id": bot.bot_id,
                "app_id": bot.app_id,
                "user_id": bot.id,
                "name": bot.name,
                "deleted": False,
                "updated": 1_700_000_000,
                "team_id": team.id,
            },
        }
        if thread_ts is not None:
            wire["thread_ts"] = thread_ts
        return wire

    def post(self, team: Team, channel: Channel, message: Message) -> None:
        """Add a message to a channel, send the events and notify the observers."""
        channel.add(message)
        if message.thread_ts is not None and message.wire.get("bot_id") == team.bot.bot_id:
            self.clear_status(channel.id, message.thread_ts)
        if message.ephemeral_for is None:
            self.events.message(team, channel, message)
        self.notice(channel, message)
        if message.is_reply and self.observers.watched:
            parent = channel.messages.get(str(message.thread_ts))
            if parent is not None:
                self.notice(channel, parent)

    def changed(self, team: Team, channel: Channel, message: Message, previous: JSON, *, event: bool = True) -> None:
        """Announce that a message was edited. With ``event`` False only observers are notified."""
        if event and message.ephemeral_for is None:
            self.events.changed(team, channel, message, previous)
        self.notice(channel, message)

    def delete(self, team: Team, channel: Channel, message: Message) -> None:
        """Delete a message, send the event and notify the observers."""
        previous = dict(message.wire)
        channel.remove(message)
        if message.ephemeral_for is None:
            self.events.deleted(team, channel, previous["ts"], previous)
        gone = message.ts not in channel.messages
        self.observers.changed()
        if self.observers.watched:
            shown = {"ts": message.ts, "deleted": True} if gone else page.message(self.world, message)
            self.observers.publish({"type": "change", "entity": "message", "channel": channel.id, "message": shown})

    def notice(self, channel: Channel, message: Message) -> None:
        """Notify the observers that a message is new or changed."""
        self.observers.changed()
        if self.observers.watched:
            shown = page.message(self.world, message)
            self.observers.publish({"type": "change", "entity": "message", "channel": channel.id, "message": shown})

    def thread(self, channel: Channel, thread_ts: str | None) -> str | None:
        """Return the ``thread_ts`` of a reply's parent after checking it. Slack refuses another reply as the parent."""
        if thread_ts is None:
            return None
        if not channel.threads:
            raise ApiError("restricted_action_non_threadable_channel")
        parent = channel.find(thread_ts)
        if parent is None:
            raise ApiError("thread_not_found" if thread_ts.replace(".", "", 1).isdigit() else "invalid_thread_ts")
        if parent.is_reply:
            raise ApiError("cannot_reply_to_message")
        return thread_ts

    # -- streams

    def streaming(self, message: Message) -> bool:
        """Whether the message still accepts appends. A stream ends by itself after ``stream_idle`` seconds."""
        if message.stream is None:
            return False
        if time.monotonic() - message.stream.touched > self.stream_idle:
            message.stream = None
            return False
        return True

    # -- files

    def new_file(self, team: Team, user: str, name: str, mimetype: str, content: bytes | None, size: int) -> File:
        """Store a file and return it. ``content`` is None while the file still has to be uploaded."""
        file = File(new_id("F"), team.id, user, name, name, mimetype, size, secrets.token_urlsafe(18), content)
        file.complete = content is not None
        self.world.add_file(file)
        if content is not None:
            self.world.fit_files()
        return file

    def share(self, channel: Channel, message: Message, files: list[File]) -> None:
        """Record in each file where it was shared."""
        for file in files:
            share: JSON = {"ts": message.ts, "channel_name": channel.name}
            if message.thread_ts is not None:
                share["thread_ts"] = message.thread_ts
            file.shares.setdefault(channel.id, []).append(share)

    # -- triggers, response URLs

    def trigger(self, team: Team, user: str, *, view_id: str | None = None) -> str:
        """Return a new ``trigger_id``, valid for one use within three seconds."""
        trigger_id = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**9)}.{secrets.token_hex(16)}"
        self.triggers[trigger_id] = Trigger(team, user, time.monotonic(), view_id)
        if len(self.triggers) > MAX_TRANSIENT:
            self.triggers.popitem(last=False)
        return trigger_id

    def exchange(self, team: Team, trigger_id: str) -> Trigger:
        """Return the trigger of a ``trigger_id``. Raises ``ApiError`` when it is unknown, used or expired."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None or trigger.team is not team:
            raise ApiError("invalid_trigger_id")
        if trigger.used:
            raise ApiError("exchanged_trigger_id")
        if time.monotonic() - trigger.at > TRIGGER_SECONDS:
            raise ApiError("expired_trigger_id")
        return trigger

    def response_url(
        self, team: Team, channel: Channel, user: str, *, ts: str | None = None, thread_ts: str | None = None
    ) -> str:
        """Return a new ``response_url``, valid for five posts within half an hour."""
        secret = secrets.token_urlsafe(18)
        self.response_urls[secret] = ResponseUrl(team, channel, user, time.monotonic(), ts, thread_ts)
        if len(self.response_urls) > MAX_TRANSIENT:
            self.response_urls.popitem(last=False)
        return f"{self.world.base}/actions/{team.id}/{secret}"

    # -- what the agent shows

    def activity(self, team: Team, channel: str, thread_ts: str) -> Activity:
        """Return what the agent shows beside a thread; a new thread shows nothing yet."""
        key = (channel, thread_ts)
        found = self.activities.get(key)
        if found is None:
            found = self.activities[key] = Activity(team, channel, thread_ts)
            if len(self.activities) > MAX_TRANSIENT:
                self.activities.popitem(last=False)
        return found

    def clear_status(self, channel: str, thread_ts: str) -> None:
        """Remove a thread's status line."""
        found = self.activities.get((channel, thread_ts))
        if found is not None and found.text:
            found.text = ""
            self.show(found)

    def show(self, activity: Activity) -> None:
        """Notify the observers of what the agent shows beside a thread."""
        self.observers.changed()
        if self.observers.watched:
            self.observers.publish({"type": "change", "entity": "status", **activity.wire()})
