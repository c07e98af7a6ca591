"""Plays payloads of another workspace: makes the people, channels, messages and files they speak of, and delivers them.

A payload is what Slack sent once: an event's envelope, an interaction or a slash command
(https://docs.slack.dev/apis/events-api/, https://docs.slack.dev/interactivity/handling-user-interaction/).
"""

import re
from collections.abc import Mapping
from typing import Any

from gateway.emulators.common.fillers import filler
from gateway.emulators.common.reading import items, obj, objects, text
from gateway.emulators.common.values import JSON
from gateway.emulators.slack.backend import Backend
from gateway.emulators.slack.delivery import Deliveries
from gateway.emulators.slack.events import VERIFICATION_TOKEN
from gateway.emulators.slack.state import Channel, File, Message, User
from gateway.emulators.slack.values import new_id
from gateway.emulators.slack.world import Team

_USERS = ("user", "user_id", "item_user", "parent_user_id", "inviter")
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)")
_NO_PART = frozenset({"channel", "channel_type", "event_ts"})
"""Fields of an event that its message does not have."""


class Staging:
    """Makes what payloads speak of, in one workspace, and delivers them to the bot."""

    def __init__(self, backend: Backend, team: Team, deliveries: Deliveries) -> None:
        self.names: dict[str, str] = {}
        """Names of people, by their ids, where a payload does not tell them."""
        self._backend = backend
        self._team = team
        self._deliveries = deliveries

    def own_ids(self, payload: JSON) -> Mapping[str, str]:
        """Return ids of a payload that stand for what there is already: the workspace, the app, its bot. By them are
        this emulator's own ids."""
        team, world = self._team, self._backend.world
        pairs = {
            text(payload, "team_id") or text(obj(payload, "team"), "id"): team.id,
            text(payload, "api_app_id"): world.app_id,
        }
        for each in items(payload, "authorizations"):
            if each.get("is_bot") is True:
                pairs[text(each, "user_id")] = team.bot.id
                pairs[text(each, "team_id")] = team.id
        for each in objects(payload):
            if text(each, "bot_id") and text(each, "app_id") == text(payload, "api_app_id"):
                pairs[text(each, "bot_id")] = str(team.bot.bot_id)
                if text(each, "user"):
                    pairs[text(each, "user")] = team.bot.id
        return {theirs: own for theirs, own in pairs.items() if theirs and theirs != own}

    def stage(self, payload: JSON, *, thread: str | None = None) -> None:
        """Add the people and the channel of a payload. ``thread`` is not needed, because payloads name theirs."""
        people: dict[str, str] = {}
        for each in objects(payload):
            for name in _USERS:
                if text(each, name):
                    people.setdefault(text(each, name), "")
        person = obj(payload, "user")
        if text(person, "id"):
            people[text(person, "id")] = text(person, "name")
        for written in (text(each, "text") for each in objects(payload)):
            people.update(dict.fromkeys(_MENTION.findall(written), ""))
        for id, name in people.items():
            self._person(id, name)
        channel = _channel_of(payload)
        if channel:
            self._channel(channel, text(obj(payload, "event"), "channel_type"), [id for id in people if id])

    async def deliver(self, payload: JSON, *, thread: str | None = None) -> bool:
        """Deliver a payload to the bot, once what it is about is there. Returns True, once the bot answered. ``thread``
        is not needed, because payloads name theirs."""
        self.stage(payload)
        if text(payload, "type") == "event_callback":
            payload = {**payload, "token": VERIFICATION_TOKEN, "event_id": new_id("Ev")}
            event = payload["event"] = self._with_files(obj(payload, "event"))
            self._apply(event)
            self._deliveries.enqueue(payload, None)
            await self._deliveries.log[payload["event_id"]].done.wait()
            return True
        user = text(obj(payload, "user"), "id") or text(payload, "user_id")
        channel = self._team.channels.get(_channel_of(payload))
        opened = {"token": VERIFICATION_TOKEN, "trigger_id": self._backend.trigger(self._team, user)}
        if channel is not None:
            message = obj(payload, "message")
            thread = text(message, "thread_ts") or None
            opened["response_url"] = self._backend.response_url(
                self._team, channel, user, ts=text(message, "ts") or None, thread_ts=thread
            )
        if text(payload, "command"):
            form = {**payload, **opened}
            await self._deliveries.interaction(f"command {text(payload, 'command')}", {}, form=form)
        else:
            await self._deliveries.interaction(f"interaction {text(payload, 'type')}", {**payload, **opened})
        return True

    # -- people and places

    def _person(self, id: str, name: str) -> None:
        if id not in self._team.users and id[:1] in "UW":
            shown = self.names.get(id) or name or f"person{len(self._team.users)}"
            self._team.users[id] = User(id, self._team.id, shown, shown)

    def _channel(self, id: str, kind: str, people: list[str]) -> Channel:
        found = self._team.channels.get(id)
        if found is None:
            direct = kind == "im" or (not kind and id.startswith("D"))
            private = kind in ("group", "mpim")
            person = next((each for each in people if each != self._team.bot.id), None) if direct else None
            name = "" if direct else f"channel{len(self._team.channels)}"
            found = Channel(id, self._team.id, name, "im" if direct else "group" if private else "channel", user=person)
            found.members.add(self._team.bot.id)
            self._team.channels[id] = found
        found.members.update(each for each in people if each in self._team.users)
        return found

    # -- messages and files

    def _apply(self, event: JSON) -> None:
        """Let the channel show what an event reports."""
        channel = self._team.channels.get(_channel_of({"event": event}))
        if channel is None:
            return
        kind, subtype = text(event, "type"), text(event, "subtype")
        if subtype == "message_changed":
            changed = obj(event, "message")
            self._put(channel, changed)
        elif subtype == "message_deleted":
            if (gone := channel.messages.get(text(event, "deleted_ts"))) is not None:
                channel.remove(gone)
        elif kind in ("message", "app_mention"):
            self._put(channel, {name: value for name, value in event.items() if name not in _NO_PART})
        elif kind in ("reaction_added", "reaction_removed"):
            self._there(channel, text(obj(event, "item"), "ts"))
        if thread := text(event, "thread_ts"):
            self._there(channel, thread)

    def _put(self, channel: Channel, wire: JSON) -> None:
        ts = text(wire, "ts")
        if not ts:
            return
        if thread := text(wire, "thread_ts"):
            self._there(channel, thread, unless=ts)
        shown = {"type": "message", **{name: value for name, value in wire.items() if name != "type"}}
        if (known := channel.messages.get(ts)) is not None:
            known.wire |= shown
        else:
            channel.add(Message(shown))
        channel.messages = dict(sorted(channel.messages.items()))

    def _there(self, channel: Channel, ts: str, *, unless: str = "") -> None:
        """Add a message of which nothing is known, if it is not there."""
        if ts and ts != unless and ts not in channel.messages:
            author = next((each for each in sorted(channel.members) if each != self._team.bot.id), "")
            channel.add(Message({"type": "message", "user": author, "team": self._team.id, "text": "", "ts": ts}))

    def _with_files(self, event: JSON) -> JSON:
        """Return an event whose files can be downloaded here."""
        shown = dict(event)
        if items(event, "files"):
            shown["files"] = [self._file(each) for each in items(event, "files")]
        if obj(event, "message"):
            shown["message"] = self._with_files(obj(event, "message"))
        return shown

    def _file(self, told: JSON) -> JSON:
        id, world = text(told, "id"), self._backend.world
        if not id:
            return told
        if id not in world.files:
            size: Any = told.get("size")
            mime = text(told, "mimetype") or "application/octet-stream"
            content = filler(mime, size if isinstance(size, int) else 0)
            name = text(told, "name") or "file"
            file = File(id, self._team.id, text(told, "user"), name, name, mime, len(content), new_id("S"), content)
            file.complete = True
            world.add_file(file)
        here = world.files[id].wire(world.base)
        outside = text(told, "mode") not in ("", "hosted", "snippet", "space", "file_access")
        own = ("url_private", "url_private_download", "permalink")
        return told if outside else told | {name: here[name] for name in own if name in told}


def _channel_of(payload: JSON) -> str:
    """Return the id of the channel a payload belongs to; empty where it names none."""
    event = obj(payload, "event")
    channel = event.get("channel")
    if isinstance(channel, str):
        return channel
    return (
        text(obj(event, "item"), "channel")
        or text(obj(event, "channel"), "id")
        or text(obj(payload, "channel"), "id")
        or text(obj(payload, "container"), "channel_id")
        or text(payload, "channel_id")
    )
