"""Builds the Events API payloads that Slack sends the bot when something happens in a workspace."""

import random
import time
from collections.abc import Callable
from typing import Literal

from gateway.emulators.common.values import JSON
from gateway.emulators.slack.state import Channel, Message, User
from gateway.emulators.slack.values import new_id
from gateway.emulators.slack.world import Team, World

TwinOrder = Literal["mention_first", "message_first", "random"]
"""The order in which the two events of one mention (``app_mention`` and ``message``) are sent."""
Deliver = Callable[[JSON, str | None], None]
"""Receives an event envelope and the ``ts`` of the message it is about."""

_CHANNEL_TYPE = {"channel": "channel", "group": "group", "im": "im"}
_SUBSCRIPTION = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}
_SAID = frozenset({None, "file_share", "thread_broadcast", "bot_message"})
"""Subtypes of messages that somebody wrote. Slack's notes, for example of a join, mention nobody."""
VERIFICATION_TOKEN = "emulator-verification-token"  # noqa: S105
"""The deprecated verification token of every payload. It proves nothing; bots check the signature."""


class Events:
    """Builds envelopes of the events the app subscribed to, and passes them to delivery."""

    def __init__(self, world: World, deliver: Deliver, *, twin_order: TwinOrder, seed: int, echo: bool) -> None:
        self._world = world
        self._deliver = deliver
        self._twin_order = twin_order
        self._random = random.Random(seed)  # noqa: S311
        self._echo = echo
        self.mention_lacks: frozenset[str] = frozenset()
        """Fields that an ``app_mention`` lacks although its ``message`` has them; sometimes ``files`` or ``blocks``."""

    def envelope(self, team: Team, event: JSON) -> JSON:
        """Return the envelope of an event."""
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": team.id,
            "context_team_id": team.id,
            "context_enterprise_id": team.enterprise,
            "api_app_id": self._world.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": new_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": team.enterprise,
                    "team_id": team.id,
                    "user_id": team.bot.id,
                    "is_bot": True,
                    "is_enterprise_install": team.org_wide,
                }
            ],
            "is_ext_shared_channel": team.is_shared(event.get("channel") or event.get("item", {}).get("channel")),
            "event_context": f"4-{new_id('')}",
        }

    def emit(self, team: Team, event: JSON, *, needs: str, ts: str | None = None) -> None:
        """Send an event if the app subscribed to ``needs``. ``ts`` is the message it is about."""
        if needs in team.events and team.installed:
            self._deliver(self.envelope(team, event), ts)

    def message(self, team: Team, channel: Channel, message: Message) -> None:
        """Send the ``message`` event of a new message, and ``app_mention`` when it mentions the bot in a channel."""
        if team.bot.id not in channel.members or not team.installed:
            return
        own = message.wire.get("bot_id") == team.bot.bot_id
        if own and not self._echo:
            return
        envelopes: list[JSON] = []
        event = self._event(team, channel, message)
        said = message.wire.get("subtype") in _SAID and f"<@{team.bot.id}>" in message.wire.get("text", "")
        if said and not own and channel.kind != "im":
            without = {"channel_type", "parent_user_id", "subtype", *self.mention_lacks}
            mention = {k: v for k, v in event.items() if k not in without}
            if "app_mention" in team.events:
                envelopes.append(self.envelope(team, {**mention, "type": "app_mention"}))
        if _SUBSCRIPTION[channel.kind] in team.events:
            envelopes.append(self.envelope(team, event))
        if len(envelopes) == 2:
            swap = self._random.random() < 0.5 if self._twin_order == "random" else self._twin_order == "message_first"
            if swap:
                envelopes.reverse()
        for envelope in envelopes:
            self._deliver(envelope, message.ts)

    def changed(self, team: Team, channel: Channel, message: Message, previous: JSON) -> None:
        """Send the ``message_changed`` event of an edit."""
        self._hidden(
            team, channel, "message_changed", message=self._event(team, channel, message), previous_message=previous
        )

    def deleted(self, team: Team, channel: Channel, ts: str, previous: JSON) -> None:
        """Send the ``message_deleted`` event of a deletion."""
        self._hidden(team, channel, "message_deleted", deleted_ts=ts, previous_message=previous)

    def reaction(self, team: Team, channel: Channel, message: Message, *, user: str, name: str, added: bool) -> None:
        """Send the event of a reaction that was added or removed."""
        kind = "reaction_added" if added else "reaction_removed"
        event: JSON = {
            "type": kind,
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": channel.id, "ts": message.ts},
            "item_user": message.wire.get("user"),
            "event_ts": self._world.clock.ts(),
        }
        if team.bot.id in channel.members:
            self.emit(team, event, needs=kind)

    def _hidden(self, team: Team, channel: Channel, subtype: str, **fields: JSON | str) -> None:
        previous = fields["previous_message"]
        own = isinstance(previous, dict) and previous.get("bot_id") == team.bot.bot_id
        if team.bot.id not in channel.members or not team.installed or (own and not self._echo):
            return
        ts = self._world.clock.ts()
        event: JSON = {
            "type": "message",
            "subtype": subtype,
            "hidden": True,
            "channel": channel.id,
            "ts": ts,
            "event_ts": ts,
            "channel_type": _CHANNEL_TYPE[channel.kind],
            **fields,
        }
        about = fields.get("deleted_ts") or (previous.get("ts") if isinstance(previous, dict) else None)
        self.emit(team, event, needs=_SUBSCRIPTION[channel.kind], ts=str(about))

    def _event(self, team: Team, channel: Channel, message: Message) -> JSON:
        wire = message.wire
        event: JSON = {k: v for k, v in wire.items() if k not in ("reactions", "reply_users", "hidden")}
        event |= {"channel": channel.id, "event_ts": message.ts, "channel_type": _CHANNEL_TYPE[channel.kind]}
        if message.is_reply:
            parent = channel.messages.get(str(message.thread_ts))
            if parent is not None and "user" in parent.wire:
                event["parent_user_id"] = parent.wire["user"]
        event.setdefault("team", team.id)
        author = team.users.get(str(wire.get("user")))
        if author is not None and team.is_shared(channel.id):
            event |= {"user_team": author.team_id, "source_team": author.team_id, "user_profile": _profile(author)}
        return event


def _profile(author: User) -> JSON:
    """Return what a message in a channel shared with another organisation says of its author."""
    return {
        "name": author.name,
        "display_name": author.display_name,
        "real_name": author.real_name,
        "team": author.team_id,
        "is_restricted": bool(author.guest),
        "is_ultra_restricted": author.guest == "single",
    }
