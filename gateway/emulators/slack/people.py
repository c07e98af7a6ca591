"""What people do with messages in Slack's client: type, upload, edit, delete, react, join, open the app, stop it."""

import uuid
from collections.abc import Sequence
from typing import Literal

from gateway.emulators.common.values import JSON, PersonError
from gateway.emulators.slack import directory
from gateway.emulators.slack.backend import Backend
from gateway.emulators.slack.state import Channel, File, Message, User
from gateway.emulators.slack.text import typed
from gateway.emulators.slack.values import ApiError
from gateway.emulators.slack.views import Views
from gateway.emulators.slack.world import Team

Upload = tuple[str, bytes, str]
"""A file to upload: its name, its content and its media type."""
MAX_TYPED = 12_000
"""Characters of a message that Slack's client accepts."""


class People:
    """Performs what people do, by the rules of Slack's client. Raises ``PersonError`` when the client does not allow
    it."""

    def __init__(self, backend: Backend, views: Views) -> None:
        self._backend = backend
        self._views = views

    # -- messages

    def post(
        self,
        team: Team,
        channel: Channel,
        user: User,
        text: str,
        thread_ts: str | None,
        files: Sequence[Upload | File],
        extra: JSON,
    ) -> str:
        """Post a message and return its ``ts``. ``extra`` are fields it has besides or instead."""
        if not text.strip() and not files and not extra:
            raise PersonError("nothing to send")
        if len(text) > MAX_TYPED:
            raise PersonError(f"a message has at most {MAX_TYPED} characters")
        if user.id not in channel.members:
            raise PersonError(f"{user.name} is not in this channel")
        if thread_ts is not None:
            parent = channel.find(thread_ts)
            if parent is None:
                raise PersonError("no such thread")
            thread_ts = parent.thread_ts or thread_ts
        said, blocks = typed(team, text)
        wire: JSON = {"type": "message", "user": user.id, "text": said, "team": team.id}
        if user.bot_id is not None:
            wire |= {"bot_id": user.bot_id, "app_id": user.app_id}
        else:
            wire["client_msg_id"] = str(uuid.uuid4())
        if blocks:
            wire["blocks"] = blocks
        wire |= extra
        shared = [self._file(team, user, each) for each in files]
        if shared:
            base = self._backend.world.base
            wire |= {"subtype": "file_share", "upload": False, "files": [file.shown(base) for file in shared]}
        wire["ts"] = self._backend.world.clock.ts()
        if thread_ts is not None:
            wire["thread_ts"] = thread_ts
        message = Message(wire)
        self._backend.share(channel, message, shared)
        self._backend.post(team, channel, message)
        if channel.kind != "im" and team.bot.id not in channel.members and f"<@{team.bot.id}>" in said:
            self._slackbot(team, channel, user, f"<@{team.bot.id}> is not in this channel. Type `/invite` to add it.")
        return message.ts

    def _file(self, team: Team, user: User, given: Upload | File) -> File:
        if isinstance(given, File):
            return given
        name, data, mime = given
        return self._backend.new_file(team, user.id, name, mime, data, len(data))

    def _slackbot(self, team: Team, channel: Channel, user: User, text: str) -> None:
        """Post a note that Slack itself shows to one person."""
        ts = self._backend.world.clock.ts()
        wire: JSON = {"type": "message", "user": "USLACKBOT", "username": "Slackbot", "text": text, "ts": ts}
        self._backend.post(team, channel, Message(wire, ephemeral_for=user.id))

    def join(self, team: Team, channel: Channel, user: User) -> str:
        """Let a user or the bot join a channel: sends ``member_joined_channel`` and posts a ``channel_join``
        message."""
        channel.members.add(user.id)
        kind = "G" if channel.kind == "group" else "C"
        clock = self._backend.world.clock
        event: JSON = {
            "type": "member_joined_channel",
            "user": user.id,
            "channel": channel.id,
            "channel_type": kind,
            "team": team.id,
            "event_ts": clock.ts(),
        }
        if team.bot.id in channel.members:
            self._backend.events.emit(team, event, needs="member_joined_channel")
        text = f"<@{user.id}> has joined the channel"
        wire: JSON = {"type": "message", "subtype": "channel_join", "user": user.id, "text": text, "ts": clock.ts()}
        self._backend.post(team, channel, Message(wire))
        return str(wire["ts"])

    def remove_bot(self, team: Team, channel: Channel) -> None:
        """Remove the bot from a channel. It receives the event that a member who leaves receives."""
        channel.members.discard(team.bot.id)
        kind = "group_left" if channel.kind == "group" else "channel_left"
        self._about(team, channel, kind, actor_id=next(iter(sorted(channel.members)), ""))

    def close(self, team: Team, channel: Channel, user: User, *, how: Literal["archive", "deleted"]) -> None:
        """Archive a channel, which stays readable, or delete it."""
        member = team.bot.id in channel.members
        if how == "archive":
            channel.archived = True
        else:
            del team.channels[channel.id]
        if member:
            kind = "group" if channel.kind == "group" else "channel"
            self._about(team, channel, f"{kind}_{how}", user=user.id)

    def _about(self, team: Team, channel: Channel, kind: str, **fields: str) -> None:
        event: JSON = {"type": kind, "channel": channel.id, "event_ts": self._backend.world.clock.ts(), **fields}
        self._backend.events.emit(team, event, needs=kind)

    def edit(self, team: Team, channel: Channel, ts: str, text: str) -> None:
        """Edit a person's message."""
        message = self._message(channel, ts)
        if "bot_id" in message.wire:
            raise PersonError("only its author may edit a message")
        previous = dict(message.wire)
        said, blocks = typed(team, text)
        edited = {"user": message.wire["user"], "ts": self._backend.world.clock.ts()}
        message.wire = {**message.wire, "text": said, "blocks": blocks, "edited": edited}
        self._backend.changed(team, channel, message, previous)

    def delete(self, team: Team, channel: Channel, ts: str) -> None:
        """Delete a message."""
        self._backend.delete(team, channel, self._message(channel, ts))

    def react(self, team: Team, channel: Channel, ts: str, user: User, name: str, *, added: bool) -> None:
        """Add a reaction or remove it."""
        message = self._message(channel, ts)
        try:
            directory.react(self._backend, team, channel, message, user=user.id, name=name.strip(":"), added=added)
        except ApiError as error:
            raise PersonError(str(error)) from None

    def open_home(self, team: Team, user: User, *, tab: str) -> Channel:
        """Open the conversation with the app, or its Home tab."""
        channel = team.dm(user.id)
        event: JSON = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": channel.id,
            "tab": tab,
            "event_ts": self._backend.world.clock.ts(),
        }
        home = self._views.homes.get((team.id, user.id))
        if tab == "home" and home is not None:
            event["view"] = home
        self._backend.events.emit(team, event, needs="app_home_opened")
        return channel

    def stop(self, team: Team, channel: Channel, thread_ts: str, user: User) -> None:
        """Press Slack's stop button. It shows while the session is processing and the app subscribed to
        ``agent_session_stopped``."""
        activity = self._backend.activities.get((channel.id, thread_ts))
        if activity is None or activity.session != "processing":
            raise PersonError("nothing to stop: the session is not processing")
        if "agent_session_stopped" not in team.events:
            raise PersonError("the app is not subscribed to agent_session_stopped, so there is no stop button")
        running: list[str] = []
        for ts in (thread_ts, *channel.replies.get(thread_ts, ())):
            message = channel.messages.get(ts)
            if message is not None and self._backend.streaming(message):
                message.stream, message.stopped_by_user = None, True
                running.append(ts)
                self._backend.notice(channel, message)
        event: JSON = {
            "type": "agent_session_stopped",
            "channel": channel.id,
            "thread_ts": thread_ts,
            "user": user.id,
            "streaming_message_ts": running,
            "event_ts": self._backend.world.clock.ts(),
        }
        self._backend.events.emit(team, event, needs="agent_session_stopped")

    @staticmethod
    def _message(channel: Channel, ts: str) -> Message:
        message = channel.messages.get(ts)
        if message is None:
            raise PersonError("no such message")
        return message
